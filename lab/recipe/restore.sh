#!/bin/sh
# A fresh cluster with the database of /run/dump.sql in it. A plain dump brings no roles: $ROLES has one a line.
set -eu
as_postgres() { (cd / && runuser -u postgres -- "$@"); }
pg_ctlcluster 15 main start -o '-c fsync=off -c full_page_writes=off'
as_postgres psql -qX -v ON_ERROR_STOP=1 -v password="$DATABASE_PASSWORD" <<'SQL'
CREATE ROLE nautobot LOGIN PASSWORD :'password';
CREATE DATABASE nautobot;
GRANT ALL PRIVILEGES ON DATABASE nautobot TO nautobot;
\connect nautobot
GRANT CREATE ON SCHEMA public TO nautobot;
SQL
printf '%s' "$ROLES" | while IFS= read -r role || [ -n "$role" ]; do
  echo 'CREATE ROLE :"role";' | as_postgres psql -qX -v ON_ERROR_STOP=1 -v role="$role"
done
as_postgres psql -qX -v ON_ERROR_STOP=1 -d nautobot < /run/dump.sql > /dev/null
as_postgres psql -qX -d nautobot -c 'VACUUM (ANALYZE)' -c CHECKPOINT
pg_ctlcluster 15 main stop -m fast
