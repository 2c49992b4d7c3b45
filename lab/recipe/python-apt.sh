#!/bin/sh
# Python's bindings to apt, without which Ansible's apt module does nothing.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update
# shellcheck disable=SC2086 # a list
apt-get install --yes --no-install-recommends $PACKAGES
apt-get clean
rm -rf /var/lib/apt/lists/*
