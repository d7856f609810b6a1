#!/bin/sh
# Usage: install-packages.sh NAME... | install-packages.sh --from FILE   (FILE: one Alpine package per line, # comments)
set -eu

# The original file returns at the end: the mirror's URL may contain a password, and the agent can read this file.
use_mirror() {
  [ -n "${ALPINE_MIRROR:-}" ] || return 0
  cp -p /etc/apk/repositories /etc/apk/repositories.public
  trap 'mv /etc/apk/repositories.public /etc/apk/repositories' EXIT
  sed -i "s|^https\{0,1\}://[^/]*/alpine|${ALPINE_MIRROR%/}|" /etc/apk/repositories
}

fail() {
  echo "aidevcontainer: $*" >&2
  exit 1
}

if [ "${1:-}" = --from ]; then
  names=$(sed -e 's/#.*//' -e 's/[[:space:]]\{1,\}/ /g' "$2" | tr '\n' ' ')
  # Unquoted to split the names. The check below limits their characters.
  # shellcheck disable=SC2086
  set -f -- $names
fi
[ "$#" -gt 0 ] || exit 0
for name in "$@"; do
  case $name in
    -* | *[!A-Za-z0-9._+~=\<\>-]*)
      fail "'$name' in .aidevcontainer/packages.txt is not the name of an Alpine package." ;;
  esac
done
use_mirror
# The helpers turn apk's reason into advice (engine/diagnosis.py).
apk add --no-cache "$@" || fail "Cannot install these Alpine packages: $*. apk's reason is above."
