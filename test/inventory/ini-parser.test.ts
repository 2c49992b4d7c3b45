import { expect } from 'chai';
import { plain, readIni } from './helpers.ts';

function variablesOf(ini: string, host: string): Readonly<Record<string, string>> {
  const variables = [...readIni(ini).inventory.hosts.get(host)!.variables.values()];
  return Object.fromEntries(
    variables.map(({ name, value, at }) => [name, `${JSON.stringify(plain(value))} ${at.line}:${at.column}`]),
  );
}

describe('inventory: INI', () => {
  it('remembers where each variable was written', () => {
    const ini = '# first\n[web]\n  w1:2222   a=1\tb="x y"\n\n[web:vars]\n\tc = 2\n[all:vars]\r\nd=3\r\na=hidden\n';
    expect(variablesOf(ini, 'w1')).to.deep.equal({
      d: '3 8:1',
      c: '2 6:2',
      ansible_port: '2222 3:3',
      a: '1 3:13',
      b: '"x y" 3:17',
    });
  });

  it('remembers where hosts and groups are first named', () => {
    const { inventory } = readIni('h1\n[a:vars]\nx=1\n[b:children]\na\n[a]\n h1\n h2\n');
    expect([...inventory.hosts.values()].map(({ name, at }) => `${name} ${at.line}:${at.column}`)).to.deep.equal([
      'h1 1:1',
      'h2 8:2',
    ]);
    expect(inventory.groups.get('a')?.at.line).to.equal(2);
    expect(inventory.groups.get('b')?.at.line).to.equal(4);
  });

  it('counts lines as an editor does, not as Python does', () => {
    expect(variablesOf('h1\x0ch2 a=1\n\u2028h3 b=2\n', 'h2')).to.deep.equal({ a: '1 1:7' });
    expect(variablesOf('h1\x0ch2 a=1\n\u2028h3 b=2\n', 'h3')).to.deep.equal({ b: '2 2:5' });
  });

  it('takes port 0 for none, and a port of any size for a number', () => {
    expect(variablesOf('h:0\n', 'h')).to.deep.equal({});
    expect(variablesOf('h:123456789012345678901\n', 'h')).to.deep.equal({
      ansible_port: '"123456789012345678901" 1:1',
    });
  });

  it('names the groups of a host in order, without all', () => {
    const { inventory } = readIni('[b:children]\na\n[a]\nh\n[Z]\nh\n');
    expect(inventory.hosts.get('h')?.groups).to.deep.equal(['Z', 'a', 'b']);
  });

  it('hides passwords, as they were typed', () => {
    const { inventory } = readIni(`h ansible_password=0123 ansible_become_pass=1_0 db_passphrase="{{ x }}" q="'p'"\n`);
    const values = [...inventory.hosts.get('h')!.variables.values()].map(({ value }) => [
      JSON.stringify(value),
      plain(value),
    ]);
    expect(values).to.deep.equal([
      ['"***"', '0123'],
      ['"***"', '1_0'],
      ['"{{ x }}"', '{{ x }}'],
      ['"p"', 'p'],
    ]);
  });
});
