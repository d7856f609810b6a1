#!/bin/sh
# Usage: end-session.sh TOKEN
# Ends the session that carries the token, for when its terminal is gone: hang-up first, as a closing terminal would
# send it, and the end two seconds later. Only the process that came in from outside (its parent is 0 in here) is meant:
# what it started in the background on purpose survives, as it does after an ordinary end.
set -eu

token=$1

# Every end of a session looks at every process, so this starts none.
came_from_outside() { # pid
  local name value
  while read -r name value; do
    case $name in PPid:) [ "$value" -eq 0 ] && return 0 || return 1 ;; esac
  done 2>/dev/null <"/proc/$1/status"
  return 1
}

carries_token() { # pid
  tr '\0' '\n' 2>/dev/null <"/proc/$1/environ" | grep -qxF "AIDEVCONTAINER_SESSION=$token"
}

session() {
  local directory pid
  for directory in /proc/[0-9]*; do
    pid=${directory#/proc/}
    if [ "$pid" -ne 1 ] && came_from_outside "$pid" && carries_token "$pid"; then
      echo "$pid"
    fi
  done
}

send() { # signal; succeeds while the session is there
  local found pid
  found=$(session)
  [ -n "$found" ] || return 1
  for pid in $found; do
    kill "-$1" "$pid" 2>/dev/null || :
  done
}

send HUP || exit 0
for _ in 1 2 3 4; do
  sleep 0.5
  [ -n "$(session)" ] || exit 0
done
send KILL || :
