#!/bin/sh
# The stand-in's database, by Django's own migrate: small, and of the shape that pgup looks at.
set -eu
. /run/recipe/database.sh
start_servers
as_postgres psql -qX -v ON_ERROR_STOP=1 -v password="$DATABASE_PASSWORD" <<'SQL'
CREATE DATABASE nautobot;
CREATE USER nautobot WITH PASSWORD :'password';
GRANT ALL PRIVILEGES ON DATABASE nautobot TO nautobot;
\connect nautobot
GRANT CREATE ON SCHEMA public TO nautobot;
SQL
nautobot_server migrate --verbosity 0
as_postgres psql -qX -v ON_ERROR_STOP=1 -d nautobot -f /run/recipe/standin/fill.sql
as_postgres psql -qX -d nautobot -c 'VACUUM (ANALYZE)'
stop_servers
