import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import {
  entriesFor,
  knownHostsName,
  orderHostKeyAlgorithms,
  parseKnownHosts,
  recognise,
} from '../../lib/transport/known-hosts.ts';

const blob = (type: string, body: string): Buffer => {
  const name = Buffer.from(type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return Buffer.concat([length, name, Buffer.from(body)]);
};
const ED = blob('ssh-ed25519', 'one');
const ED2 = blob('ssh-ed25519', 'two');
const RSA = blob('ssh-rsa', 'three');
const line = (names: string, key: Buffer, type = 'ssh-ed25519'): string => `${names} ${type} ${key.toString('base64')}`;
const hashed = (name: string): string => {
  const salt = Buffer.from('0123456789abcdefghij');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
};
const find = (text: string, name: string): number => entriesFor(name, parseKnownHosts(text, 'f')).length;

describe('transport: known_hosts', () => {
  const matching: readonly [string, string, string, number][] = [
    ['a plain name', line('web1', ED), 'web1', 1],
    ['one of a list', line('web1,10.0.0.1', ED), '10.0.0.1', 1],
    ['another case', line('Web1', ED), 'web1', 1],
    ['not a longer name', line('web1', ED), 'web10', 0],
    ['a port', line('[web1]:2222', ED), '[web1]:2222', 1],
    ['not another port', line('[web1]:2222', ED), 'web1', 0],
    ['a wildcard', line('*.example.com', ED), 'db.example.com', 1],
    ['a wildcard does not leave out the dot', line('*.example.com', ED), 'dbxexample.com', 0],
    ['a question mark', line('web?', ED), 'web7', 1],
    ['brackets stand for themselves', line('[web*]:22??', ED), '[web9]:2222', 1],
    ['a negation', line('*,!web1', ED), 'web1', 0],
    ['a negation before the match', line('!web1,*', ED), 'web1', 0],
    ['a negation of others', line('*,!web1', ED), 'web2', 1],
    ['a hashed name', line(hashed('web1'), ED), 'web1', 1],
    ['a hashed name with a port', line(hashed('[web1]:2222'), ED), '[web1]:2222', 1],
    ['not another hashed name', line(hashed('web1'), ED), 'web2', 0],
    ['a comment', `# ${line('web1', ED)}`, 'web1', 0],
    ['a broken key', 'web1 ssh-ed25519 AAAA', 'web1', 0],
    ['a key of another type than it says', line('web1', RSA), 'web1', 0],
    ['a marker that nobody knows', `@future ${line('web1', ED)}`, 'web1', 0],
    ['tabs and a comment behind', `web1\tssh-ed25519\t${ED.toString('base64')} me@here`, 'web1', 1],
    ['CRLF', `${line('web1', ED)}\r\n`, 'web1', 1],
  ];
  for (const [title, text, name, count] of matching) {
    it(`matches: ${title}`, () => {
      expect(find(text, name)).to.equal(count);
    });
  }

  it('names an address as ssh does', () => {
    expect(knownHostsName('Web1', 22)).to.equal('web1');
    expect(knownHostsName('fe80::1', 2222)).to.equal('[fe80::1]:2222');
  });

  const judged: readonly [string, string, Buffer, string][] = [
    ['the same key', line('h', ED), ED, 'known'],
    ['one of two keys', `${line('h', ED)}\n${line('h', ED2)}`, ED2, 'known'],
    ['no entry', '', ED, 'unknown'],
    ['another key of the type', line('h', ED), ED2, 'changed'],
    ['a type that is not known, where others are', line('h', RSA, 'ssh-rsa'), ED, 'changed'],
    ['a revoked key', `@revoked ${line('*', ED)}`, ED, 'revoked'],
    ['a revoked key that is also trusted', `${line('h', ED)}\n@revoked ${line('*', ED)}`, ED, 'revoked'],
    ['another revoked key', `${line('h', ED)}\n@revoked ${line('*', ED2)}`, ED, 'known'],
    ['an authority only', `@cert-authority ${line('h', ED)}`, ED2, 'unknown'],
    ["an authority's key is no host's key", `@cert-authority ${line('h', ED)}`, ED, 'unknown'],
  ];
  for (const [title, text, key, kind] of judged) {
    it(`judges: ${title}: ${kind}`, () => {
      expect(recognise(key, entriesFor('h', parseKnownHosts(text, 'f'))).kind).to.equal(kind);
    });
  }

  it('points to the line of a changed key', () => {
    const found = recognise(ED2, entriesFor('h', parseKnownHosts(`\n# x\n${line('h', ED)}`, '/etc/known')));
    expect(found).to.deep.include({ kind: 'changed' });
    expect(found.kind === 'changed' && [found.entry.file, found.entry.line]).to.deep.equal(['/etc/known', 3]);
  });

  it('asks for the known types first, RSA by its newer signatures', () => {
    const entries = parseKnownHosts(line('h', RSA, 'ssh-rsa'), 'f');
    expect(orderHostKeyAlgorithms(entries, ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256'])).to.deep.equal([
      'rsa-sha2-512',
      'rsa-sha2-256',
      'ssh-ed25519',
    ]);
  });
});
