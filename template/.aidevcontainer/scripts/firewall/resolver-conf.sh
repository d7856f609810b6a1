#!/bin/sh
# Usage: resolver-conf.sh main|feed-N
# Prints dnsmasq's configuration for the agent's resolver (main) or for a side resolver (see emit-resolver.awk).
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
# Answers "no such name" for every unlisted name and every type of record. With a refusal musl would wait for 5 s.
address=/#/
# Service records contain addresses that dnsmasq would not add to the sets.
filter-rr=ANY,HTTPS,SVCB
max-cache-ttl=$cache_lifetime
dns-forward-max=500
CONF
if [ "$1" = main ]; then
  echo cache-size=2000
  # resolver-log.awk reads the questions from the log.
  echo log-queries=extra
else
  # The main resolver's cache is enough.
  echo cache-size=0
  echo "conf-file=$resolver_folder/$1.sets"
fi
