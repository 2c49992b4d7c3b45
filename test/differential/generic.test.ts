import { expect } from 'chai';
import pLimit from 'p-limit';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Lab } from '../../lab/open-lab.ts';
import { labOrSkip } from '../lab/support.ts';
import { ansibleCore, ANSIBLE_VERSION } from './ansible-core.ts';
import { compareRuns, shown } from './compare.ts';
import { DEVIATIONS, isKnown, knownAs } from './deviations.ts';
import { keepAnswers, keptAnswers } from './kept-answers.ts';
import { underAnsible, underPgup, type PlaybookRun } from './runs.ts';
import { stateDifferences, stateOf } from './state.ts';

const DATA = resolve('test/data/generic');
const playbooks = readdirSync(DATA).filter((name) => name.endsWith('.yml'));

/** Both tools know the same hosts by the same names; what the one does happens on the one twin, what the other on the other. */
function inventoryOn(lab: Lab, twin: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'pgup-twins-')), 'hosts.ini');
  const { address } = lab.host(twin);
  const text = `
[twins]
alpha ansible_host=${address}
beta ansible_host=${address}
gamma ansible_host=${address}
[broken]
nowhere ansible_host=127.0.0.1 ansible_port=1
[all:vars]
ansible_user=ops
ansible_ssh_private_key_file=${lab.clientKeyFile}
ansible_ssh_common_args='-o UserKnownHostsFile=${lab.knownHostsFile}'
ansible_python_interpreter=/usr/bin/python3
`;
  writeFileSync(path, text);
  return path;
}

/** Its answers are about this machine and this day: Ansible is always asked. */
const OF_THE_DAY = 'facts.yml';

/** `# with: …` in the first line: more words of the command line. */
function argumentsOf(text: string): readonly string[] {
  return /^# with: (.*)$/m.exec(text)?.[1]?.split(' ') ?? [];
}

/** Folders of one run called the same as those of the other, and of any clone. */
function moved(run: PlaybookRun, folder: string): PlaybookRun {
  const text = JSON.stringify(run.results).replaceAll(folder, '/to').replaceAll(DATA, '/data');
  return { ...run, results: JSON.parse(text) as PlaybookRun['results'] };
}

interface Both {
  readonly ansible: PlaybookRun;
  readonly pgup: PlaybookRun;
}

interface RunBoth {
  readonly name: string;
  /** What Ansible came to before, where that is known. */
  readonly kept: PlaybookRun | undefined;
  readonly bin: string;
  readonly inventories: { readonly ansible: string; readonly pgup: string };
  readonly lab: Lab;
}

async function runBoth({ name, kept, bin, inventories, lab }: RunBoth): Promise<Both> {
  const playbook = join(DATA, name);
  const args = argumentsOf(readFileSync(playbook, 'utf8'));
  const to = [mkdtempSync(join(tmpdir(), 'pgup-a-')), mkdtempSync(join(tmpdir(), 'pgup-p-'))] as const;
  const [ansible, pgup] = await Promise.all([
    kept ?? underAnsible({ playbook, inventory: inventories.ansible, args: [...args, '-e', `to=${to[0]}`] }, bin),
    underPgup({ playbook, inventory: inventories.pgup, args: [...args, '-e', `to=${to[1]}`] }, lab),
  ]);
  // what `fetch` brought is elsewhere
  return { ansible: moved(ansible, to[0]), pgup: moved(pgup, to[1]) };
}

/** What a run's end says of hosts: the same numbers mean it, but for changes that check mode foresees. */
function exitKind(code: number | null): string {
  return code === 0 || code === 3 ? 'well' : code === 2 ? 'failed' : code === 4 ? 'unreachable' : String(code);
}

describe(`generic playbooks under ansible-core ${ANSIBLE_VERSION} and under pgup`, function () {
  this.timeout(15 * 60_000);
  let lab: Lab;
  const runs = new Map<string, Promise<Both>>();
  const kept = keptAnswers(DATA);

  before(async function () {
    lab = await labOrSkip(this, 'twins');
    const bin = await ansibleCore();
    const server = readFileSync(join(DATA, 'server.py'), 'utf8');
    await Promise.all(
      ['twin1', 'twin2'].map(async (twin) => {
        await lab.run(twin, ['sh', '-c', 'cat > /run/server.py'], { input: server });
        await lab.run(twin, ['systemd-run', '--unit=web', 'python3', '/run/server.py']);
      }),
    );
    // side by side, because most of the time Ansible waits for one thing at a time; each playbook has its own files
    const limit = pLimit(3);
    const inventories = { ansible: inventoryOn(lab, 'twin1'), pgup: inventoryOn(lab, 'twin2') };
    for (const name of playbooks) {
      const both = limit(() => runBoth({ name, kept: kept?.runs[name], bin, inventories, lab }));
      both.catch(() => undefined); // its own test says it
      runs.set(name, both);
    }
  });

  for (const name of playbooks) {
    it(name, async () => {
      const { ansible, pgup } = await (runs.get(name) ?? Promise.reject(new Error(`${name} was not run`)));
      const differences = compareRuns(ansible, pgup).filter((each) => !isKnown(name, each));
      const told = [...differences.map(shown), pgup.results.length === 0 ? pgup.said : ''].join('\n');
      expect(ansible.results, ansible.said).to.not.be.empty;
      expect(differences.length, told).to.equal(0);
      expect(exitKind(pgup.exitCode), pgup.said).to.equal(exitKind(ansible.exitCode));
    });
  }

  it('leaves both hosts alike', async () => {
    const ansible = kept?.state ?? (await stateOf(lab, 'twin1'));
    expect(stateDifferences(ansible, await stateOf(lab, 'twin2'))).to.deep.equal([]);
    if (kept) return;
    const all = await Promise.all(playbooks.map(async (name) => [name, (await runs.get(name))!.ansible] as const));
    keepAnswers(DATA, { state: ansible, runs: Object.fromEntries(all.filter(([name]) => name !== OF_THE_DAY)) });
  });

  it('knows of no deviation that is none', async () => {
    const found = await Promise.all(
      playbooks.map(async (name) => {
        const run = await runs.get(name);
        return run ? compareRuns(run.ansible, run.pgup).flatMap((each) => knownAs(name, each)) : [];
      }),
    );
    const unused = DEVIATIONS.filter((each) => !found.flat().includes(each));
    expect(unused.map(({ why }) => why)).to.deep.equal([]);
  });
});
