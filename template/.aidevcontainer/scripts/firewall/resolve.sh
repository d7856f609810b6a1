#!/bin/sh
# Usage: resolve.sh SECONDS NAME...          prints the names that exist. The helpers call it too
#        resolve.sh --listed SECONDS LIMIT   looks up every listed name once, sixteen lookups at a time, and warns about
#                                            names that do not resolve or have an address that a name cannot open
# SECONDS is the time for each name, LIMIT the time in seconds for all of them.
set -eu
here=${0%/*}

# Many of these run at once, so they do not read the files below.
if [ "$1" != --listed ]; then
  seconds=$1
  shift
  # Both address families, so that the sets of both get the addresses.
  for name in "$@"; do
    shift
    set -- "$@" "$name" A "$name" AAAA
  done
  dig +tries=1 +time="$seconds" +noall +comments +question @127.0.0.1 "$@" 2>/dev/null | awk '
    / status: / { found = / status: NOERROR,/ }
    /^;[^; ]/ && found { sub(/^;/, "", $1); sub(/\.$/, "", $1); print $1; found = 0 }' || true
  exit 0
fi
shift
. "$here/common.sh"
. "$here/status.sh"

# Only Docker Desktop knows this name. Elsewhere the host has the address of the network's gateway.
host_hint() {
  ip -4 route show default |
    sed -n "s/^default via \([^ ]*\).*/ Docker on Linux does not know it: list the host's address here, \1:PORT./p;q"
}

names=$FIREWALL_RUN/names
awk '$1 == "name" || $1 == "service" { print $2 }' "$current/policy" | sort -u >"$names"
count=$(wc -l <"$names")
[ "$count" -gt 0 ] || {
  for topic in names private; do : | put_warnings "$topic"; done
  exit 0
}

# Several names for each dig, because a process costs more than a lookup: about four rounds of sixteen digs.
share=$((count / 64 + 1))
[ "$share" -le 50 ] || share=50
# Nobody waits for these lookups, and they must not slow down a reload: without `nice` a reload took twice as long
# (0.36 s instead of 0.2 s, with 100 names on two CPUs).
nice -n 19 timeout "$2" xargs -P 16 -n "$share" "$here/resolve.sh" "$1" \
  <"$names" >"$names.answered" || exit 0
sort -u "$names.answered" >"$names.resolved"

comm -23 "$names" "$names.resolved" >"$names.missing"
missing=$(wc -l <"$names.missing")
if [ "$missing" -eq "$count" ] && [ "$count" -gt 1 ]; then
  upstreams=$(cat "$FIREWALL_RUN/upstreams")
  echo "none of the $count listed names resolves: is there a network, and does ${upstreams% } answer?"
else
  sed "s/\$/ is listed and does not resolve./; s/^host[.]docker[.]internal .*/&$(host_hint)/; 20q" "$names.missing"
  [ "$missing" -le 20 ] || echo "and $((missing - 20)) more listed names do not resolve."
fi | warn_of names
cat "$names_journal".known* 2>/dev/null |
  awk -v generation="$(first_line "$current/marked")" -v answers="$names.private" -f "$here/private.awk" \
    "$current/policy" - | warn_of private
publish
