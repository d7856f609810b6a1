#!/bin/sh
# Usage: temporary.sh [--json] add SECONDS ENTRY...   allow entries for SECONDS; 0: until this container ends
#        temporary.sh [--json] deny changed|same|listed ENTRY...   end these allowances now, and print the ones that
#                                              existed. With `changed`, read the project's lists again in any case;
#                                              with `listed` too, because they allow these entries now
#        temporary.sh expire                   end the allowances whose time is over
#        temporary.sh [--json] show            print lines "ENTRY UNTIL", in seconds since 1970 or 0
# Manages allowances that are in no file of the project. Puts each change into force at once. With --json, prints one
# object: that of init-firewall.sh with the entries in `ended`, or the list `allowances`.
set -eu
here=${0%/*}
. "$here/common.sh"
. "$here/status.sh"

usage() {
  sed -n 's/^# \(Usage:\|      \) */\1 /p' "$0" >&2
  exit 2
}

# Prints lines "ENTRY # UNTIL".
print_allowances() { cat "$temporary_list" 2>/dev/null || true; }

# Prints the allowances that stay: without these entries, and without those whose time is over. Compares entries only as
# words; the linter decides what they mean.
print_without() { # NOW|"" ENTRY...
  print_allowances | awk -v now="$1" 'BEGIN {
      for (i = 1; i < ARGC; i++) ended[ARGV[i]]
      ARGC = 1
    }
    !($1 in ended) && (now == "" || $3 == 0 || $3 > now)' "$@"
}

# Puts the new list into force, or brings the old one back. A firewall that closed because of it opens with the new one.
apply() { # OPTION-OF-INIT-FIREWALL...
  print_allowances >"$temporary_list.old"
  mv "$temporary_list.new" "$temporary_list"
  # 6>&-: the proof that continues in the background must not hold this lock.
  "$here/../init-firewall.sh" --at-once $json "$@" 6>&- && return 0
  state_is closed || mv "$temporary_list.old" "$temporary_list"
  exit 1
}

# Entries that the lists allow now must not end with a list that is older.
end_allowances() { # changed|same|listed
  if [ "$1" = listed ]; then apply; else apply --last-good --or-close; fi
}

add() { # UNTIL ENTRY...
  local end="$1" entry
  shift
  { print_without "" "$@" && for entry in "$@"; do echo "$entry # $end"; done; } >"$temporary_list.new"
  apply
}

deny() { # changed|same|listed ENTRY...
  local lists="$1" ended answer
  shift
  ended=$(print_ended "$@")
  if [ -z "$ended" ]; then
    [ "$lists" = same ] || exec "$here/../init-firewall.sh" --at-once $json 6>&-
    [ -z "$json" ] || echo '{"ended":[]}'
    return
  fi
  print_without "" "$@" >"$temporary_list.new"
  if [ -n "$json" ]; then
    answer=$(end_allowances "$lists")
    echo "$answer" | jq -ac --arg ended "$ended" '.ended = ($ended | split("\n"))'
  else
    echo "$ended" | sed 's/^/firewall: ended: /'
    end_allowances "$lists"
  fi
}

# Prints those of these entries that are allowed for a time.
print_ended() { # ENTRY...
  [ -s "$temporary_list" ] || return 0
  awk 'BEGIN {
      for (i = 1; i < ARGC - 1; i++) { asked[ARGV[i]]; ARGV[i] = "" }
    }
    $1 in asked { print $1 }' "$@" "$temporary_list"
}

# Compares with the policy in force, not with the list: an earlier attempt may have been killed in between.
expire() {
  local in_force
  in_force=$(temporary_in_force)
  [ -s "$temporary_list" ] || [ -s "$in_force" ] || exit 0
  print_without "$(date +%s)" >"$temporary_list.new"
  ! cmp -s "$in_force" "$temporary_list.new" || exit 0
  end_allowances same
}

show() {
  if [ -n "$json" ]; then
    print_allowances | jq -acRn '{allowances: [inputs | split(" # ") | {entry: .[0], until: (.[1] | tonumber)}]}'
  else
    print_allowances | awk '{ print $1, $3 }'
  fi
}

json=
if [ "${1:-}" = --json ]; then
  json=--json
  shift
fi
exec 6>"$FIREWALL_RUN/temporary-lock"
flock 6
action=${1:-}
[ "$#" -eq 0 ] || shift
case $action in
  add)
    seconds=${1:-}
    case $seconds in '' | *[!0-9]*) usage ;; esac
    shift
    [ "$#" -gt 0 ] || usage
    if [ "$seconds" -eq 0 ]; then add 0 "$@"; else add "$(($(date +%s) + seconds))" "$@"; fi
    ;;
  deny)
    case ${1:-} in changed | same | listed) ;; *) usage ;; esac
    [ "$#" -gt 1 ] || usage
    deny "$@"
    ;;
  expire) expire ;;
  show) show ;;
  *) usage ;;
esac
