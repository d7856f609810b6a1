#!/bin/sh
# Healthy is: the refusal was proved, the rules still stand, and the resolver lives. Asked every few seconds for as long as the
# container lives, so nothing here is a process that need not be one.
set -eu
here=${0%/*}/firewall
. "$here/common.sh"
. "$here/status.sh"

state_is ready || fail "not ready: $(jq -r '.error // .state' "$status_file" 2>/dev/null || echo starting)"
for family in $(families); do
  case $(rules_of "$family" OUTPUT) in *"-P OUTPUT DROP"*) ;; *) fail "the IPv$family rules are gone" ;; esac
done
# BusyBox takes an empty number for one of a process that lives; an empty file has no line to read.
{ { read -r pid <"$FIREWALL_RUN/main.pid"; } 2>/dev/null && kill -0 "$pid" 2>/dev/null; } || fail "the resolver is not running"
