#!/bin/sh
# Usage: resolver-conf.sh main|feed-N
# Prints dnsmasq's configuration for the agent's resolver, or for one beside it (see emit-resolver.awk).
set -eu
here=${0%/*}
. "$here/common.sh"

cat <<CONF
port=53
listen-address=$(address_of "$1")
bind-interfaces
user=$resolver_user
group=$resolver_user
pid-file=$FIREWALL_RUN/$1.pid
servers-file=$resolver_folder/$1.servers
log-facility=-
no-resolv
no-hosts
# "No such name" for all that is not listed, whatever record is asked for. A refusal would make musl wait for 5 s.
address=/#/
# Service records carry addresses as well, which would not get into the sets.
filter-rr=ANY,HTTPS,SVCB
max-cache-ttl=$cache_lifetime
dns-forward-max=500
CONF
if [ "$1" = main ]; then
  echo cache-size=2000
  # What was asked, for resolver-log.awk.
  echo log-queries=extra
else
  # The cache of the other one is enough.
  echo cache-size=0
  echo "conf-file=$resolver_folder/$1.sets"
fi
