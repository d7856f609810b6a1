#!/bin/sh
# The firewall container's main process, under an init. Closed first; then open to what is listed; then it keeps things that
# way until it is told to end. It ends by itself only where the agent must be left without a network.
set -eu
here=$(dirname "$0")/firewall
. "$here/common.sh"
. "$here/status.sh"

trap 'exit 0' TERM INT

closed=yes
closed_message=$("$here/close.sh" 2>&1) || closed=$?
[ "$closed" != 3 ] || {
  echo "$closed_message" >&2
  exit 1
}
rm -rf "$FIREWALL_RUN"
mkdir -p "$FIREWALL_RUN" "$FIREWALL_STATE"
enter starting

unpack() {
  local program
  program=$(dirname "$0")/unpack-claude.sh
  if [ ! -x "$program" ] || "$program" 2>"$FIREWALL_RUN/unpack-error"; then
    echo ok >"$claude_unpacked"
  else
    cat "$FIREWALL_RUN/unpack-error" >&2
    tr '\n' ' ' <"$FIREWALL_RUN/unpack-error" | sed 's/^aidevcontainer: //' >"$claude_unpacked"
  fi
}

# Everything long runs in the background and is waited for, so that the signal to end is heard at once.
attend() {
  "$@" &
  wait "$!"
}

signature() {
  cksum "$list_file" "$local_list_file" 2>&1 || true
}

start() {
  read_as=$(signature)
  if [ ! -e "$claude_unpacked" ] || [ "$(cat "$claude_unpacked")" != ok ]; then
    rm -f "$claude_unpacked"
    unpack &
  fi
  attend "$(dirname "$0")/init-firewall.sh" || true
  # A step that failed without a word of its own.
  ! state_is starting || enter closed "a step of the start failed, see: docker compose logs firewall"
}

settled() {
  state_is ready && [ ! -s "$status_parts/warnings/list" ]
}

# What was unplugged has lost its routes, which only a new start of this container brings back.
plug_in() {
  [ "$((tick % 3))" -eq 0 ] || return 0
  if "$here/close.sh" 2>/dev/null; then
    say "the rules can be loaded now: starting anew"
    exit 1
  fi
  return 0
}

# Whoever looks after the resolver may have been killed as well, for lack of memory for instance.
mend_resolver() {
  local resolver
  state_is ready || return 0
  for resolver in "$FIREWALL_RUN"/*.served; do
    resolver=${resolver##*/}
    served "${resolver%.served}" && continue
    say "nobody looks after the resolver any more: starting it anew"
    attend "$(dirname "$0")/init-firewall.sh" --at-once --last-good || true
    return
  done
}

# Every 4 s, since somebody may have changed them by hand.
mend_rules() {
  state_is ready && [ "$((tick % 2))" -eq 0 ] || return 0
  "$here/check-rules.sh" verify && return
  state_is ready || return 0
  say "the rules were changed by hand: loading them anew"
  attend "$(dirname "$0")/init-firewall.sh" --at-once --last-good || true
}

# A bad list is read again as soon as it changes; any other reason to be closed may have gone away by itself.
retry() {
  if [ "$closed" != yes ]; then plug_in && return; fi
  if settled; then return 0; fi
  if [ "$(signature)" != "$read_as" ]; then
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
  [ -s "$temporary_list" ] || return 0
  state_is ready || return 0
  "$here/temporary.sh" expire || true
}

# What was out of reach at the start may have come back, and the status must not say otherwise.
look_again() {
  state_is ready || return 0
  if [ -s "$status_parts/warnings/reach" ]; then "$here/prove-reach.sh" 10 && publish; fi
  if [ -s "$status_parts/warnings/names" ]; then "$here/check-names.sh" 5 120; fi
}

"$here/hand-over.sh" || warn "Claude's configuration could not be handed over to $CLAUDE_UID:$CLAUDE_GID"
if [ "$closed" = yes ]; then
  say "closed: nothing passes until the list is in force"
  start
else
  enter closed "${closed_message#firewall: }"
  echo "$closed_message" >&2
fi

tick=0
while :; do
  # Ticks are 2 s apart. Whether GitHub is really asked is decided in fetch-ranges.sh.
  if [ "$((tick % 30))" -eq 0 ]; then refresh_github & fi
  if [ "$((tick % 150))" -eq 149 ]; then look_again & fi
  attend sleep 2 || true
  tick=$((tick + 1))
  end_allowances
  mend_rules
  mend_resolver
  retry
done
