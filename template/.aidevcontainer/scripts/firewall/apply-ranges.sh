#!/bin/sh
# Usage: apply-ranges.sh [POLICY]
# Puts GitHub's kept ranges into the sets that the rules use, in one step, with the ports that the policy gives GitHub.
set -eu
here=${0%/*}
. "$here/common.sh"

[ -s "$kept_ranges" ] || exit 0
# One at a time: a reload and the hourly refresh fill the same sets.
exec 4>"$FIREWALL_RUN/ranges-lock"
flock 4
policy=${1:-$(readlink "$current")/policy}
# A reload may have removed it, and then applies the ranges for its own policy.
[ -e "$policy" ] || exit 0
echo "$policy" >"$FIREWALL_RUN/ranges-of"
# The state volume may be damaged, so the kept copy passes the same checks as a fresh answer.
sets=$FIREWALL_RUN/github-sets
awk -v families="$(families)" -f "$here/addresses.awk" -f "$here/ranges.awk" \
  "$here/special-use.txt" "$policy" "$kept_ranges" >"$sets" 2>/dev/null || {
  rm -rf "$kept_ranges"
  fail "the kept copy of GitHub's ranges is damaged and was deleted."
}
ipset -exist restore <"$sets"
