import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Lab } from '../../lab/open-lab.ts';
import { ownerOf } from '../faults/owner-of.ts';
import { eventsOf, majorVersion, NAUTOBOT_UNITS, pgup, sql, told, unitState, upgrade, type PgupRun } from './pgup.ts';
import { labOrSkip } from './support.ts';

/** What is wrong, made from the lab's good inventory, and what has to be said. */
interface Refusal {
  readonly what: string;
  readonly inventory?: (text: string) => string;
  readonly playbook?: string;
  readonly more?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly exit: number;
  readonly code: string;
  /** In the message: a place, a name. */
  readonly says: RegExp;
}

const PLAY = (task: string) => `- name: x\n  hosts: all\n  gather_facts: false\n  tasks:\n    - ${task}\n`;

describe('what is refused', function () {
  this.timeout(60_000);
  let lab: Lab;
  let folder: string;

  before(async function () {
    lab = await labOrSkip(this, 'standin', '2');
    folder = mkdtempSync(join(tmpdir(), 'pgup-refusals-'));
  });

  const refusals: readonly Refusal[] = [
    {
      what: 'an unknown module',
      playbook: PLAY('comand: true'),
      exit: 5,
      code: 'unknown-module',
      says: /play\.yml:5:7: .*command/,
    },
    {
      what: 'bad YAML',
      playbook: '- name: x\n  hosts: [all\n  tasks:\n',
      exit: 5,
      code: 'yaml-syntax',
      says: /play\.yml:\d+:\d+/,
    },
    {
      what: 'an unknown pgup_ variable',
      inventory: (text) => text.replace('pgup_target', 'pgup_traget'),
      exit: 5,
      code: 'unknown-variable',
      says: /\.ini:\d+:\d+: .*pgup_traget.*pgup_target/,
    },
    {
      what: 'an undefined name',
      playbook: PLAY('debug: { msg: "{{ nowhere }}" }'),
      exit: 5,
      code: 'undefined-name',
      says: /play\.yml:5:\d+.*nowhere/,
    },
    { what: 'half of a deployment', more: ['--limit', 'db1'], exit: 5, code: 'limit-partial', says: /app1/ },
    { what: 'a limit that matches nothing', more: ['--limit', 'nosuch'], exit: 6, code: 'limit-empty', says: /nosuch/ },
    { what: 'an upgrade without a terminal and without --yes', exit: 5, code: 'confirmation', says: /--yes/ },
    {
      what: 'an unknown host key',
      more: ['--check'],
      env: { PGUP_KNOWN_HOSTS: '/dev/null' },
      inventory: (text) => text.replace(/^ansible_ssh_common_args.*$/m, ''),
      exit: 4,
      code: 'host-key-unknown',
      says: /app1|db1/,
    },
    {
      what: 'another host key',
      more: ['--check'],
      env: { PGUP_KNOWN_HOSTS: 'WRONG' },
      inventory: (text) => text.replace(/^ansible_ssh_common_args.*$/m, ''),
      exit: 4,
      code: 'host-key-changed',
      says: /ssh-keygen .*-R/,
    },
    {
      what: 'an unreachable host',
      more: ['--check'],
      inventory: (text) => text.replace(/(db1 .*ansible_host=)\S+/, '$1127.0.0.9 ansible_port=9'),
      exit: 4,
      code: 'unreachable',
      says: /db1/,
    },
    {
      what: 'a wrong sudo password',
      more: ['--check'],
      inventory: (text) => text.replace(/ansible_become_password='[^']*'/, "ansible_become_password='wrong'"),
      exit: 4,
      code: 'become',
      says: /db1/,
    },
  ];

  for (const refusal of refusals) {
    it(`${refusal.what}: exit ${refusal.exit}, ${refusal.code}, one message, nothing done`, async () => {
      const run = await attempt(refusal);
      expect(run.exitCode, told(run)).to.equal(refusal.exit);
      const letters = eventsOf(run, 'letter').map(
        ({ code, happened, next }) => `error[${code}]: ${happened} ${next.join(' ')}`,
      );
      const said = [...run.stderr.split('\n'), ...letters].filter((line) => line.includes(`error[${refusal.code}]`));
      expect(said, told(run)).to.have.length(1);
      expect(`${said[0]}\n${run.stderr}`).to.match(refusal.says);
      expect(eventsOf(run, 'task:host').filter(({ status }) => status === 'changed')).to.deep.equal([]);
      expect(run.stderr).to.not.match(/^\s+at /m);
    });
  }

  it('a run with something in its way, before anything is changed', async () => {
    await sql(lab, 'db1', 'CREATE DATABASE wiki');
    const run = await upgrade({ lab });
    await sql(lab, 'db1', 'DROP DATABASE wiki');
    expect(run.exitCode, told(run)).to.equal(2);
    expect(eventsOf(run, 'finding').filter(({ check }) => check === 'other-database')).to.have.length(1);
    expect(eventsOf(run, 'recap')[0]!.deployments[0]!.outcome).to.equal('blocked');
    expect(eventsOf(run, 'task:host').filter(({ status }) => status === 'changed')).to.deep.equal([]);
    for (const unit of NAUTOBOT_UNITS) expect(await unitState(lab, 'app1', unit), unit).to.equal('active');
  });

  describe('while another run, whose controller died in its window, has the hosts', () => {
    let first: PgupRun;

    before(async function () {
      this.timeout(2 * 60_000);
      first = await upgrade({
        lab,
        onEvent: (event, child) => {
          if (event.type === 'play:start' && event.play.startsWith('3 ')) child.kill('SIGKILL');
        },
      });
      expect(first.exitCode, told(first)).to.equal(null);
    });

    const id = (): string => eventsOf(first, 'run:start')[0]!.run;

    for (const check of [false, true]) {
      it(`a second ${check ? 'look' : 'run'}, with the name of the one that has them and nothing else`, async () => {
        const second = await pgup(['run', '-i', lab.inventoryFile, check ? '--check' : '--yes'], { lab });
        expect(second.exitCode, told(second)).to.equal(2);
        const findings = eventsOf(second, 'finding');
        expect(findings.map(({ host, check: name }) => `${name} ${host}`).sort()).to.deep.equal([
          'held app1',
          'held db1',
        ]);
        for (const { text, next } of findings) {
          expect(text).to.equal(`run ${id()} of ${ownerOf(first)} holds the host`);
          expect(next).to.contain(`pgup resume ${id()}`);
        }
        expect(eventsOf(second, 'task:host').filter(({ status }) => status === 'changed')).to.deep.equal([]);
      });
    }

    it('but for going back, from any controller: the hosts know what was done', async () => {
      const back = await pgup(['rollback', '-i', lab.inventoryFile, '--yes', '--take-over'], { lab });
      expect(back.exitCode, told(back)).to.equal(7);
      expect(eventsOf(back, 'run:start')[0]!.run).to.equal(id());
      expect(await majorVersion(lab, 'db1')).to.equal('15');
      for (const unit of NAUTOBOT_UNITS) expect(await unitState(lab, 'app1', unit), unit).to.equal('active');
      const again = await pgup(['rollback', '-i', lab.inventoryFile, '--yes'], { lab });
      expect(again.exitCode, told(again)).to.equal(2);
      expect(again.stderr).to.match(/error\[no-run\].*no run holds a deployment of this inventory/);
    }).timeout(2 * 60_000);
  });

  async function attempt({ inventory, playbook, more = [], env = {} }: Refusal): Promise<PgupRun> {
    const text = readFileSync(lab.inventoryFile, 'utf8');
    const file = join(folder, 'hosts.ini');
    writeFileSync(file, inventory ? inventory(text) : text, { mode: 0o600 });
    const play = join(folder, 'play.yml');
    if (playbook !== undefined) writeFileSync(play, playbook);
    const wrong = join(folder, 'wrong_known_hosts');
    // Each host's line with the other host's key.
    const lines = readFileSync(lab.knownHostsFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    const keys = lines.map(([, type, key]) => [type, key] as const);
    writeFileSync(
      wrong,
      `${lines
        .map(([names, type, key]) => {
          const other = keys.find(([otherType, otherKey]) => otherType === type && otherKey !== key);
          return `${names} ${type} ${other?.[1]}`;
        })
        .join('\n')}\n`,
    );
    const settled = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, value === 'WRONG' ? wrong : value]),
    );
    return pgup(['run', ...(playbook === undefined ? [] : [play]), '-i', file, ...more], { lab, env: settled });
  }
});
