import { parseLines, posix, type Section } from '../../shell/sections.ts';
import { ADDRESS_SCRIPT, SYSTEM_SCRIPT, parseAddresses, parseSystem, type SystemFacts } from './system.ts';

/** What pgup needs of a host beside PostgreSQL and Nautobot. */
export interface HostFacts extends SystemFacts {
  /** Of the tools asked for, those that are there. */
  readonly tools: readonly string[];
  /** Every address of the host, loopback included. */
  readonly addresses: readonly string[];
  readonly processes: readonly Process[];
  /** The small files of pgup's own state, by name: the claim, receipts, the marker (docs/state.md). */
  readonly state: Readonly<Record<string, string>>;
  /** TCP ports that something listens on. */
  readonly listening: readonly number[];
  /** Seconds since the epoch, the host's own, at the survey's end. */
  readonly clock: number | undefined;
}

/** A process that matters: a postmaster, Nautobot, or something that manages or fronts clusters. */
export interface Process {
  readonly pid: number;
  /** The systemd unit that it belongs to: `postgresql@15-main.service`, `session-3.scope`. */
  readonly unit: string;
  readonly user: string;
  readonly directory: string;
  readonly command: readonly string[];
}

/** The tools that the later plays use. What is missing is a finding where the host needs it. */
const TOOLS = [
  ...['flock', 'runuser', 'systemctl', 'systemd-run', 'timeout', 'apt-get', 'apt-cache', 'dpkg-query', 'sha256sum'],
  ...[
    'pg_lsclusters',
    'pg_createcluster',
    'pg_ctlcluster',
    'pg_dropcluster',
    'xfs_info',
    'ss',
    'ip',
    'awk',
    'find',
    'du',
  ],
] as const;

export const HOST_SCRIPT = posix`${SYSTEM_SCRIPT}${ADDRESS_SCRIPT}
unit_of() {
  awk -F/ '{ for (i = NF; i > 0; i--) if ($i ~ /[.](service|scope)$/) { print $i; exit } }' "/proc/$1/cgroup" 2>/dev/null
}
survey_host() {
  survey_system
  emit tools - 0 "$(for tool in ${TOOLS.join(' ')}; do if have "$tool"; then printf '%s\n' "$tool"; fi; done)"
  survey_addresses
  emit processes - 0 "$(survey_processes)"
  emit listening - 0 "$(awk '$4 == "0A" { sub(/^.*:/, "", $2); print $2 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null | sort -u)"
  for file in /var/lib/pgup/*; do
    if [ -f "$file" ]; then emit statefile "\${file##*/}" 0 "$(head -c 4000 "$file" 2>/dev/null)"; fi
  done
}
# One line a process, with tabs: pid, unit, user, working directory, arguments. The script itself and its helpers hold
# the same words, so shells and what starts shells are passed over.
survey_processes() {
  grep -lsaE 'postgres|patroni|repmgr|pgbouncer|pgpool|pg_auto|stolon|haproxy|nautobot' /proc/[0-9]*/cmdline |
  while IFS=/ read -r _ _ pid _; do
    case $(cat "/proc/$pid/comm" 2>/dev/null) in
      ''|sh|ash|dash|bash|grep|sed|awk|mawk|sudo|su|runuser|timeout|psql|sshd|systemd) continue;;
    esac
    arguments=$(tr '\0\t\n' '\t  ' <"/proc/$pid/cmdline" 2>/dev/null | cut -f 1-12 | head -c 600)
    case $arguments in ''|postgres:*) continue;; esac
    printf '%s\t%s\t%s\t%s\t%s\n' "$pid" "$(unit_of "$pid")" "$(stat -c %U "/proc/$pid" 2>/dev/null)" \
      "$(readlink "/proc/$pid/cwd" 2>/dev/null)" "$arguments"
  done
}
`;

/** The host's clock comes last, so that it can be set against the controller's at the time the answer arrived. */
export const CLOCK_SCRIPT = posix`emit clock - 0 "$(date +%s)"
`;

export function parseHost(sections: readonly Section[]): HostFacts {
  const text = (name: string): string => sections.find((each) => each.name === name)?.text ?? '';
  const clock = Number(text('clock'));
  return Object.freeze({
    ...parseSystem(sections),
    tools: parseLines(text('tools')),
    addresses: parseAddresses(sections),
    processes: parseLines(text('processes')).flatMap(parseProcess),
    state: Object.freeze(
      Object.fromEntries(
        sections.filter(({ name }) => name === 'statefile').map(({ key, text: content }) => [key, content]),
      ),
    ),
    listening: parseLines(text('listening')).map((hex) => Number.parseInt(hex, 16)),
    clock: clock > 0 ? clock : undefined,
  });
}

function parseProcess(line: string): readonly Process[] {
  const [pid = '', unit = '', user = '', directory = '', ...command] = line.split('\t');
  const argv = command.map((each) => each.trim()).filter((each) => each !== '');
  return argv.length > 0 ? [Object.freeze({ pid: Number(pid), unit, user, directory, command: argv })] : [];
}
