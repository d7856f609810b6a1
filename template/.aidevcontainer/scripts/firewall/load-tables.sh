#!/bin/sh
# Usage: load-tables.sh 4|6 FILE
# Loads a whole filter table in one transaction: afterwards either the new table is in force, or the old one. Never
# touches the nat table, which belongs to Docker. Uses legacy tables if the kernel's nf_tables cannot hold our rules.
set -eu

iptables=iptables
[ "$1" = 4 ] || iptables=ip6tables
reason=$("$iptables-restore" <"$2" 2>&1) && exit 0
# A packet passes both kinds of tables, one after the other. If nf_tables already holds our rules for another list,
# legacy tables beside them would only block more hosts.
case $("$iptables" -S OUTPUT 2>/dev/null) in
  *"-P OUTPUT DROP"*) ;;
  *) "$iptables-legacy-restore" <"$2" 2>/dev/null && exit 0 ;;
esac
echo "$reason" | head -n 2 >&2
exit 1
