#!/bin/sh
# Prepares the image for the bridge: Python, the compiled client, and the declared commands on PATH. The helpers put this
# folder into the build only for projects that use the bridge.
set -eu
here=$(dirname "$0")

"$here/../install-packages.sh" python3
# The agent may not write here, so what is not compiled now would be compiled at every call.
python3 -I -S -m compileall -q --invalidation-mode unchecked-hash "$here/aidevcontainer"
# A login shell sets PATH again. A base image need not have the folder.
mkdir -p /etc/profile.d
cat >/etc/profile.d/aidevcontainer-bridge.sh <<'PROFILE'
PATH=/run/aidevcontainer-bridge/bin:$PATH
PROFILE
