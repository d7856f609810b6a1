#!/bin/sh
# Healthy is: the refusal was proved, the rules still stand, and the resolver lives. Asked every few seconds for as long as the
# container lives, so nothing here is a process that need not be one.
set -eu
here=${0%/*}/firewall
. "$here/common.sh"
. "$here/status.sh"

state_is ready || fail "not ready: $(jq -r '.error // .state' "$status_file" 2>/dev/null || echo starting)"
newline='
'
for family in $(families); do
  # The policy is a line of its own, not a word in a rule.
  case "$newline$(rules_of "$family" OUTPUT)$newline" in *"$newline-P OUTPUT DROP$newline"*) ;; *) fail "the IPv$family rules are gone" ;; esac
done
lives "$FIREWALL_RUN/main.pid" || fail "the resolver is not running"
