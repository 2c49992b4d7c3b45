#!/bin/sh
# Nautobot and all that it needs as wheels in /run/out. One dependency has no wheel of its own, so `pip download` would fail.
set -eu
python3 -m venv /tmp/builder
/tmp/builder/bin/pip wheel --no-cache-dir --wheel-dir /run/out "nautobot==$NAUTOBOT_VERSION"
