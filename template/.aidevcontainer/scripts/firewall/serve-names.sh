#!/bin/sh
# Usage: serve-names.sh main|feed-N
# Runs one resolver (see emit-resolver.awk) and starts it again whenever it ends.
set -eu
here=${0%/*}
. "$here/common.sh"

journal=
[ "$1" != main ] || journal=$names_journal

# The log's reader may end first. A resolver without a reader would refuse names that no log shows, so it must end too.
end_resolver() { # main|feed-N
  local pid
  pid=$(cat "$FIREWALL_RUN/$1.pid" 2>/dev/null) || return 0
  case $pid in '' | *[!0-9]*) ;; *) kill "$pid" 2>/dev/null || true ;; esac
}

while :; do
  # In the foreground: this script notices at once when dnsmasq ends, and dnsmasq's messages reach the container's log.
  dnsmasq --keep-in-foreground --conf-file="$resolver_folder/$1.conf" 2>&1 | {
    awk -v journal="$journal" -f "$here/journal.awk" -f "$here/resolver-log.awk" || true
    end_resolver "$1"
  } || true
  # So that a resolver that cannot start does not use up the CPU.
  sleep 0.2
done
