#!/bin/sh
# Usage: refresh-github.sh SECONDS   (0: say what is in force, ask nobody)
# Brings GitHub's ranges up to date and into force, when the policy has GitHub. Without an answer the kept ranges stay; with
# neither, GitHub's names still work by their addresses, and ssh to it does not.
set -eu
here=${0%/*}
. "$here/common.sh"
. "$here/status.sh"

report() {
  local count fetched
  count=0
  fetched=
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

no_answer() {
  local reason
  if [ -s "$kept_ranges" ]; then
    reason="$1 The copy of $(date -u -r "$kept_ranges" +%Y-%m-%d) stays in force."
  else
    reason="$1 Its names work, ssh to it does not."
  fi
  [ "$(part warnings/github)" = "$reason" ] || warn "$reason"
  echo "$reason" | put_warnings github
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
  4) [ -s "$kept_ranges" ] || [ -s "$status_parts/warnings/github" ] || no_answer "GitHub's address ranges are not known yet." ;;
  *) no_answer "$reason" ;;
esac
report
[ "$code" -ne 0 ] || say "GitHub: $(part github-prefixes) ranges, as of $(part github-fetched)"
