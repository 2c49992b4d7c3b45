# Sourced: starts and stops what nautobot-server needs while an image is built. Nothing here has to survive a crash,
# so nothing is flushed to the disk on the way.
start_servers() {
  pg_ctlcluster 15 main start -o '-c fsync=off -c full_page_writes=off -c max_wal_size=128MB -c min_wal_size=32MB'
  redis-server --daemonize yes --save '' --dir /tmp --pidfile /tmp/redis.pid
}
stop_servers() {
  kill "$(cat /tmp/redis.pid)"
  # shellcheck disable=SC1007 # an empty search path: only what is in pg_catalog
  as_postgres psql -qXc 'CHECKPOINT'
  pg_ctlcluster 15 main stop -m fast
  rm -f /var/log/postgresql/*
}
as_postgres() { (cd / && runuser -u postgres -- "$@"); }
nautobot_server() {
  (cd /opt/nautobot && runuser -u nautobot -- env HOME=/opt/nautobot NAUTOBOT_ROOT=/opt/nautobot \
    NAUTOBOT_DB_HOST=localhost NAUTOBOT_DB_USER=nautobot NAUTOBOT_DB_PASSWORD="$DATABASE_PASSWORD" \
    DJANGO_SUPERUSER_PASSWORD=admin /opt/nautobot/bin/nautobot-server "$@")
}
