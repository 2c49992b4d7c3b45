import { parseLines, posix, type Section } from '../../shell/sections.ts';

/** A systemd unit as `systemctl show` tells it, of those that could run Nautobot. */
export interface UnitFacts {
  readonly name: string;
  readonly load: string;
  readonly active: string;
  /** `systemctl is-enabled`'s word. */
  readonly enabled: string;
  readonly user: string;
  readonly group: string;
  readonly directory: string;
  readonly command: readonly string[];
  /** With a leading `-` where the file may be missing, as systemd writes it. */
  readonly environmentFiles: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly mainPid: number;
  /** Timers, sockets and paths that start it. */
  readonly triggeredBy: readonly string[];
}

/**
 * Names of `Environment=` that may leave the host. All others may be passwords and stay there: what runs
 * `nautobot-server` reads them on the host.
 */
const HARMLESS = [
  ...['NAUTOBOT_ROOT', 'NAUTOBOT_CONFIG', 'NAUTOBOT_DB_HOST', 'NAUTOBOT_DB_PORT', 'NAUTOBOT_DB_NAME'],
  ...['NAUTOBOT_DB_USER', 'NAUTOBOT_DB_ENGINE', 'PATH', 'LANG', 'TZ', 'VIRTUAL_ENV', 'PYTHONPATH'],
] as const;

const PROPERTIES = [
  ...['Id', 'LoadState', 'ActiveState', 'UnitFileState', 'User', 'Group', 'WorkingDirectory', 'ExecStart', 'MainPID'],
  ...['EnvironmentFiles', 'TriggeredBy'],
] as const;

/**
 * `survey_units`: every unit whose files name nautobot-server, running instances of such templates, and the units of
 * running processes that do. `systemctl show` reads; it starts and reloads nothing.
 */
export const UNIT_SCRIPT = posix`
nautobot_units() {
  {
    for folder in /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system /lib/systemd/system /usr/lib/systemd/system; do
      grep -ls nautobot-server "$folder"/*.service "$folder"/*.service.d/*.conf
    done | sed -e 's|/[^/]*[.]conf$||' -e 's|[.]d$||' -e 's|.*/||'
    survey_processes | awk -F '\t' '$2 ~ /[.]service$/ && /nautobot-server/ { print $2 }'
  } | sort -u | while read -r unit; do
    case $unit in
      *@.service)
        systemctl list-units --all --plain --no-legend -- "\${unit%.service}*.service" 2>/dev/null | awk '{ print $1 }'
        for link in /etc/systemd/system/*.wants/"\${unit%.service}"*.service; do
          if [ -L "$link" ]; then basename "$link"; fi
        done;;
      *) printf '%s\n' "$unit";;
    esac
  done | sort -u
}
survey_units() {
  if ! have systemctl; then return; fi
  units=$(nautobot_units)
  for unit in $units; do
    ask unit "$unit" 20 systemctl show ${PROPERTIES.map((each) => `-p ${each}`).join(' ')} -- "$unit"
    emit environment "$unit" 0 "$(
      eval "set -- $(systemctl show -p Environment --value -- "$unit" 2>/dev/null)"
      for pair in "$@"; do case $pair in ${HARMLESS.map((each) => `${each}=*`).join('|')}) printf '%s\n' "$pair";; esac; done
    )"
  done
}
`;

export function parseUnits(sections: readonly Section[]): readonly UnitFacts[] {
  const units = sections
    .filter(({ name, code }) => name === 'unit' && code === 0)
    .map(({ key, text }) =>
      parseUnit(text, sections.find((each) => each.name === 'environment' && each.key === key)?.text ?? ''),
    );
  // an alias shows its unit's Id: one unit, however many names it has
  return [...new Map(units.map((unit) => [unit.name, unit])).values()].filter(({ load }) => load !== 'not-found');
}

function parseUnit(text: string, environment: string): UnitFacts {
  const properties = parseLines(text).map((line) => {
    const equals = line.indexOf('=');
    return [line.slice(0, equals), line.slice(equals + 1)] as const;
  });
  const of = (name: string): string => properties.find(([key]) => key === name)?.[1] ?? '';
  return Object.freeze({
    name: of('Id'),
    load: of('LoadState'),
    active: of('ActiveState'),
    enabled: of('UnitFileState'),
    user: of('User'),
    group: of('Group'),
    directory: of('WorkingDirectory'),
    command: commandOf(of('ExecStart')),
    environmentFiles: properties
      .filter(([key]) => key === 'EnvironmentFiles')
      .map(([, value]) => environmentFile(value)),
    environment: Object.freeze(
      Object.fromEntries(
        parseLines(environment).map((pair) => {
          const equals = pair.indexOf('=');
          return [pair.slice(0, equals), pair.slice(equals + 1)];
        }),
      ),
    ),
    mainPid: Number(of('MainPID')),
    triggeredBy: of('TriggeredBy').split(' ').filter(Boolean),
  });
}

/** `{ path=… ; argv[]=/opt/nautobot/bin/nautobot-server start … ; ignore_errors=no ; … }` */
function commandOf(shown: string): readonly string[] {
  const [, argv = ''] = /argv\[\]=(.*?) ; ignore_errors=/.exec(shown) ?? [];
  return argv.split(' ').filter(Boolean);
}

/** `/etc/default/nautobot (ignore_errors=yes)` */
function environmentFile(shown: string): string {
  const [, path = shown, optional] = /^(.*) \(ignore_errors=(yes|no)\)$/.exec(shown) ?? [];
  return optional === 'yes' ? `-${path}` : path;
}
