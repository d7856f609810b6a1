#!/bin/sh
# Puts the allowlist into force. Runs when the container starts, and again for every reload:
#   docker compose exec firewall /usr/local/lib/aidevcontainer/init-firewall.sh
# --at-once      return once the new policy is in force, and prove it in the background. Not for the container's start
# --last-good    if the list has errors, use the last good one (a temporary allowance must end even then)
# --or-close     close the network if the new policy cannot be put into force, because something must end
# --json         print one object for the helpers instead of the log, which goes to the container's log
# The script builds the new policy beside the one in force, and then moves the rules over in one step. A failure changes
# nothing: at the start the tables stay closed, and later the old policy stays in force. But if the new policy removes
# something, a failure closes the network. Each step gives the reason for its place in the order.
set -eu
here=$(dirname "$0")/firewall
. "$here/common.sh"
. "$here/status.sh"

at_once=
last_good=
or_close=
json=
for option in "$@"; do
  case $option in
    --at-once) at_once=yes ;;
    --last-good) last_good=yes ;;
    --or-close) or_close=yes ;;
    --json) json=yes ;;
    *) echo "Usage: init-firewall.sh [--at-once] [--last-good] [--or-close] [--json]" >&2 && exit 2 ;;
  esac
done

mkdir -p "$FIREWALL_RUN" "$FIREWALL_STATE" "$status_parts"
# One reload at a time. Processes that outlive this script get no copy of the lock (9>&-).
exec 9>"$FIREWALL_RUN/lock"
flock 9

# Not empty once this script has printed why it fails.
told=
give_up() { # REASON
  if [ "$in_force" -gt 0 ] && state_is ready && ! removes_something; then
    [ -n "$told" ] || echo "firewall: $*" >&2
    echo "firewall: the list that was in force stays in force." >&2
  else
    close_network || true
    enter closed "$*"
    echo "firewall: closed: $*" >&2
  fi
  told=yes
  exit 1
}

removes_something() { [ -n "$or_close" ] || [ -s "$folder/removed" ]; }

# The next start counts as one without a policy, so it forgets all addresses.
close_network() {
  [ "$in_force" -gt 0 ] || return 0
  rm -f "$generation_in_force"
  put refused false
  "$here/close.sh"
}

# Runs at exit. A step that fails without a message has usually run out of something.
explain_failure() {
  local code=$?
  [ "$code" -ne 0 ] && [ -z "$told" ] || return 0
  state_is closed || give_up "a step failed (see above). Is the disk or the memory full?"
}

in_force=$(first_line "$generation_in_force")
in_force=${in_force:-0}
# Never use a number twice: sets of an attempt that failed would become part of the next one.
generation=$(first_line "$last_generation")
generation=$((${generation:-0} + 1))
folder=$FIREWALL_RUN/generation-$generation
former=$FIREWALL_RUN/generation-$in_force
# Steps set these for later steps: "new" or "kept"; and the process that switches the gate, if it runs.
rules=
gate=
trap explain_failure EXIT

# Runs before anything changes: half a number or half a policy would be worse than none.
require_room() {
  {
    # Large blocks: small ones would delay the caller by 15 ms.
    mkdir -p "$folder" && dd if=/dev/zero of="$folder/room" bs=100000 count="$((room / 100000))" &&
      rm "$folder/room" && set_number "$last_generation"
  } 2>/dev/null && return
  rm -rf "$folder"
  give_up "$FIREWALL_RUN has no room for another policy: is the disk or the memory full?"
}

set_number() { echo "$generation" >"$1.new" && mv "$1.new" "$1"; }

read_list() {
  local problems last
  if problems=$("$here/read-list.sh" "$folder/policy" 2>&1); then
    : | put_warnings list
    return
  fi
  echo "$problems" | sed 's/^firewall: //; s/^/firewall: /' >&2
  told=yes
  problems=$(echo "$problems" | tr '\n' ' ' | sed 's/ $//')
  last=$(last_good_list)
  [ -n "$last" ] || give_up "$problems"
  "$here/read-list.sh" "$folder/policy" "$last" || give_up "$problems"
  warn "the list has errors (see above), so the last good one is in force." \
    "Fix them: the firewall reads the list again as soon as it changes."
  echo "The list has errors, so the last good one is in force: $problems" | put_warnings list
  told=
}

# Prints the file, or nothing where none may be used. Without room on the disk, only the list in force exists.
last_good_list() {
  [ "$in_force" -eq 0 ] || [ -n "$last_good" ] || return 0
  if [ -s "$kept_list" ]; then echo "$kept_list"; elif [ -s "$former/policy.list" ]; then echo "$former/policy.list"; fi
}

# Keeps the rules if the caller waits and the new list only adds names. Kept rules and their sets keep the number of the
# generation that they were made for. Every other caller gets new rules, because somebody may have changed the old ones.
choose_rules() {
  local marked="$generation"
  rules=$(first_line "$folder/rules")
  if [ "$rules" = new ] || [ -z "$at_once" ] || [ -n "$last_good" ] || ! state_is ready; then
    rules=new
  else
    marked=$(first_line "$former/marked")
    cp "$former/sets" "$former"/tables-* "$former"/nat-* "$folder"
  fi
  echo "$marked" >"$folder/marked"
}

load_sets() {
  local problem
  problem=$("$here/build-policy.sh" "$generation" "$in_force" "$rules" 2>&1) || {
    echo "$problem" >&2
    give_up "$(echo "$problem" | tail -n 1)"
  }
  [ "$rules" = new ] || return 0
  problem=$(ipset -exist restore <"$folder/sets" 2>&1) ||
    give_up "the kernel refuses the sets of addresses ($problem)." \
      "It needs ip_set and ip_set_hash_net; on the host: modprobe ip_set_hash_net."
}

compare() {
  local before="$former/policy"
  [ -e "$before" ] || before=/dev/null
  awk -v dir="$folder" -f "$here/ways.awk" -f "$here/compare.awk" "$before" "$folder/policy"
}

# Lookups and the gate change first: after that nobody learns an address through a removed name.
switch_names() {
  local for_sure=
  # After a failed attempt the resolver may still answer for that attempt's names.
  if [ -s "$folder/removed" ] || { [ "$in_force" -eq 0 ] && [ "$generation" -gt 1 ]; }; then for_sure=--for-sure; fi
  # In parallel, because a person waits.
  switch gate &
  gate=$!
  switch resolver
  wait "$gate" || {
    told=yes
    exit 1
  }
}

# A program that does not start lets nothing through, so it does not stop a removal.
switch() { # resolver|gate
  local problem code=0
  problem=$("$here/switch-$1.sh" "$generation" $for_sure 2>&1) || code=$?
  problem=${problem#firewall: }
  [ "$code" -ne 0 ] || { : | put_warnings "$1" && return; }
  if [ "$code" -ne 3 ] || [ "$in_force" -eq 0 ] || ! removes_something; then go_back_and_give_up "$problem"; fi
  warn "$problem"
  echo "$problem If this stays: ./.aidevcontainer/container restart" | put_warnings "$1"
}

# If the list lost nothing, every address stays. Otherwise an address stays only if it is known to belong to a name that
# is still listed. The resolver looks up its cached names again, which brings their addresses back into the sets.
forget_addresses() {
  if [ "$in_force" -eq 0 ]; then
    ipset list -name | sed -n 's/^\(names\|services\)-.*/flush &/p' | ipset restore
  elif [ -s "$folder/removed" ]; then
    {
      cat "$names_journal".known* 2>/dev/null | sed 's/^known //' | sort -u
      ipset save | grep -E "^add (names|services)-" || true
    } | awk -f "$here/forget-unlisted.awk" "$folder/policy" - >"$folder/forgotten"
    sed 's/^add \([^ ]* [^ ]*\).*/del \1/' "$folder/forgotten" | ipset -exist restore
  fi
}

go_back_and_give_up() { # REASON
  [ "$in_force" -eq 0 ] || removes_something || go_back
  give_up "$*"
}

go_back() {
  local family
  [ -z "$gate" ] || wait "$gate" || true
  "$here/switch-resolver.sh" "$in_force" || true
  "$here/switch-gate.sh" "$in_force" || true
  for family in $(families); do
    load_filter_table "$family" "$former/tables-$family" || "$here/close.sh"
    load_nat_chain "$family" "$former/nat-$family" || true
  done
}

# Loads a family's new table. A kernel without the modules for the limits still has all that refuses.
load_table() { # FAMILY
  local table="$folder/tables-$1"
  load_filter_table "$1" "$table" 2>/dev/null && return
  grep -v -e limit- "$table" >"$table.unlimited"
  load_filter_table "$1" "$table.unlimited" || return
  mv "$table.unlimited" "$table"
}

warn_of_no_limits() {
  [ "$rules" = new ] || return 0
  {
    ! grep -L limit- "$folder"/tables-* | grep -q . ||
      echo "The kernel lacks xt_connlimit or xt_limit, so the agent can fill the table of connections, which belongs to" \
        "the whole machine. On the host: sudo modprobe -a xt_connlimit xt_limit"
  } | put_warnings limits
}

load_tables() {
  local family problem
  for family in $([ "$rules" = kept ] || families); do
    problem=$(load_table "$family" 2>&1) || {
      go_back_and_give_up "the kernel refuses the IPv$family rules ($problem)." \
        "They need xt_set, xt_owner, xt_connmark, xt_addrtype and conntrack."
    }
  done
  load_nat
  set_number "$generation_in_force"
  warn_of_no_limits
}

# After the filter table, which lets only the gate reach what passes by name: without these rules nothing does.
load_nat() {
  local family
  [ "$rules" = new ] || return 0
  for family in $(families); do
    load_nat_chain "$family" "$folder/nat-$family" || echo "The kernel cannot redirect IPv$family connections to the" \
      "name gate, so no listed name can be reached over IPv$family. On the host: sudo modprobe -a nft_redir xt_REDIRECT"
  done | put_warnings nat
}

# Removes the sets and folders of former policies. Nothing refers to them any more.
remove_former() {
  local set other
  sed -n 's/^create \([^ ]*\) .*/\1/p' "$folder/sets" >"$folder/needed"
  ipset list -name | grep -E '^(names|services|networks)-' | grep -vxF -f "$folder/needed" |
    while read -r set; do ipset destroy "$set" 2>/dev/null || true; done
  for other in "$FIREWALL_RUN"/generation-*; do
    [ "$other" = "$folder" ] || rm -rf "$other"
  done
}

# The agent could not open anything with port 53, but it could leave itself and others without names.
check_ports() {
  local first_free
  [ "$in_force" -eq 0 ] || return 0
  # Not `read`, which takes one byte at a time: this file ends after the first piece.
  first_free=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null) || first_free=0
  {
    [ "$first_free" -gt 53 ] ||
      echo "The agent can take port 53 from the resolver, because the engine does not apply the setting" \
        "net.ipv4.ip_unprivileged_port_start of docker-compose.yml."
  } | put_warnings ports
}

describe() {
  local entries source
  entries=$(first_line "$folder/entries")
  source=$(first_line "$folder/policy.source")
  put revision "$generation"
  put entries "$entries"
  put source "$source"
  put by_address "$(cat "$folder/by-address")"
  say "entries: $entries, from the $source; names are looked up at: $(first_line "$FIREWALL_RUN/upstreams")"
}

# Runs under the lock, so until it is done nobody compares the rules and no other policy takes over.
remember() {
  [ "$rules" = kept ] || all_rules >"$rules_in_force"
  keep_copy "$folder/policy.list" "$kept_list" ||
    warn "cannot keep a copy of the list for a start with a bad one: is the disk full?"
}

prove() {
  local remembering
  state_is ready || at_once=
  [ -z "$at_once" ] || return 0
  remember &
  remembering=$!
  "$here/prove.sh" "$generation"
  wait "$remembering"
}

check_in_background() {
  [ -z "$at_once" ] || "$here/prove.sh" "$generation" || return 0
  # One check at a time, and only for the list that is in force by then.
  exec 5>"$FIREWALL_RUN/names-lock"
  flock 5
  [ "$(cat "$generation_in_force" 2>/dev/null)" != "$generation" ] || "$here/resolve.sh" --listed 5 120
}

await_claude() {
  until [ -s "$claude_unpacked" ]; do sleep 0.05; done
  [ "$(first_line "$claude_unpacked")" = ok ] || give_up "$(cat "$claude_unpacked")"
}

put_into_force() {
  local finding=
  require_room
  # Its start takes longest.
  served gate || "$here/switch-gate.sh" --ahead
  if [ ! -e "$FIREWALL_RUN/upstreams" ]; then
    "$here/find-resolvers.sh" &
    finding=$!
  fi
  read_list
  [ -z "$finding" ] || wait "$finding"
  compare
  choose_rules
  load_sets
  switch_names
  forget_addresses
  load_tables
  [ "$in_force" -eq 0 ] || cat "$folder/changes"
  check_ports
  describe
  prove
  await_claude
  enter ready
  say "ready: everything that is not listed is refused"
}

print_answer() {
  # After a start without a policy, every entry would be a change.
  [ "$in_force" -gt 0 ] || : >"$folder/allowed"
  jq -acn --argjson revision "$generation" --rawfile entries "$folder/entries" --rawfile source "$folder/policy.source" \
    --rawfile allowed "$folder/allowed" --rawfile removed "$folder/no-longer-allowed" \
    --rawfile list "$status_parts/warnings/list" --rawfile resolver "$status_parts/warnings/resolver" '
    def texts: split("\n") | map(select(. != ""));
    {$revision, entries: ($entries | tonumber), source: ($source | texts | first), allowed: ($allowed | texts),
      no_longer_allowed: ($removed | texts), ended: [], warnings: ($list + $resolver | texts)}'
}

if [ -n "$json" ]; then
  put_into_force >"$FIREWALL_LOG"
  print_answer || warn "the answer cannot be printed: is the memory full?"
else
  put_into_force
fi
(
  # Still under the lock, so that the next policy finds only this one.
  [ -z "$at_once" ] || remember || true
  remove_former
  # Opens the file again, which closes the locked descriptor and so releases the lock. With a redirection of the next
  # command instead, the shell would keep the locked descriptor to restore it later.
  exec 9>>"$FIREWALL_RUN/lock"
  check_in_background
) </dev/null >"$FIREWALL_LOG" 2>&1 &
