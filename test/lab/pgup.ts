import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Lab } from '../../lab/open-lab.ts';
import type { AnyEvent, EventName } from '../../lib/events.ts';

/** What a whole `pgup` process did: its exit code and everything it said. */
export interface PgupRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly events: readonly AnyEvent[];
  readonly runsDir: string;
}

export interface PgupOptions {
  readonly lab: Lab;
  readonly runsDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Another program than the bundled one: for a test that has to fail. */
  readonly program?: string;
  /** Called for each event while the process runs: where a fault is made to happen. */
  readonly onEvent?: (event: AnyEvent, child: ChildProcess) => void;
}

const PROGRAM = resolve('dist/bin/pgup.js');

/** Runs the bundled program as a user would, with JSON events where it has them. */
export async function pgup(argv: readonly string[], options: PgupOptions): Promise<PgupRun> {
  const { lab, runsDir, env, onEvent, program = PROGRAM } = options;
  const runs = runsDir ?? mkdtempSync(join(tmpdir(), 'pgup-runs-'));
  const child = spawn(process.execPath, [program, ...argv], {
    env: { ...process.env, PGUP_RUNS_DIR: runs, PGUP_KNOWN_HOSTS: lab.knownHostsFile, PGUP_OUTPUT: 'json', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const events: AnyEvent[] = [];
  let stdout = '';
  let stderr = '';
  let pending = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    const lines = (pending + text).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines.filter((each) => each.startsWith('{'))) {
      const event = JSON.parse(line) as AnyEvent;
      events.push(event);
      onEvent?.(event, child);
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exitCode = await new Promise<number | null>((done, failed) => {
    child.on('error', failed);
    child.on('close', done);
  });
  return { exitCode, stdout, stderr, events, runsDir: runs };
}

/** `pgup run` on the lab's own inventory, without being asked. */
export function upgrade(options: PgupOptions & { readonly more?: readonly string[] }): Promise<PgupRun> {
  return pgup(['run', '-i', options.lab.inventoryFile, '--yes', ...(options.more ?? [])], options);
}

export function eventsOf<Name extends EventName>(run: PgupRun, type: Name): Extract<AnyEvent, { type: Name }>[] {
  return run.events.filter((event): event is Extract<AnyEvent, { type: Name }> => event.type === type);
}

/** Everything that a failed expectation needs to be understood, without a second run. */
export function told(run: PgupRun): string {
  const lines = run.events.flatMap((event) => {
    switch (event.type) {
      case 'task:host':
        return [`${event.status} ${event.host}: ${event.name}: ${event.says}`];
      case 'letter':
        return [`letter ${event.code}: ${event.happened}\n  ${[...event.stands, ...event.next].join('\n  ')}`];
      case 'finding':
        return [`${event.weight} ${event.host} [${event.check}] ${event.text}`];
      default:
        return [];
    }
  });
  return `exit ${String(run.exitCode)}\n${lines.join('\n')}\n${run.stderr}`;
}

/** A fingerprint of everything on a host that a check must not touch: files, packages, units. */
export async function hostSnapshot(lab: Lab, host: string): Promise<string> {
  // What a live system writes by itself all the time is left out: logs, run-time state, the servers' own data files,
  // and the moment that somebody last made or removed a file in /tmp (what is in it counts).
  const script = `
    cd /
    find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /dev -o -path /var/log -o -path '/var/lib/postgresql/*/*' \
      -o -path /var/lib/redis -o -path /opt/nautobot/media -o -path /tmp/systemd-private-\\* -o -path /var/tmp/systemd-private-\\* \
      -o -path /var/lib/systemd -o -name lastlog -o -name wtmp -o -path /var/lib/private \\) -prune \
      -o \\( -type f -o -type l -o -type d \\) -printf '%p %y %m %U %G %s %T@\\n' | sed 's/^\\(.tmp d .*\\) [0-9.]*$/\\1/' | LC_ALL=C sort
    dpkg-query -W -f '\${Package} \${Version} \${Status}\\n'
    systemctl list-units --all --plain --no-legend --type=service,timer | awk '{ print $1, $2, $3, $4 }' | grep -v '^user@\\|^user-runtime-dir@\\|run-' | LC_ALL=C sort
    systemctl list-unit-files --no-legend | grep -v '^session-' | LC_ALL=C sort`;
  const { stdout } = await lab.run(host, ['sh', '-c', script]);
  return stdout;
}

/** SQL on whatever server answers at the port that Nautobot uses. */
export async function sql(lab: Lab, host: string, text: string, port = 5432): Promise<string> {
  const argv = [
    'runuser',
    '-u',
    'postgres',
    '--',
    'psql',
    '-XqAt',
    '-p',
    String(port),
    '-v',
    'ON_ERROR_STOP=1',
    'nautobot',
  ];
  return (await lab.run(host, argv, { input: text })).stdout.trim();
}

export async function majorVersion(lab: Lab, host: string): Promise<string> {
  return (await sql(lab, host, 'SHOW server_version')).split('.')[0] ?? '';
}

/** `active`, `inactive`, `failed` of a unit. */
export async function unitState(lab: Lab, host: string, unit: string): Promise<string> {
  return (await lab.run(host, ['systemctl', 'is-active', unit], { mayFail: true })).stdout.trim();
}

export const NAUTOBOT_UNITS = ['nautobot.service', 'nautobot-worker.service', 'nautobot-scheduler.service'] as const;

/** The journal of a run as text: for what must never stand in it. */
export function journalText(run: PgupRun): string {
  const start = eventsOf(run, 'run:start')[0];
  return start?.folder === undefined ? '' : readFileSync(join(start.folder, 'journal.jsonl'), 'utf8');
}
