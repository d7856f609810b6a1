#!/bin/sh
# Usage: wait-ready.sh [SECONDS]
# Waits up to SECONDS (default 60) until the firewall is ready, then prints its status as JSON and exits with 0. Exits
# with 1 and the reason on stderr when the firewall is closed or the time is over.
set -eu
here=$(dirname "$0")/firewall
. "$here/common.sh"

seconds=${1:-60}
case $seconds in '' | *[!0-9]*) echo "Usage: wait-ready.sh [SECONDS]" >&2 && exit 2 ;; esac
deadline=$(($(date +%s) + seconds))

while :; do
  status=$(cat "$status_file" 2>/dev/null) || status=
  case $status in
    *'"state": "ready"'*) printf '%s\n' "$status" && exit 0 ;;
    *'"state": "closed"'*) fail "closed: $(jq -r .error "$status_file")" ;;
  esac
  [ "$(date +%s)" -lt "$deadline" ] || fail "not ready after $seconds s. See: docker compose logs firewall"
  sleep 0.02
done
