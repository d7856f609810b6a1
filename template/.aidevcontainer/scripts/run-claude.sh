#!/bin/sh
# The first `claude` on the agent's PATH (add-users.sh links it there). Ctrl+Z makes Claude Code stop and wait for its shell
# to resume it. A session of `docker exec` has no shell, so the terminal would take no more keys. This script is that shell:
# it resumes Claude at once. Everywhere else it becomes Claude: without a terminal, and below a shell that a person can type
# `fg` into.
set -eu

# Under its own name, as without this script.
run_claude() {
  # BusyBox has -a, which POSIX lacks.
  # shellcheck disable=SC3038
  exec -a claude /usr/local/bin/claude "$@"
}

leads_session() {
  local stat
  read -r stat <"/proc/$$/stat"
  # After the name: state, parent, process group, session.
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  [ "$4" -eq "$$" ]
}

# A program that a signal stopped has a status of 128 and the signal: SIGSTOP, SIGTSTP, SIGTTIN or SIGTTOU.
stopped() { # STATUS
  [ "$1" -ge 147 ] && [ "$1" -le 150 ]
}

if ! [ -t 0 ] || ! leads_session; then
  run_claude "$@"
fi

# Claude gets a process group of its own. The system ignores Ctrl+Z in a group without a shell around it.
set -m
code=0
(run_claude "$@") || code=$?
while stopped "$code"; do
  code=0
  fg >/dev/null || code=$?
done
exit "$code"
