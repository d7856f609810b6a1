#!/bin/sh
# Usage: switch-resolver.sh GENERATION [--for-sure]
# Makes the resolvers answer by that generation's policy. dnsmasq reads its list of servers anew while it runs, so no lookup
# is lost. --for-sure returns only when nothing is answered by the former list any more, not even a lookup under way.
set -eu
here=${0%/*}
. "$here/common.sh"

target=$FIREWALL_RUN/generation-$1
feeds=
while read -r number _; do feeds="$feeds feed-$number"; done <"$target/feeds"
feeds=${feeds# }
changed=

pid_of() {
  local pid
  pid=$(first_line "$FIREWALL_RUN/$1.pid")
  case $pid in *[!0-9]*) ;; *) printf '%s' "$pid" ;; esac
}

signal() { # SIGNAL, resolver
  local pid
  pid=$(pid_of "$2")
  [ -z "$pid" ] || kill "-$1" "$pid" 2>/dev/null || true
}

# tell RESOLVER FILE: its list of servers from now on.
tell() {
  cp "$2" "$resolver_folder/$1.servers.new"
  mv "$resolver_folder/$1.servers.new" "$resolver_folder/$1.servers"
  if served "$1"; then signal HUP "$1"; else start "$1"; fi
}

start() {
  # Whom nobody looks after would keep the address.
  signal KILL "$1"
  rm -f "$FIREWALL_RUN/$1.pid"
  "$here/resolver-conf.sh" "$1" >"$resolver_folder/$1.conf"
  # It outlives this script, so it must neither hold its lock nor write to a terminal that is gone by then.
  "$here/serve-names.sh" "$1" </dev/null >"$FIREWALL_LOG" 2>&1 9>&- &
  echo "$!" >"$FIREWALL_RUN/$1.served.new"
  mv "$FIREWALL_RUN/$1.served.new" "$FIREWALL_RUN/$1.served"
  started="${started:-} $1"
}

# A pid file is written once the resolver listens, which makes it the sign to wait for.
listening() {
  local tries
  tries=0
  until [ -s "$FIREWALL_RUN/$1.pid" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 500 ] || fail "the resolver '$1' does not start. What it says stands above."
    sleep 0.01
  done
}

await_started() {
  local resolver
  for resolver in ${started:-}; do listening "$resolver"; done
  started=
}

# A name whose ports changed moves from one feed to another. The old one knows it until main asks the new one.
tell_feed() {
  if served "$1"; then
    ! cmp -s "$target/$1.servers" "$resolver_folder/$1.servers" || return 0
    changed="$changed $1"
    awk -F / 'NR == FNR { new[$2]; print; next } !($2 in new)' "$target/$1.servers" "$resolver_folder/$1.servers" \
      >"$resolver_folder/$1.both"
    cmp -s "$resolver_folder/$1.both" "$resolver_folder/$1.servers" || tell "$1" "$resolver_folder/$1.both"
  else
    cp "$target/$1.sets" "$resolver_folder/$1.sets"
    tell "$1" "$target/$1.servers"
  fi
}

narrow_feed() {
  cmp -s "$target/$1.servers" "$resolver_folder/$1.servers" || tell "$1" "$target/$1.servers"
}

drop_unused_feeds() {
  local conf resolver
  for conf in "$resolver_folder"/feed-*.conf; do
    resolver=${conf##*/}
    resolver=${resolver%.conf}
    case " $feeds " in *" $resolver "*) continue ;; esac
    [ -e "$conf" ] || continue
    if served "$resolver"; then kill "$(first_line "$FIREWALL_RUN/$resolver.served")" 2>/dev/null || true; fi
    signal KILL "$resolver"
    rm -f "$FIREWALL_RUN/$resolver".* "$resolver_folder/$resolver".*
  done
}

# Who answers a question has read the list that it was told to read before, for signals come first.
confirmed() {
  local questions feed
  questions="@127.0.0.1 CH TXT version.bind"
  for feed in $feeds; do questions="$questions @$(address_of "$feed") CH TXT version.bind"; done
  # Words on purpose.
  # shellcheck disable=SC2086
  setpriv --reuid "$resolver_uid" --clear-groups dig +tries=2 +time=1 +noall +comments $questions 2>/dev/null |
    awk -v expected="$(echo "main $feeds" | wc -w)" '/ status: / { count++ } END { exit count != expected }'
}

# Lookups over TCP are answered by children, who know what their parent knew at their birth.
end_children() {
  local resolver pid
  for resolver in main $feeds; do
    pid=$(pid_of "$resolver")
    [ -z "$pid" ] || end_those_of "$pid"
  done
}

# Not every kernel lists them, and pkill has to look at every process there is.
end_those_of() {
  local child
  if [ ! -r "/proc/$1/task/$1/children" ]; then
    pkill -ALRM -P "$1" || true
    return
  fi
  for child in $(first_line "/proc/$1/task/$1/children"); do kill -ALRM "$child" 2>/dev/null || true; done
}

make_sure() {
  local resolver
  if ! confirmed; then
    for resolver in main $feeds; do
      signal KILL "$resolver"
      rm -f "$FIREWALL_RUN/$resolver.pid"
      started="${started:-} $resolver"
    done
    await_started
  fi
  end_children
}

mkdir -p "$resolver_folder"
ln -sfn "$target" "$current"
for feed in $feeds; do tell_feed "$feed"; done
# Nobody asks them before main does; at the start that is nobody yet, and all come up side by side.
if served main; then await_started; fi
tell main "$target/main.servers"
for feed in $changed; do narrow_feed "$feed"; done
await_started
[ -z "${2:-}" ] || make_sure
drop_unused_feeds
