#!/bin/sh
# A stand-in for Nautobot on a host that has the real one: same user, units, uwsgi.ini, commands, Django; only the
# program behind `nautobot-server` is another, which starts at once. docs/lab.md says what it is good for.
set -eu

install -d -o nautobot -g nautobot -m 0755 /opt/nautobot/standin /var/lib/nautobot-standin
cp -r /run/recipe/standin/. /opt/nautobot/standin
mv /opt/nautobot/standin/nautobot-server /opt/nautobot/bin/nautobot-server
mv /opt/nautobot/standin/nautobot_config.py /opt/nautobot/nautobot_config.py
chmod 755 /opt/nautobot/bin/nautobot-server
chown -R nautobot:nautobot /opt/nautobot/standin /opt/nautobot/bin/nautobot-server /opt/nautobot/nautobot_config.py
# Compiled once for all hosts.
runuser -u nautobot -- /opt/nautobot/bin/python3 -m compileall -q /opt/nautobot/standin
