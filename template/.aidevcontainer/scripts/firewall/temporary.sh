#!/bin/sh
# Usage: temporary.sh add SECONDS ENTRY...    allow until then; 0: until this container ends
#        temporary.sh deny changed|same ENTRY...   end these before their time; changed: the project's lists are to be
#                                             read anew in any case. Says which had been allowed for a time
#        temporary.sh expire                  end those whose time has come
#        temporary.sh show                    lines "ENTRY UNTIL": seconds since 1970, or 0
# Allowances that no file of the project holds. Each change is put into force at once.
set -eu
here=${0%/*}
. "$here/common.sh"

usage() {
  sed -n 's/^# \(Usage:\|      \) */\1 /p' "$0" >&2
  exit 2
}

lines() {
  cat "$temporary_list" 2>/dev/null || true
}

# Entries are words here, whatever they hold: what they mean is for the linter to say.
without() { # UNTIL or "", ENTRY...
  lines | awk -v before="$1" 'BEGIN {
      for (i = 1; i < ARGC; i++) ended[ARGV[i]]
      ARGC = 1
    }
    !($1 in ended) && (before == "" || $3 == 0 || $3 > before)' "$@"
}

# The old list comes back when the new one does not hold.
put() {
  lines >"$temporary_list.old"
  mv "$temporary_list.new" "$temporary_list"
  # What goes on behind it must not hold this lock.
  "$here/../init-firewall.sh" --at-once "$@" 6>&- && return 0
  mv "$temporary_list.old" "$temporary_list"
  exit 1
}

add() { # UNTIL, ENTRY...
  local until entry
  until=$1
  shift
  { without "" "$@" && for entry in "$@"; do echo "$entry # $until"; done; } >"$temporary_list.new"
  put
}

deny() { # changed|same, ENTRY...
  local lists ended
  lists=$1
  shift
  ended=$(allowed "$@")
  if [ -n "$ended" ]; then
    echo "$ended"
    without "" "$@" >"$temporary_list.new"
    put --last-good
  elif [ "$lists" = changed ]; then
    exec "$here/../init-firewall.sh" --at-once 6>&-
  fi
}

allowed() {
  [ -s "$temporary_list" ] || return 0
  awk 'BEGIN {
      for (i = 1; i < ARGC - 1; i++) { asked[ARGV[i]]; ARGV[i] = "" }
    }
    $1 in asked { print "firewall: ended: " $1 }' "$@" "$temporary_list"
}

expire() {
  [ -s "$temporary_list" ] || exit 0
  without "$(date +%s)" >"$temporary_list.new"
  ! cmp -s "$temporary_list" "$temporary_list.new" || exit 0
  put --last-good
}

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
    case ${1:-} in changed | same) ;; *) usage ;; esac
    [ "$#" -gt 1 ] || usage
    deny "$@"
    ;;
  expire) expire ;;
  show) lines | awk '{ print $1, $3 }' ;;
  *) usage ;;
esac
