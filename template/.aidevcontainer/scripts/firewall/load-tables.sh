#!/bin/sh
# Usage: load-tables.sh 4|6 FILE
# Loads a whole filter table in one transaction: either all of it is in force afterwards, or what was before. Never touches
# the nat table, which is Docker's. A kernel without nf_tables gets the legacy tables.
set -eu

iptables=iptables
[ "$1" = 4 ] || iptables=ip6tables
reason=$("$iptables-restore" <"$2" 2>&1) && exit 0
if command -v "$iptables-legacy-restore" >/dev/null; then
  "$iptables-legacy-restore" <"$2" 2>/dev/null && exit 0
fi
echo "$reason" | head -n 2 >&2
exit 1
