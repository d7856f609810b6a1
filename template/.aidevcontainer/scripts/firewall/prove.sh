#!/bin/sh
# Usage: prove.sh GENERATION
# Proves the policy of that generation, with the lock of init-firewall.sh as descriptor 9, held or not. What fails to prove
# its refusals is closed; what cannot be reached is a warning. A policy that another one took over from proves nothing:
# exit code 1 without a word.
set -eu
here=${0%/*}
. "$here/common.sh"
. "$here/status.sh"

# One after the other; who has waited for long may find that its policy is history.
exec 7>"$FIREWALL_RUN/proof-lock"
flock 7

in_force() {
  [ "$(cat "$generation_in_force" 2>/dev/null)" = "$1" ]
}

refused() { # generation, what the proof said
  local problem
  # Whoever holds that lock may wait for this one.
  exec 7>&-
  flock 9
  in_force "$1" || exit 1
  "$here/close.sh"
  rm -f "$generation_in_force"
  put refused false
  # Steps of the proof run side by side, so the one that failed need not be the last to speak.
  problem=$(echo "$2" | grep -v '^firewall: proof: ' | tail -n 1)
  enter closed "${problem#firewall: }"
  fail "closed: ${problem#firewall: }"
}

in_force "$1" || exit 1
"$here/prove-reach.sh" 2 7>&- 9>&- &
reach=$!
# Without a kept copy, ssh to GitHub would not work for the first seconds.
if [ -s "$kept_ranges" ]; then patience=0; else patience=4; fi
"$here/refresh-github.sh" "$patience"
problem=$("$here/prove-refusal.sh" 2>&1) || refused "$1" "$problem"
echo "$problem"
put refused true
put proved "$1"
wait "$reach" || true
publish
