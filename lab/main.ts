import { spawnSync } from 'node:child_process';
import yargs from 'yargs';
import { labStatus, removeCache } from './commands.ts';
import { LabError } from './errors.ts';
import { topologyNames } from './topology.ts';
import { checkLabName, defaultLabName } from './names.ts';
import { labOf, openLab } from './open-lab.ts';
import type { Lab } from './open-lab.ts';
import { takeDown } from './down.ts';
import { withLock } from './lock.ts';
import { requireRoot } from './machine-check.ts';
import { seconds, terminalProgress } from './progress.ts';
import { labLock, readState } from './state.ts';

const progress = terminalProgress();

function standing(name: string): Lab {
  const state = readState(name);
  if (state?.phase !== 'up')
    throw new LabError(`the lab ${name} is not up; \`lab up\` makes it, \`lab status\` lists all`);
  return labOf(state, progress);
}

function describe(lab: Lab): string {
  const width = Math.max(...lab.hosts.map(({ name }) => name.length));
  const hosts = lab.hosts.map(
    ({ name, address, spec }) =>
      `  ${name.padEnd(width)}  ${address.padEnd(14)}  ${spec.roles.join('+') || 'no role'}` +
      (spec.roles.includes('nautobot') && spec.services.includes('web') ? `  http://${address}:8080/` : ''),
  );
  const [first] = lab.hosts;
  return [
    `The lab ${lab.name}:`,
    ...hosts,
    `inventory    ${lab.inventoryFile}`,
    `known_hosts  ${lab.knownHostsFile}`,
    `client key   ${lab.clientKeyFile}`,
    `log in       npm run lab -- ssh ${first?.name ?? ''}`,
    '',
  ].join('\n');
}

/** Options that every verb has. */
const cli = yargs(process.argv.slice(2))
  .scriptName('lab')
  .usage('$0 VERB: throw-away hosts on this machine')
  .parserConfiguration({ 'populate--': true })
  .option('name', {
    type: 'string',
    default: defaultLabName(),
    coerce: checkLabName,
    describe: "the lab's name; this clone's own without it",
  })
  .strict()
  .demandCommand(1, 1, 'say what to do: up, down, reset, status, ssh, clean')
  .command(
    'up [topology]',
    'boot the hosts of a topology and write their inventory',
    (y) =>
      y
        .positional('topology', {
          type: 'string',
          default: 'demo',
          describe: `one of ${topologyNames().join(', ')}, or a file`,
        })
        .option('dump', { type: 'string', describe: 'restore this SQL dump instead of the made data' }),
    async ({ topology, name, dump }) => {
      const start = Date.now();
      const lab = await openLab({ topology, name, ...(dump === undefined ? {} : { dump }), progress });
      progress.say(`up (${seconds(Date.now() - start)})`);
      process.stdout.write(describe(lab));
    },
  )
  .command(
    'down',
    'take the lab down and leave nothing of it',
    (y) => y,
    async ({ name }) => {
      requireRoot();
      await withLock(labLock(name), `another command on the lab ${name}`, progress, () => takeDown(name, progress));
    },
  )
  .command(
    'reset [host]',
    'return one host, or all, to how `up` made it',
    (y) => y.positional('host', { type: 'string' }),
    async ({ name, host }) => {
      requireRoot();
      await standing(name).reset(host);
    },
  )
  .command(
    'status',
    'what labs there are, and what runs of them',
    (y) => y,
    () => {
      process.stdout.write(labStatus());
    },
  )
  .command(
    'ssh <host>',
    'log in to a host, or run what stands after -- there',
    (y) => y.positional('host', { type: 'string', demandOption: true }),
    (argv) => {
      const lab = standing(argv.name);
      const host = lab.host(argv.host);
      const user = host.spec.sudo === 'none' ? 'root' : 'ops';
      const options = [
        '-i',
        lab.clientKeyFile,
        '-o',
        'IdentitiesOnly=yes',
        '-o',
        `UserKnownHostsFile=${lab.knownHostsFile}`,
      ];
      const remote = Array.isArray(argv['--']) ? argv['--'].map(String) : [];
      const { status, error } = spawnSync('ssh', [...options, `${user}@${host.address}`, ...remote], {
        stdio: 'inherit',
      });
      if (error !== undefined) throw new LabError(`cannot run ssh: ${error.message}`);
      process.exitCode = status ?? 1;
    },
  )
  .command(
    'clean',
    'empty the cache of images',
    (y) => y,
    async () => {
      requireRoot();
      await removeCache(progress);
    },
  )
  .fail((message: string | null, error: unknown) => {
    throw error instanceof Error ? error : new LabError(message ?? 'bad usage');
  });

// What stands half made is written down: nothing has to be taken back in a hurry, and a second Ctrl-C cannot spoil it.
for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    process.stderr.write('lab: interrupted; `lab down` or the next `lab up` clears what was left half made\n');
    process.exit(exitCode);
  });
}

try {
  await cli.parseAsync();
} catch (error) {
  // A defect of the lab keeps its stack; everything else is said in a paragraph.
  if (!(error instanceof LabError) && !(error instanceof Error && error.name === 'YError')) throw error;
  process.stderr.write(`lab: error: ${error.message}\n`);
  process.exitCode = 1;
}
