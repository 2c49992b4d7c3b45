import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { formatProblem } from '../../lib/errors.ts';
import { loadInventory, type LoadOptions } from '../../lib/inventory/load-inventory.ts';
import { plain } from './helpers.ts';

describe('inventory: loading', () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'pgup-load-'));
  });
  afterEach(() => {
    rmSync(cwd, { recursive: true });
  });

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), text);
  }

  function load(sources: readonly string[], more: Partial<LoadOptions> = {}) {
    const { inventory, problems } = loadInventory({ sources, cwd, ...more });
    const variable = (host: string, name: string): unknown => {
      const found = inventory?.hosts.get(host)?.variables.get(name);
      return found && [plain(found.value), found.at.file];
    };
    return { inventory, variable, problems: problems.map(formatProblem) };
  }

  it('calls files as they were typed', () => {
    write('sub/hosts.ini', '[web]\nw1\n');
    write('sub/group_vars/web.yml', 'a: 1\n');
    expect(load(['sub/hosts.ini']).variable('w1', 'a')).to.deep.equal([1, 'sub/group_vars/web.yml']);
    expect(load(['./sub']).variable('w1', 'a')).to.deep.equal([1, 'sub/group_vars/web.yml']);
    expect(load([join(cwd, 'sub/hosts.ini')]).variable('w1', 'a')).to.deep.equal([
      1,
      join(cwd, 'sub/group_vars/web.yml'),
    ]);
  });

  it('lets a later inventory win, and -e over all', () => {
    write('one/hosts', '[web]\nw1 a=1 b=1 c=1\n');
    write('two/hosts', '[web]\nw1 b=2 c=2\nw2\n');
    const { variable, inventory } = load(['one/hosts', 'two/hosts'], { extraVars: ['c=3'] });
    expect(['a', 'b', 'c'].map((name) => variable('w1', name))).to.deep.equal([
      [1, 'one/hosts'],
      [2, 'two/hosts'],
      ['3', '-e'],
    ]);
    expect([...inventory!.hosts.keys()]).to.deep.equal(['w1', 'w2']);
    expect(inventory!.sources).to.deep.equal(['one/hosts', 'two/hosts']);
  });

  it('lets variables beside the playbook win over those beside the inventory, kind by kind, as ansible-core does', () => {
    write('inv/hosts.ini', '[web]\nw1 own=inventory\n[web:vars]\ngroup=inventory\n');
    const names = ['all', 'group', 'own', 'both', 'theirs', 'stays'];
    write('inv/group_vars/all.yml', 'all: inv all\nboth: inv all\nstays: inv all\n');
    write('inv/group_vars/web.yml', 'group: inv web\nboth: inv web\n');
    write('inv/host_vars/w1.yml', 'theirs: inv host\n');
    write('play/group_vars/all.yml', 'all: play all\nboth: play all\n');
    write('play/group_vars/web.yml', 'group: play web\nown: play web\ntheirs: play web\n');
    const values = () => {
      const { variable } = load(['inv/hosts.ini'], { playbookFolder: 'play' });
      return names.map((name) => (variable('w1', name) as readonly unknown[])[0]);
    };
    expect(values()).to.deep.equal(['play all', 'play web', 'inventory', 'inv web', 'inv host', 'inv all']);
    write('play/host_vars/w1.yml', 'own: play host\ntheirs: play host\n');
    expect(values()).to.deep.equal(['play all', 'play web', 'play host', 'inv web', 'play host', 'inv all']);
  });

  it('defines a group for a later inventory', () => {
    write('a.ini', '[web]\nw1\n');
    write('b.ini', '[web:vars]\nx=1\n[site:children]\nweb\n');
    const { variable, problems } = load(['a.ini', 'b.ini']);
    expect(problems).to.deep.equal([]);
    expect(variable('w1', 'x')).to.deep.equal([1, 'b.ini']);
  });

  it('leaves out what links to nothing among variable files, and says so among inventories', () => {
    write('inv/hosts.ini', '[web]\nw1\n');
    write('inv/group_vars/web/a.yml', 'a: 1\n');
    symlinkSync('nowhere', join(cwd, 'inv/group_vars/web/b.yml'));
    const { variable, problems } = load(['inv']);
    expect([problems, variable('w1', 'a')]).to.deep.equal([[], [1, 'inv/group_vars/web/a.yml']]);
    symlinkSync('nowhere', join(cwd, 'inv/more.ini'));
    expect(load(['inv']).problems).to.deep.equal(['error[file-missing]: "inv/more.ini" does not exist']);
  });

  it('does not look for variables beside a list of hosts', () => {
    write('group_vars/all.yml', 'a: 1\n');
    const { variable, problems } = load(['w1,w2:2222']);
    expect([problems, variable('w1', 'a'), variable('w2', 'ansible_port')]).to.deep.equal([
      [],
      undefined,
      [2222, 'w1,w2:2222'],
    ]);
  });

  it('keeps names that JavaScript has for itself', () => {
    write('hosts.ini', '[constructor]\n__proto__ toString=1\n');
    write('group_vars/constructor.yml', '__proto__: 2\nconstructor: {__proto__: 3}\n');
    const { variable, inventory } = load(['hosts.ini']);
    expect([...inventory!.hosts.keys()]).to.deep.equal(['__proto__']);
    expect(variable('__proto__', 'toString')).to.deep.equal([1, 'hosts.ini']);
    expect(variable('__proto__', '__proto__')).to.deep.equal([2, 'group_vars/constructor.yml']);
    expect(Object.keys(inventory!.hosts.get('__proto__')!.variables.get('constructor')!.value as object)).to.deep.equal(
      ['__proto__'],
    );
    expect(({} as Record<string, unknown>)['3']).to.equal(undefined);
  });

  it('can load nothing at all', () => {
    expect(load([]).inventory?.hosts.size).to.equal(0);
    write('empty.ini', '');
    expect(load(['empty.ini']).problems).to.deep.equal([]);
  });
});
