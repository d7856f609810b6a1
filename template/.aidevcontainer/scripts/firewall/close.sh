#!/bin/sh
# Closes the network before anything else runs. Where even that fails, unplugs it.
set -eu
here=${0%/*}
. "$here/common.sh"

unplug() {
  for device in /sys/class/net/*; do
    [ "${device##*/}" = lo ] || ip link set dev "${device##*/}" down
  done
}

for family in $(families); do
  reason=$("$here/load-tables.sh" "$family" "$here/closed-$family.rules" 2>&1) || {
    unplug
    fail "the IPv$family rules cannot be loaded, so the network is unplugged ($reason)." \
      "The kernel needs nf_tables or iptables for IPv$family, and this container NET_ADMIN (cap_add in docker-compose.yml)."
  }
done
