#!/bin/sh
# A database of real shape: filled through Nautobot's ORM.
set -eu
. /run/recipe/database.sh
start_servers
nautobot_server shell --command 'exec(open("/run/recipe/fill.py").read(), {"__name__": "fill"})'
as_postgres psql -qX -d nautobot -c 'VACUUM (ANALYZE)'
stop_servers
