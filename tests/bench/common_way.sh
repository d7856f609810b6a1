#!/bin/sh
# Usage: common_way.sh SERVER FILE
# The yardstick of bench_firewall.py, not a firewall to use: how such a thing is usually written. One program run per name,
# per address and per rule; names are looked up once, at SERVER; IPv6 is forgotten. FILE has one name a line, and the last
# step asks the first of them, as a proof.
set -eu
server=$1
list=$2

flush() {
  iptables -F
  iptables -X
  ipset destroy 2>/dev/null || true
}

always_open() {
  iptables -A OUTPUT -p udp --dport 53 -j ACCEPT
  iptables -A INPUT -p udp --sport 53 -j ACCEPT
  iptables -A OUTPUT -p tcp --dport 22 -j ACCEPT
  iptables -A INPUT -p tcp --sport 22 -m state --state ESTABLISHED -j ACCEPT
  iptables -A INPUT -i lo -j ACCEPT
  iptables -A OUTPUT -o lo -j ACCEPT
}

look_up() {
  ipset create allowed hash:net
  while read -r name; do
    for address in $(dig +short +time=2 +tries=1 A "$name" "@$server" | grep -E '^[0-9.]+$'); do
      ipset add -exist allowed "$address"
    done
  done <"$list"
}

close_down() {
  iptables -P INPUT DROP
  iptables -P FORWARD DROP
  iptables -P OUTPUT DROP
  iptables -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
  iptables -A OUTPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
  iptables -A OUTPUT -m set --match-set allowed dst -j ACCEPT
  iptables -A OUTPUT -j REJECT --reject-with icmp-admin-prohibited
}

prove() {
  if curl -4 --silent --output /dev/null --max-time 5 https://example.com/; then exit 1; fi
  read -r first <"$list"
  curl -4 --silent --show-error --output /dev/null --max-time 5 "https://$first/"
}

flush
always_open
look_up
close_down
echo "bench: closed"
prove
echo "bench: ready"
