import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { matchHosts, type MatchOptions } from '../../lib/inventory/host-pattern.ts';
import { readIni } from './helpers.ts';

const { inventory } = readIni('[web]\nw1\nw2\nw3\n[db]\nd1\n[canary]\nw3\n[empty]\n');

function match(pattern: string, limit?: string, more: Partial<MatchOptions> = {}) {
  const { hosts, problems } = matchHosts({ inventory, pattern, limit, ...more });
  return { hosts: hosts.join(), problems: problems.map((each) => `${each.code}: ${each.text}`) };
}

describe('inventory: host patterns', () => {
  const selected: readonly [string, string | undefined, string][] = [
    ['web,!canary', undefined, 'w1,w2'],
    ['web:&canary', undefined, 'w3'],
    ['db:web', undefined, 'd1,w1,w2,w3'],
    ['web[-1],web[0]', undefined, 'w3,w1'],
    ['empty', undefined, ''],
    ['empty[0]', undefined, ''],
    ['web', '!canary', 'w1,w2'],
    ['db', 'web', ''],
    ['localhost', undefined, 'localhost'],
    ['docker', undefined, ''],
    ['web:!docker', undefined, 'w1,w2,w3'],
    ['~w[12]', undefined, 'w1,w2'],
    ['~(?i)W(?P<n>1|3)$', undefined, 'w1,w3'],
  ];
  for (const [pattern, limit, hosts] of selected) {
    it(`selects ${pattern}${limit === undefined ? '' : ` --limit "${limit}"`}`, () => {
      expect(match(pattern, limit)).to.deep.equal({ hosts, problems: [] });
    });
  }

  const refused: readonly [string, string | undefined, string][] = [
    ['wbe', undefined, 'pattern: "wbe" matches no host and no group, did you mean "web"?'],
    ['web:!canray', undefined, 'pattern: "canray" matches no host and no group, did you mean "canary"?'],
    ['web:&dc1', undefined, 'pattern: "dc1" matches no host and no group, did you mean "d1"?'],
    ['web[3]', undefined, 'pattern: "web[3]" matches nothing: "web" has 3 hosts'],
    ['db[1:4]', undefined, 'pattern: "db[1:4]" matches nothing: "db" has 1 host'],
    [
      'w[1:2]',
      undefined,
      'pattern: "w[1:2]" matches no host and no group: no group "w" to take hosts from (ranges are for inventories)',
    ],
    ['web:&', undefined, 'pattern: "&" and "!" need a host, group or pattern right after them'],
    ['web & db', undefined, 'pattern: "&" and "!" need a host, group or pattern right after them'],
    ['~w(', undefined, 'pattern: "~w(" cannot be used as a regular expression: a "(" is not closed'],
    [
      '~(w)\\1',
      undefined,
      'pattern: "~(w)\\1" cannot be used as a regular expression: references to groups are not supported',
    ],
    ['web', 'wbe', 'limit-empty: --limit: "wbe" matches no host and no group, did you mean "web"?'],
    ['web', 'web,!typo', 'limit-empty: --limit: "typo" matches no host and no group'],
    ['web', 'docker', 'limit-empty: --limit: "docker" matches no host and no group'],
    ['web', '', 'limit-empty: --limit is empty: leave it out to mean all hosts'],
    ['web', ' , ', 'limit-empty: --limit is empty: leave it out to mean all hosts'],
    ['web', '@nope', 'file-missing: "nope" does not exist'],
  ];
  for (const [pattern, limit, problem] of refused) {
    it(`refuses ${pattern}${limit === undefined ? '' : ` --limit "${limit}"`}`, () => {
      expect(match(pattern, limit, { cwd: '/nonexistent' }).problems).to.deep.equal([problem]);
    });
  }

  it('calls an unmatched term what the caller wants', () => {
    expect(match('wbe', undefined, { unmatched: 'limit-empty' }).problems[0]).to.match(/^limit-empty: /);
  });

  it('names the place of the pattern', () => {
    const at = { file: 'play.yml', line: 3, column: 10 };
    expect(matchHosts({ inventory, pattern: ['web', 'wbe'], at }).problems.map((each) => each.at)).to.deep.equal([at]);
  });

  it('reads a limit from a file, one term a line, each with its place', () => {
    const cwd = mkdtempSync(join(tmpdir(), 'pgup-limit-'));
    try {
      writeFileSync(join(cwd, 'retry'), 'w1\n\n  d1  \n  typo\nw1,w2\n');
      const { hosts, problems } = matchHosts({ inventory, pattern: 'all', limit: '@retry', cwd });
      expect([...hosts].sort()).to.deep.equal(['d1', 'w1']);
      expect(problems.map((each) => [each.at?.line, each.at?.column, each.text])).to.deep.equal([
        [4, 3, '--limit: "typo" matches no host and no group'],
        [5, 1, '--limit: "w1,w2" matches no host and no group'],
      ]);
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });
});
