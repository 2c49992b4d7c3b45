import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import type { Lab } from '../../lab/open-lab.ts';
import { until } from '../../lab/wait.ts';
import { eventsOf, pgup, told, type PgupRun } from '../lab/pgup.ts';
import { bareDeployment } from '../lab/bare-deployment.ts';
import { labOrSkip } from '../lab/support.ts';
import { ownerOf } from './owner-of.ts';
import { isStopped } from './stopped.ts';

/** Where the steps write when they began and ended, and on whose connection. */
const TRACE = '/var/tmp/pgup-freeze/trace';

const note = (what: string): string => `echo "$(date +%s%N) ${what} $SSH_CONNECTION" >>${TRACE}`;

const work = (name: string): string => `
    - name: ${name}
      shell: '${note(`begin ${name}`)}; sleep 0.3; ${note(`end ${name}`)}'
      undo:
        - name: Take ${name} back
          shell: '${note(`undo ${name}`)}'`;

const PLAYBOOK = `- name: Work
  hosts: all
  gather_facts: false
  tasks:
    - name: Claim
      claim:${work('one')}
    - name: Bring
      copy: { src: large, dest: /var/tmp/pgup-freeze/large }${['two', 'three', 'four'].map(work).join('')}
`;

/** One step on the host, by one controller. */
interface Traced {
  readonly name: string;
  readonly by: string;
  readonly from: number;
  readonly to: number;
}

describe('a controller that is frozen while another one goes on with its run', function () {
  this.timeout(120_000);
  let lab: Lab;
  let folder: string;
  let inventory: string;
  let playbook: string;

  before(async function () {
    lab = await labOrSkip(this, 'empty');
    ({ folder, inventory, playbook } = bareDeployment(lab, 'frozen', PLAYBOOK));
    writeFileSync(join(folder, 'large'), randomBytes(32 << 20));
  });

  beforeEach(() => lab.run(host(), ['sh', '-c', `rm -rf ${onHost} && mkdir -p ${onHost}`]));

  const onHost = '/var/tmp/pgup-freeze';
  const host = (): string => lab.hosts[0]!.name;
  const staged = (): readonly string[] =>
    readdirSync(join(lab.host(host()).root, onHost)).filter((name) => name.startsWith('.pgup-'));
  const trace = (): string => readFileSync(join(lab.host(host()).root, TRACE), 'utf8');

  interface Frozen {
    readonly first: PgupRun;
    readonly second: PgupRun;
  }

  /**
   * One that is stopped where `stopAt` says or, in the middle of a transfer, by hand; another that goes on with its run;
   * and the first awake again: when the other does its first step, or has ended.
   */
  async function freeze(options: {
    /** A place, or `transfer`. */
    readonly stopAt: string;
    readonly wake: 'meanwhile' | 'afterwards';
    /** What the other controller has: a copy of the run folder, or only what the hosts say. */
    readonly knows: 'folder' | 'hosts';
    readonly program?: string;
  }): Promise<Frozen> {
    const { stopAt, wake, knows, program } = options;
    const runsDir = join(mkdtempSync(join(tmpdir(), 'pgup-first-')), 'runs');
    let second: Promise<PgupRun> | undefined;
    const goOn = async (frozen: ChildProcess): Promise<PgupRun> => {
      await until('the program to stop', 20, () => Promise.resolve(isStopped(frozen.pid) ? true : undefined));
      const awaken = (): boolean => frozen.kill('SIGCONT');
      const other = mkdtempSync(join(tmpdir(), 'pgup-other-'));
      if (knows === 'folder') cpSync(runsDir, other, { recursive: true });
      const which = knows === 'folder' ? [] : ['-i', inventory, '--playbook', playbook];
      try {
        return await pgup(['resume', ...which, '--yes', '--take-over'], {
          lab,
          runsDir: other,
          onEvent: ({ type }) => {
            if (type === 'step:start' && wake === 'meanwhile') awaken();
          },
        });
      } finally {
        awaken();
      }
    };
    const first = await pgup(['run', playbook, '-i', inventory, '--yes'], {
      lab,
      runsDir,
      ...(program === undefined ? {} : { program }),
      env: stopAt === 'transfer' ? {} : { PGUP_TEST_STOP_AT: stopAt.replace('HOST', host()) },
      onEvent: (event, child) => {
        if (event.type !== 'step:start' || second) return;
        if (stopAt === 'transfer') {
          if (event.task !== BRING) return;
          second = underWay().then(() => {
            child.kill('SIGSTOP');
            return goOn(child);
          });
        } else if (`step:start ${event.task} ${event.host} ${event.step}` === stopAt.replace('HOST', host()))
          second = goOn(child);
      },
    });
    if (!second) throw new Error(`${stopAt} was not reached: ${told(first)}`);
    return { first, second: await second };
  }

  const underWay = (): Promise<true> =>
    new Promise((done) => {
      const look = setInterval(() => {
        if (staged().length === 0) return;
        clearInterval(look);
        done(true);
      }, 2);
    });

  /** The steps as the host saw them, by the port that each controller came from. */
  function traced(): readonly Traced[] {
    const steps: Traced[] = [];
    const open = new Map<string, number>();
    for (const line of trace().trim().split('\n')) {
      const [time = '', what = '', name = '', , port = ''] = line.split(' ');
      if (what === 'begin') open.set(`${name} ${port}`, Number(time));
      else
        steps.push({
          name: what === 'undo' ? `undo ${name}` : name,
          by: port,
          from: open.get(`${name} ${port}`) ?? Number(time),
          to: Number(time),
        });
    }
    return steps;
  }

  /** What one controller did after another had begun. */
  function overlap(): readonly string[] {
    const steps = traced();
    const owner = steps.find(({ name }) => name === 'four')?.by;
    const began = Math.min(...steps.filter(({ by }) => by === owner).map(({ from }) => from));
    return steps.filter(({ by, from, to }) => by !== owner && (from > began || to > began)).map(({ name }) => name);
  }

  function expectRefused({ first, second }: Frozen): void {
    expect(second.exitCode, told(second)).to.equal(0);
    expect(first.exitCode, told(first)).to.equal(2);
    expect(eventsOf(first, 'deployment:end')[0]?.outcome, told(first)).to.equal('handed-over');
    const letter = eventsOf(first, 'letter')[0]!;
    const owner = ownerOf(second);
    expect(`${letter.happened} ${letter.next.join(' ')}`).to.contain(owner);
    expect(trace()).to.not.contain('undo');
    expect(overlap(), trace()).to.deep.equal([]);
    const names = traced().map(({ name }) => name);
    expect(names).to.deep.equal(['one', 'two', 'three', 'four']);
    expect(readFileSync(join(lab.host(host()).root, onHost, 'large')).equals(readFileSync(join(folder, 'large')))).to.be
      .true;
    expect(staged()).to.deep.equal([]);
  }

  it('between two steps: refused by the host while the other is at work, undoes nothing, says who has the run', async () => {
    expectRefused(await freeze({ stopAt: `step:start ${TWO} HOST 0`, wake: 'meanwhile', knows: 'hosts' }));
  });

  it('and that wakes up when the other has ended: refused too', async () => {
    expectRefused(await freeze({ stopAt: `step:start ${TWO} HOST 0`, wake: 'afterwards', knows: 'folder' }));
  });

  it('in the middle of a transfer: what it still sends is never seen, and nothing of it stays', async () => {
    expectRefused(await freeze({ stopAt: 'transfer', wake: 'meanwhile', knows: 'folder' }));
  });

  it('is found out where the host does not compare the claims: this test can fail', async () => {
    const { first, second } = await freeze({
      stopAt: `step:start ${TWO} HOST 0`,
      wake: 'meanwhile',
      knows: 'hosts',
      program: unfenced(folder),
    });
    expect(overlap(), `${told(first)}\n${told(second)}\n${trace()}`).to.include('two');
  });
});

/** The tasks as events name them. */
const BRING = '1.3';
const TWO = '1.4';

/** The program without the comparison on the host, and without the heartbeat that would tell it of the other. */
function unfenced(folder: string): string {
  const cut: readonly (readonly [string, string])[] = [
    ['__pgup_claimed() {\n', '__pgup_claimed() {\n  __guarded=; return 0\n'],
    ['HEARTBEAT = 15e3;', 'HEARTBEAT = 1e9;'],
  ];
  let text = readFileSync(resolve('dist/bin/program.cjs'), 'utf8');
  for (const [what, by] of cut) {
    if (text.split(what).length !== 2) throw new Error(`the program does not have this once: ${what}`);
    text = text.replace(what, by);
  }
  const program = join(folder, 'unfenced.cjs');
  writeFileSync(program, text);
  for (const name of ['playbooks', 'package.json']) symlinkSync(resolve(name), join(folder, name));
  return program;
}
