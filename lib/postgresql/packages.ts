import type { Command } from '../shell/host-shell.ts';
import { raw, sh } from '../shell/sh.ts';
import { NEW_CLUSTER_INTENT, PACKAGES, STATE } from './host-paths.ts';

/**
 * Debian's packages beside a running cluster. Installing one starts every cluster whose start.conf says `auto`, may make
 * a cluster of its own, and lets needrestart restart services: none of it may happen while an old cluster serves or is
 * held. Whatever is changed for that is written down first, once, and put back exactly.
 */

const POLICY = '/usr/sbin/policy-rc.d';
const CREATE = '/etc/postgresql-common/createcluster.d/pgup.conf';
const CREATE_DIRECTORY = CREATE.slice(0, CREATE.lastIndexOf('/'));
const TIMERS = ['apt-daily.timer', 'apt-daily-upgrade.timer'];
/** Exit code where installing touched the old server. */
export const SERVER_TOUCHED = 76;

/** Keeps package scripts away from services, and writes down what was there before. For root; twice is as once. */
export function guardPackages(): Command {
  return sh`${raw('set -eu; umask 022')}
install -d -m 0700 ${PACKAGES}
if [ ! -e ${PACKAGES}/guarded ]; then
  rm -f ${PACKAGES}/policy-rc.d
  if [ -e ${POLICY} ]; then cp -a ${POLICY} ${PACKAGES}/policy-rc.d; fi
  rm -f ${PACKAGES}/no-directory
  if [ ! -d ${CREATE_DIRECTORY} ]; then : > ${PACKAGES}/no-directory; fi
  : > ${PACKAGES}/timers
  for timer in ${TIMERS}; do
    if systemctl is-active -q "$timer"; then echo "$timer" >> ${PACKAGES}/timers; fi
  done
  apt-mark showhold > ${PACKAGES}/held-before
  sync ${PACKAGES}/*; : > ${PACKAGES}/guarded; sync ${PACKAGES}/guarded ${PACKAGES}
fi
while read -r timer; do systemctl stop "$timer"; done < ${PACKAGES}/timers
printf '#!/bin/sh\n# pgup: an upgrade of PostgreSQL is under way\nexit 101\n' > ${POLICY}.pgup
chmod 0755 ${POLICY}.pgup; mv -f ${POLICY}.pgup ${POLICY}
install -d -m 0755 ${CREATE_DIRECTORY}
printf '# pgup: the new cluster is made like the old one, not like a fresh one\ncreate_main_cluster = false\n' > ${CREATE}`;
}

/** Marks every package of a major as held, so that nothing upgrades or removes it in the middle. */
export function holdPackages(majors: readonly string[]): Command {
  const patterns = majors.flatMap((major) => [`postgresql-${major}*`, `postgresql-client-${major}`]);
  return sh`dpkg-query -W -f '\${db:Status-Abbrev} \${Package}\\n' ${patterns} postgresql-common 2>/dev/null | sed -n 's/^ii *//p' | sort -u | xargs -r apt-mark hold > /dev/null`;
}

/**
 * Installs packages while the old server runs, and says so if that server is not the same process afterwards. A list of
 * packages that is out of date is renewed once.
 */
export function installPackages(packages: readonly string[], oldDataDirectory: string): Command {
  const pid = sh`$(head -n 1 ${oldDataDirectory}/postmaster.pid 2>/dev/null)`;
  const apt = sh`apt-get -y -q --no-install-recommends -o DPkg::Lock::Timeout=900 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold`;
  return sh`${raw('set -u; umask 022; export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none LC_ALL=C')}
before=${pid}
${apt} install ${packages} < /dev/null || { ${apt} update < /dev/null && ${apt} install ${packages} < /dev/null; } || exit "$?"
if [ "$before" != ${pid} ]; then echo "the old server is not the process that it was" >&2; exit ${SERVER_TOUCHED}; fi`;
}

/** Lets package scripts at services again, as the host had it. */
export function unguardServices(): Command {
  return sh`${raw('set -eu')}
if [ -e ${PACKAGES}/guarded ]; then
  if grep -qs '^# pgup:' ${POLICY}; then
    if [ -e ${PACKAGES}/policy-rc.d ]; then
      cp -a ${PACKAGES}/policy-rc.d ${POLICY}.pgup; mv -f ${POLICY}.pgup ${POLICY}
    else rm -f ${POLICY}; fi
  fi
  rm -f ${CREATE}
  if [ -e ${PACKAGES}/no-directory ]; then rmdir ${CREATE_DIRECTORY} 2>/dev/null || :; fi
fi`;
}

/** Everything as it was before guardPackages: holds, timers, policy. */
export function restorePackages(): Command {
  return sh`${unguardServices()}
if [ -e ${PACKAGES}/guarded ]; then
  apt-mark showhold | grep -vxF -f ${PACKAGES}/held-before | grep '^postgresql' | xargs -r apt-mark unhold > /dev/null
  while read -r timer; do systemctl start "$timer"; done < ${PACKAGES}/timers
  # Told for as long as package scripts may make a cluster; whoever goes back has dropped ours by now.
  rm -f ${NEW_CLUSTER_INTENT}; sync ${STATE}
  rm -rf ${PACKAGES}
fi`;
}
