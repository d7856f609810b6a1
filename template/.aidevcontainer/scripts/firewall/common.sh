# shellcheck shell=sh
# shellcheck disable=SC2154
# Every script of the firewall sources this file, after setting $here to this folder.
# shellcheck source=constants.sh
. "$here/constants.sh"

export LC_ALL=C

say() { # MESSAGE...
  echo "firewall: $*"
}

warn() { # MESSAGE...
  echo "firewall: warning: $*" >&2
}

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

# Copies a file into the state volume, completely or not at all: half a copy could mean something else, and an old copy
# would be out of date.
keep_copy() { # FILE COPY
  rm -rf "$2" "$2.new" 2>/dev/null
  if cp "$1" "$2.new" 2>/dev/null && mv "$2.new" "$2" 2>/dev/null; then return 0; fi
  rm -rf "$2.new" 2>/dev/null
  return 1
}

# Prints the address where a resolver listens.
address_of() { # main|feed-N
  if [ "$1" = main ]; then echo 127.0.0.1; else echo "127.0.53.${1#feed-}"; fi
}

# Tells whether the process runs whose id is in the file. An empty file fails in `read`: BusyBox's kill would accept an
# empty id.
lives() { # FILE
  local pid
  { read -r pid <"$1"; } 2>/dev/null && kill -0 "$pid" 2>/dev/null
}

# Tells whether a serve-names.sh restarts that resolver when it ends.
served() { # main|feed-N
  lives "$FIREWALL_RUN/$1.served"
}

# Prints the rules in force, from whichever kind of tables load-tables.sh could load.
rules_of() { # 4|6 [CHAIN]
  local program=iptables rules
  [ "$1" = 4 ] || program=ip6tables
  shift
  rules=$("$program" -S "$@" 2>/dev/null) || rules=
  case $rules in
    *"-P OUTPUT DROP"*) echo "$rules" ;;
    *) "$program-legacy" -S "$@" 2>/dev/null || echo "$rules" ;;
  esac
}

# IPv6 first: firewalls often forget it, so this one never leaves it open longer than IPv4.
families() {
  if has_ipv6; then echo "6 4"; else echo 4; fi
}

has_ipv6() {
  [ -e /proc/net/if_inet6 ]
}
