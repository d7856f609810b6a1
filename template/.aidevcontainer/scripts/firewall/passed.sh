#!/bin/sh
# Usage: passed.sh [--follow]
# Prints what the firewall let through, one JSON object per line (answers.jq): the connections that the name gate has
# ended, oldest first, and then the number of connections by address. With --follow, prints each further connection of
# the gate until standard input ends.
set -eu
here=${0%/*}
. "$here/common.sh"

print_json() { jq -ac --unbuffered -R -L "$here" "include \"answers\"; $1"; }

# The file that is written to comes second.
older_first() { # FILE FILE
  if [ "$1" -nt "$2" ]; then set -- "$2" "$1"; fi
  cat "$@" 2>/dev/null || true
}

print_by_address() {
  { cat "$names_journal".known.[01] && ipset save; } 2>/dev/null | awk -v now="$(date +%s)" -v lifetime="$address_lifetime" '
    $1 == "known" { names[$2] = names[$2] " " $3 }
    $2 ~ /^passed-/ && $1 == "add" {
      for (i = 4; i < NF; i++) field[$i] = $(i + 1)
      address = $3
      sub(/,.*/, "", address)
      print $3, now - lifetime + field["timeout"], field["packets"] names[address]
    }'
}

older_first "$passed_journal.0" "$passed_journal.1" | print_json passed
print_by_address | print_json passed_by_address
[ "${1:-}" = --follow ] || exit 0
# The reader may disappear without a signal (see refused.sh).
exec 3<&0
{ tail -q -n 0 -F "$passed_journal.0" "$passed_journal.1" 2>/dev/null | print_json passed; } &
cat <&3 >/dev/null
pkill -P "$$"
