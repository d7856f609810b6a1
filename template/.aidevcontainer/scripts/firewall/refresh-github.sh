#!/bin/sh
# Usage: refresh-github.sh SECONDS   (0: report what is in force, and ask nobody)
# Updates GitHub's ranges and puts them into force, if the policy has GitHub. Without an answer the kept ranges stay.
# Without kept ranges, GitHub's names still work through their addresses, but ssh to it does not.
set -eu
here=${0%/*}
. "$here/common.sh"
. "$here/status.sh"

report() {
  local count=0 fetched=
  if [ -s "$kept_ranges" ]; then
    count=$(grep -vc '^#' "$kept_ranges")
    fetched=$(date -u -r "$kept_ranges" +%Y-%m-%dT%H:%M:%SZ)
  fi
  put github-prefixes "$count"
  put github-fetched "$fetched"
}

grep -q '^github' "$current/policy" || {
  put github-prefixes ""
  : | put_warnings github
  exit 0
}

warn_of_no_answer() { # REASON
  local warning="$1 Its names work, ssh to it does not."
  if [ -s "$kept_ranges" ]; then
    warning="$1 The copy of $(date -u -r "$kept_ranges" +%Y-%m-%d) stays in force."
  fi
  [ "$(part warnings/github)" = "$warning" ] || warn "$warning"
  echo "$warning" | put_warnings github
}

code=4
if [ "$1" -gt 0 ]; then
  code=0
  reason=$("$here/fetch-ranges.sh" "$1" 2>&1) || code=$?
fi
case $code in
  0)
    "$here/apply-ranges.sh"
    : | put_warnings github
    ;;
  4)
    [ -s "$kept_ranges" ] || [ -s "$status_parts/warnings/github" ] ||
      warn_of_no_answer "GitHub's address ranges are not known yet."
    ;;
  *) warn_of_no_answer "$reason" ;;
esac
report
[ "$code" -ne 0 ] || say "GitHub: $(part github-prefixes) ranges, as of $(part github-fetched)"
