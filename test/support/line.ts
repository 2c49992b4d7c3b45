import type { Context } from 'mocha';
import { artifactRoot } from '../../lab/image-cache.ts';
import { ensureImages } from '../../lab/image.ts';
import { terminalProgress } from '../../lab/progress.ts';
import { PgupError } from '../../lib/errors.ts';
import { Sshd, missingForSshd } from './sshd.ts';

let missing: { readonly why: string | undefined } | undefined;

/** Skips where no sshd can run, and says so where nobody can overlook it. Call it from a `before` hook. */
export function sshdOrSkip(context: Context): void {
  context.timeout(300_000);
  missing ??= { why: missingForSshd() };
  if (missing.why === undefined) return;
  process.stderr.write(`\n*** NOT TESTED: ${missing.why}; this run proves nothing about real lines ***\n\n`);
  context.skip();
}

/** An sshd for all tests of a `describe`, started before and stopped after them. */
export function useSshd(
  settings: readonly string[] = [],
  options: { readonly shell?: string | undefined; readonly release?: Release } = {},
): () => Sshd {
  let sshd: Sshd | undefined;
  before(async function () {
    sshdOrSkip(this);
    // The first layer of the lab's hosts, built where no test has needed it yet.
    this.timeout(IMAGE_TIMEOUT);
    sshd = await startSshd(settings, options);
  });
  after(async function () {
    this.timeout(10_000);
    await sshd?.stop();
  });
  return () => {
    if (!sshd) throw new Error('no sshd');
    return sshd;
  };
}

/** Whose sshd: this machine's own, or that of Debian 13. */
export type Release = 'here' | 'trixie';

const IMAGE_TIMEOUT = 15 * 60_000;

export async function startSshd(
  settings: readonly string[],
  { shell, release }: { readonly shell?: string | undefined; readonly release?: Release } = {},
): Promise<Sshd> {
  if (release !== 'trixie') return Sshd.start(settings, shell);
  await ensureImages(['base'], terminalProgress());
  return Sshd.start(settings, shell, artifactRoot('base'));
}

/** The PgupError that this work ends with. */
export async function errorOf(work: Promise<unknown> | (() => Promise<unknown>)): Promise<PgupError> {
  try {
    const value = await (typeof work === 'function' ? work() : work);
    throw new Error(`it did not fail, but gave ${JSON.stringify(value)}`);
  } catch (error) {
    if (error instanceof PgupError) return error;
    throw error;
  }
}

/** Waits until a condition holds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, most = 10_000): Promise<void> {
  const end = Date.now() + most;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${most} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
