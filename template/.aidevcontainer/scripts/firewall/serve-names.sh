#!/bin/sh
# Usage: serve-names.sh main|exact|wild
# Runs one resolver (see emit-resolver.awk) and starts it again whenever it ends. Writing a new configuration and ending
# the resolver is how a new policy gets to it: 12 ms.
set -eu
here=${0%/*}
. "$here/common.sh"

while :; do
  started=$(date +%s)
  # Not a daemon of its own: so its end is noticed at once, and what it complains about lands in this container's log.
  dnsmasq --keep-in-foreground --conf-file="$current/$1.conf" 2>&1 | awk -f "$here/resolver-log.awk" || true
  # One that cannot start must not spin.
  [ "$(date +%s)" -gt "$((started + 1))" ] || sleep 0.2
done
