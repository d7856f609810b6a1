#!/bin/sh
# Closes the network before anything else runs. What cannot be closed is unplugged.
set -eu
here=${0%/*}
. "$here/common.sh"

unplug() {
  outcome="so the network is unplugged"
  for device in /sys/class/net/*; do
    [ "${device##*/}" != lo ] || continue
    ip link set dev "${device##*/}" down 2>/dev/null || outcome="and the network cannot even be unplugged"
  done
}

explain() { # family, reason
  fail "the IPv$1 rules cannot be loaded, $outcome ($2)." \
    "The kernel needs nf_tables or iptables for IPv$1, and this container NET_ADMIN (cap_add in docker-compose.yml)."
}

unclosed=
for family in $(families); do
  problem=$("$here/load-tables.sh" "$family" "$here/closed-$family.rules" 2>&1) || {
    unclosed=$family
    reason=$problem
  }
done
[ -z "$unclosed" ] || {
  unplug
  explain "$unclosed" "$reason"
}
