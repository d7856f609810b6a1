#!/bin/sh
# Usage: wait-ready.sh [SECONDS]
# Exit code 0 as soon as the firewall is ready, with its status as JSON on stdout; 1, with the reason on stderr, when it is
# closed or the time (60 s) is over.
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
  [ "$(date +%s)" -lt "$deadline" ] || fail "not ready after $seconds s. Look at: docker compose logs firewall"
  sleep 0.02
done
