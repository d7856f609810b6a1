#!/bin/sh
# Usage: build-policy.sh GENERATION FORMER new|kept
# From the policy in the generation's folder: sets, tables and resolver configuration, as files. Applies nothing. kept: no
# sets and tables.
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

tables() {
  awk -v family="$1" -v generation="$generation" -v lifetime="$address_lifetime" -v resolver="$resolver_uid" \
    -v docker_dns="$docker" -v upstreams="$upstreams" -v dialled="$dialled" \
    -v inbound="$inbound" -v agent="$CLAUDE_UID" -f "$here/emit-tables.awk" "$next/policy"
}

ports() {
  [ -z "${AIDEVCONTAINER_PORTS:-}" ] || echo "$AIDEVCONTAINER_PORTS" | tr -s ' ,' '\n' | grep -E '^[1-9][0-9]{0,4}$' | tr '\n' ' ' || true
}

sets() {
  awk -v generation="$generation" -v families="$families" -v lifetime="$address_lifetime" \
    -f "$here/emit-sets.awk" "$here/special-use.txt" "$next/policy"
}

jobs=
if [ "$3" = new ]; then
  inbound=$(ports)
  # Side by side: somebody waits for it.
  sets >"$next/sets" &
  jobs=$!
  for family in $families; do
    tables "$family" >"$next/tables-$family" &
    jobs="$jobs $!"
  done
fi
awk -v dir="$next" -v families="$families" -v upstreams="$upstreams" -v docker_dns="$docker" \
  -f "$here/emit-resolver.awk" "$feeds" "$next/policy"
for job in $jobs; do wait "$job"; done
