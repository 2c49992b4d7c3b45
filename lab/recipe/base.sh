#!/bin/sh
# The bare host: systemd, sshd and PostgreSQL 15 without a cluster. Runs inside the freshly unpacked root.
set -eu

sed -i 's/^# *en_US.UTF-8/en_US.UTF-8/' /etc/locale.gen
locale-gen
printf 'LANG=en_US.UTF-8\n' > /etc/default/locale

# The package made a cluster with whatever locale this build had; hosts get theirs from a layer of its own.
if pg_lsclusters --no-header | grep -q .; then pg_dropcluster --stop 15 main; fi

# Hosts get their keys from the lab, so that they are known before the first connection.
rm -f /etc/ssh/ssh_host_*
printf 'UseDNS no\nPasswordAuthentication no\n' > /etc/ssh/sshd_config.d/lab.conf

systemctl enable systemd-networkd.service
# There is nothing to wait for: the address is static. Waiting would delay network-online.target by seconds.
systemctl mask systemd-networkd-wait-online.service

mkdir -p /srv/apt /srv/wheels
# What the builder told apt is not how hosts are set up.
rm -f /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/99mmdebstrap
echo 'deb [trusted=yes] file:/srv/apt ./' > /etc/apt/sources.list
rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /etc/machine-id /var/lib/dbus/machine-id
# Empty on purpose: a host without a route out must not wait for name servers.
rm -f /etc/resolv.conf
: > /etc/resolv.conf
