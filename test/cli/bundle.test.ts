import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { expect } from 'chai';
import { PACKAGE_ROOT } from '../../cli/package-root.ts';
import { VERSION } from '../../cli/version.ts';

const bin = join(PACKAGE_ROOT, 'dist/bin');

function pgup(root: string, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/bin/pgup.js'), ...words], {
    cwd: tmpdir(),
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the bundled program', () => {
  it('says its version', () => {
    expect(pgup(PACKAGE_ROOT, '--version')).to.deep.equal({ status: 0, stdout: `${VERSION}\n`, stderr: '' });
  });

  it('starts from what V8 has compiled in the build', () => {
    const launcher = readFileSync(join(bin, 'pgup.js'), 'utf8');
    const wrapper = /const text = '(.*?)' \+ .* \+ '(.*?)';/.exec(launcher);
    expect(wrapper).to.not.equal(null);
    const end = wrapper?.[2]?.replace('\\n', '\n') ?? '';
    const text = `${wrapper?.[1] ?? ''}${readFileSync(join(bin, 'program.cjs'), 'latin1')}${end}`;
    const script = new Script(text, { cachedData: readFileSync(join(bin, 'program.compiled')) });
    expect(script.cachedDataRejected).to.equal(false);
  });

  it('starts without it, as with another version of Node', () => {
    const root = mkdtempSync(join(tmpdir(), 'pgup-bundle-'));
    try {
      for (const each of ['package.json', 'playbooks', 'dist/bin'])
        cpSync(join(PACKAGE_ROOT, each), join(root, each), { recursive: true });
      const whole = pgup(root, '--help');
      expect(whole.stdout).to.contain('Upgrades PostgreSQL');
      rmSync(join(root, 'dist/bin/program.compiled'));
      expect(pgup(root, '--help')).to.deep.equal(whole);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
