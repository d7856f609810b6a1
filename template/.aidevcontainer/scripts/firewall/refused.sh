#!/bin/sh
# Usage: refused.sh [--json] [--follow]
# Prints everything that was refused so far, one line each (see refused.awk; with --json one object each, see
# answers.jq), and then an empty line. With --follow it prints all of it again every second until its standard input
# ends, because a client may disappear without a signal.
set -eu
here=${0%/*}
. "$here/common.sh"

json=
follow=
for option in "$@"; do
  case $option in
    --json) json=yes ;;
    --follow) follow=yes ;;
    *) echo "Usage: refused.sh [--json] [--follow]" >&2 && exit 2 ;;
  esac
done

format() {
  if [ -n "$json" ]; then jq -acR -L "$here" 'include "answers"; refusal'; else cat; fi
}

print_refused() {
  # A missing set or journal means that nothing was refused.
  {
    cat "$own_questions" 2>/dev/null | sed 's/^/own /'
    cat "$names_journal".*.[01] "$gate_journal".[01] 2>/dev/null
    ipset save 2>/dev/null | grep -E '^add ((last-)?blocked|limited)-' || true
  } | awk -v now="$(date +%s)" -v lifetime="$address_lifetime" -v resolvers="$(first_line "$FIREWALL_RUN/upstreams")" \
    -f "$here/addresses.awk" -f "$here/refused.awk" "$here/special-use.txt" - | format
  echo
}

print_refused
[ -n "$follow" ] || exit 0
# The shell gives a background command an empty standard input, so `cat` gets its own copy of this one.
exec 3<&0
cat <&3 >/dev/null &
until_input_ends=$!
while kill -0 "$until_input_ends" 2>/dev/null; do
  sleep 1
  print_refused
done
