#!/bin/sh
# Usage: prove-reach.sh SECONDS
# The second half of the self-proof: the agent reaches GitHub if it is listed, otherwise the first listed name. A
# failure is only a warning, because the firewall runs without a network too.
set -eu
here=${0%/*}
. "$here/common.sh"
. "$here/status.sh"

host=$(awk '
  $1 == "name" && ($3 == "web" || $3 == "443.tls") {
    if (first == "") first = $2
    if ($2 ~ /(^|\.)github\.com$/ && (github == "" || $2 == "github.com")) github = $2
  }
  END { print github == "" ? first : github }' "$current/policy")

[ -n "$host" ] || exit 0
if reason=$(as_agent curl --silent --show-error --head --output /dev/null --max-time "$1" "https://$host/" 2>&1); then
  say "proof: $host answers"
  put reached "$host"
  : | put_warnings reach
else
  put reached ""
  reason=$(echo "$reason" | sed -n '$s/^curl: ([0-9]*) //p')
  echo "$host is listed and cannot be reached: $reason." | warn_of reach
fi
