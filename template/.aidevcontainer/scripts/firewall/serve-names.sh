#!/bin/sh
# Usage: serve-names.sh main|feed-N
# Runs one resolver (see emit-resolver.awk) and starts it again whenever it ends.
set -eu
here=${0%/*}
. "$here/common.sh"

journal=
[ "$1" != main ] || journal=$names_journal

# Whoever reads the log may end first, and a resolver that nobody hears is one whose refusals are in no log.
end_resolver() {
  case $(cat "$FIREWALL_RUN/$1.pid" 2>/dev/null) in '' | *[!0-9]*) ;; *) kill "$(cat "$FIREWALL_RUN/$1.pid")" 2>/dev/null || true ;; esac
}

while :; do
  # Not a daemon of its own: so its end is noticed at once, and what it complains about lands in this container's log.
  dnsmasq --keep-in-foreground --conf-file="$resolver_folder/$1.conf" 2>&1 | {
    awk -v journal="$journal" -f "$here/resolver-log.awk" || true
    end_resolver "$1"
  } || true
  # One that cannot start must not spin.
  sleep 0.2
done
