/** Apt, and what holds it meanwhile, may take a while on a machine that has just been set up; in seconds. */
const LOCK_TIMEOUT = 600;

const SCRIPT = `
missing() {
  for name; do
    [ "$(dpkg-query --show --showformat='\${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || return 0
  done
  return 1
}
missing "$@" || exit 0
export DEBIAN_FRONTEND=noninteractive
# A third-party source that cannot be reached is none of our business, as long as the install works.
apt-get update
exec apt-get -o DPkg::Lock::Timeout=${LOCK_TIMEOUT} install --yes --no-install-recommends "$@"`;

/**
 * The words of a command that installs packages of Debian on this machine unless they are there. Of several at once one
 * works and the others wait: apt itself refuses a second `update`, whose `install` then reads half a list. The lock is
 * not handed on (`--close`): a service that a package starts would keep it.
 */
export function aptInstall(packages: readonly string[]): readonly [string, ...string[]] {
  return ['flock', '--close', '/run/lock/pgup-apt', 'sh', '-c', SCRIPT, 'sh', ...packages];
}
