import { z } from 'zod';
import { parsePairs, posix, type Section } from '../../shell/sections.ts';
import { MARK, SETTINGS_CODE } from './settings-code.ts';

/** What Nautobot said of itself, from inside (SETTINGS_CODE). Parts that failed are missing and told in `errors`. */
const settingsFacts = z.object({
  python: z.string(),
  errors: z.array(z.string()),
  database: z.object({
    engine: z.string(),
    name: z.string(),
    user: z.string(),
    host: z.string(),
    port: z.string(),
  }),
  /** Names of `DATABASES['default']['OPTIONS']`. */
  options: z.array(z.string()),
  version: z.string().optional(),
  django: z.string().optional(),
  root: z.string().optional(),
  config: z.string().optional(),
  /** ALLOWED_HOSTS. */
  hosts: z.array(z.string()).default([]),
  sslRedirect: z.boolean().default(false),
  /** True where the cache (Redis) answered. */
  cache: z.boolean().optional(),
  maintenance: z.boolean().default(false),
  apps: z.array(z.string()).default([]),
  /** The path of the health page, with the script name before it. */
  health: z.string().default('/health/'),
  /** What the application host takes the database host's name for. */
  addresses: z.array(z.string()).default([]),
  /** The server at the other end of Nautobot's own connection. */
  server: z
    .object({
      version: z.string(),
      /** Null over the local socket. */
      address: z.string().nullable(),
      port: z.number().nullable(),
      pid: z.number(),
      user: z.string(),
      identifier: z.string(),
    })
    .nullish(),
  migrations: z.array(z.string()).optional(),
  jobs: z
    .object({
      count: z.number(),
      rows: z.array(z.object({ name: z.string(), status: z.string(), age: z.number() })),
    })
    .optional(),
});
export type SettingsFacts = z.output<typeof settingsFacts>;

/** How the server command was run, and what came of it. */
export interface ServerAnswer {
  /** The unit whose user, folder and environment were taken. */
  readonly unit: string;
  readonly user: string;
  readonly group: string;
  readonly directory: string;
  readonly server: string;
  readonly config: string | undefined;
  readonly settings:
    { readonly kind: 'answer'; readonly value: SettingsFacts } | { readonly kind: 'refusal'; readonly text: string };
}

/**
 * `survey_server`: asks Nautobot itself, as the user of its unit, in its folder, with its environment, of which nothing
 * is printed. `units` holds the names of the units; NAUTOBOT_ROOT_GIVEN is the operator's word, or empty.
 */
export const SERVER_SCRIPT = posix`
survey_server() {
  chosen= chosen_words=
  for unit in $units; do
    words=$(systemctl show -p ExecStart --value -- "$unit" 2>/dev/null | sed -n 's/.*argv\[\]=\(.*\) ; ignore_errors=.*/\1/p')
    case $words in
      *nautobot-server*) ;;
      *) words=$(survey_processes | awk -F '\t' -v unit="$unit" '$2 == unit && /nautobot-server/ { sub(/^.*\t\//, "/"); gsub(/\t/, " "); print; exit }');;
    esac
    case " $words " in
      *nautobot-server*' start '*) chosen=$unit chosen_words=$words; break;;
      *nautobot-server*) if [ -z "$chosen" ]; then chosen=$unit chosen_words=$words; fi;;
    esac
  done
  if [ -z "$chosen" ]; then return; fi
  server= config= expect=
  set -f
  for word in $chosen_words; do
    if [ -n "$expect" ]; then config=$word expect=; continue; fi
    case $word in
      */nautobot-server|nautobot-server) server=$word;;
      -c|--config-path) if [ -n "$server" ]; then expect=1; fi;;
      --config-path=*) config=\${word#*=};;
      -*) ;;
      *) if [ -n "$server" ]; then break; fi;;
    esac
  done
  set +f
  user=$(systemctl show -p User --value -- "$chosen" 2>/dev/null)
  user=\${user:-root}
  group=$(systemctl show -p Group --value -- "$chosen" 2>/dev/null)
  directory=$(systemctl show -p WorkingDirectory --value -- "$chosen" 2>/dev/null)
  directory=\${directory#[!/]}
  emit servercommand - 0 "$(
    printf 'unit=%s\nuser=%s\ngroup=%s\n' "$chosen" "$user" "\${group:-$(id -gn "$user" 2>/dev/null)}"
    printf 'directory=%s\nserver=%s\nconfig=%s\n' "$directory" "$server" "$config"
  )"
  code=$(cat <<'PYTHON'
${SETTINGS_CODE}
PYTHON
)
  answer=$(ask_nautobot 2>&1 </dev/null); emit settings - "$?" "$answer"
}
# A subshell: the environment of the unit replaces ours in it.
ask_nautobot() (
  path=$PATH files=$(systemctl show -p EnvironmentFiles --value -- "$chosen" 2>/dev/null)
  assignments=$(systemctl show -p Environment --value -- "$chosen" 2>/dev/null)
  entry=$(awk -F: -v user="$user" '$1 == user' /etc/passwd 2>/dev/null)
  home=$(printf '%s\n' "$entry" | cut -d: -f6)
  for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do unset "$name"; done
  PATH=$path LANG=C.UTF-8 HOME=\${home:-/} USER=$user LOGNAME=$user PYTHONDONTWRITEBYTECODE=1
  export PATH LANG HOME USER LOGNAME PYTHONDONTWRITEBYTECODE
  eval "set -- $assignments"
  for pair in "$@"; do export "$pair"; done
  while read -r file; do read_environment "\${file% (*}"; done <<FILES
$files
FILES
  if [ -n "$NAUTOBOT_ROOT_GIVEN" ]; then NAUTOBOT_ROOT=$NAUTOBOT_ROOT_GIVEN; export NAUTOBOT_ROOT; fi
  if ! cd "\${directory:-$HOME}" 2>/dev/null; then cd /; fi
  set -- "$server" \${config:+--config-path "$config"} shell -c "$code"
  if [ "$user" = root ]; then bounded 100 "$@"; else bounded 100 runuser -u "$user" -- "$@"; fi
)
# A file of NAME=VALUE lines as systemd reads it, in its common forms: comments, and quotes around the whole value.
read_environment() {
  if [ ! -r "$1" ]; then return; fi
  while IFS= read -r line || [ -n "$line" ]; do
    line=\${line#"\${line%%[![:space:]]*}"}
    case $line in ''|'#'*|';'*|[!A-Za-z_]*) continue;; *=*) ;; *) continue;; esac
    name=\${line%%=*} value=\${line#*=}
    case $name in *[!A-Za-z0-9_]*) continue;; esac
    value=\${value%"\${value##*[![:space:]]}"}
    case $value in \"*\") value=\${value#?}; value=\${value%?};; \'*\') value=\${value#?}; value=\${value%?};; esac
    export "$name=$value"
  done <"$1"
}
`;

export function parseServer(sections: readonly Section[]): ServerAnswer | undefined {
  const command = sections.find(({ name }) => name === 'servercommand');
  if (!command) return undefined;
  const pairs = parsePairs(command.text);
  const of = (what: string): string => pairs.get(what) ?? '';
  return Object.freeze({
    unit: of('unit'),
    user: of('user'),
    group: of('group'),
    directory: of('directory'),
    server: of('server'),
    config: of('config') || undefined,
    settings: parseSettings(sections.find(({ name }) => name === 'settings')),
  });
}

function parseSettings(section: Section | undefined): ServerAnswer['settings'] {
  if (!section) return { kind: 'refusal', text: 'it was not asked' };
  const line = section.text.split('\n').find((each) => each.startsWith(MARK));
  if (line === undefined) return { kind: 'refusal', text: lastWords(section) };
  try {
    return { kind: 'answer', value: settingsFacts.parse(JSON.parse(line.slice(MARK.length))) };
  } catch (error) {
    return { kind: 'refusal', text: `an answer of an unknown shape: ${String(error).slice(0, 300)}` };
  }
}

function lastWords({ code, text }: Section): string {
  if (code === 124 || code === 137) return 'no answer in 100 s';
  const said = text.split('\n').filter((line) => line.trim() !== '');
  return said.slice(-3).join(' · ').slice(0, 600) || `exit code ${code}`;
}
