/**
 * A shell script that signals what serves the lines of one sshd: arguments are the pid of the sshd that listens, the
 * signal, and `sshd` or `shells`. It touches nothing that is not a descendant of that sshd.
 */
export const SIGNAL_FAMILY = `main=$1 signal=$2 what=$3
family=" $main " grown=1
while [ "$grown" = 1 ]; do
  grown=0
  for s in /proc/[0-9]*/stat; do
    read -r line <"$s" || continue
    pid=\${line%% *} line=\${line##*) }
    case "$family" in *" $pid "*) continue;; esac
    set -- $line
    case "$family" in *" $2 "*) family="$family$pid " grown=1;; esac
  done
done 2>/dev/null
for pid in $family; do
  [ "$pid" != "$main" ] || continue
  read -r name <"/proc/$pid/comm" || continue
  case $what:$name in sshd:sshd*|shells:sh) kill -s "$signal" "$pid";; esac
done 2>/dev/null
exit 0`;
