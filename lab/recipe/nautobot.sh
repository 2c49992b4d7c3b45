#!/bin/sh
# Nautobot as its installation guide says: own user, virtual environment in its home, units from its own pages.
set -eu

useradd --system --shell /bin/bash --create-home --home-dir /opt/nautobot nautobot
as_nautobot() { runuser -u nautobot -- env HOME=/opt/nautobot NAUTOBOT_ROOT=/opt/nautobot "$@"; }

cd /opt/nautobot
as_nautobot python3 -m venv /opt/nautobot
as_nautobot /opt/nautobot/bin/pip install --no-cache-dir --no-index --find-links /srv/wheels "nautobot==$NAUTOBOT_VERSION"
echo 'export NAUTOBOT_ROOT=/opt/nautobot' >> /opt/nautobot/.bashrc

as_nautobot /opt/nautobot/bin/nautobot-server init --disable-installation-metrics
printf '\nALLOWED_HOSTS = ["*"]\n' >> /opt/nautobot/nautobot_config.py

pages=$(echo /opt/nautobot/lib/python3*/site-packages/nautobot/project-static/docs)
python3 /run/recipe/units.py "$pages/user-guide/administration/installation/services.html" /etc/systemd/system /opt/nautobot
chown nautobot:nautobot /opt/nautobot/uwsgi.ini

# Collected once for all hosts; it reads settings from Redis, which the default configuration expects on this host.
redis-server --daemonize yes --save '' --dir /tmp --pidfile /tmp/redis.pid
as_nautobot /opt/nautobot/bin/nautobot-server collectstatic --no-input --verbosity 0
kill "$(cat /tmp/redis.pid)"

printf '[global]\nno-index = true\nfind-links = /srv/wheels\n' > /etc/pip.conf
