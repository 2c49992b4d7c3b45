#!/bin/sh
# A further cluster beside 15/main: a copy of it, or a new one. $CREATE has arguments of pg_createcluster, one a line.
set -eu
if [ "$CONTENT" = nautobot ]; then
  cp -a /var/lib/postgresql/15/main "/var/lib/postgresql/15/$CLUSTER"
  # Creating a cluster over a folder that has one adopts it.
  pg_createcluster 15 "$CLUSTER" --port "$PORT" --datadir "/var/lib/postgresql/15/$CLUSTER"
else
  set --
  while IFS= read -r argument; do [ -z "$argument" ] || set -- "$@" "$argument"; done <<LIST
$CREATE
LIST
  pg_createcluster 15 "$CLUSTER" --port "$PORT" "$@"
fi
pg_conftool 15 "$CLUSTER" set listen_addresses '*'
