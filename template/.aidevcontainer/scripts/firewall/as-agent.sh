#!/bin/sh
# Usage: as-agent.sh COMMAND...
# Runs a command as the agent would: its ids, no capability, none to be had back.
set -eu
here=${0%/*}
. "$here/common.sh"
exec setpriv --reuid "$CLAUDE_UID" --regid "$CLAUDE_GID" --clear-groups --inh-caps=-all --bounding-set=-all \
  --no-new-privs "$@"
