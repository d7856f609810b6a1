#!/bin/sh
# Usage: end-session.sh TOKEN
# Ends the session that carries the token, after its terminal disappeared. Sends a hang-up first, as a closing terminal
# does, and a kill two seconds later. It signals only the process that `docker exec` started (inside, its parent is 0), and
# Claude below the shell that runs it. Processes that the session put into the background survive, as they do when a
# session ends normally.
set -eu

token=$1

# Every session's end checks every process, so this function starts no process of its own.
has_parent() { # PID PARENT
  local name value
  while read -r name value; do
    [ "$name" = PPid: ] || continue
    [ "$value" -eq "$2" ] && return 0
    return 1
  done 2>/dev/null <"/proc/$1/status"
  return 1
}

carries_token() { # PID
  tr '\0' '\n' 2>/dev/null <"/proc/$1/environ" | grep -qxF "AIDEVCONTAINER_SESSION=$token"
}

# Tells whether a process is the shell around Claude (run-claude.sh), whose only child is Claude.
runs_claude() { # PID
  tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline" | grep -qx '/usr/local/lib/aidevcontainer/bin/claude'
}

pids() {
  local folder
  for folder in /proc/[0-9]*; do
    echo "${folder#/proc/}"
  done
}

find_session() {
  local pid child
  for pid in $(pids); do
    if [ "$pid" -eq 1 ] || ! has_parent "$pid" 0 || ! carries_token "$pid"; then continue; fi
    echo "$pid"
    runs_claude "$pid" || continue
    for child in $(pids); do
      ! has_parent "$child" "$pid" || echo "$child"
    done
  done
}

# A number may belong to another process by now.
remaining() { # PID...
  local pid
  for pid in "$@"; do
    ! carries_token "$pid" || echo "$pid"
  done
}

send() { # SIGNAL PID...
  local number="$1" pid
  shift
  for pid in "$@"; do
    kill "-$number" "$pid" 2>/dev/null || :
  done
}

session=$(find_session)
[ -n "$session" ] || exit 0
# Numbers without spaces in them.
# shellcheck disable=SC2046,SC2086
{
  send HUP $session
  for _ in 1 2 3 4; do
    sleep 0.5
    [ -n "$(remaining $session)" ] || exit 0
  done
  send KILL $(remaining $session)
}
