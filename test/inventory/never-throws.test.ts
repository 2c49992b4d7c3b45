import { expect } from 'chai';
import fc from 'fast-check';
import type { Position, Problem } from '../../lib/errors.ts';
import { splitAssignments } from '../../lib/inventory/assignments.ts';
import { connectionsOf } from '../../lib/inventory/connection.ts';
import { deploymentsOf } from '../../lib/inventory/deployments.ts';
import { matchHosts } from '../../lib/inventory/host-pattern.ts';
import { readPythonLiteral } from '../../lib/inventory/python-literal.ts';
import { toPythonJson } from '../../lib/inventory/python-format.ts';
import { listShape } from '../../lib/inventory/shapes.ts';
import { parseSshArguments } from '../../lib/inventory/ssh-arguments.ts';
import { readVariables } from '../../lib/inventory/variables-file.ts';
import { Vault } from '../../lib/inventory/vault.ts';
import { inventoryRender } from '../../lib/playbook/inventory-names.ts';
import { readIni } from './helpers.ts';

/** Pieces that mean something somewhere, among them what breaks things. */
const PIECES = [
  ...Array.from('[]{}()<>=:;#!&~*?.,+-\\/|"\'$@%^_ \t\n\r0179azAZ'),
  '\n',
  '\n',
  '\n[',
  ']\n',
  ':vars]\n',
  ':children]\n',
  '[1:3]',
  '[01:09:2]',
  '[a:c]',
  '{{',
  '}}',
  '"""',
  "'''",
  '\\x',
  '\\u',
  '\\N{x}',
  'all',
  'ungrouped',
  'web',
  'deployments',
  'nautobot',
  'postgresql',
  'ansible_port=',
  'ansible_ssh_common_args=',
  '-o ',
  'ansible_group_priority=',
  'True',
  'None',
  '0x',
  '1e999',
  '1_0',
  'é',
  '😀',
  '\u2028',
  '\x0c',
  '\x00',
  '\ufeff',
  '\ud800',
  '$ANSIBLE_VAULT;1.1;AES256\n',
  '!vault |\n  ',
  '<<: *x',
  '&x ',
  '- ',
  ': ',
  '? ',
  '(?P<n>',
  '(?<=',
  '\\1',
] as const;

const noise = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 })), { maxLength: 60 })
  .map((parts) => parts.join(''));

function expectInside(text: string, positions: Iterable<Position | undefined>, lineEnd = /\r\n|[\n\r]/): void {
  const lines = text.split(lineEnd);
  for (const at of positions) {
    if (!at) continue;
    expect(at.line, JSON.stringify(text)).to.be.within(1, lines.length);
    expect(at.column, JSON.stringify(text)).to.be.within(1, (lines[at.line - 1] ?? '').length + 1);
  }
}

function positionsOf(problems: readonly Problem[]): readonly (Position | undefined)[] {
  return problems.map((each) => each.at);
}

describe('inventory: whatever is typed', function () {
  this.timeout(60_000);

  it('an INI text is read or refused, with places inside it', () => {
    fc.assert(
      fc.property(noise, noise, (text, pattern) => {
        const { inventory, problems } = readIni(text);
        const variables = [...inventory.hosts.values()].flatMap((host) => [...host.variables.values()]);
        expectInside(text, [...positionsOf(problems), ...variables.map((each) => each.at)]);
        expectInside(text, positionsOf(deploymentsOf(inventory).problems));
        expectInside(
          text,
          positionsOf(connectionsOf({ hosts: inventory.hosts.values(), render: inventoryRender(inventory) }).problems),
        );
        JSON.parse(toPythonJson(listShape({ inventory })).replace(/-?Infinity|NaN/g, '0'));
        const { hosts } = matchHosts({ inventory, pattern });
        expect(new Set(hosts).size).to.equal(hosts.length);
      }),
      { numRuns: 1500 },
    );
  });

  it('a YAML text is read or refused, with places inside it', () => {
    const vault = new Vault(undefined);
    fc.assert(
      fc.property(noise, (text) => {
        const { variables, problems } = readVariables({ text, file: 'vars.yml', vault });
        // The YAML parser ends lines at line feeds alone.
        expectInside(text, [...positionsOf(problems), ...[...variables.values()].map((each) => each.at)], /\n/);
      }),
      { numRuns: 500 },
    );
  });

  it('a value, an argument and an option list are read or refused', () => {
    fc.assert(
      fc.property(noise, (text) => {
        readPythonLiteral(text);
        parseSshArguments(text);
        splitAssignments(text);
      }),
      { numRuns: 1500 },
    );
  });

  it('what is long or deep takes no time and no stack', () => {
    const many = 100_000;
    const texts = [
      '('.repeat(many),
      '[1,'.repeat(many),
      '-'.repeat(many),
      `1${'+1'.repeat(many)}`,
      `{${'1:{'.repeat(many)}`,
      '"a"'.repeat(many),
    ];
    for (const text of texts) readPythonLiteral(text);
    const lines = [
      `h${'[1:1]'.repeat(many)}`,
      `h a=${' '.repeat(many)}b`,
      `h a="${'\\'.repeat(many)}`,
      `[${'a'.repeat(many)}`,
      `${'a-'.repeat(many)}.`,
      '['.repeat(many),
    ];
    for (const line of lines) expect(readIni(`${line}\n`).problems.length).to.be.below(10);
  });

  it('a pattern takes any number of hosts', () => {
    // More than fit among the arguments of one call.
    const { inventory } = readIni('[web]\nh[1:99999]\ni[1:99999]\n');
    for (const pattern of ['web', 'h*:i*', '~[hi]']) {
      expect(matchHosts({ inventory, pattern }).hosts.length).to.equal(199_998);
    }
  });
});
