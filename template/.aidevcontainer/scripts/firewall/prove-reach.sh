#!/bin/sh
# Usage: prove-reach.sh SECONDS
# The other half of the self-proof: as the agent, GitHub answers when it is listed, otherwise the first listed name. Failing
# is a warning: no network at all is no reason to stop.
set -eu
here=${0%/*}
. "$here/common.sh"
. "$here/status.sh"

host=$(awk '
  $1 == "name" && ($3 == "web" || $3 == 443) {
    if (first == "") first = $2
    if ($2 ~ /(^|\.)github\.com$/ && (github == "" || $2 == "github.com")) github = $2
  }
  END { print github == "" ? first : github }' "$current/policy")

reached() {
  say "proof: $host answers"
  put reached "$host"
  : | put_warnings reach
}

unreached() {
  local warning
  warning="$host is listed and cannot be reached: $1."
  [ "$(part warnings/reach)" = "$warning" ] || warn "$warning"
  put reached ""
  echo "$warning" | put_warnings reach
}

[ -n "$host" ] || exit 0
if reason=$("$here/as-agent.sh" curl --silent --show-error --head --output /dev/null --max-time "$1" "https://$host/" 2>&1); then
  reached
else
  unreached "$(echo "$reason" | sed -n '$s/^curl: ([0-9]*) //p')"
fi
