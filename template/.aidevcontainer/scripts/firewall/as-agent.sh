#!/bin/sh
# Usage: as-agent.sh COMMAND...
# Runs a command as the agent would: with its ids, without capabilities, and without a way to regain them.
set -eu
here=${0%/*}
. "$here/common.sh"
exec setpriv --reuid "$CLAUDE_UID" --regid "$CLAUDE_GID" --clear-groups --inh-caps=-all --bounding-set=-all \
  --no-new-privs "$@"
