import { CLUSTER_LIST_SCRIPT } from '../../postgresql/survey/cluster-list.ts';
import { PLACE_SCRIPT } from '../../postgresql/survey/place.ts';
import { ADDRESS_SCRIPT, SYSTEM_SCRIPT } from '../../postgresql/survey/system.ts';
import { END, SECTIONS, posix } from '../../shell/sections.ts';

/** Package managers are told by the tool that answers for what is installed, the surest first. */
const PACKAGE_SCRIPT = posix`
list_packages() {
  if have dpkg-query; then manager=apt
  elif have rpm; then if have dnf; then manager=dnf; elif have zypper; then manager=zypper; else manager=yum; fi
  elif have apk; then manager=apk
  elif have pacman; then manager=pacman
  else manager=; fi
  emit manager - 0 "$manager"
  [ "$#" -gt 0 ] || return 0
  case $manager in
    apt) packages=$(dpkg-query -W -f '\${Package}\t\${Version}\t\${db:Status-Status}\n' -- "$@" 2>/dev/null);;
    dnf|zypper|yum) packages=$(rpm -q --qf '%{NAME}\t%{VERSION}-%{RELEASE}\tinstalled\n' -- "$@" 2>/dev/null);;
    apk) packages=$(for each in "$@"; do apk list -I -- "$each" 2>/dev/null |
      sed -n 's/^\(.*\)-\([0-9][^ ]*\) .*$/\1\t\2\tinstalled/p'; done);;
    pacman) packages=$(pacman -Q -- "$@" 2>/dev/null | sed 's/ \(.*\)$/\t\1\tinstalled/');;
    *) return 0;;
  esac
  emit packages - 0 "$packages"
}
`;

/**
 * Everything about a host in one script. Positional parameters: paths, then `--`, tools, then `--`, packages. Its first
 * and its last section are the host's clock, so that the time that the rest takes does not blur it.
 */
export const FACTS_SCRIPT = [
  SECTIONS,
  SYSTEM_SCRIPT,
  ADDRESS_SCRIPT,
  PLACE_SCRIPT,
  CLUSTER_LIST_SCRIPT,
  PACKAGE_SCRIPT,
  posix`
tell_time() { emit "$1" - 0 "$(date '+%s %N %z')"; }
tell_time began
survey_system
emit memory - 0 "$(
  while read -r key value unit; do
    case $key in MemTotal:|MemAvailable:|SwapTotal:|SwapFree:) printf '%s=%s\n' "\${key%:}" "$value";; esac
  done </proc/meminfo 2>/dev/null
)"
emit processors - 0 "$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null)"
emit user - 0 "$(id -un 2>/dev/null)"
emit home - 0 "$HOME"
survey_addresses
while [ "$1" != -- ]; do survey_place - - "$1"; shift; done
shift
emit tools - 0 "$(
  while [ "$1" != -- ]; do
    path=$(command -v -- "$1" 2>/dev/null) || path=
    case $path in /*) printf '%s=%s\n' "$1" "$path";; esac
    shift
  done
)"
while [ "$1" != -- ]; do shift; done
shift
list_packages "$@"
list_clusters
tell_time ended
`,
  END,
].join('');
