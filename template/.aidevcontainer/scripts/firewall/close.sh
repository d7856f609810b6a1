#!/bin/sh
# Closes the network before anything else runs. If it cannot load the closed tables, it takes the interfaces down. Exit
# codes: 1 the interfaces are down; 3 it could not even take them down.
set -eu
here=${0%/*}
. "$here/common.sh"

unclosed=
for family in $(families); do
  problem=$(load_filter_table "$family" "$here/closed.rules" 2>&1) || {
    unclosed=$family
    reason=$problem
  }
done
# Connections to listed addresses are refused at once, too. Through the gate they would end later.
if [ -e "$FIREWALL_RUN/nat-4" ] || [ -e "$FIREWALL_RUN/nat-6" ]; then
  for program in iptables ip6tables iptables-legacy ip6tables-legacy; do
    "$program" -t nat -F name-gate 2>/dev/null || true
  done
fi
[ -n "$unclosed" ] || exit 0

outcome="so the network is unplugged"
code=1
for device in /sys/class/net/*; do
  [ "${device##*/}" != lo ] || continue
  ip link set dev "${device##*/}" down 2>/dev/null || {
    outcome="and the network cannot even be unplugged, so this container ends, and the agent's network with it"
    code=3
  }
done
echo "firewall: the IPv$unclosed rules cannot be loaded, $outcome ($reason)." \
  "The kernel needs nf_tables or the legacy tables for IPv$unclosed" \
  "(on the host: modprobe -a nft_compat ip${unclosed#4}table_filter)," \
  "and this container NET_ADMIN (cap_add in docker-compose.yml)." >&2
exit "$code"
