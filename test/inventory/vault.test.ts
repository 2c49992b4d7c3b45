import { expect } from 'chai';
import { formatProblem } from '../../lib/errors.ts';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { isVaultText, Vault } from '../../lib/inventory/vault.ts';
import { readVariables, readVariablesFile } from '../../lib/inventory/variables-file.ts';
import { Secret } from '../../lib/secret.ts';
import { dataPath, plain, readData } from './helpers.ts';

/** Made by ansible-vault with the password `right`. */
const FILE = readData('vault/file-1.1.yml');
const TEXT =
  'db_secret: hunter2\nport: 5432\nflag: true\npgup_target: "17"\ntemplate: "{{ db_secret }}"\nlist: [a, {b: c}]\n';

function open(text: string, password = 'right'): string {
  const opened = new Vault(new Secret(password)).open(text);
  return opened.kind === 'opened' ? opened.bytes.toString('utf8') : opened.reason;
}

/** The vault's text with one hexadecimal digit of its inner parts changed, counted from the end of the body. */
function damaged(digitsFromEnd: number): string {
  const [header = '', ...lines] = FILE.trim().split('\n');
  const body = lines.join('');
  const at = body.length - digitsFromEnd;
  // The body is hexadecimal twice over: 30..39 and 61..66 are digits, so that the last nibble may go from 0 to 1.
  const digit = body.charAt(at) === '1' ? '2' : '1';
  return `${header}\n${body.slice(0, at)}${digit}${body.slice(at + 1)}\n`;
}

describe('inventory: vault', () => {
  it('opens what ansible-vault closed, 1.1 and 1.2', () => {
    expect(open(FILE)).to.equal(TEXT);
    expect(open(readData('vault/file-1.2.yml'))).to.equal(TEXT);
  });

  it('knows an encrypted text', () => {
    expect(isVaultText(FILE)).to.equal(true);
    expect(isVaultText('\n  $ANSIBLE_VAULT;1.1;AES256\n')).to.equal(true);
    expect(isVaultText('a: 1\n')).to.equal(false);
  });

  it('tells a wrong password from a damaged text', () => {
    for (const password of ['wrong', 'Right', 'right ', 'x'.repeat(200)]) {
      expect(open(FILE, password)).to.equal('needs another vault password');
    }
    expect(open(damaged(1))).to.equal('is damaged: the vault password fits, but the text was changed');
    expect(open(damaged(201))).to.equal('is damaged: the vault password fits, but the text was changed');
    expect(open(FILE.slice(0, -40))).to.match(/^is damaged: a part of it is missing|^is damaged: it is not the hex/);
    expect(open(FILE.split('\n').slice(0, 2).join('\n'))).to.match(/^is damaged/);
    expect(open('$ANSIBLE_VAULT;1.1;AES256\nzz\n')).to.match(/^is damaged: it is not the hexadecimal text/);
  });

  it('calls a text damaged once its password has opened another', () => {
    const vault = new Vault(new Secret('right'));
    vault.open(FILE);
    const salted = FILE.replace(/\n(..)/, (_whole, digits: string) => `\n${digits === '31' ? '32' : '31'}`);
    expect(vault.open(salted)).to.deep.equal({
      kind: 'closed',
      reason: 'is damaged: the vault password fits, but the text was changed',
    });
  });

  it('says what it cannot open', () => {
    expect(open('$ANSIBLE_VAULT;1.0;AES\n3031\n')).to.match(/^has vault format "1.0"/);
    expect(open('$ANSIBLE_VAULT;1.1;AES\n3031\n')).to.match(/^is encrypted with "AES"/);
    expect(new Vault(undefined).open(FILE)).to.deep.equal({
      kind: 'closed',
      reason: 'is encrypted: give --vault-password-file or --ask-vault-pass',
    });
  });

  it("makes secrets of everything in an encrypted file but pgup's own settings and templates", () => {
    const vault = new Vault(new Secret('right'));
    const { variables, problems } = readVariablesFile({ file: 'file-1.1.yml', cwd: dataPath('vault'), vault });
    expect(problems).to.deep.equal([]);
    const kinds = [...variables.values()].map(({ name, value }) => [name, value instanceof Secret, plain(value)]);
    expect(kinds).to.deep.equal([
      ['db_secret', true, 'hunter2'],
      ['port', true, '5432'],
      ['flag', false, true],
      ['pgup_target', false, '17'],
      ['template', false, '{{ db_secret }}'],
      ['list', false, ['a', { b: 'c' }]],
    ]);
    expect(JSON.stringify([...variables.values()])).not.to.match(/hunter2|5432|"a"|"c"/);
    expect(variables.get('db_secret')?.at).to.deep.equal({ file: 'file-1.1.yml', line: 1, column: 1 });
  });

  it('makes a secret of an encrypted value', () => {
    const vault = new Vault(new Secret('right'));
    const { variables } = readVariables({ text: readData('vault/values.yml'), file: 'values.yml', vault });
    expect(variables.get('plain')?.value).to.equal(1);
    const inline = variables.get('inline')!.value as Secret;
    expect([String(inline), inline.reveal()]).to.deep.equal(['***', 'hunter2']);
  });

  it('refuses secret text beside a template, which would be printed', () => {
    const vault = new Vault(new Secret('right'));
    const { problems } = readVariablesFile({ file: 'mixed.yml', cwd: dataPath('vault'), vault });
    expect(problems.map(formatProblem)).to.deep.equal([
      'mixed.yml:1:1: error[vault]: "mixed" mixes secret text with "{{ }}": put the secret part into a variable of its own',
    ]);
  });

  it('reads an encrypted inventory', () => {
    const options = { sources: ['hosts.ini'], cwd: dataPath('vault') };
    const { inventory, problems } = loadInventory({ ...options, vaultPassword: new Secret('right') });
    expect(problems).to.deep.equal([]);
    const { variables } = inventory!.hosts.get('w1')!;
    const values = [...variables.values()].map(({ name, value }) => [name, JSON.stringify(value)]);
    expect(Object.fromEntries(values)).to.deep.equal({
      ansible_password: '"***"',
      note: '"***"',
      pgup_target: '"17"',
    });
    const wrong = loadInventory({ ...options, vaultPassword: new Secret('wrong') });
    expect(wrong.problems.map(formatProblem)).to.deep.equal([
      'hosts.ini:1:1: error[vault]: this file needs another vault password',
    ]);
  });
});
