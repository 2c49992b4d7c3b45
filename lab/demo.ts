import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import yargs from 'yargs';
import { differences, lookAt, rowCount, type Proof } from './demo-proof.ts';
import { LabError, messageOf } from './errors.ts';
import { defaultLabName } from './names.ts';
import { openLab, type Lab } from './open-lab.ts';
import { terminalProgress } from './progress.ts';
import { readState } from './state.ts';

/**
 * The main job, shown: real hosts, a real Nautobot, `pgup run`, and the proof from outside. Exit code 0 only where the
 * proof holds.
 */
const flags = await yargs(process.argv.slice(2))
  .scriptName('npm run demo --')
  .option('dump', { type: 'string', describe: 'upgrade this Nautobot SQL dump instead of the made data' })
  .option('keep', { type: 'boolean', default: false, describe: 'leave the hosts for a look around' })
  .option('name', { type: 'string', describe: 'name of the lab, where not that of this clone' })
  .strict()
  .parseAsync();

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** npm changes into the package's folder: a path is relative to where it was typed. */
const typedIn = process.env['INIT_CWD'] ?? process.cwd();

try {
  process.exitCode = await demo();
} catch (thrown) {
  if (!(thrown instanceof LabError)) throw thrown;
  process.stderr.write(`demo: error: ${messageOf(thrown)}\n`);
  process.exitCode = 1;
}

async function demo(): Promise<number> {
  const dump = flags.dump === undefined ? undefined : resolve(typedIn, flags.dump);
  const wasUp = readState(flags.name ?? defaultLabName()) !== undefined;
  const lab = await openLab({
    topology: 'demo',
    progress: terminalProgress(),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(dump === undefined ? {} : { dump }),
  });
  try {
    // A lab that was kept has been upgraded already: the demo always starts from the image.
    if (wasUp) await lab.reset(undefined, { health: dump === undefined });
    const place = { web: 'app1', database: 'db1' };
    const before = await lookAt(lab, place);
    show('before', before);
    const began = Date.now();
    // An older Nautobot's database has migrations to run: in the demo it is we who consent.
    const consent = dump === undefined ? [] : ['-e', 'pgup_migrate=pending'];
    const exit = await pgup(lab, ['run', '-i', lab.inventoryFile, '--yes', ...consent]);
    if (exit !== 0) {
      say(`\ndemo: pgup run ended with exit code ${exit}`);
      return exit;
    }
    await lab.waitForHealth();
    const after = await lookAt(lab, place);
    show('after', after);
    return verdict({ before, after, migrated: dump !== undefined, seconds: (Date.now() - began) / 1000 });
  } finally {
    if (flags.keep) howToLogIn(lab);
    else await lab.down();
  }
}

function show(when: string, proof: Proof): void {
  say(`\n${when}: ${proof.serverVersion}`);
  say(`${when}: login page answers ${proof.loginStatus} "${proof.loginTitle}"`);
  say(`${when}: ${proof.tables.size} tables, ${rowCount(proof)} rows`);
}

function verdict(options: { before: Proof; after: Proof; migrated: boolean; seconds: number }): number {
  const { before, after, migrated, seconds } = options;
  const differ = differences(before, after);
  const checks: readonly (readonly [string, boolean])[] = [
    ['PostgreSQL 15 before', before.serverVersion.startsWith('PostgreSQL 15')],
    ['PostgreSQL 17 after', after.serverVersion.startsWith('PostgreSQL 17')],
    ['the login page answers 200 after', after.loginStatus === 200],
    migrated
      ? // Migrations rewrite tables by intention; that nothing else did is pgup's own comparison, made before them.
        ['migrations ran, the data was compared before them (play Verify above)', after.tables.size > 0]
      : [
          `count and checksum of each table as before${differ.length === 0 ? '' : `, except ${differ.join(', ')}`}`,
          differ.length === 0,
        ],
    ...(migrated ? [] : [['the login page answered 200 before', before.loginStatus === 200] as const]),
  ];
  say('');
  for (const [text, good] of checks) say(`${good ? 'proven' : 'NOT SO'}: ${text}`);
  say(`the whole run took ${seconds.toFixed(1)} s; the downtime is in pgup's recap above`);
  return checks.every(([, good]) => good) ? 0 : 1;
}

/** As an operator would start it: the bundled program, its output as it comes. */
function pgup(lab: Lab, argv: readonly string[]): Promise<number> {
  const program = resolve(import.meta.dirname, '../bin/pgup.js');
  say(`\n$ pgup ${argv.join(' ')}\n`);
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [program, ...argv, '--known-hosts', lab.knownHostsFile], {
      stdio: 'inherit',
    });
    child.on('error', failed);
    child.on('exit', (code) => {
      done(code ?? 1);
    });
  });
}

function howToLogIn(lab: Lab): void {
  say('\nthe hosts are left running:');
  for (const { name } of lab.hosts) say(`  npm run lab -- ssh ${name}`);
  say(`  pgup run -i ${lab.inventoryFile}        (a second run does nothing, and says so)`);
  say('  npm run lab -- down                     (when you are done)');
}
