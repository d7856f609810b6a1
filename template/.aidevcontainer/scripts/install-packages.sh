#!/bin/sh
# Usage: install-packages.sh NAME... | install-packages.sh --from FILE   (FILE: one Alpine package per line, # comments)
set -eu

# Taken back at the end: the mirror's address may have a password in it, and the agent reads this file.
use_mirror() {
  [ -n "${ALPINE_MIRROR:-}" ] || return 0
  cp -p /etc/apk/repositories /etc/apk/repositories.public
  trap 'mv /etc/apk/repositories.public /etc/apk/repositories' EXIT
  sed -i "s|^https\{0,1\}://[^/]*/alpine|${ALPINE_MIRROR%/}|" /etc/apk/repositories
}

fail() {
  echo "aidevcontainer: Alpine packages could not be installed (the reason stands above): $*." \
    "A name that Alpine does not have: correct it in .aidevcontainer/packages.txt." \
    "No way to the network: set HTTPS_PROXY, or ALPINE_MIRROR to a mirror you reach." \
    "An unknown certificate: put your network's authority into .aidevcontainer/ca/ as a .crt file." >&2
  exit 1
}

if [ "${1:-}" = --from ]; then
  names=$(sed -e 's/#.*//' -e 's/[[:space:]]\{1,\}/ /g' "$2" | tr '\n' ' ')
  # Split on purpose: a list of names, whose characters the check below limits.
  # shellcheck disable=SC2086
  set -f -- $names
fi
[ "$#" -gt 0 ] || exit 0
for name in "$@"; do
  case $name in
    -* | *[!A-Za-z0-9._+~=\<\>-]*)
      echo "aidevcontainer: '$name' in .aidevcontainer/packages.txt is not the name of an Alpine package." >&2
      exit 1
      ;;
  esac
done
use_mirror
apk add --no-cache "$@" || fail "$*"
