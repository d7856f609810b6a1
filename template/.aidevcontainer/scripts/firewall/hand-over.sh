#!/bin/sh
# Gives Claude's configuration to the configured ids after they changed. The agent's container may not change owners.
set -eu
here=${0%/*}
. "$here/common.sh"

[ -d "$CLAUDE_CONFIG_DIR" ] || exit 0
[ "$(stat -c %u:%g "$CLAUDE_CONFIG_DIR")" != "$CLAUDE_UID:$CLAUDE_GID" ] || exit 0
say "changing the owner of $CLAUDE_CONFIG_DIR to $CLAUDE_UID:$CLAUDE_GID"
chown -Rh "$CLAUDE_UID:$CLAUDE_GID" "$CLAUDE_CONFIG_DIR"
