import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { formatProblem } from '../../lib/errors.ts';
import { Float, type Deployment, type Host, type Inventory, type Value } from '../../lib/inventory/inventory.ts';
import { Secret } from '../../lib/secret.ts';
import { VARIABLES, type VariableSpec } from '../../lib/modules/variable-table.ts';
import { checkVariables, variablesOf } from '../../lib/modules/variables.ts';

const at = (line: number) => ({ file: 'prod.ini', line, column: 1 });

function host(name: string, variables: Readonly<Record<string, Value>>, line = 1): Host {
  const entries = Object.entries(variables).map(
    ([key, value], index) => [key, { name: key, value, at: at(line + index) }] as const,
  );
  return { kind: 'host', name, groups: [], variables: new Map(entries), at: at(line) };
}

function inventory(...hosts: readonly Host[]): Inventory {
  const byName = new Map(hosts.map((each) => [each.name, each]));
  return { kind: 'inventory', hosts: byName, groups: new Map(), extra: new Map(), sources: ['prod.ini'] };
}

const deployment: Deployment = {
  kind: 'deployment',
  name: 'oslo',
  hosts: ['app1', 'db1'],
  applications: ['app1'],
  databases: ['db1'],
  docker: [],
};

function problems(variables: Readonly<Record<string, Value>>): readonly string[] {
  const found = checkVariables(inventory(host('db1', variables, 7)), [], 'upgrade');
  return found.map(formatProblem);
}

function values(variables: Readonly<Record<string, Value>>) {
  return variablesOf({ variable: (name) => variables[name] });
}

describe('pgup_* variables', () => {
  it('names the nearest known one for a name that does not exist, where it stands', () => {
    expect(problems({ pgup_target: '17', pgup_bakup_dir: '/b' })).to.deep.equal([
      'prod.ini:8:1: error[unknown-variable]: there is no variable "pgup_bakup_dir", did you mean "pgup_backup_dir"?',
    ]);
  });

  it('leaves the variables of other tools alone', () => {
    expect(problems({ pg_version: '16', nautobot_version: '3', ansible_host: 'x' })).to.deep.equal([]);
  });

  it('takes a major as text or as the whole number that an INI host line makes of it', () => {
    expect(problems({ pgup_target: '17' })).to.deep.equal([]);
    expect(problems({ pgup_target: 17 })).to.deep.equal([]);
    expect(values({ pgup_target: 17 }).variables.target).to.equal('17');
  });

  for (const [what, value, says] of [
    ['a float', new Float(16.1), 'write a major, "17"'],
    ['a minor version', '17.2', 'write the major, "17"'],
    ['a version that is not known', '19', 'upgrades to 14, 15, 16, 17, 18'],
    ['a truth value', true, 'write a major version'],
    ['a secret', new Secret('17'), 'write it in the clear'],
  ] as const)
    it(`refuses ${what} as target`, () => {
      expect(problems({ pgup_target: value }))
        .to.have.length(1)
        .and.to.satisfy(([text]: readonly string[]) => {
          return text?.startsWith('prod.ini:7:1: error[variable-value]: pgup_target: ') && text.includes(says);
        });
    });

  it('refuses modes and backups of later versions by name', () => {
    const found = problems({ pgup_mode: 'link', pgup_backup: 'dump' });
    expect(found[0]).to.include('"link" comes with a later version of pgup: this one has "auto" or "copy" or "clone"');
    expect(found[1]).to.include('"dump" comes with a later version of pgup: this one has "copy"');
  });

  it('locates every bad value of every kind at once', () => {
    const bad = {
      pgup_backup_dir: 'backup',
      pgup_nautobot_root: '/opt/../etc',
      pgup_old_cluster: '15-main',
      pgup_health_url: 'localhost:8080',
      pgup_drain_timeout: 'ten',
      pgup_max_downtime: -1,
      pgup_migrate: 'yes',
      pgup_other_databases: [1],
      pgup_verify: 'none',
    };
    const found = problems(bad);
    expect(found).to.have.length(Object.keys(bad).length);
    Object.keys(bad).forEach((name, index) => expect(found[index]).to.include(name));
  });

  it('leaves a value with an expression for the time when it is rendered', () => {
    expect(problems({ pgup_target: '{{ major }}' })).to.deep.equal([]);
  });

  it('wants the required one on the database host of an upgrade, and only there', () => {
    const of = (...hosts: readonly Host[]) =>
      checkVariables(inventory(...hosts), [deployment], 'upgrade').map(formatProblem);
    const [missing] = of(host('app1', { pgup_target: '17' }, 3), host('db1', {}, 4));
    expect(missing).to.include('prod.ini:4:1: error[variable-missing]: pgup_target is not set for db1');
    expect(of(host('app1', {}, 3), host('db1', { pgup_target: '17' }, 4))).to.deep.equal([]);
    const generic = checkVariables(inventory(host('app1', {}), host('db1', {})), [deployment], 'generic');
    expect(generic).to.deep.equal([]);
  });

  it('refuses two values of one variable in one deployment', () => {
    const hosts = inventory(host('app1', { pgup_target: '16' }, 3), host('db1', { pgup_target: '17' }, 4));
    expect(checkVariables(hosts, [deployment], 'upgrade').map(formatProblem)).to.deep.equal([
      'prod.ini:4:1: error[variable-value]: pgup_target is 17 on db1 and 16 on app1: all hosts of deployment "oslo" need the same',
    ]);
  });

  it('gives typed values with their defaults', () => {
    const { variables, refused } = values({ pgup_drain_timeout: '30', pgup_other_databases: 'wiki, reports' });
    expect(refused).to.deep.equal([]);
    expect(variables).to.include({ mode: 'auto', drainTimeout: 30, migrate: 'none', maxDowntime: undefined });
    expect(variables.otherDatabases).to.deep.equal(['wiki', 'reports']);
  });

  it('tells what it refused of a rendered value', () => {
    expect(values({ pgup_mode: 'swap' }).refused).to.have.length(1);
  });

  it('is documented, each in one row of docs/variables.md, and nothing else is', () => {
    const rows = readFileSync('docs/variables.md', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `pgup_'));
    const cell = (cells: string) => cells.replaceAll('|', '\\|');
    const specs: readonly VariableSpec<unknown>[] = Object.values(VARIABLES);
    expect(rows.map((row) => row.replace(/ +\|/g, ' |'))).to.deep.equal(
      specs.map(
        ({ name, scope, type, fallbackSays, summary }) =>
          `| \`${name}\` | ${cell(summary)} | ${cell(type)} | ${cell(fallbackSays)} | ${scope} |`,
      ),
    );
  });
});
