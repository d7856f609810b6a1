#!/bin/sh
# The first half of the self-proof, as the agent: neither our resolver nor Docker's resolves an unlisted name, a
# connection to an unlisted address is refused by our rules and by nothing else, and a listed address does not serve an
# unlisted name. Exits with 1 and a message otherwise.
set -eu
here=${0%/*}
. "$here/common.sh"

# The generation that the rules were made for.
generation=$(first_line "$FIREWALL_RUN/generation-$(first_line "$generation_in_force")/marked")

unlisted_name() {
  local name
  for name in example.com example.net example.org nobody.lists.this.example; do
    awk -v name="$name" '
      $1 == "name" && $2 == name { exit 1 }
      $1 == "wildcard" && substr("." name, length(name) - length($2) + 1) == "." $2 { exit 1 }' \
      "$current/policy" || continue
    echo "$name"
    return
  done
}

in_any_set() { # "SET ENTRY"...
  local set
  for set in "$@"; do
    # Unquoted to split the set's name from the entry.
    # shellcheck disable=SC2086
    if ipset -quiet test $set; then return 0; fi
  done
  return 1
}

# Prints addresses to try: well-known ones, which need a route to the internet, and then this network's neighbours. A
# packet without a route never reaches the rules and would prove nothing.
candidates() { # FAMILY
  case $1 in
    4) echo "198.41.0.4 199.9.14.201 192.33.4.12" ;;
    6) echo "2001:503:ba3e::2:30 2801:1b8:10::b 2001:500:2::c" ;;
  esac
  ip "-$1" -oneline address show scope global | sed -n '
    s|.* inet \([0-9.]*[.]\)[0-9]*[/ ].*|\1254 \1253 \1252 \1251|p
    s|.* inet6 \([0-9a-f:]*:\)[0-9a-f]*[/ ].*|\1fff1 \1fff2 \1fff3|p'
}

unlisted_address() { # FAMILY
  local address
  for address in $(candidates "$1"); do
    case $(ip "-$1" route get "$address" 2>/dev/null) in '' | *unreachable* | local*) continue ;; esac
    in_any_set "names-web-$1 $address" "networks-$1-$generation $address,tcp:443" || { echo "$address" && return; }
  done
}

# Notes the proof's own questions, so that `firewall log` does not show them as the agent's.
note_question() { # NAME
  echo "$(date +%s) $1" >>"$own_questions"
  tail -n 50 "$own_questions" >"$own_questions.new"
  mv "$own_questions.new" "$own_questions"
}

forget_attempt() { # FAMILY ENTRY
  local set
  for set in blocked last-blocked; do ipset -quiet del "$set-$1" "$2" || true; done
}

blocked_at_docker() { ipset save | sed -n "s/^add blocked-4 \($docker_dns,[^ ]*\) .*/\1/p"; }

prove_name_hidden() { # NAME
  local ours
  note_question "$1"
  prove_hidden_by_ours "$1" &
  ours=$!
  prove_hidden_by_docker "$1"
  wait "$ours"
}

prove_hidden_by_ours() { # NAME
  local answer
  # A resolver that is restarting gives no answer, and no answer is not a wrong one.
  for _ in 1 2 3; do
    answer=$(as_agent dig +tries=1 +time=2 "$1" @127.0.0.1 2>&1) || true
    case $answer in *"status: "*) break ;; esac
    sleep 0.5
  done
  case $answer in
    *"status: NXDOMAIN"*) ;;
    *"status: "*) fail "the proof failed: our resolver answers for $1, which is not listed." ;;
    *) fail "the proof failed: our resolver does not answer." ;;
  esac
}

prove_hidden_by_docker() { # NAME
  local before answer entry
  before=$(blocked_at_docker)
  answer=$(as_agent dig +tries=1 +time=1 +short "$1" "@$docker_dns" 2>/dev/null | grep -v '^;' || true)
  [ -z "$answer" ] || fail "the proof failed: Docker's resolver answers the agent."
  for entry in $(blocked_at_docker); do
    case $before in *"$entry"*) ;; *) forget_attempt 4 "$entry" ;; esac
  done
}

prove_connection_refused() { # FAMILY ADDRESS
  local url="http://$2:443/" entry="$2,tcp:443"
  case $2 in *:*) url="http://[$2]:443/" ;; esac
  forget_attempt "$1" "$entry"
  if as_agent curl --silent --output /dev/null --noproxy '*' --globoff --connect-timeout 2 "$url"; then
    fail "the proof failed: $2 is not listed, and the agent reaches it."
  fi
  ipset -quiet test "blocked-$1" "$entry" ||
    fail "the proof failed: a connection to $2 was not refused by the firewall's rules."
  forget_attempt "$1" "$entry"
}

# Without a route no packet can be sent, so the rules themselves are the proof.
prove_family() { # FAMILY
  local address
  address=$(unlisted_address "$1")
  if [ -n "$address" ]; then
    prove_connection_refused "$1" "$address"
    say "proof: a connection to $address is refused"
  else
    output_is_closed "$1" || fail "the proof failed: IPv$1 is not closed."
    say "proof: IPv$1 has no route out, and it is closed"
  fi
}

# The gate decides before it looks the name up, so this needs no network except for the address.
prove_name_refused() { # NAME
  local listed address code=0
  listed=$(awk '$1 == "name" && ($3 == "web" || $3 == "443.tls") { print $2; exit }' "$current/policy")
  [ -n "$listed" ] || return 0
  address=$(as_agent curl --ipv4 --silent --insecure --output /dev/null --noproxy '*' --max-time 4 \
    --write-out '%{remote_ip}' --connect-to "$1:443:$listed:443" "https://$1/") || code=$?
  [ -n "$address" ] || return 0
  # The address may also pass by another line of the list, or be refused as a special-use address.
  ! in_any_set "networks-4-$generation $address,tcp:443" "names-443-4 $address" "services-web-4 $address" \
    "services-443-4 $address" "special-4 $address" "never-4 $address" || return 0
  [ "$code" -ne 0 ] ||
    fail "the proof failed: the agent reaches $1, which is not listed, at the address of $listed."
  for _ in $(seq 50); do
    ! cat "$gate_journal"* 2>/dev/null | grep -qF " name $1" ||
      { say "proof: $listed's address does not serve $1" && return; }
    sleep 0.02
  done
  fail "the proof failed: the name gate did not refuse $1 at the address of $listed."
}

name=$(unlisted_name)
# In parallel, because a start waits for them.
prove_name_hidden "$name" &
proofs=$!
prove_name_refused "$name" &
proofs="$proofs $!"
for family in $(families); do
  prove_family "$family" &
  proofs="$proofs $!"
done
for proof in $proofs; do wait "$proof"; done
say "proof: $name does not resolve"
