#!/bin/sh
# Usage: resolve.sh SECONDS NAME...
# Prints those names that exist.
set -eu
seconds=$1
shift
for name in "$@"; do
  shift
  set -- "$@" "$name" A "$name" AAAA
done
dig +tries=1 +time="$seconds" +noall +comments +question @127.0.0.1 "$@" 2>/dev/null | awk '
  / status: / { found = / status: NOERROR,/ }
  /^;[^; ]/ && found { sub(/^;/, "", $1); sub(/\.$/, "", $1); print $1; found = 0 }' || true
