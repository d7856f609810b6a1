#!/bin/sh
# Usage: check-rules.sh note|verify
# note: remembers the rules as they were just loaded; under the lock of init-firewall.sh. verify: exit code 1 when they are
# others now. Whoever is root in this container can change them by hand, and forget to change them back.
set -eu
here=${0%/*}
. "$here/common.sh"

rules() {
  local family
  for family in $(families); do rules_of "$family" || true; done
}

case ${1:-} in
  note) rules >"$rules_in_force" ;;
  verify)
    exec 9>>"$FIREWALL_RUN/lock"
    # Being replaced just now.
    flock -n 9 || exit 0
    rules | cmp -s "$rules_in_force" -
    ;;
  *) echo "Usage: check-rules.sh note|verify" >&2 && exit 2 ;;
esac
