import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCli } from '../../cli/cli.ts';
import { command } from '../../lab/command.ts';
import { ansibleCore } from '../differential/ansible-core.ts';
import { testContext } from './support.ts';

const play = (message: string): string =>
  `- hosts: all\n  gather_facts: false\n  tasks:\n    - debug: { msg: '${message}' }\n`;

describe('the file of a playbook', function () {
  this.timeout(10 * 60_000); // the first to come makes the environment with ansible-core
  let folder: string;
  let vault: (args: readonly string[], input?: string) => Promise<string>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pgup-playbook-'));
    const bin = await ansibleCore();
    writeFileSync(join(folder, 'password'), 'a secret\n');
    writeFileSync(join(folder, 'other'), 'another\n');
    vault = async (args, input = '') => {
      const argv = [join(bin, 'ansible-vault'), ...args, '--vault-password-file', join(folder, 'password')];
      return (await command(argv, { env: { PATH: process.env['PATH'], HOME: folder }, input })).stdout;
    };
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  async function run(content: string | Buffer, ...more: readonly string[]): Promise<{ exit: number; said: string }> {
    writeFileSync(join(folder, 'p.yml'), content);
    const context = testContext({ cwd: folder });
    const exit = await runCli(['run', 'p.yml', '-i', 'localhost,', ...more], context);
    return { exit, said: `${context.err()}${context.out()}` };
  }

  it('may be closed by ansible-vault as a whole', async () => {
    const closed = await vault(['encrypt', '--output', '-'], play('in the open'));
    const open = await run(closed, '--vault-password-file', 'password');
    expect(open.exit, open.said).to.equal(0);
    expect(open.said).to.contain('in the open');
    expect(await run(closed)).to.deep.equal({
      exit: 5,
      said: 'p.yml:1:1: error[vault]: this file is encrypted: give --vault-password-file or --ask-vault-pass\n',
    });
    const wrong = await run(closed, '--vault-password-file', 'other');
    expect(wrong).to.deep.equal({ exit: 5, said: 'p.yml:1:1: error[vault]: this file needs another vault password\n' });
    const checked = testContext({ cwd: folder });
    expect(
      await runCli(['run', 'p.yml', '--syntax-check', '--vault-password-file', 'password'], checked),
      checked.err(),
    ).to.equal(0);
  });

  it('may hold values that ansible-vault closed, which are not shown', async () => {
    const value = await vault(['encrypt_string', '--stdin-name', 'token'], 'hunter2');
    const text = play('{{ token | length }} {{ token }}').replace(
      '  tasks:',
      `  vars:\n    ${value.trim().replaceAll('\n', '\n    ')}\n  tasks:`,
    );
    const open = await run(text, '--vault-password-file', 'password');
    expect(open.exit, open.said).to.equal(0);
    expect(open.said).to.contain('***').and.not.contain('hunter2');
    const wrong = await run(text, '--vault-password-file', 'other');
    expect(wrong).to.deep.equal({
      exit: 5,
      said: 'p.yml:4:12: error[vault]: this value needs another vault password\n',
    });
  });

  it('is UTF-8, with a byte order mark or without, and with line breaks of any system', async () => {
    for (const each of [`\ufeff${play('grüß dich')}`, play('grüß dich').replaceAll('\n', '\r\n')]) {
      const { exit, said } = await run(each);
      expect(exit, said).to.equal(0);
      expect(said).to.contain('grüß dich');
    }
    const marked = await run(`\ufeff- hosts: all\n  tsks: []\n`);
    expect(marked.said).to.match(/^p\.yml:2:3: error\[playbook-syntax\]: "tsks"/);
    expect(await run(Buffer.from(play('gr\xfc\xdf'), 'latin1'))).to.deep.equal({
      exit: 5,
      said: 'p.yml:4:24: error[yaml-syntax]: this line is not UTF-8: save the file in that encoding\n',
    });
  });

  it("says of a name that is pgup's own that it is not seen", async () => {
    const { exit, said } = await run(play('x').replace('  tasks:', '  vars: { inventory_hostname: y }\n  tasks:'));
    expect(exit, said).to.equal(0);
    expect(said).to.match(/^p\.yml:3:11: warning\[playbook-syntax\]: "inventory_hostname" is a name of pgup's own/);
  });
});
