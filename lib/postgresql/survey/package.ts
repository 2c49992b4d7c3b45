import { parseLines, parsePairs, posix, type Section } from '../../shell/sections.ts';

/** What the host's package manager has and would do. */
export interface PackageFacts {
  /** Installed packages of PostgreSQL with their versions. */
  readonly installed: Readonly<Record<string, string>>;
  /** Packages that were asked for: the version that would be installed, undefined where no repository has it. */
  readonly candidates: Readonly<Record<string, string | undefined>>;
  /** What installing the target would do; a refusal where apt-get cannot. */
  readonly simulation:
    | { readonly kind: 'simulation'; readonly actions: readonly PackageAction[] }
    | { readonly kind: 'refusal'; readonly text: string };
  /** What fetching package lists into memory failed with, where that was needed. */
  readonly refreshError: string | undefined;
  /** Running services that have files of a package mapped which the install would replace or remove. */
  readonly touched: readonly { readonly package: string; readonly unit: string; readonly process: string }[];
  /** Packages that are half installed: dpkg would first want them mended. */
  readonly broken: readonly string[];
  /** The `postgres` of the target that is installed already: its `--version`. */
  readonly targetVersion: string | undefined;
  /** `main` where `/etc/postgresql/TARGET/main` or its data directory is there. */
  readonly targetClusters: readonly string[];
}

interface PackageAction {
  readonly kind: 'install' | 'upgrade' | 'remove';
  readonly package: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/**
 * The simulation and the real install take the same options, or the one proves nothing about the other. The real one
 * adds `--no-remove`; here it would hide which packages would go.
 */
const INSTALL_OPTIONS = ['--no-install-recommends'] as const;

/** apt-get must not write its caches nor wait for a lock that another one holds. */
const READ_ONLY = '-o Debug::NoLocking=true -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=';

/**
 * `refresh_lists` sets `lists` to options of apt for package lists of our own in memory, where the host's own do not
 * know the target: they may be empty or old, and refreshing them in place would be a change. Hooks of the host (which
 * may write) are left out; its repositories, keys and proxy are used.
 */
const REFRESH = posix`
refresh_lists() {
  lists=
  case $(bounded 60 apt-cache ${READ_ONLY} policy "postgresql-$TARGET" 2>/dev/null </dev/null) in
    *'Candidate: '[0-9]*) return;;
  esac
  scratch=$(mktemp -d /run/pgup-survey.XXXXXX) || return
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 129' HUP
  trap 'exit 143' TERM
  chmod 755 "$scratch"
  mkdir -p "$scratch/lists/partial" "$scratch/archives/partial"
  chown _apt "$scratch/lists/partial" 2>/dev/null
  printf '#clear APT::Update::%s;\n' Pre-Invoke Post-Invoke Post-Invoke-Success >"$scratch/apt.conf"
  lists="-c $scratch/apt.conf -o Dir::State::lists=$scratch/lists -o Dir::Cache::archives=$scratch/archives"
  ask update - 120 apt-get ${READ_ONLY} $lists -q update
}
`;

/** `survey_packages`: `TARGET` is the major. */
export const PACKAGE_SCRIPT = posix`${REFRESH}
survey_packages() (
  refresh_lists
  emit installed - 0 "$(dpkg-query -W -f '\${Package}=\${Version} \${db:Status-Status}\n' 'postgresql*' libpq5 2>/dev/null |
    sed -n 's/ installed$//p')"
  emit broken - 0 "$(dpkg-query -W -f '\${Package} \${db:Status-Status}\n' 2>/dev/null |
    awk '$2 == "half-installed" || $2 == "unpacked" || $2 == "half-configured" || $2 == "triggers-awaited" { print $1 }' | head -n 50)"
  # what the target's major calls the packages that older majors have here
  counterparts=$(dpkg-query -W -f '\${Package}\n' 'postgresql-*' 2>/dev/null | awk -F- -v target="$TARGET" '{
    for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+([.][0-9]+)?$/) {
      $i = target; name = $1; for (j = 2; j <= NF; j++) name = name "-" $j; print name; break } }' | sort -u)
  ask policy - 60 apt-cache ${READ_ONLY} $lists policy "postgresql-$TARGET" $counterparts
  simulated=$(bounded 90 apt-get ${READ_ONLY} $lists -s -q ${INSTALL_OPTIONS.join(' ')} install "postgresql-$TARGET" 2>&1 </dev/null)
  emit simulate - "$?" "$simulated"
  replaced=$(printf '%s\n' "$simulated" | awk '$1 == "Remv" || $1 == "Inst" && $3 ~ /^\[/ { print $2 }')
  if [ -n "$replaced" ]; then emit touched - 0 "$(printf '%s\n' "$replaced" | survey_touched | sort -u)"; fi
  binary=/usr/lib/postgresql/$TARGET/bin/postgres
  if [ -x "$binary" ]; then ask targetversion - 10 "$binary" --version; fi
  emit targetclusters - 0 "$(for each in "/etc/postgresql/$TARGET"/*/ "/var/lib/postgresql/$TARGET"/*/; do
    if [ -d "$each" ]; then basename "$each"; fi; done | sort -u)"
)
# Of packages on standard input: who has their files mapped. /usr/lib and /lib are one folder on merged systems.
survey_touched() {
  {
    while read -r package; do
      dpkg-query -L "$package" 2>/dev/null | awk -v package="$package" '{ print "F", package, $0 }'
    done
    grep -sH ' r-xp ' /proc/[0-9]*/maps
  } | awk '
    $1 == "F" { path = $3; sub("^/usr/", "/", path); owner[path] = $2; next }
    { split($1, place, "/"); path = $6; sub("^/usr/", "/", path)
      if (path in owner && !((owner[path] " " place[3]) in seen)) { seen[owner[path] " " place[3]] = 1; print owner[path], place[3] } }' |
  while read -r package pid; do
    printf '%s\t%s\t%s\n' "$package" "$(unit_of "$pid")" "$(cat "/proc/$pid/comm" 2>/dev/null)"
  done
}
`;

export function parsePackages(sections: readonly Section[]): PackageFacts | undefined {
  const section = (name: string): Section | undefined => sections.find((each) => each.name === name);
  const simulate = section('simulate');
  if (!simulate) return undefined;
  const version = section('targetversion');
  return Object.freeze({
    installed: Object.freeze(Object.fromEntries(parsePairs(section('installed')?.text ?? ''))),
    candidates: parsePolicy(section('policy')?.text ?? ''),
    simulation: parseSimulation(simulate),
    refreshError: refreshErrors(section('update')),
    touched: parseLines(section('touched')?.text ?? '').map((line) => {
      const [name = '', unit = '', process = ''] = line.split('\t');
      return Object.freeze({ package: name, unit, process });
    }),
    broken: parseLines(section('broken')?.text ?? ''),
    targetVersion: version?.code === 0 ? version.text.trim() : undefined,
    targetClusters: parseLines(section('targetclusters')?.text ?? ''),
  });
}

/** `apt-cache policy`: a package's name with a colon, then indented lines. */
export function parsePolicy(text: string): Readonly<Record<string, string | undefined>> {
  const candidates: Record<string, string | undefined> = {};
  let current = '';
  for (const line of text.split('\n')) {
    const [, name] = /^(\S+):$/.exec(line) ?? [];
    if (name !== undefined) current = name;
    const [, candidate] = /^\s+Candidate: (\S+)/.exec(line) ?? [];
    if (candidate !== undefined && candidate !== '(none)') candidates[current] = candidate;
  }
  return Object.freeze(candidates);
}

/** apt-get update succeeds where some lists could not be fetched: its words tell. */
function refreshErrors(section: Section | undefined): string | undefined {
  const said = (section?.text ?? '').split('\n').filter((line) => /^[EW]: /.test(line));
  return (
    said
      .map((line) => line.slice(3))
      .slice(0, 3)
      .join(' · ') || undefined
  );
}

function parseSimulation({ code, text }: Section): PackageFacts['simulation'] {
  if (code !== 0) {
    const errors = text.split('\n').filter((line) => line.startsWith('E: '));
    const said =
      errors.length > 0
        ? errors
        : text
            .split('\n')
            .filter((line) => line.trim() !== '')
            .slice(-3);
    return { kind: 'refusal', text: said.map((line) => line.replace(/^E: /, '')).join(' · ') || `exit code ${code}` };
  }
  return { kind: 'simulation', actions: text.split('\n').flatMap(parseAction) };
}

/** `Inst NAME [OLD] (NEW suite …)`, `Inst NAME (NEW …)`, `Remv NAME [OLD]`. */
function parseAction(line: string): readonly PackageAction[] {
  const [, verb, name, from, to] = /^(Inst|Remv) (\S+)(?: \[([^\]]*)\])?(?: \((\S+))?/.exec(line) ?? [];
  if (verb === undefined || name === undefined) return [];
  const kind = verb === 'Remv' ? 'remove' : from === undefined ? 'install' : 'upgrade';
  return [Object.freeze({ kind, package: name, from, to })];
}
