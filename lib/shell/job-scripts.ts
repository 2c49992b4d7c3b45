import { PgupError } from '../errors.ts';
import { durable } from './durable.ts';
import { CLAIM, GUARD, JOBS, READ_CLAIM, STATE, asUser, claimWords } from './fence.ts';
import type { Claim, Command, Job } from './host-shell.ts';
import { quote, raw, sh } from './sh.ts';

/*
 * A job's folder, /var/lib/pgup/jobs/ID, root's:
 *   claim     whose job it is: the line that the stored claim must still have when it starts
 *   open      the job's record; while it is there, nothing else is changed on the host under a claim
 *   script    what runs; it begins by checking all this itself, because between "start it" and its start there is time
 *   stdin     its input, 0600, unlinked as soon as it is open
 *   launch    locked while somebody starts it
 *   alive     locked by the script and everything that it leaves running: free means that nothing of it runs
 *   started   a folder, whose making only one process wins: the command runs once, however often it was launched
 *   process   pid, start time of that pid, boot id
 *   out       what it prints, both outputs
 *   rc        its exit code, put there whole
 *   refused   it found that it may not start
 *   closed    it was closed before it was started, and can no longer be
 */

/** The folder of a job. The id becomes a file name and a unit's name. */
export function jobFolder(id: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._:-]{0,150}$/.test(id)) {
    throw new PgupError('internal', `"${id}" cannot be the id of a job: letters, digits and . _ : - only`);
  }
  return `${JOBS}/${id}`;
}

export function unitOf(id: string): string {
  return `pgup-${id}`;
}

/** Functions that all scripts about a job share. `$d` is its folder. */
const LOOK = `__mine=no
__alive() { [ -e "$d/alive" ] && ! flock -s -n "$d/alive" true; }
__boot() { __b=; [ ! -r /proc/sys/kernel/random/boot_id ] || read -r __b </proc/sys/kernel/random/boot_id; }
__state() {
  __alive=no; ! __alive || __alive=yes
  if [ -e "$d/rc" ]; then read -r __rc <"$d/rc"; __says="finished \${__rc:-255}"
  elif [ "$__alive" = yes ]; then __says=running
  elif [ -d "$d/started" ]; then
    __boot; __p=; __then=
    [ ! -r "$d/process" ] || read -r __p __p __then <"$d/process" || :
    if [ "$__b" = "$__then" ]; then __says='lost killed'; else __says='lost rebooted'; fi
  elif [ "$__mine" = no ] && [ -e "$d/launch" ] && [ ! -e "$d/refused" ] && ! flock -s -n "$d/launch" true; then
    __says=running
  else __says=absent; fi
  # Only now: taken before, the size of a job that ends in between would leave out its last words.
  __size=0; [ ! -e "$d/out" ] || __size=$(wc -c <"$d/out")
  __size=$((__size))
}
__tell() { __state; printf '%s %s\\n' "$__size" "$__says"; }
`;

/** Prints `SIZE STATE`. */
export function stateScript(id: string): Command {
  return raw(`d=${jobFolder(id)}\n${LOOK}__tell\n`);
}

/**
 * Waits until the job has printed more than `offset` or ended, at most some seconds, then prints its state and the
 * output from there. The wait is on the lock that the job holds: its end is seen at once, not at the next poll.
 */
export function followScript(options: { id: string; offset: number; most: number; rounds: number }): Command {
  const { id, offset, most, rounds } = options;
  return raw(`d=${jobFolder(id)}
${LOOK}__n=0
while :; do
  __state
  [ "$__says" = running ] && [ "$__size" -le ${offset} ] && [ "$__n" -lt ${rounds} ] || break
  __n=$((__n + 1))
  if [ -e "$d/alive" ]; then flock -s -w 0.2 "$d/alive" true || :; else sleep 0.2 2>/dev/null || sleep 1; fi
done
printf '%s %s\\n' "$__size" "$__says"
[ "$__size" -le ${offset} ] || tail -c +${offset + 1} "$d/out" | head -c ${most}
`);
}

/**
 * Makes the job's folder and launches it, unless that was done before. Runs inside the fence, so that the record is
 * written while the host is ours. The guard is let go before waiting for the start: the job itself takes it.
 */
export function startScript(job: Job): Command {
  const d = jobFolder(job.id);
  const unit = unitOf(job.id);
  const script = jobScript(job);
  const claim = job.claim === 'unclaimed' ? 'unclaimed' : `held ${claimWords(job.claim)}`;
  return raw(`d=${d}
${LOOK}umask 077
command -v flock >/dev/null || { echo 'this host has no flock program (util-linux)' >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo 'jobs are started by root' >&2; exit 1; }
[ -d ${STATE} ] || { mkdir ${STATE} && chmod 711 ${STATE}; } || exit
[ -d ${JOBS} ] || mkdir ${JOBS} || exit
[ -d "$d" ] || mkdir "$d" || [ -d "$d" ] || exit
exec 6>>"$d/launch"
if ! flock -n 6; then
  # Somebody else starts it. The job takes the guard, so it must not be held while waiting for that other one.
  exec 9>&-
  flock -w 60 6 || { echo 'somebody else is starting this job, and does not get on' >&2; exit 1; }
  __mine=yes; __tell; exit 0
fi
__mine=yes
__state
if [ "$__says" = absent ]; then
  [ ! -e "$d/closed" ] || { echo 'this job was closed before it was started' >&2; exit 1; }
  rm -f "$d/refused"
  [ ! -d "$d/started" ] || exit
  ${job.stdin === undefined ? 'rm -f "$d/stdin"' : 'cat >"$d/stdin" || exit'}
  printf '%s\\n' ${quote(claim)} >"$d/claim" && printf '%s\\n' ${quote(claim)} >"$d/open" || exit
  printf '%s\\n' ${quote(script)} >"$d/script" || exit
  : >>"$d/out"; : >>"$d/alive"; printf '   \\n' >"$d/rc.new" || exit
  sync "$d"/* "$d" ${JOBS} ${STATE} 2>/dev/null || sync
  exec 9>&-
  if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then
    # A unit of this name may be there already: left behind, or made by a starter that died before it saw it start.
    # It may end between the reset and the order: what counts are refusals since it was last seen at work.
    __n=0 __refusals=0
    while :; do
      systemctl reset-failed ${unit}.service 2>/dev/null || :
      __e=$(systemd-run --quiet --unit=${unit} --description=${quote(`pgup job ${job.id}`)} \\
        --property=KillMode=mixed --property=SendSIGKILL=yes --no-block \\
        /bin/sh "$d/script" 2>&1 6>&- 8>&- </dev/null) && break
      __refusals=$((__refusals + 1))
      ! systemctl -q is-active ${unit}.service || __refusals=0
      [ "$__refusals" -le 5 ] || { printf '%s\\n' "$__e" >&2; exit 1; }
      [ ! -d "$d/started" ] && [ "$__n" -lt 300 ] || break
      __n=$((__n + 1)); sleep 0.1 2>/dev/null || sleep 1
    done
  else
    # In the foreground where setsid forks by itself: a shell lets what it starts with & ignore SIGINT for ever.
    if setsid -f true 2>/dev/null; then setsid -f /bin/sh "$d/script" 6>&- 8>&- </dev/null >/dev/null 2>&1
    else setsid /bin/sh "$d/script" 6>&- 8>&- </dev/null >/dev/null 2>&1 & fi
  fi
  __n=0
  until [ -d "$d/started" ] || [ -e "$d/refused" ] || [ "$__n" -ge 600 ]; do
    __n=$((__n + 1)); sleep 0.05 2>/dev/null || { sleep 1; __n=$((__n + 19)); }
  done
  if [ ! -d "$d/started" ] && [ ! -e "$d/refused" ]; then
    : >"$d/refused"
    rm -f "$d/open"
    echo 'it did not start within 30 s' >&2
    exit 1
  fi
fi
exec 6>&-
__tell
`);
}

/** What runs as the job: it checks, writes down that it runs, runs, and writes down how it ended. */
function jobScript(job: Job): string {
  const d = jobFolder(job.id);
  const text = job.as === undefined ? job.command.text : asUser(job.as, job.command).text;
  const folder = job.workingDirectory === undefined ? '/' : job.workingDirectory;
  const input = job.stdin === undefined ? '/dev/null' : `${d}/stdin`;
  return `# pgup job ${job.id}
d=${d}
umask 077
# A signal to the whole group must not end this shell before it has written down how the command took it.
trap : TERM INT
exec >>"$d/out" 2>&1 7>>"$d/alive"
__no() { echo "not started: $*"; : >"$d/refused"; rm -f "$d/stdin" "$d/open"; exit 0; }
${job.claim === 'unclaimed' ? unclaimedStart() : claimedStart(job.claim)}
[ ! -e "$d/refused" ] && [ -e "$d/open" ] || exit 0
flock 7 || __no 'its own lock is taken'
mkdir "$d/started" 2>/dev/null || exit 0
read -r __stat <"/proc/$$/stat"
__stat=\${__stat##*) }
set -- $__stat
read -r __b </proc/sys/kernel/random/boot_id
printf '%s %s %s\\n' "$$" "\${20}" "$__b" >"$d/process"
sync "$d/process" "$d" 2>/dev/null || sync
exec 9>&- <${input}
rm -f "$d/stdin"
umask 022
LC_ALL=C
[ ! -d /usr/lib/locale/C.utf8 ] && [ ! -d /usr/lib/locale/C.UTF-8 ] || LC_ALL=C.UTF-8
PATH="\${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin"
HOME=\${HOME:-/root}
export LC_ALL PATH HOME
(
  cd ${quote(folder)} || exit
  eval ${quote(text)}
)
__rc=$?
printf '%03d\\n' "$__rc" 1<>"$d/rc.new"
sync "$d/rc.new" "$d/out" 2>/dev/null || sync
mv -f "$d/rc.new" "$d/rc"
${durable(d)}
exit 0`;
}

function claimedStart(claim: Claim): string {
  return `exec 9>>${GUARD}
flock 9 || __no 'the guard cannot be locked'
${READ_CLAIM}[ "$__state $__token $__run $__owner" = ${quote(`held ${claimWords(claim)}`)} ] || __no 'the host belongs to another run'
`;
}

function unclaimedStart(): string {
  return `if [ -e ${CLAIM} ]; then
  exec 9>>${GUARD}
  flock 9
  ${READ_CLAIM}  [ "$__state" != held ] || __no 'the host belongs to a run'
fi
`;
}

/**
 * Ends a job: TERM to everything below the script, which waits and writes the exit code; after the grace KILL, and last
 * the script itself.
 */
export function cancelScript(options: { id: string; grace: number }): Command {
  const { id, grace } = options;
  return raw(`d=${jobFolder(id)}
${LOOK}__find() { # every process that descends from the script, also through a session of its own
  __family=" $__leader " __grown=1
  while [ "$__grown" = 1 ]; do
    __grown=0
    for __s in /proc/[0-9]*/stat; do
      read -r __line <"$__s" || continue
      __pid=\${__line%% *}
      case "$__family" in *" $__pid "*) continue ;; esac
      __line=\${__line##*) }
      set -- $__line
      case "$__family" in *" $2 "* | *" $4 "*) __family="$__family$__pid " __grown=1 ;; esac
    done
  done 2>/dev/null
}
__signal() { # SIGNAL
  __find
  for __pid in $__family; do
    [ "$__pid" = "$__leader" ] || kill -s "$1" "$__pid" 2>/dev/null || :
  done
}
__wait() { # SECONDS
  __n=0
  while [ "$__n" -lt "$1" ]; do
    __state; [ "$__says" = running ] || return 0
    flock -s -w 1 "$d/alive" true || :
    __n=$((__n + 1))
  done
  return 1
}
__state
if [ "$__says" = running ] && [ -r "$d/process" ]; then
  read -r __leader __start __then <"$d/process"
  read -r __line <"/proc/$__leader/stat" || __line=
  __line=\${__line##*) }
  set -- $__line
  # The pid may be somebody else's by now: only with its start time is it ours.
  if [ "\${20:-}" = "$__start" ]; then
    __signal TERM
    __wait ${grace} || { __signal KILL; __wait 10; } || { __signal KILL; kill -s KILL "$__leader"; __wait 5; } || :
  fi
  if command -v systemctl >/dev/null; then systemctl stop ${unitOf(id)}.service || :; fi >/dev/null 2>&1
fi
__tell
`);
}

/**
 * Ends a job's record, so that other steps may follow. A job that runs keeps it; one that was never started cannot be
 * started any more, although the order to do so may still be on its way.
 */
export function closeScript(id: string): Command {
  return raw(`d=${jobFolder(id)}
${LOOK}__state
[ "$__says" != running ] || { echo 'it is still running' >&2; exit 1; }
if [ "$__says" = absent ]; then
  umask 077
  mkdir -p "$d" && : >"$d/closed" || exit
fi
rm -f "$d/open" "$d/stdin" || exit
[ ! -d "$d" ] || ${durable('"$d"')}
if command -v systemctl >/dev/null; then systemctl reset-failed ${unitOf(id)}.service || :; fi >/dev/null 2>&1
__tell
`);
}

/** Used by tests and `pgup finalize`: the folder of a closed job goes, with its logs. */
export function removeScript(id: string): Command {
  return sh`rm -rf -- ${jobFolder(id)}`;
}
