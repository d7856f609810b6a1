#!/bin/sh
# The self-proof: as the agent, a name that is not listed does not resolve, by our resolver or by Docker's, and a connection
# to an address that is not listed is refused at once, by our rules and by nothing else. Exit code 1 and a sentence if not.
set -eu
here=${0%/*}
. "$here/common.sh"

generation=$(first_line "$FIREWALL_RUN/generation-$(first_line "$generation_in_force")/marked")

unlisted_name() {
  local name
  for name in example.com example.net example.org nobody.lists.this.example; do
    awk -v name="$name" '
      $1 == "name" && $2 == name { exit 1 }
      $1 == "wildcard" && substr("." name, length(name) - length($2) + 1) == "." $2 { exit 1 }' "$current/policy" || continue
    echo "$name"
    return
  done
}

listed_address() {
  local set
  for set in "names-web-$1 $2" "networks-$1-$generation $2,tcp:443" "github-$1 $2,tcp:443"; do
    # Set name and entry are two words on purpose.
    # shellcheck disable=SC2086
    if ipset -quiet test $set; then return 0; fi
  done
  return 1
}

# Well-known addresses where there is a way to the world, otherwise the neighbourhood: a packet that has no route never
# meets a rule and would prove nothing.
candidates() {
  if [ "$1" = 4 ]; then echo "198.41.0.4 199.9.14.201 192.33.4.12"; else echo "2001:503:ba3e::2:30 2801:1b8:10::b 2001:500:2::c"; fi
  ip "-$1" -oneline address show scope global | awk '{ sub(/\/.*/, "", $4); print $4 }' | neighbours "$1"
}

neighbours() {
  if [ "$1" = 4 ]; then
    awk -F . -v OFS=. '{ for (i = 254; i > 250; i--) if ($4 != i) print $1, $2, $3, i }'
  else
    awk '{ sub(/[0-9a-f]*$/, ""); for (i = 1; i < 4; i++) print $0 "fff" i }'
  fi
}

unlisted_address() {
  local address
  for address in $(candidates "$1"); do
    case $(ip "-$1" route get "$address" 2>/dev/null) in '' | *unreachable* | local*) continue ;; esac
    listed_address "$1" "$address" || {
      echo "$address"
      return
    }
  done
}

# What the proof itself asks for must not show up as the agent's.
own_question() {
  echo "$(date +%s) $1" >>"$own_questions"
  tail -n 50 "$own_questions" >"$own_questions.new"
  mv "$own_questions.new" "$own_questions"
}

forget_attempt() { # family, entry
  local set
  for set in blocked last-blocked; do ipset -quiet del "$set-$1" "$2" || true; done
}

asked_of_docker() {
  ipset save | sed -n "s/^add blocked-4 \($docker_dns,[^ ]*\) .*/\1/p"
}

name_hidden() {
  local ours
  own_question "$1"
  hidden_by_ours "$1" &
  ours=$!
  hidden_by_docker "$1"
  wait "$ours"
}

hidden_by_ours() {
  local answer
  # A resolver that is being started anew gives no answer, which is not a wrong one.
  for _ in 1 2 3; do
    answer=$("$here/as-agent.sh" dig +tries=1 +time=2 "$1" @127.0.0.1 2>&1) || true
    case $answer in *"status: "*) break ;; esac
    sleep 0.5
  done
  case $answer in *"status: NXDOMAIN"*) ;; *) fail "the proof failed: our resolver answers for $1, which is not listed." ;; esac
}

hidden_by_docker() {
  local before answer entry
  before=$(asked_of_docker)
  answer=$("$here/as-agent.sh" dig +tries=1 +time=1 +short "$1" "@$docker_dns" 2>/dev/null | grep -v '^;' || true)
  [ -z "$answer" ] || fail "the proof failed: Docker's resolver answers the agent."
  for entry in $(asked_of_docker); do
    case $before in *"$entry"*) ;; *) forget_attempt 4 "$entry" ;; esac
  done
}

connection_refused() {
  local url
  case $2 in *:*) url="http://[$2]:443/" ;; *) url="http://$2:443/" ;; esac
  forget_attempt "$1" "$2,tcp:443"
  if "$here/as-agent.sh" curl --silent --output /dev/null --noproxy '*' --globoff --connect-timeout 2 "$url"; then
    fail "the proof failed: $2 is not listed, and the agent reaches it."
  fi
  ipset -quiet test "blocked-$1" "$2,tcp:443" || fail "the proof failed: a connection to $2 was not refused by the firewall's rules."
  forget_attempt "$1" "$2,tcp:443"
}

# Where no packet can be sent for lack of a route, the rules themselves must do for a proof.
prove_family() {
  local address
  address=$(unlisted_address "$1")
  if [ -n "$address" ]; then
    connection_refused "$1" "$address"
    say "proof: a connection to $address is refused"
  else
    rules_of "$1" OUTPUT | grep -qx -e '-P OUTPUT DROP' || fail "the proof failed: IPv$1 is not closed."
    say "proof: there is no way out over IPv$1, and it is closed"
  fi
}

name=$(unlisted_name)
# All side by side: a start waits for them.
name_hidden "$name" &
proofs=$!
for family in $(families); do
  prove_family "$family" &
  proofs="$proofs $!"
done
for proof in $proofs; do wait "$proof"; done
say "proof: $name does not resolve"
