#!/bin/sh
# Exits with 0 when the firewall is healthy: it proved its refusals, the rules are loaded, and the resolver runs. Docker
# runs this every 5 seconds, so it starts as few processes as possible.
set -eu
here=${0%/*}/firewall
. "$here/common.sh"
. "$here/status.sh"

state_is ready || fail "not ready: $(jq -r '.error // .state' "$status_file" 2>/dev/null || echo starting)"
for family in $(families); do
  output_is_closed "$family" || fail "the IPv$family rules are gone"
done
lives "$FIREWALL_RUN/main.pid" || fail "the resolver is not running"
lives "$FIREWALL_RUN/gate.pid" || fail "the name gate is not running"
