#!/bin/sh
# Usage: build-policy.sh GENERATION FORMER new|kept
# Turns the policy in the generation's folder into files for sets, tables and resolvers. Puts nothing into force. Writes
# no sets and no tables with `kept`.
set -eu
here=${0%/*}
. "$here/common.sh"

generation=$1
feeds=$FIREWALL_RUN/generation-$2/feeds
[ -e "$feeds" ] || feeds=/dev/null
next=$FIREWALL_RUN/generation-$1
upstreams=$(first_line "$FIREWALL_RUN/upstreams")
docker=$(first_line "$FIREWALL_RUN/docker-dns")
dialled=$(first_line "$FIREWALL_RUN/dialled")
families=$(families)

print_tables() { # FAMILY
  awk -v family="$1" -v generation="$generation" -v lifetime="$address_lifetime" -v resolver="$resolver_uid" \
    -v docker_dns="$docker" -v upstreams="$upstreams" -v dialled="$dialled" \
    -v inbound="$inbound" -v agent="$CLAUDE_UID" -v gate="$gate_uid" \
    -f "$here/ways.awk" -f "$here/emit-tables.awk" "$next/policy"
}

print_inbound_ports() {
  [ -n "${AIDEVCONTAINER_PORTS:-}" ] || return 0
  echo "$AIDEVCONTAINER_PORTS" | tr -s ' ,' '\n' | grep -E '^[1-9][0-9]{0,4}$' | tr '\n' ' ' || true
}

print_sets() {
  awk -v generation="$generation" -v families="$families" -v lifetime="$address_lifetime" \
    -f "$here/emit-sets.awk" "$here/special-use.txt" "$next/policy"
}

mkdir -p "$next/gate"
awk -v dir="$next" -v families="$families" -v generation="$(first_line "$next/marked")" -v gate="$gate_uid" \
  -f "$here/ways.awk" -f "$here/emit-gate.awk" "$next/policy" &
jobs=$!
if [ "$3" = new ]; then
  inbound=$(print_inbound_ports)
  # In parallel, because a person waits for the reload.
  print_sets >"$next/sets" &
  jobs="$jobs $!"
  for family in $families; do
    print_tables "$family" >"$next/tables-$family" &
    jobs="$jobs $!"
  done
fi
awk -v dir="$next" -v families="$families" -v upstreams="$upstreams" -v docker_dns="$docker" \
  -f "$here/emit-resolver.awk" "$feeds" "$next/policy"
for job in $jobs; do wait "$job"; done
