#!/bin/sh
# Usage: prove.sh GENERATION
# Proves the policy of that generation. Descriptor 9 must be the lock file of init-firewall.sh, locked or not. Closes
# the network if it cannot prove a refusal, and only warns if it cannot reach a listed host. Exits with 1 and without a
# message when another policy is in force by now.
set -eu
here=${0%/*}
. "$here/common.sh"
. "$here/status.sh"

# One proof at a time. After a long wait this policy may no longer be in force.
exec 7>"$FIREWALL_RUN/proof-lock"
flock 7

is_in_force() { [ "$(first_line "$generation_in_force")" = "$1" ]; }

close_network() { # GENERATION OUTPUT-OF-THE-PROOF
  local problem
  # Released first: the holder of lock 9 may wait for lock 7.
  exec 7>&-
  flock 9
  is_in_force "$1" || exit 1
  "$here/close.sh"
  rm -f "$generation_in_force"
  put refused false
  # Steps of the proof run in parallel, so the failed one may not have printed last.
  problem=$(echo "$2" | grep -v '^firewall: proof: ' | tail -n 1)
  enter closed "${problem#firewall: }"
  fail "closed: ${problem#firewall: }"
}

is_in_force "$1" || exit 1
"$here/prove-reach.sh" 2 7>&- 9>&- &
reach=$!
# With a kept copy nothing waits for GitHub. Without one, ssh to GitHub would fail in the first seconds.
if [ -s "$kept_ranges" ]; then patience=0; else patience=4; fi
"$here/refresh-github.sh" "$patience"
output=$("$here/prove-refusal.sh" 2>&1) || close_network "$1" "$output"
echo "$output"
put refused true
put proved "$1"
wait "$reach" || true
publish
