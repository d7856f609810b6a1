#!/bin/sh
# Usage: switch-resolver.sh GENERATION [--for-sure]
# Makes the resolvers answer by that generation's policy. dnsmasq reads its list of servers again while it runs, so no
# lookup is lost. With --for-sure, returns only when nothing answers by the former list any more, not even a lookup that
# is under way. The agent must not be able to prevent that, so a resolver that does not confirm is killed.
# Exit codes: 3 the new lists are in place, but a resolver does not start; 1 anything else failed.
set -eu
here=${0%/*}
. "$here/common.sh"

target=$FIREWALL_RUN/generation-$1
# The side resolvers of that generation, whether or not they run already.
feeds=
while read -r number _; do feeds="$feeds feed-$number"; done <"$target/feeds"
feeds=${feeds# }
# The resolvers that `start` started and nobody has waited for, those that do not start, and the side resolvers with a
# new list.
started=
silent=
changed=
# Hundredths of a second that all resolvers together may take to start: a person waits.
patience=400

# Gives a resolver a new list of servers, and starts the resolver if it does not run.
give_list() { # RESOLVER FILE
  cp "$2" "$resolver_folder/$1.servers.new"
  mv "$resolver_folder/$1.servers.new" "$resolver_folder/$1.servers"
  if served "$1"; then signal HUP "$1"; else start "$1"; fi
}

# Prints dnsmasq's configuration for the agent's resolver (main) or for a side resolver (see emit-resolver.awk).
print_configuration() { # main|feed-N
  cat <<CONF
port=53
listen-address=$(address_of "$1")
bind-interfaces
user=$resolver_user
group=$resolver_user
pid-file=$FIREWALL_RUN/$1.pid
servers-file=$resolver_folder/$1.servers
log-facility=-
no-resolv
no-hosts
# Answers "no such name" for every unlisted name and every type of record. With a refusal musl would wait for 5 s.
address=/#/
# Service records contain addresses that dnsmasq would not add to the sets.
filter-rr=ANY,HTTPS,SVCB
max-cache-ttl=$cache_lifetime
dns-forward-max=500
CONF
  if [ "$1" = main ]; then
    echo cache-size=2000
    # resolver-log.awk reads the questions from the log.
    echo log-queries=extra
  else
    # The main resolver's cache is enough.
    echo cache-size=0
    echo "conf-file=$resolver_folder/$1.sets"
  fi
}

# Also ends one that is just starting and has no pid file yet.
kill_resolver() { # RESOLVER
  pkill -KILL -f "conf-file=$resolver_folder/$1\.conf\$" || true
}

start() { # RESOLVER
  # A dnsmasq that lost its serve.sh would keep the address.
  [ ! -e "$resolver_folder/$1.conf" ] || kill_resolver "$1"
  rm -f "$FIREWALL_RUN/$1.pid"
  print_configuration "$1" >"$resolver_folder/$1.conf"
  serve "$1"
  started="$started $1"
}

# dnsmasq writes its pid file once it listens.
await_started() {
  local resolver
  silent=
  for resolver in $started; do
    until [ -s "$FIREWALL_RUN/$resolver.pid" ]; do
      [ "$patience" -gt 0 ] || { silent="$silent $resolver" && break; }
      patience=$((patience - 1))
      sleep 0.01
    done
  done
  started=$silent
}

# A name whose ports changed moves from one side resolver to another. Until the main resolver asks the new one, the old
# one must still know the name, so it gets both lists.
widen_feed() { # FEED
  if served "$1"; then
    ! cmp -s "$target/$1.servers" "$resolver_folder/$1.servers" || return 0
    changed="$changed $1"
    awk -F / 'NR == FNR { new[$2]; print; next } !($2 in new)' "$target/$1.servers" "$resolver_folder/$1.servers" \
      >"$resolver_folder/$1.both"
    cmp -s "$resolver_folder/$1.both" "$resolver_folder/$1.servers" || give_list "$1" "$resolver_folder/$1.both"
  else
    cp "$target/$1.sets" "$resolver_folder/$1.sets"
    give_list "$1" "$target/$1.servers"
  fi
}

drop_unused_feeds() {
  local conf resolver
  for conf in "$resolver_folder"/feed-*.conf; do
    resolver=${conf##*/}
    resolver=${resolver%.conf}
    case " $feeds " in *" $resolver "*) continue ;; esac
    [ -e "$conf" ] || continue
    if served "$resolver"; then kill "$(first_line "$FIREWALL_RUN/$resolver.served")" 2>/dev/null || true; fi
    kill_resolver "$resolver"
    rm -f "$FIREWALL_RUN/$resolver".* "$resolver_folder/$resolver".*
  done
}

# Tells whether every resolver has read its new list: dnsmasq handles the signal to read it before the next question.
all_confirm() {
  local questions="" resolver
  for resolver in main $feeds; do questions="$questions @$(address_of "$resolver") CH TXT version.bind"; done
  # dig waits for one resolver after the other. Unquoted to split the words.
  # shellcheck disable=SC2086
  timeout 3 setpriv --reuid "$resolver_uid" --clear-groups dig +tries=2 +time=1 +noall +comments $questions 2>/dev/null |
    awk -v expected="$(echo "main $feeds" | wc -w)" '/ status: / { count++ } END { exit count != expected }'
}

# Kills all resolvers if one does not confirm: serve.sh starts each one again. By name, because a resolver that is
# just starting has read its list but has no pid file yet.
make_sure() {
  if [ -n "$silent" ] || ! all_confirm; then
    pkill -KILL -x dnsmasq || true
    rm -f "$FIREWALL_RUN/main.pid" "$FIREWALL_RUN"/feed-*.pid
    [ "$patience" -ge 200 ] || patience=200
    started="main $feeds"
    await_started
  fi
  # dnsmasq answers each TCP connection in a child, which knows only the list from when it started. The alarm ends the
  # children and does nothing to their parents.
  pkill -ALRM -x dnsmasq || true
}

mkdir -p "$resolver_folder"
ln -sfn "$target" "$current"
for feed in $feeds; do widen_feed "$feed"; done
# The main resolver must not ask a side resolver that does not listen yet. At a start, all start together.
if served main; then await_started; fi
give_list main "$target/main.servers"
for feed in $changed; do
  cmp -s "$target/$feed.servers" "$resolver_folder/$feed.servers" || give_list "$feed" "$target/$feed.servers"
done
await_started
[ -z "${2:-}" ] || make_sure
drop_unused_feeds
if [ -n "$silent" ]; then
  echo "firewall: these resolvers do not start, so names do not resolve:$silent. Their own messages are above." >&2
  exit 3
fi
