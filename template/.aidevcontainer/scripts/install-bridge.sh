#!/bin/sh
# Usage: install-bridge.sh [yes]
# Prepares the image for the bridge if the project uses it: installs Python, compiles the client, and puts the bridge's
# commands on the PATH.
set -eu
here=$(dirname "$0")

[ "${1:-}" = yes ] || exit 0
"$here/install-packages.sh" python3
# The agent cannot write here, so Python could not keep compiled files: without this, every call would compile again.
python3 -I -S -m compileall -q --invalidation-mode unchecked-hash "$here/bootstrap"
# A login shell resets PATH. A base image may lack this folder.
mkdir -p /etc/profile.d
cat >/etc/profile.d/aidevcontainer-bridge.sh <<'PROFILE'
PATH=/run/aidevcontainer-bridge/bin:$PATH
PROFILE
