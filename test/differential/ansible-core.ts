import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { command } from '../../lab/command.ts';
import { withLock } from '../../lab/lock.ts';
import { installOnController } from '../../lab/machine-check.ts';
import { terminalProgress } from '../../lab/progress.ts';

/** What pgup's generic playbooks are measured by. */
export const ANSIBLE_VERSION = '2.19.4';

/** It needs Python 3.11 at least; Debian 12 has that, later ones have more. */
const PYTHON = '/usr/bin/python3';

/**
 * The folder of this ansible-core's programs, in a virtual environment that is made where it is not there: once for
 * each version, in the user's cache, by one process at a time.
 */
export async function ansibleCore(): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pgup-test');
  const folder = join(cache, `ansible-core-${ANSIBLE_VERSION}`);
  const whole = join(folder, 'is-whole');
  const progress = terminalProgress();
  mkdirSync(cache, { recursive: true });
  if (existsSync(whole)) return join(folder, 'bin');
  await withLock(join(cache, 'lock'), 'another test that makes the environment', progress, async () => {
    if (existsSync(whole)) return;
    await progress.step(`making a virtual environment with ansible-core ${ANSIBLE_VERSION}`, async () => {
      await installOnController(progress, ['python3-venv']);
      rmSync(folder, { recursive: true, force: true });
      await command([PYTHON, '-m', 'venv', folder]);
      await command([join(folder, 'bin/pip'), 'install', '--quiet', `ansible-core==${ANSIBLE_VERSION}`]);
      writeFileSync(whole, '');
    });
  });
  return join(folder, 'bin');
}
