#!/bin/sh
# The database as Nautobot's own `migrate` makes it on PostgreSQL 15, set up as its installation guide says.
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
nautobot_server migrate
nautobot_server createsuperuser --no-input --username admin --email admin@example.com
stop_servers
