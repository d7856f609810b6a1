#!/bin/sh
# The firewall container's main process, under an init. It closes the network, opens it for the allowlist, and keeps it
# that way until Docker stops the container. It exits by itself only where the agent must lose its network.
set -eu
here=$(dirname "$0")/firewall
. "$here/common.sh"
. "$here/status.sh"

trap 'exit 0' TERM INT

# `closed` is "yes", or close.sh's exit code: 1 the network is unplugged, 3 it is still open.
closed=yes
closed_message=$("$here/close.sh" 2>&1) || closed=$?
[ "$closed" != 3 ] || {
  echo "$closed_message" >&2
  exit 1
}
rm -rf "$FIREWALL_RUN"
mkdir -p "$FIREWALL_RUN" "$FIREWALL_STATE"
enter starting

# Gives Claude's configuration to the configured ids after they changed. The agent's container may not change owners.
hand_over_config() {
  case $(stat -c %u:%g "$CLAUDE_CONFIG_DIR" 2>/dev/null) in '' | "$CLAUDE_UID:$CLAUDE_GID") return 0 ;; esac
  say "changing the owner of $CLAUDE_CONFIG_DIR to $CLAUDE_UID:$CLAUDE_GID"
  chown -Rh "$CLAUDE_UID:$CLAUDE_GID" "$CLAUDE_CONFIG_DIR"
}

unpack_claude() {
  local program
  program=$(dirname "$0")/unpack-claude.sh
  if [ ! -x "$program" ] || "$program" 2>"$FIREWALL_RUN/unpack-error"; then
    echo ok >"$claude_unpacked"
  else
    cat "$FIREWALL_RUN/unpack-error" >&2
    tr '\n' ' ' <"$FIREWALL_RUN/unpack-error" | sed 's/^aidevcontainer: //' >"$claude_unpacked"
  fi
}

# Runs long commands in the background and waits, because the shell handles a signal only between commands or in `wait`.
run_interruptibly() {
  "$@" &
  wait "$!"
}

list_signature() { cksum "$list_file" "$local_list_file" 2>&1 || true; }

start() {
  read_signature=$(list_signature)
  if [ ! -e "$claude_unpacked" ] || [ "$(cat "$claude_unpacked")" != ok ]; then
    rm -f "$claude_unpacked"
    unpack_claude &
  fi
  run_interruptibly "$(dirname "$0")/init-firewall.sh" || true
  # A step that failed without a message leaves the state as it was.
  ! state_is starting || enter closed "a startup step failed. See: docker compose logs firewall"
}

# Interfaces that close.sh took down have lost their routes. Only a restart of this container restores them.
exit_once_rules_load() {
  if [ "$((tick % 3))" -ne 0 ] || ! "$here/close.sh" 2>/dev/null; then return 0; fi
  say "the rules can be loaded now: restarting"
  exit 1
}

# serve.sh restarts a program that ends, but a lack of memory (for example) may have killed that script too.
restart_supervisors() {
  local file
  state_is ready || return 0
  for file in "$FIREWALL_RUN"/*.served; do
    lives "$file" && continue
    file=${file##*/}
    say "the supervisor of ${file%.served} ended: restarting both"
    run_interruptibly "$(dirname "$0")/init-firewall.sh" --at-once --last-good || true
    return
  done
}

# A resolver or a name gate that did not start in time may have started by now.
update_start_warnings() {
  local file program
  [ -s "$status_parts/warnings/resolver" ] || [ -s "$status_parts/warnings/gate" ] || return 0
  for file in "$FIREWALL_RUN"/*.served; do lives "${file%.served}.pid" || return 0; done
  for program in resolver gate; do : | put_warnings "$program"; done
  publish
}

# The gate writes the time each second (hello.lua). serve.sh starts it again.
kill_hung_gate() {
  local beat=
  state_is ready && [ "$((tick % 2))" -eq 0 ] || return 0
  { read -r beat <"$gate_folder/alive"; } 2>/dev/null || true
  [ "$beat" != "$last_beat" ] || { say "the name gate hangs: starting it again" && pkill -KILL -x haproxy; } || true
  last_beat=$beat
}

# Every 4 s, because root in this container may change the rules by hand.
restore_rules() {
  state_is ready && [ "$((tick % 2))" -eq 0 ] || return 0
  rules_are_unchanged && return
  state_is ready || return 0
  say "the rules were changed by hand: loading them again"
  run_interruptibly "$(dirname "$0")/init-firewall.sh" --at-once --last-good || true
}

# A list with errors is read again as soon as it changes. Any other reason to be closed may disappear by itself.
retry() {
  [ "$closed" = yes ] || { exit_once_rules_load && return; }
  if state_is ready && [ ! -s "$status_parts/warnings/list" ]; then return 0; fi
  if [ "$(list_signature)" != "$read_signature" ]; then
    say "the list has changed: reading it again"
    start
  elif state_is closed && [ "$((tick % 15))" -eq 0 ]; then
    start
  fi
}

refresh_github() {
  state_is ready || return 0
  "$here/refresh-github.sh" 30 && publish
}

end_allowances() {
  state_is ready || return 0
  [ -s "$temporary_list" ] || [ -s "$(temporary_in_force)" ] || return 0
  "$here/temporary.sh" expire || true
}

# Hosts that were unreachable at the start may be back. Their warnings must not stay in the status.
update_warnings() {
  state_is ready || return 0
  if [ -s "$status_parts/warnings/reach" ]; then "$here/prove.sh" reach 10 && publish; fi
  if [ -s "$status_parts/warnings/names" ]; then "$here/resolve.sh" --listed 5 120; fi
}

hand_over_config || warn "cannot change the owner of Claude's configuration to $CLAUDE_UID:$CLAUDE_GID"
if [ "$closed" = yes ]; then
  say "closed: nothing passes until the list is in force"
  start
else
  enter closed "${closed_message#firewall: }"
  echo "$closed_message" >&2
fi

tick=0
last_beat=
while :; do
  # A tick is 2 s. refresh-github.sh decides whether it is time to ask GitHub.
  if [ "$((tick % 30))" -eq 0 ]; then refresh_github & fi
  if [ "$((tick % 150))" -eq 149 ]; then update_warnings & fi
  run_interruptibly sleep 2 || true
  tick=$((tick + 1))
  end_allowances
  restore_rules
  restart_supervisors
  update_start_warnings
  kill_hung_gate
  retry
done
