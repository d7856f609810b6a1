#!/bin/sh
# Usage: refused.sh [--follow]
# What was refused so far, as lines (see refused.awk), an empty line behind them. --follow: anew every second, until
# standard input ends; the client that asked may be gone without another sign.
set -eu
here=${0%/*}
. "$here/common.sh"

snapshot() {
  # A set that is not there, a journal that nobody has written yet: nothing was refused.
  {
    cat "$own_questions" 2>/dev/null | sed 's/^/own /'
    cat "$names_journal".*.[01] 2>/dev/null
    ipset save 2>/dev/null | grep -E '^add (last-)?blocked-' || true
  } | awk -v now="$(date +%s)" -v lifetime="$address_lifetime" -f "$here/refused.awk"
  echo
}

snapshot
[ "${1:-}" = --follow ] || exit 0
exec 3<&0
cat <&3 >/dev/null &
until_input_ends=$!
while kill -0 "$until_input_ends" 2>/dev/null; do
  sleep 1
  snapshot
done
