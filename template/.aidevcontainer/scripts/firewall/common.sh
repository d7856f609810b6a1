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

families() {
  # IPv6 first: it is the one that is forgotten, so it must never be the one that is still open.
  if has_ipv6; then echo "6 4"; else echo 4; fi
}

has_ipv6() {
  [ -e /proc/net/if_inet6 ]
}
