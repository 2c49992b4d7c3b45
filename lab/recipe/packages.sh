#!/bin/sh
# The packages that a host of the lab may install, with all that the bare image lacks for them, into /run/out.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update
# Each alone: what one brings in must not hide what another needs by itself. $PACKAGES is the list.
for package in $PACKAGES; do
  apt-get install --yes --no-install-recommends --download-only -o Dir::Cache::archives=/run/out "$package"
done
rm -rf /run/out/lock /run/out/partial
