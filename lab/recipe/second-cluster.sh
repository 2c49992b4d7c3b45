#!/bin/sh
# A further cluster beside 15/main: a copy of it, or a new one. $CREATE has arguments of pg_createcluster, one a line.
set -eu
if [ "$CONTENT" = nautobot ]; then
  cp -a /var/lib/postgresql/15/main "/var/lib/postgresql/15/$CLUSTER"
  cp -a /etc/postgresql/15/main "/etc/postgresql/15/$CLUSTER"
  # Paths, process title and pid file of the copied settings all have the name in them.
  sed -i "s:15/main:15/$CLUSTER:g; s:15-main:15-$CLUSTER:g" "/etc/postgresql/15/$CLUSTER/postgresql.conf"
  pg_conftool 15 "$CLUSTER" set port "$PORT"
else
  set --
  while IFS= read -r argument; do [ -z "$argument" ] || set -- "$@" "$argument"; done <<LIST
$CREATE
LIST
  pg_createcluster 15 "$CLUSTER" --port "$PORT" "$@"
  pg_conftool 15 "$CLUSTER" set listen_addresses '*'
fi
