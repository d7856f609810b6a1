#!/bin/sh
# Usage: build-policy.sh GENERATION FORMER new|kept
# Turns the policy into files for the gate, the resolvers and, with `new`, sets and tables. Puts nothing into force.
set -eu
here=${0%/*}
. "$here/common.sh"

next=$FIREWALL_RUN/generation-$1
feeds=$FIREWALL_RUN/generation-$2/feeds
[ -e "$feeds" ] || feeds=/dev/null
families=$(families)
marked=$(first_line "$next/marked")
upstreams=$(first_line "$FIREWALL_RUN/upstreams")
docker=$(first_line "$FIREWALL_RUN/docker-dns")
dialled=$(first_line "$FIREWALL_RUN/dialled")
inbound=
IFS=",$IFS"
for port in ${AIDEVCONTAINER_PORTS:-}; do
  case $port in 0* | *[!0-9]* | ??????*) ;; *) inbound="$inbound $port" ;; esac
done

emit() { # gate|sets|tables|resolver [ARGUMENT-OF-AWK...]
  local program="$1"
  shift
  awk -v dir="$next" -v generation="$marked" -v families="$families" -v lifetime="$address_lifetime" \
    -v resolver="$resolver_uid" -v gate="$gate_uid" -v agent="$CLAUDE_UID" -v inbound="$inbound" \
    -v upstreams="$upstreams" -v docker_dns="$docker" -v dialled="$dialled" \
    -f "$here/ways.awk" -f "$here/emit-$program.awk" "$@" "$next/policy"
}

mkdir -p "$next/gate"
# In parallel, because a person waits for the reload.
emit gate &
jobs=$!
if [ "$3" = new ]; then
  emit sets "$here/special-use.txt" >"$next/sets" &
  jobs="$jobs $!"
  for family in $families; do
    emit tables -v family="$family" >"$next/tables-$family" &
    jobs="$jobs $!"
  done
fi
emit resolver "$feeds"
for job in $jobs; do wait "$job"; done
