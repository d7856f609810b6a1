# shellcheck shell=sh
# shellcheck disable=SC2154
# Sourced by every script of the firewall, which sets $here to the folder of the pieces first.
# shellcheck source=constants.sh
. "$here/constants.sh"

export LC_ALL=C

say() {
  echo "firewall: $*"
}

warn() {
  echo "firewall: warning: $*" >&2
}

fail() {
  echo "firewall: $*" >&2
  exit 1
}

# first_line FILE: without a process, which costs a millisecond; nothing where there is none.
first_line() {
  local line
  [ -r "$1" ] || return 0
  line=
  read -r line <"$1" || true
  printf '%s' "$line"
}

# keep_copy FILE COPY: in the state volume. A copy that was cut off could mean something else, and an old one something that
# no longer holds: all of it or nothing.
keep_copy() {
  rm -rf "$2" "$2.new" 2>/dev/null
  if cp "$1" "$2.new" 2>/dev/null && mv "$2.new" "$2" 2>/dev/null; then return 0; fi
  rm -rf "$2.new" 2>/dev/null
  return 1
}

# address_of main|feed-N: where that resolver listens.
address_of() {
  if [ "$1" = main ]; then echo 127.0.0.1; else echo "127.0.53.${1#feed-}"; fi
}

# lives FILE: whether the process runs whose number stands in it. BusyBox takes an empty number for one that does; an empty file
# has no line to read.
lives() {
  local pid
  { read -r pid <"$1"; } 2>/dev/null && kill -0 "$pid" 2>/dev/null
}

# served main|feed-N: whether somebody starts that resolver again when it ends.
served() {
  lives "$FIREWALL_RUN/$1.served"
}

# rules_of 4|6 [CHAIN]: the rules in force, of whichever kind of tables load-tables.sh could load.
rules_of() {
  local program rules
  program=iptables
  [ "$1" = 4 ] || program=ip6tables
  shift
  rules=$("$program" -S "$@" 2>/dev/null) || rules=
  case $rules in
    *"-P OUTPUT DROP"*) echo "$rules" ;;
    *) "$program-legacy" -S "$@" 2>/dev/null || echo "$rules" ;;
  esac
}

families() {
  # IPv6 first: it is the one that is forgotten, so it must never be the one that is still open.
  if has_ipv6; then echo "6 4"; else echo 4; fi
}

has_ipv6() {
  [ -e /proc/net/if_inet6 ]
}
