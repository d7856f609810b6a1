#!/bin/sh
# Usage: serve.sh main|feed-N|gate
# Runs a resolver (see emit-resolver.awk) or the name gate (gate.cfg), and starts it again whenever it ends.
set -eu
here=${0%/*}
. "$here/common.sh"

# In the foreground: this script notices at once when the program ends, and its messages reach the container's log.
run() { # main|feed-N|gate
  [ "$1" = gate ] || exec dnsmasq --keep-in-foreground --conf-file="$resolver_folder/$1.conf"
  # As a user of its own without any right. Not -q, which would close the log.
  export GATE_FOLDER="$here"
  # Old Dockers turn IPv6 off where a network has none, and HAProxy ends where it cannot listen.
  ! grep -q '^0*1 ' /proc/net/if_inet6 2>/dev/null || export GATE_IPV6=yes
  exec sh -c 'echo $$ >"$0" && exec "$@"' "$FIREWALL_RUN/gate.pid" \
    setpriv --reuid "$gate_uid" --regid "$gate_uid" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
    haproxy -db -f "$here/gate.cfg"
}

read_log() { # main|feed-N|gate
  local journal=
  if [ "$1" = gate ]; then
    # On a volume that cannot be written, awk would end at once, and the gate with it.
    (: >>"$passed_journal") 2>/dev/null || passed_journal=$FIREWALL_RUN/passed
    awk -v passed="$passed_journal" -v refused="$gate_journal" -f "$here/journal.awk" -f "$here/gate-log.awk"
  else
    [ "$1" != main ] || journal=$names_journal
    awk -v journal="$journal" -f "$here/journal.awk" -f "$here/resolver-log.awk"
  fi
}

while :; do
  run "$1" 2>&1 | {
    read_log "$1" || true
    # The reader may end first. Without one, the program would refuse names or pass connections that no log shows.
    signal TERM "$1"
  } || true
  # So that a program that cannot start does not use up the CPU.
  sleep 0.2
done
