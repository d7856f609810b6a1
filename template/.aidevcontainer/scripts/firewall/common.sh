# shellcheck shell=sh
# Every script of the firewall sources this file, after setting $here to this folder: the paths, ids and limits, and the
# functions that several scripts use. The template's docs/state.md describes each file.
# shellcheck disable=SC2034,SC2154

export LC_ALL=C

# A test may set these in the environment.
: "${FIREWALL_RUN:=/run/aidevcontainer}"
: "${FIREWALL_STATE:=/var/lib/aidevcontainer}"
: "${FIREWALL_POLICY:=/workspace/.aidevcontainer}"
: "${FIREWALL_RESOLV_CONF:=/etc/resolv.conf}"
: "${FIREWALL_LOG:=/proc/1/fd/1}"
: "${CLAUDE_UID:=501}"
: "${CLAUDE_GID:=501}"
: "${CLAUDE_CONFIG_DIR:=/home/claude/.claude}"

# dnsmasq and the download of GitHub's ranges run as this user. The rules let it out, and the agent can never become it.
resolver_user=resolver
resolver_uid=5353
docker_dns=127.0.0.11
# The name gate. The rules let it out, to the addresses of listed names only.
gate_uid=5354

list_file=$FIREWALL_POLICY/allowed-domains.txt
local_list_file=$FIREWALL_POLICY/allowed-domains.local.txt
kept_list=$FIREWALL_STATE/list-in-force.txt
kept_ranges=$FIREWALL_STATE/github-ranges.txt
kept_resolv_conf=$FIREWALL_STATE/resolv.conf

# Every policy has a number and its own folder, generation-N. `current` links to the folder of the policy that the
# resolvers follow. During a reload the rules may still follow the one before.
current=$FIREWALL_RUN/current
# Bytes that must be free for a policy of thousands of lines.
room=2000000
# The lists and configurations that the resolvers read.
resolver_folder=$FIREWALL_RUN/resolver
last_generation=$FIREWALL_RUN/last-generation
rules_in_force=$FIREWALL_RUN/rules-in-force
generation_in_force=$FIREWALL_RUN/in-force
original_resolv_conf=$FIREWALL_RUN/resolv.conf
# The lookups that the resolver saw (see resolver-log.awk), and the hosts that a person allowed for a time.
names_journal=$FIREWALL_RUN/asked
own_questions=$FIREWALL_RUN/own-questions
# The names that the gate refused, and the connections that it let through. The latter survive the container.
gate_folder=$FIREWALL_RUN/gate
gate_journal=$FIREWALL_RUN/gate-refused
passed_journal=$FIREWALL_STATE/passed
temporary_list=$FIREWALL_RUN/allowed-temporarily.txt
claude_unpacked=$FIREWALL_RUN/claude-unpacked
status_parts=$FIREWALL_RUN/status.d
status_file=$FIREWALL_RUN/status.json
# The agent's container sees this folder, read-only (write-limits.sh).
limits=$FIREWALL_RUN-limits

# In seconds. Much longer than the resolver may cache: an answer from the cache does not extend an address's life.
address_lifetime=86400
cache_lifetime=3600

meta_url=https://api.github.com/meta
meta_max_bytes=2000000
# In seconds. GitHub allows 60 requests an hour without a token. A container that keeps restarting must not use them up.
meta_interval=3600
meta_retry=120

say() { echo "firewall: $*"; }
warn() { echo "firewall: warning: $*" >&2; }

fail() { # MESSAGE...
  echo "firewall: $*" >&2
  exit 1
}

# Prints the first line, or nothing when the file is missing. Starts no process, which would cost a millisecond.
first_line() { # FILE
  local line=
  [ -r "$1" ] || return 0
  read -r line <"$1" || true
  printf '%s' "$line"
}

# Copies a file into the state volume, completely or not at all: half a copy could mean something else.
keep_copy() { # FILE COPY
  rm -rf "$2" "$2.new" 2>/dev/null
  if cp "$1" "$2.new" 2>/dev/null && mv "$2.new" "$2" 2>/dev/null; then return 0; fi
  rm -rf "$2.new" 2>/dev/null
  return 1
}

# Prints the file with the temporary allowances of the policy in force.
temporary_in_force() {
  printf '%s' "$FIREWALL_RUN/generation-$(first_line "$generation_in_force")/policy.temporary/${temporary_list##*/}"
}

# Prints the address where a resolver listens.
address_of() { # main|feed-N
  if [ "$1" = main ]; then echo 127.0.0.1; else echo "127.0.53.${1#feed-}"; fi
}

# Tells whether the process runs whose id is in the file. `read` fails for an empty id, which BusyBox's kill accepts.
lives() { # FILE
  local pid
  { read -r pid <"$1"; } 2>/dev/null && kill -0 "$pid" 2>/dev/null
}

# Tells whether a serve.sh restarts that program when it ends.
served() { lives "$FIREWALL_RUN/$1.served"; } # main|feed-N|gate

# Starts a serve.sh. It outlives the caller, so it must not hold init-firewall.sh's lock (9>&-) or write to a terminal.
serve() { # main|feed-N|gate
  "$here/serve.sh" "$1" </dev/null >"$FIREWALL_LOG" 2>&1 9>&- &
  echo "$!" >"$FIREWALL_RUN/$1.served.new"
  mv "$FIREWALL_RUN/$1.served.new" "$FIREWALL_RUN/$1.served"
}

pid_of() { # main|feed-N|gate
  local pid
  pid=$(first_line "$FIREWALL_RUN/$1.pid")
  case $pid in *[!0-9]*) ;; *) printf '%s' "$pid" ;; esac
}

signal() { # SIGNAL main|feed-N|gate
  local pid
  pid=$(pid_of "$2")
  [ -z "$pid" ] || kill "-$1" "$pid" 2>/dev/null || true
}

# Loads a whole filter table in one transaction: afterwards either the new table is in force, or the old one. Uses legacy
# tables if the kernel's nf_tables cannot hold our rules.
load_filter_table() { # 4|6 FILE
  local program="ip${1#4}tables" reason
  reason=$("$program-restore" <"$2" 2>&1) && return 0
  # A packet passes both kinds of tables, one after the other. If nf_tables already holds our rules for another list,
  # legacy tables beside them would only block more hosts.
  case $("$program" -S OUTPUT 2>/dev/null) in
    *"-P OUTPUT DROP"*) ;;
    *) "$program-legacy-restore" <"$2" 2>/dev/null && return 0 ;;
  esac
  echo "$reason" | head -n 2 >&2
  return 1
}

# Loads our chain of the nat table. Touches nothing else there, because Docker's rules for its resolver are there too.
load_nat_chain() { # 4|6 FILE
  local kind program
  for kind in '' -legacy; do
    program=ip${1#4}tables$kind
    "$program-restore" --noflush <"$2" 2>/dev/null || continue
    "$program" -t nat -C OUTPUT -j name-gate 2>/dev/null || "$program" -t nat -I OUTPUT -j name-gate
    : >"$FIREWALL_RUN/nat-$1"
    return
  done
  return 1
}

# Prints the rules in force, from whichever kind of tables load_filter_table could load.
rules_of() { # 4|6 [CHAIN]
  local program="ip${1#4}tables" rules
  shift
  rules=$("$program" -S "$@" 2>/dev/null) || rules=
  case $rules in
    *"-P OUTPUT DROP"*) echo "$rules" ;;
    *) "$program-legacy" -S "$@" 2>/dev/null || echo "$rules" ;;
  esac
}

# A chain's policy is its first line. A rule may contain the same words.
output_is_closed() { # 4|6
  case $(rules_of "$1" OUTPUT) in
    "-P OUTPUT DROP"*) ;;
    *) return 1 ;;
  esac
}

all_rules() {
  local family program
  for family in $(families); do
    program=ip${family#4}tables
    rules_of "$family" || true
    "$program" -t nat -S name-gate 2>/dev/null || "$program-legacy" -t nat -S name-gate 2>/dev/null || true
  done
}

# Returns 1 when the loaded rules differ from the remembered ones: root in this container can change the rules by hand
# and forget to undo that. A subshell, so that the lock ends with it.
rules_are_unchanged() (
  exec 9>>"$FIREWALL_RUN/lock"
  # If the lock is taken, a reload is replacing the rules right now.
  flock -n 9 || exit 0
  all_rules | cmp -s "$rules_in_force" -
)

# IPv6 first: firewalls often forget it, so this one never leaves it open longer than IPv4.
families() {
  if [ -e /proc/net/if_inet6 ]; then echo "6 4"; else echo 4; fi
}

# Runs a command as the agent would: with its ids, without capabilities, and without a way to regain them.
as_agent() { # COMMAND...
  setpriv --reuid "$CLAUDE_UID" --regid "$CLAUDE_GID" --clear-groups --inh-caps=-all --bounding-set=-all \
    --no-new-privs "$@"
}
