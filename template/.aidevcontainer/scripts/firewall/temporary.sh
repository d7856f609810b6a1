#!/bin/sh
# Usage: temporary.sh add SECONDS ENTRY...   allow entries for SECONDS; 0: until this container ends
#        temporary.sh deny changed|same|listed ENTRY...   end these allowances now. With `changed`, read the project's
#                                     lists again in any case; with `listed` too, because they allow these entries now
#        temporary.sh expire          end the allowances whose time is over
#        temporary.sh show            print the allowances
# Manages allowances that are in no file of the project. Puts each change into force at once. Prints one object: that of
# `init-firewall.sh --json` with the allowances that ended in `ended`, or the list `allowances`, in seconds since 1970 or 0.
set -eu
here=${0%/*}
. "$here/common.sh"
. "$here/status.sh"

usage() {
  sed -n 's/^# \(Usage:\|      \) */\1 /p' "$0" >&2
  exit 2
}

# The list has lines "ENTRY # UNTIL". Compares entries only as words; the linter decides what they mean.
print_without() { # ENTRY...
  printf '%s\n' "$@" | awk 'NR == FNR { ended[$1]; next } !($1 in ended)' - "$temporary_list"
}

# Puts the new list into force, or brings the old one back. A firewall that closed because of it opens with the new one.
apply() { # OPTION-OF-INIT-FIREWALL...
  # A link, because it works on a full disk, too.
  ln -f "$temporary_list" "$temporary_list.old"
  mv "$temporary_list.new" "$temporary_list"
  # 6>&-: the proof that continues in the background must not hold this lock.
  "$here/../init-firewall.sh" --at-once --json "$@" 6>&- && return 0
  state_is closed || mv "$temporary_list.old" "$temporary_list"
  exit 1
}

add() { # SECONDS ENTRY...
  local end="$1"
  shift
  [ "$end" -eq 0 ] || end=$(($(date +%s) + end))
  { print_without "$@" && printf '%s\n' "$@" | sed "s/\$/ # $end/"; } >"$temporary_list.new"
  apply
}

deny() { # changed|same|listed ENTRY...
  local lists="$1" ended answer
  shift
  ended=$(printf '%s\n' "$@" | awk 'NR == FNR { asked[$1]; next } $1 in asked { print $1 }' - "$temporary_list")
  if [ -z "$ended" ]; then
    [ "$lists" = same ] || exec "$here/../init-firewall.sh" --at-once --json 6>&-
    echo '{"ended":[]}'
    return
  fi
  print_without "$@" >"$temporary_list.new"
  # Entries that the lists allow now must not end with a list that is older.
  if [ "$lists" = listed ]; then set --; else set -- --last-good --or-close; fi
  answer=$(apply "$@")
  echo "$answer" | jq -ac --arg ended "$ended" '.ended = ($ended | split("\n"))'
}

# Compares with the policy in force, not with the list: an earlier attempt may have been killed in between.
expire() {
  awk -v now="$(date +%s)" '$3 == 0 || $3 > now' "$temporary_list" >"$temporary_list.new"
  cmp -s "$(temporary_in_force)" "$temporary_list.new" || apply --last-good --or-close >/dev/null
}

show() {
  jq -acRn '{allowances: [inputs | split(" # ") | {entry: .[0], until: (.[1] | tonumber)}]}' "$temporary_list"
}

# The helpers say --json, which earlier versions of this script need.
[ "${1:-}" != --json ] || shift
exec 6>"$FIREWALL_RUN/temporary-lock"
flock 6
: >>"$temporary_list"
case $#:${1:-}:${2:-} in
  *:expire:*) expire ;;
  *:show:*) show ;;
  [012]:* | *:add: | *:add:*[!0-9]*) usage ;;
  *:add:*) shift && add "$@" ;;
  *:deny:changed | *:deny:same | *:deny:listed) shift && deny "$@" ;;
  *) usage ;;
esac
