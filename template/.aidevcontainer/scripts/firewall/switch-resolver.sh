#!/bin/sh
# Usage: switch-resolver.sh GENERATION
# Makes the resolvers answer by that generation's policy and returns when they do.
set -eu
here=${0%/*}
. "$here/common.sh"

resolvers="main exact wild"
target=$FIREWALL_RUN/generation-$1

needed() {
  [ "$1" = main ] || [ -s "$target/$1.servers" ] || [ -e "$FIREWALL_RUN/$1.served" ]
}

# A pid file is written once the resolver listens, which makes it the sign to wait for.
restart() {
  pid=$(cat "$FIREWALL_RUN/$1.pid" 2>/dev/null || true)
  rm -f "$FIREWALL_RUN/$1.pid"
  if served "$1"; then touch "$FIREWALL_RUN/$1.restart"; fi
  case $pid in '' | *[!0-9]*) ;; *) kill "$pid" 2>/dev/null || true ;; esac
  served "$1" || {
    # It outlives this script, so it must neither hold its lock nor write to a terminal that is gone by then.
    "$here/serve-names.sh" "$1" </dev/null >"$FIREWALL_LOG" 2>&1 9>&- &
    echo "$!" >"$FIREWALL_RUN/$1.served.new"
    mv "$FIREWALL_RUN/$1.served.new" "$FIREWALL_RUN/$1.served"
  }
}

listening() {
  tries=0
  until [ -s "$FIREWALL_RUN/$1.pid" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 500 ] || fail "the resolver '$1' does not start. What it says stands above."
    sleep 0.01
  done
}

ln -sfn "$target" "$current"
for name in $resolvers; do
  if needed "$name"; then restart "$name"; fi
done
for name in $resolvers; do
  if needed "$name"; then listening "$name"; fi
done
