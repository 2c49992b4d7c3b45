import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { resolveSettings } from '../../cli/settings.ts';
import { ProblemsError } from '../../lib/errors.ts';
import { testContext } from './support.ts';

describe('settings', () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'pgup-settings-'));
  });
  afterEach(() => {
    rmSync(cwd, { recursive: true });
  });
  const ini = (text: string) => {
    writeFileSync(join(cwd, 'pgup.ini'), text);
  };

  it('come from a flag before the environment before pgup.ini before the default', () => {
    ini('[pgup]\nforks = 3\nserial = 1\noutput = json\n');
    const env = { PGUP_FORKS: '4', PGUP_SERIAL: '2' };
    const settings = resolveSettings({ serial: '10%' }, testContext({ cwd, env }));
    expect(settings.serial).to.equal('10%');
    expect(settings.forks).to.equal(4);
    expect(settings.output).to.equal('json');
    expect(settings.hostKeyChecking).to.equal(undefined);
  });

  it('read several inventories, and paths with ~ and relative ones', () => {
    ini('inventory[] = a.ini\ninventory[] = b.ini\nknown-hosts = ~/kh\nlog-file = log.json\n');
    const settings = resolveSettings({}, testContext({ cwd }));
    expect(settings.inventory).to.deep.equal(['a.ini', 'b.ini']);
    expect(settings.knownHosts).to.equal('/nonexistent/home/kh');
    expect(settings.logFile).to.equal(join(cwd, 'log.json'));
  });

  it('keep run folders where the XDG state folder is', () => {
    expect(resolveSettings({}, testContext({ cwd })).runsDir).to.equal('/nonexistent/home/.local/state/pgup/runs');
    const env = { XDG_STATE_HOME: '/s', PGUP_RUNS_DIR: undefined };
    expect(resolveSettings({}, testContext({ cwd, env })).runsDir).to.equal('/s/pgup/runs');
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ['forkss = 3\n', /pgup\.ini:1:1: error\[settings\]: "forkss" is not a setting, did you mean "forks"\?/],
    ['[pgup]\n\nfork = 3\n', /pgup\.ini:3:1/],
    ['[defaults]\nforks = 3\n', /section \[defaults\] does not exist/],
    ['forks = many\n', /forks is "many", and a whole number above 0/],
    ['yes = maybe\n', /yes is "maybe", and true or false was expected/],
    ['output = xml\n', /output is "xml", and one of plain, json/],
    ['forks = 0\nhost-key-checking = maybe\n', /host-key-checking[^]*forks/],
  ];
  for (const [text, message] of refused) {
    it(`refuse ${JSON.stringify(text)}`, () => {
      ini(text);
      expect(() => resolveSettings({}, testContext({ cwd }))).to.throw(ProblemsError, message);
    });
  }

  it('refuse a PGUP_CONFIG that is not there', () => {
    const context = testContext({ cwd, env: { PGUP_CONFIG: 'gone.ini' } });
    expect(() => resolveSettings({}, context)).to.throw(ProblemsError, /gone\.ini, which does not exist/);
  });
});
