#!/bin/sh
# An empty cluster 15/main, open to the lab's network as far as pg_hba.conf lets somebody in.
set -eu
pg_createcluster 15 main --locale en_US.UTF-8
pg_conftool 15 main set listen_addresses '*'
# Some settings that are not the defaults, so that an upgrade has something to carry over.
pg_conftool 15 main set work_mem 8MB
pg_conftool 15 main set log_min_duration_statement 2s
