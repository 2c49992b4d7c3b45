import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { runCli } from '../../cli/cli.ts';
import { command } from '../../lab/command.ts';
import { malformedInventories, writeCase } from '../inventory/malformed-cases.ts';
import { malformedPlaybooks, malformedTogether } from '../playbook/malformed-cases.ts';
import { openListener, type Listener } from '../support/listener.ts';
import { testContext } from './support.ts';

/** Something that a person typed or wrote, and what must be said of it. */
interface Case {
  readonly name: string;
  readonly write?: (folder: string) => void;
  readonly argv: readonly string[];
  readonly exit: number;
  /** Each line that must be there, in this order. */
  readonly says: readonly (string | RegExp)[];
  /** Nothing else is said. */
  readonly whole?: true;
}

const PLAYBOOK =
  '- hosts: all\n  gather_facts: false\n  tasks:\n    - { name: touch, command: touch /tmp/x, tags: t }\n';

/** The parser's own test knows a module that pgup does not have. */
const OF_TEST_MODULES = ['a version without quotes as an argument', 'an argument that is not allowed'];

const inventories = malformedInventories
  .filter(({ problems }) => problems.some((each) => each.includes('error[')))
  .map((each): Case => ({
    name: `inventory: ${each.name}`,
    write: (folder) => {
      writeCase(each, folder);
    },
    argv: [
      ...['run', 'site.yml', '-i', 'good.ini'],
      ...each.sources.flatMap((source) => ['-i', source]),
      ...(each.extraVars ?? []).flatMap((text) => ['-e', text]),
    ],
    exit: 5,
    says: each.problems,
  }));

const playbooks = [...malformedPlaybooks, ...malformedTogether]
  .filter(({ title }) => !OF_TEST_MODULES.includes(title))
  .map(({ title, text, expected }): Case => ({
    name: `playbook: ${title}`,
    write: (folder) => {
      writeFileSync(join(folder, 'p.yml'), text);
    },
    argv: ['run', 'p.yml', '-i', 'good.ini'],
    exit: 5,
    ...(malformedTogether.some((each) => each.title === title) ? { whole: true } : {}),
    says: expected.map((line) => line.replace(/^(\S+) (\S+) /, 'p.yml:$1: error[$2]: ')),
  }));

const typed = (more: string, exit: number, says: RegExp): Case => ({
  name: `typed: ${more}`,
  argv: more.split(' '),
  exit,
  says: [says],
});
const RUN = 'run site.yml -i good.ini';
const options: readonly Case[] = [
  typed('upgarde -i good.ini', 5, /unknown verb: upgarde; there are run, plan/),
  typed('rnu site.yml -i good.ini', 5, /unknown verb: rnu, did you mean "run"\?/),
  typed(`${RUN} --chek`, 5, /unknown option: chek, did you mean "check"\?/),
  typed(`${RUN} --lsit-hosts`, 5, /unknown option: lsit-hosts, did you mean "list-hosts"\?/),
  typed(`${RUN} --chek --frks 3`, 5, /chek, did you mean "check"\?; frks, did you mean "forks"\?/),
  typed(`${RUN} other.yml`, 5, /one word too many: other\.yml/),
  typed('exec -i good.ini --becom all -- id', 5, /becom, did you mean "become"\?; a word is missing: pgup exec/),
  typed('inventory -i good.ini --grap', 5, /unknown option: grap, did you mean "graph"\?/),
  typed(`${RUN} --check=maybe`, 5, /--check=maybe/),
  typed(`${RUN} --forks 0`, 5, /forks is "0", and a whole number above 0 was expected/),
  typed(`${RUN} --forks 1e3`, 5, /forks is "1e3"/),
  typed(`${RUN} --forks many`, 5, /forks is "many"/),
  typed(`${RUN} --serial 0`, 5, /serial/),
  typed(`${RUN} --serial x`, 5, /serial/),
  typed(`${RUN} --serial 150%`, 5, /serial/),
  typed(`${RUN} --max-failures x`, 5, /max-failures/),
  typed(`${RUN} --max-failures 1.5`, 5, /max-failures/),
  typed(`${RUN} --output xml`, 5, /xml/),
  typed(`${RUN} --host-key-checking maybe`, 5, /maybe/),
  typed(`${RUN} --start-at-task nosuch`, 5, /--start-at-task "nosuch"/),
  typed(`${RUN} -i`, 5, /-i needs a value/),
  typed(`${RUN} -e a=1 -e`, 5, /-e needs a value/),
  {
    ...typed('run site.yml -i', 5, /an inventory with an empty name is given: -i/),
    argv: ['run', 'site.yml', '-i', ''],
  },
  { ...typed(`${RUN} --tags`, 6, /--tags is empty/), argv: [...RUN.split(' '), '--tags', ''] },
  typed(`${RUN} --tags nosuch`, 6, /--tags nosuch: no task has this tag/),
  typed(`${RUN} --tags tt`, 6, /did you mean "t"\?/),
  typed(`${RUN} --limit nosuch`, 6, /--limit: "nosuch" matches no host/),
  typed(`${RUN} --limit web[9]`, 6, /"web\[9\]" matches nothing: "web" has 1/),
  typed(`${RUN} --limit web:!typo`, 6, /--limit: "typo"|"!typo"/),
  typed(`${RUN} --limit @nofile`, 5, /nofile/),
  typed(`${RUN} -e word`, 5, /word/),
  typed(`${RUN} -e @nofile`, 5, /nofile/),
  typed(`${RUN} --vault-password-file nofile`, 5, /vault password file .*nofile does not exist/),
  typed('run nosuch.yml -i good.ini', 5, /playbook nosuch\.yml does not exist/),
  typed('run . -i good.ini', 5, /playbook \. is a folder/),
  typed('run site.yml -i nosuch.ini', 5, /nosuch\.ini/),
  typed('run site.yml', 5, /^error\[usage\]: no inventory is named: [^\n]*\n$/),
  typed('inventory -i good.ini --host web2', 5, /no host "web2", did you mean "web1"\?/),
  typed('inventory -i good.ini --list-hosts nosuch', 6, /nosuch/),
  typed('exec -i good.ini nosuch -- id', 6, /nosuch/),
  typed('ping -i good.ini nosuch', 6, /nosuch/),
];

const cases = [...inventories, ...playbooks, ...options];

describe('whatever is mistyped', () => {
  let folder: string;
  let listener: Listener;

  before(async () => {
    listener = await openListener();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pgup-malformed-'));
    writeFileSync(join(folder, 'good.ini'), `[web]\nweb1 ansible_host=127.0.0.1 ansible_port=${listener.port}\n`);
    writeFileSync(join(folder, 'site.yml'), PLAYBOOK);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  after(() => listener.close());

  function judge(
    { says, exit, whole }: Case,
    { code, out, err }: { code: number | null; out: string; err: string },
  ): void {
    if (whole) expect(err.trimEnd().split('\n')).to.deep.equal(says);
    let from = 0;
    for (const line of says) {
      if (typeof line !== 'string') {
        expect(err).to.match(line);
        continue;
      }
      const at = err.indexOf(line, from);
      expect(at, `${line}\nin\n${err}`).to.be.at.least(0);
      from = at + line.length;
    }
    expect(err, 'a stack trace').to.not.match(/^\s+at .*:\d+:\d+\)?$/m);
    expect([code, out, listener.connections()], err).to.deep.equal([exit, '', 0]);
  }

  it('is tried in at least 150 ways', () => {
    expect(cases.length).to.be.at.least(150);
  });

  for (const each of cases) {
    it(each.name, async () => {
      each.write?.(folder);
      const context = testContext({ cwd: folder });
      const code = await runCli(each.argv, context);
      judge(each, { code, out: context.out(), err: context.err() });
    });
  }

  // The same through the program as it is installed: every twentieth.
  for (const each of cases.filter((_case, index) => index % 20 === 0)) {
    it(`the whole program: ${each.name}`, async () => {
      each.write?.(folder);
      const argv = [process.execPath, resolve('dist/bin/pgup.js'), ...each.argv];
      const env = { PATH: process.env['PATH'], HOME: folder };
      const { code, stdout, stderr } = await command(argv, { cwd: folder, env, mayFail: true });
      judge(each, { code, out: stdout, err: stderr });
    });
  }
});
