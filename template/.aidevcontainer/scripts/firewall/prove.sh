#!/bin/sh
# Usage: prove.sh GENERATION
#        prove.sh reach SECONDS     only tries to reach a host
# Proves the policy of that generation. Descriptor 9 must be the lock file of init-firewall.sh, locked or not. Closes
# the network if it cannot prove a refusal, and only warns if it cannot reach a listed host. Exits with 1 and without a
# message when another policy is in force by now.
set -eu
here=${0%/*}
. "$here/common.sh"
. "$here/status.sh"

# As the agent: GitHub if it is listed, otherwise the first listed name.
prove_reach() { # SECONDS
  local host reason
  host=$(awk '
    $1 == "name" && $3 ~ /^(web|443[.]tls)/ {
      if (first == "") first = $2
      if ($2 ~ /(^|\.)github\.com$/ && (github == "" || $2 == "github.com")) github = $2
    }
    END { print github == "" ? first : github }' "$current/policy")
  [ -n "$host" ] || return 0
  if reason=$(as_agent curl --silent --show-error --head --output /dev/null --max-time "$1" "https://$host/" 2>&1); then
    say "proof: $host answers"
    put reached "$host"
    : | put_warnings reach
  else
    put reached ""
    reason=$(echo "$reason" | sed -n '$s/^curl: ([0-9]*) //p')
    echo "$host is listed and cannot be reached: $reason." | warn_of reach
  fi
}

if [ "$1" = reach ]; then
  prove_reach "$2"
  exit
fi
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
prove_reach 2 7>&- 9>&- &
reach=$!
# With a kept copy nothing waits for GitHub. Without one, ssh to GitHub would fail in the first seconds.
if [ -s "$kept_ranges" ]; then patience=0; else patience=4; fi
"$here/refresh-github.sh" "$patience"
output=$("$here/prove-refusal.sh" 2>&1) || close_network "$1" "$output"
echo "$output"
put refused true
put proved "$1"
wait "$reach" || true
# A start publishes once it is ready.
! state_is ready || publish
