#!/bin/sh
# The first `claude` on the agent's PATH (add-users.sh links it there). Ctrl+Z makes Claude Code stop and wait for its shell
# to resume it. A session of `docker exec` has no shell, so the terminal would take no more keys. This script is that shell:
# it resumes Claude at once. Without a terminal, and below a shell that a person can type `fg` into, it becomes Claude.
set -eu

leads_session() {
  local stat
  read -r stat <"/proc/$$/stat"
  # After the name: state, parent, process group, session.
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  [ "$4" -eq "$$" ]
}

# Under its own name: BusyBox has -a, which POSIX lacks.
# shellcheck disable=SC3038
run_claude() { exec -a claude /usr/local/bin/claude "$@"; }

if ! [ -t 0 ] || ! leads_session; then run_claude "$@"; fi
# Claude gets a process group of its own. The system ignores Ctrl+Z in a group without a shell around it.
set -m
code=0
(run_claude "$@") || code=$?
# 128 and the signal that stopped it: SIGSTOP, SIGTSTP, SIGTTIN or SIGTTOU.
while [ "$code" -ge 147 ] && [ "$code" -le 150 ]; do
  code=0
  fg >/dev/null || code=$?
done
exit "$code"
