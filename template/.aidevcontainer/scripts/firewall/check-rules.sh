#!/bin/sh
# Usage: check-rules.sh note|verify
# note      remembers the rules that were just loaded. The caller holds the lock of init-firewall.sh
# verify    exits with 1 when the loaded rules differ from the remembered ones: root in this container can change the
#           rules by hand and forget to undo that
set -eu
here=${0%/*}
. "$here/common.sh"

print_rules() {
  local family
  for family in $(families); do rules_of "$family" || true; done
}

case ${1:-} in
  note) print_rules >"$rules_in_force" ;;
  verify)
    exec 9>>"$FIREWALL_RUN/lock"
    # If the lock is taken, a reload is replacing the rules right now.
    flock -n 9 || exit 0
    print_rules | cmp -s "$rules_in_force" -
    ;;
  *)
    echo "Usage: check-rules.sh note|verify" >&2
    exit 2
    ;;
esac
