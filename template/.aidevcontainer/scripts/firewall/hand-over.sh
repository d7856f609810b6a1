#!/bin/sh
# Gives Claude's configuration to the configured ids when they changed: the agent's container has no right to do that.
set -eu
here=${0%/*}
. "$here/common.sh"

[ -d "$CLAUDE_CONFIG_DIR" ] || exit 0
[ "$(stat -c %u:%g "$CLAUDE_CONFIG_DIR")" != "$CLAUDE_UID:$CLAUDE_GID" ] || exit 0
say "handing $CLAUDE_CONFIG_DIR over to $CLAUDE_UID:$CLAUDE_GID"
chown -Rh "$CLAUDE_UID:$CLAUDE_GID" "$CLAUDE_CONFIG_DIR"
