#!/bin/sh
# A host that has PostgreSQL 17 beside 15 already, without a cluster of it: from the folder that other hosts install from.
set -eu
export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
echo 'deb [trusted=yes] file:/srv/packages ./' > /run/local.list
set -- -o Dir::Etc::sourcelist=/run/local.list -o Dir::Etc::sourceparts=-
apt-get "$@" update
apt-get "$@" install --yes --no-install-recommends postgresql-17
pg_dropcluster 17 main
rm /usr/sbin/policy-rc.d
apt-get clean
rm -rf /var/lib/apt/lists/*
