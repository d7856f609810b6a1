#!/bin/sh
# Usage: load-tables.sh 4|6 FILE
# Loads a whole filter table in one transaction: either all of it is in force afterwards, or what was before. Never touches
# the nat table, which is Docker's. A kernel whose nf_tables cannot hold ours gets the legacy tables.
set -eu

iptables=iptables
[ "$1" = 4 ] || iptables=ip6tables
reason=$("$iptables-restore" <"$2" 2>&1) && exit 0
# Packets pass both kinds one after the other. So what nf_tables holds already is never joined by a second kind, which
# could only shut out more, and by another list.
case $("$iptables" -S OUTPUT 2>/dev/null) in
  *"-P OUTPUT DROP"*) ;;
  *) "$iptables-legacy-restore" <"$2" 2>/dev/null && exit 0 ;;
esac
echo "$reason" | head -n 2 >&2
exit 1
