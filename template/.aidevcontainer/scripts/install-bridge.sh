#!/bin/sh
# Usage: install-bridge.sh [yes]
# Prepares the image for the bridge, where the project asks for one: Python, the compiled client, and its commands on PATH.
set -eu
here=$(dirname "$0")

[ "${1:-}" = yes ] || exit 0
"$here/install-packages.sh" python3
# The agent may not write here, so what is not compiled now would be compiled at every call.
python3 -I -S -m compileall -q --invalidation-mode unchecked-hash "$here/bootstrap"
# A login shell sets PATH anew. A base image need not have the folder.
mkdir -p /etc/profile.d
cat >/etc/profile.d/aidevcontainer-bridge.sh <<'PROFILE'
PATH=/run/aidevcontainer-bridge/bin:$PATH
PROFILE
