#!/bin/sh
# Puts the list of allowed hosts into force. Runs at the container's start, and again whenever the list is to be read anew:
#   docker compose exec firewall /usr/local/lib/aidevcontainer/init-firewall.sh
# --at-once      returns when the new policy is in force; what then proves it goes on behind. Not at the container's start.
# --last-good    where the list has errors, takes the last good one (an allowance that ends must end nevertheless)
# The new policy is built beside the one in force; only when all of it stands do the rules move over, in one step. Whatever
# fails leaves what was in force: closed tables at the start, the old policy later. The order is explained in each step.
set -eu
here=$(dirname "$0")/firewall
. "$here/common.sh"
. "$here/status.sh"

at_once=
last_good=
for option in "$@"; do
  case $option in
    --at-once) at_once=yes ;;
    --last-good) last_good=yes ;;
    *) echo "Usage: init-firewall.sh [--at-once] [--last-good]" >&2 && exit 2 ;;
  esac
done

mkdir -p "$FIREWALL_RUN" "$FIREWALL_STATE" "$status_parts"
# One at a time. The lock is not handed to what outlives this script.
exec 9>"$FIREWALL_RUN/lock"
flock 9

told=
give_up() {
  if [ "$in_force" -gt 0 ] && state_is ready; then
    [ -n "$told" ] || echo "firewall: $*" >&2
    echo "firewall: the list that was in force stays in force." >&2
  else
    enter closed "$*"
    echo "firewall: closed: $*" >&2
  fi
  told=yes
  exit 1
}

# A step that fails without a word of its own is mostly out of something.
explain() {
  [ "$?" -eq 0 ] || [ -n "$told" ] || state_is closed || give_up "a step failed (above). Is the disk or the memory full?"
}

in_force=$(first_line "$generation_in_force")
in_force=${in_force:-0}
# A number is never used twice: sets of an attempt that failed would leak into the next one.
generation=$(first_line "$last_generation")
generation=$((${generation:-0} + 1))
folder=$FIREWALL_RUN/generation-$generation
trap explain EXIT

# Before anything changes: a number or a policy that was cut off would be worse than none.
take_room() {
  has_room 2>/dev/null && return
  rm -rf "$folder"
  give_up "$FIREWALL_RUN has no room for another policy: is the disk or the memory full?"
}

has_room() {
  # In large pieces: small ones take 15 ms, and somebody waits for it.
  mkdir -p "$folder" && dd if=/dev/zero of="$folder/room" bs=100000 count="$((room / 100000))" && rm "$folder/room" &&
    set_number "$last_generation"
}

set_number() {
  echo "$generation" >"$1.new" && mv "$1.new" "$1"
}

read_list() {
  local problems
  if problems=$("$here/read-list.sh" "$folder/policy" 2>&1); then
    : | put_warnings list
    return
  fi
  echo "$problems" | sed 's/^firewall: //; s/^/firewall: /' >&2
  told=yes
  problems=$(echo "$problems" | tr '\n' ' ' | sed 's/ $//')
  { { [ "$in_force" -eq 0 ] || [ -n "$last_good" ]; } && [ -s "$kept_list" ]; } || give_up "$problems"
  "$here/read-list.sh" "$folder/policy" "$kept_list" || give_up "$problems"
  warn "the list has errors (above), so the last good one is in force. Correct them; it is read again as soon as it changes."
  echo "The list has errors, so the last good one is in force: $problems" | put_warnings list
  told=
}

# The rules stay as they are where somebody waits for nothing but a name more; they and their sets go on bearing the number
# of the generation they were made for. Whoever is not waited for may have come because the rules are no longer what they were.
choose_rules() {
  local marked
  rules=$(first_line "$folder/rules")
  marked=$generation
  if [ "$rules" = new ] || [ -z "$at_once" ] || [ -n "$last_good" ] || ! state_is ready; then
    rules=new
  else
    marked=$(first_line "$former/marked")
    cp "$former/sets" "$former"/tables-* "$folder"
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
    give_up "the kernel refuses the sets of addresses ($problem). It needs ip_set and ip_set_hash_net; on the host: modprobe ip_set_hash_net."
  # Beside the resolver's change, which does not need them; the rules do.
  "$here/apply-ranges.sh" "$folder/policy" 9>&- &
  ranges=$!
}

compare() {
  local before
  former=$FIREWALL_RUN/generation-$in_force
  before=$former/policy
  [ -e "$before" ] || before=/dev/null
  awk -v dir="$folder" -f "$here/compare.awk" "$before" "$folder/policy"
}

# Lookups first: from here on nobody learns an address by what is no longer listed, so it can be forgotten for good.
serve_names() {
  local sure problem
  sure=
  if [ -s "$folder/removed" ] || { [ "$generation" -gt 1 ] && [ "$in_force" -eq 0 ]; }; then sure=--for-sure; fi
  problem=$("$here/switch-resolver.sh" "$generation" $sure 2>&1) || {
    go_back
    give_up "${problem#firewall: }"
  }
}

# Where nothing was taken off the list, all addresses stay; otherwise those that are known to belong to a name that is still
# listed. What the resolver had cached is looked up again, and so gets into the sets again.
forget_addresses() {
  if [ "$in_force" -eq 0 ]; then
    ipset list -name | sed -n 's/^\(names\|services\)-.*/flush &/p' | ipset restore
  elif [ -s "$folder/removed" ]; then
    known_addresses | awk -f "$here/forget-unlisted.awk" "$folder/policy" - >"$folder/forgotten"
    sed 's/^add \([^ ]* [^ ]*\).*/del \1/' "$folder/forgotten" | ipset -exist restore
  fi
}

known_addresses() {
  cat "$names_journal".known.[01] 2>/dev/null | sed 's/^known //' | sort -u
  ipset save | grep -E "^add (names|services)-" || true
}

go_back() {
  local family
  [ "$in_force" -gt 0 ] || return 0
  "$here/switch-resolver.sh" "$in_force" || true
  [ ! -s "$folder/forgotten" ] || ipset -exist restore <"$folder/forgotten"
  for family in $(families); do
    "$here/load-tables.sh" "$family" "$FIREWALL_RUN/generation-$in_force/tables-$family" || "$here/close.sh"
  done
  "$here/apply-ranges.sh" "$FIREWALL_RUN/generation-$in_force/policy" || true
}

load_tables() {
  local family problem
  [ -z "${ranges:-}" ] || wait "$ranges" || true
  for family in $([ "$rules" = kept ] || families); do
    problem=$("$here/load-tables.sh" "$family" "$folder/tables-$family" 2>&1) || {
      go_back
      give_up "the kernel refuses the IPv$family rules ($problem). They need xt_set, xt_owner, xt_connmark, xt_addrtype and conntrack."
    }
  done
  set_number "$generation_in_force"
  same_ranges
}

# The hourly look may have begun with the policy before, and ended after our own.
same_ranges() {
  [ "$rules" = new ] && [ -e "$FIREWALL_RUN/ranges-of" ] || return 0
  exec 4>>"$FIREWALL_RUN/ranges-lock"
  flock 4
  exec 4>&-
  [ "$(first_line "$FIREWALL_RUN/ranges-of")" = "$folder/policy" ] || "$here/apply-ranges.sh" "$folder/policy" 9>&- || true
}

keep_list() {
  keep_copy "$folder/policy.list" "$kept_list" || warn "the list cannot be kept for a start with a bad one: is the disk full?"
}

# Sets of former policies; nothing refers to them any more.
forget_the_old() {
  local set old
  sed -n 's/^create \([^ ]*\) .*/\1/p' "$folder/sets" >"$folder/needed"
  ipset list -name | grep -E '^(names|services|networks)-' | grep -vxF -f "$folder/needed" |
    while read -r set; do ipset destroy "$set" 2>/dev/null || true; done
  for old in "$FIREWALL_RUN"/generation-*; do
    [ "$old" = "$folder" ] || rm -rf "$old"
  done
}

describe() {
  local entries source
  entries=$(first_line "$folder/entries")
  source=$(first_line "$folder/policy.source")
  put epoch "$generation"
  put entries "$entries"
  put source "$source"
  say "entries: $entries, from the $source; names are looked up at: $(first_line "$FIREWALL_RUN/upstreams")"
}

changes() {
  [ "$in_force" -eq 0 ] || cat "$folder/changes"
}

# Under the lock as well: until then nobody compares the rules, or takes over.
remember() {
  [ "$rules" = kept ] || "$here/check-rules.sh" note
  keep_list
}

prove() {
  local remembered
  state_is ready || at_once=
  [ -z "$at_once" ] || return 0
  remember &
  remembered=$!
  "$here/prove.sh" "$generation"
  wait "$remembered"
}

look_behind() {
  [ -z "$at_once" ] || "$here/prove.sh" "$generation" || return 0
  # One at a time, and only for the list that is in force by then.
  exec 5>"$FIREWALL_RUN/names-lock"
  flock 5
  [ "$(cat "$generation_in_force" 2>/dev/null)" != "$generation" ] || "$here/check-names.sh" 5 120
}

await_claude() {
  until [ -s "$claude_unpacked" ]; do sleep 0.05; done
  [ "$(first_line "$claude_unpacked")" = ok ] || give_up "$(cat "$claude_unpacked")"
}

take_room
found=
if [ ! -e "$FIREWALL_RUN/upstreams" ]; then
  "$here/find-resolvers.sh" &
  found=$!
fi
read_list
[ -z "$found" ] || wait "$found"
compare
choose_rules
load_sets
serve_names
forget_addresses
load_tables
# First of all what somebody may be waiting for.
changes
describe
prove
await_claude
enter ready
say "ready: everything that is not listed is refused"
(
  # Still under the lock: the next policy finds only this one.
  [ -z "$at_once" ] || remember || true
  forget_the_old
  # Opened anew, since closing alone frees what this script had locked. A redirection would keep a copy of it.
  exec 9>>"$FIREWALL_RUN/lock"
  look_behind
) </dev/null >"$FIREWALL_LOG" 2>&1 &
