#!/bin/sh
# Runs the name gate (gate.cfg), as a user of its own without any right, and starts it again whenever it ends.
set -eu
here=${0%/*}
. "$here/common.sh"

export GATE_FOLDER="$here"
while :; do
  # On a volume that cannot be written, awk would end at once, and the gate with it.
  (: >>"$passed_journal.0") 2>/dev/null || passed_journal=$FIREWALL_RUN/passed
  # -db: in the foreground, as in serve-names.sh. Not -q, which would close the log.
  sh -c 'echo $$ >"$0" && exec "$@"' "$FIREWALL_RUN/gate.pid" \
    setpriv --reuid "$gate_uid" --regid "$gate_uid" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
    haproxy -db -f "$here/gate.cfg" 2>&1 | {
    awk -v passed="$passed_journal" -v refused="$gate_journal" -f "$here/journal.awk" -f "$here/gate-log.awk" || true
    # Without a reader it would let connections through that no log shows.
    pkill -KILL -x haproxy
  } || true
  sleep 0.2
done
