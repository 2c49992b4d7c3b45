#!/bin/sh
# What an ordinary host has beside the bare one, and the user that operators log in as.
set -eu
export DEBIAN_FRONTEND=noninteractive

printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get update
# shellcheck disable=SC2086 # a list
apt-get install --yes --no-install-recommends $PACKAGES
rm /usr/sbin/policy-rc.d
apt-get clean
rm -rf /var/lib/apt/lists/*

systemctl disable redis-server.service

useradd --create-home --shell /bin/bash ops
# Not `!`: sshd refuses a locked account even by key. `*` matches no password and locks nothing.
usermod --password '*' ops
