#!/bin/sh
# Usage: build-policy.sh GENERATION FORMER
# From the policy in the generation's folder: sets, tables and resolver configuration, as files. Applies nothing.
set -eu
here=${0%/*}
. "$here/common.sh"

generation=$1
# While the rules still follow the former policy, new addresses must get into its sets too, or they would be refused.
fed=$1
[ "$2" -eq 0 ] || fed="$1 $2"
next=$FIREWALL_RUN/generation-$1
upstreams=$(cat "$FIREWALL_RUN/upstreams")
docker=$(cat "$FIREWALL_RUN/docker-dns")

tables() {
  awk -v family="$1" -v generation="$generation" -v lifetime="$address_lifetime" -v resolver="$resolver_uid" \
    -v docker_dns="$docker" -v upstreams="$upstreams" -v dialled="$(cat "$FIREWALL_RUN/dialled")" \
    -v inbound="$(inbound)" -f "$here/emit-tables.awk" "$next/policy"
}

inbound() {
  echo "${AIDEVCONTAINER_PORTS:-}" | tr -s ' ,' '\n' | grep -E '^[1-9][0-9]{0,4}$' | tr '\n' ' ' || true
}

resolver() { # name, address, policy for what no server is known for
  cat <<CONF
port=53
listen-address=$2
bind-interfaces
user=$resolver_user
group=$resolver_user
pid-file=$FIREWALL_RUN/$1.pid
servers-file=$next/$1.servers
conf-file=$next/$1.sets
log-facility=-
no-resolv
no-hosts
# "No such name" for all that is not listed, whatever record is asked for. A refusal would make musl wait for 5 s.
address=/#/
# Service records carry addresses as well, which would not get into the sets.
filter-rr=ANY,HTTPS,SVCB
cache-size=2000
max-cache-ttl=$cache_lifetime
dns-forward-max=500
CONF
}

awk -v generation="$generation" -v families="$(families)" -v lifetime="$address_lifetime" \
  -f "$here/emit-sets.awk" "$here/special-use.txt" "$next/policy" >"$next/sets"
for family in $(families); do tables "$family" >"$next/tables-$family"; done
awk -v dir="$next" -v generations="$fed" -v families="$(families)" -v upstreams="$upstreams" -v docker_dns="$docker" \
  -f "$here/emit-resolver.awk" "$next/policy"
{
  resolver main 127.0.0.1
  # What was asked, for resolver-log.awk.
  echo log-queries=extra
} >"$next/main.conf"
resolver exact 127.0.53.1 >"$next/exact.conf"
resolver wild 127.0.53.2 >"$next/wild.conf"
