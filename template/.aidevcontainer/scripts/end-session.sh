#!/bin/sh
# Usage: end-session.sh TOKEN
# Ends the session that carries the token, after its terminal disappeared. Sends a hang-up first, as a closing terminal
# does, and a kill two seconds later. It signals only the process that `docker exec` started (inside, its parent is 0), and
# Claude below the shell that runs it. Processes that the session put into the background survive, as they always do.
set -eu

token=$1

# Every session's end checks every process, so this function starts no process of its own.
came_from_outside() { # PID
  local name value
  while read -r name value; do
    [ "$name" != PPid: ] || return "$((value != 0))"
  done 2>/dev/null <"/proc/$1/status"
  return 1
}

carries_token() { # PID
  tr '\0' '\n' 2>/dev/null <"/proc/$1/environ" | grep -qxF "AIDEVCONTAINER_SESSION=$token"
}

find_session() {
  local folder pid
  for folder in /proc/[0-9]*; do
    pid=${folder#/proc/}
    if [ "$pid" -ne 1 ] && came_from_outside "$pid" && carries_token "$pid"; then
      echo "$pid"
      # The shell around Claude (run-claude.sh) has no other child.
      ! grep -q /aidevcontainer/bin/claude "/proc/$pid/cmdline" || pgrep -P "$pid" || :
    fi
  done
}

# Returns 1 when the session is gone. A number may belong to another process by now.
send() { # SIGNAL
  local pid left=1
  for pid in $session; do
    ! carries_token "$pid" || { left=0 && kill "-$1" "$pid" 2>/dev/null || :; }
  done
  return "$left"
}

session=$(find_session)
send HUP || exit 0
for _ in 1 2 3 4; do
  sleep 0.5
  send 0 || exit 0
done
send KILL || :
