#!/bin/sh
# Usage: journals.sh refused | passed [--follow]
# Prints what the firewall refused or let through, one record per line, and then an empty line. The helpers combine the
# records (their journal.py). With --follow, prints each further connection of the name gate until standard input ends.
#   resolvers ADDRESS…                     whom the firewall's resolver asks
#   never NETWORK, special NETWORK         see special-use.txt
#   own TIME NAME                          a lookup by the firewall itself
#   refused TIME NAME, known ADDRESS NAME  see resolver-log.awk
#   gate TIME …, TIME …                    see gate-log.awk: refused, passed
#   add SET-FAMILY ADDRESS,PROTOCOL:PORT timeout SECONDS [packets COUNT …]
#   now TIME SECONDS                       the timeout that a new entry of a set has
set -eu
here=${0%/*}
. "$here/common.sh"

print_journals() { cat "$@" 2>/dev/null || true; }
print_sets() { ipset save 2>/dev/null | grep -E "^add ($1)-" || true; }

case $* in
  refused)
    echo "resolvers $(first_line "$FIREWALL_RUN/upstreams")"
    sed '/^#/d' "$here/special-use.txt"
    print_journals "$own_questions" | sed 's/^/own /'
    print_journals "$names_journal".* "$gate_journal"*
    print_sets "(last-)?blocked|limited"
    ;;
  passed | "passed --follow")
    print_journals "$names_journal".known* "$passed_journal"*
    print_sets passed
    ;;
  *) echo "Usage: journals.sh refused | passed [--follow]" >&2 && exit 2 ;;
esac
printf 'now %s %s\n\n' "$(date +%s)" "$address_lifetime"
[ "${2:-}" = --follow ] || exit 0
tail -q -n 0 -F "$passed_journal" 2>/dev/null &
# The reader may disappear without a signal.
cat >/dev/null
kill "$!"
