import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { runCli } from '../../cli/cli.ts';
import { dataPath, readData } from '../inventory/helpers.ts';
import { testContext } from './support.ts';

const INI = '[web]\nw1 a=1\nw2\n[db]\nd1 ansible_password=s3cret\n[canary]\nw2\n';

describe('pgup inventory', () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'pgup-cli-'));
    writeFileSync(join(cwd, 'prod.ini'), INI);
  });
  afterEach(() => {
    rmSync(cwd, { recursive: true });
  });

  async function pgup(argv: readonly string[], where = cwd, stdin = new PassThrough()) {
    const context = testContext({ cwd: where, stdin });
    const exit = await runCli(['inventory', ...argv], context);
    return { exit, out: context.out(), err: context.err() };
  }

  it('prints what ansible-inventory prints', async () => {
    const where = dataPath('trees/precedence');
    const sources = ['-i', 'inv1/hosts.ini', '-i', 'inv2'];
    const printed = async (...argv: readonly string[]) => (await pgup([...sources, ...argv], where)).out;
    expect(await printed('--list')).to.equal(readData('trees/precedence/expected.list'));
    expect(await printed('--list', '--export')).to.equal(readData('trees/precedence/expected.export'));
    expect(await printed('--export')).to.equal(readData('trees/precedence/expected.export'));
    expect(await printed('--graph', '--vars')).to.equal(readData('trees/precedence/expected.graph'));
  });

  it('prints one host, secrets hidden', async () => {
    const { exit, out } = await pgup(['-i', 'prod.ini', '--host', 'd1', '-e', 'x=1']);
    expect([exit, JSON.parse(out)]).to.deep.equal([0, { ansible_password: '***', x: '1' }]);
  });

  it('draws from a group on', async () => {
    expect((await pgup(['-i', 'prod.ini', '--graph', 'web'])).out).to.equal('@web:\n  |--w1\n  |--w2\n');
  });

  it('lists the hosts of a pattern within a limit', async () => {
    const list = async (...argv: readonly string[]) => (await pgup(['-i', 'prod.ini', '--list-hosts', ...argv])).out;
    expect(await list('web:db:!canary')).to.equal('w1\nd1\n');
    expect(await list('web', '--limit', 'canary')).to.equal('w2\n');
    expect(await list('')).to.equal('w1\nw2\nd1\n');
  });

  it('asks for a vault password without showing it, and reads one from a file or a program', async () => {
    const where = dataPath('vault');
    const stdin = new PassThrough();
    stdin.end('right\n');
    const asked = await pgup(['-i', 'hosts.ini', '--list-hosts', 'web', '--ask-vault-pass'], where, stdin);
    expect(asked).to.deep.equal({ exit: 0, out: 'w1\n', err: 'Vault password: \n' });
    writeFileSync(join(cwd, 'password'), 'right\n');
    writeFileSync(join(cwd, 'program'), '#!/bin/sh\necho right\n');
    chmodSync(join(cwd, 'program'), 0o755);
    for (const file of ['password', 'program']) {
      const argv = ['-i', 'hosts.ini', '--list-hosts', 'web', '--vault-password-file', join(cwd, file)];
      expect(await pgup(argv, where)).to.deep.equal({ exit: 0, out: 'w1\n', err: '' });
    }
  });

  const refused: readonly (readonly [readonly string[], number, RegExp])[] = [
    [
      ['-i', 'prod.ini', '--list-hosts', 'wbe'],
      6,
      /^error\[limit-empty\]: "wbe" matches no host and no group, did you/,
    ],
    [['-i', 'prod.ini', '--list-hosts', 'web', '--limit', 'db'], 6, /"web" with --limit "db" matches no host/],
    [['-i', 'prod.ini', '--list-hosts', 'web', '--limit', 'typo'], 6, /--limit: "typo" matches no host/],
    [['-i', 'prod.ini', '--list', '--limit', ''], 6, /--limit is empty/],
    [['-i', 'prod.ini', '--list-hosts', 'web:&'], 5, /^error\[pattern\]: "&" and "!" need/],
    [['-i', 'prod.ini', '--host', 'w3'], 5, /^error\[pattern\]: no host "w3", did you mean "w1"\?/],
    [['-i', 'prod.ini', '--graph', 'wbe'], 5, /^error\[pattern\]: no group "wbe", did you mean "web"\?/],
    [['-i', 'prod.ini'], 5, /one of --list, --export, --graph, --host and --list-hosts/],
    [['-i', 'prod.ini', '--list', '--graph'], 5, /one of --list/],
    [['--list'], 5, /no inventory is named/],
    [['-i', 'nope.ini', '--list'], 5, /^error\[file-missing\]: inventory "nope.ini" does not exist/],
    [['-i', 'prod.ini', '--list', '-e', 'x'], 5, /^-e:1:1: error\[usage\]: "x" is not name=value/],
    [['-i', 'prod.ini', '--lst'], 5, /Did you mean|lst/],
    [['-i', 'prod.ini', '--list', '--vault-password-file', 'gone'], 5, /vault password file .*gone does not exist/],
  ];
  for (const [argv, exit, message] of refused) {
    it(`refuses ${argv.join(' ')}`, async () => {
      const result = await pgup(argv);
      expect(result.exit, result.err).to.equal(exit);
      expect(result.err).to.match(message);
      expect(result.err).not.to.match(/\n\s+at /);
      expect(result.out).to.equal('');
    });
  }
});
