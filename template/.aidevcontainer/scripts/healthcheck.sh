#!/bin/sh
# Healthy is: the refusal was proved, the rules still stand, and the resolver lives.
set -eu
here=$(dirname "$0")/firewall
. "$here/common.sh"

case $(cat "$status_file" 2>/dev/null) in
  *'"state": "ready"'*) ;;
  *) fail "not ready: $(jq -r '.error // .state' "$status_file" 2>/dev/null || echo starting)" ;;
esac
for family in $(families); do
  rules_of "$family" OUTPUT | grep -qx -e '-P OUTPUT DROP' || fail "the IPv$family rules are gone"
done
# BusyBox takes an empty number for one of a process that lives.
{ [ -s "$FIREWALL_RUN/main.pid" ] && kill -0 "$(cat "$FIREWALL_RUN/main.pid")" 2>/dev/null; } || fail "the resolver is not running"
