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

# Prints the reason behind apk's message, and what to do. A failed download comes first, because apk then says as well
# that there is no such package.
reason() { # MESSAGE
  case $1 in
    *"stand-in for Alpine"*)
      echo "The base image is a stand-in for Alpine with few packages, named above. For all of Alpine's, set ALPINE_IMAGE" \
        "to a copy of it: ALPINE_IMAGE=REGISTRY/alpine:3.24 ./.aidevcontainer/container up"
      ;;
    *certificate* | *TLS* | *SSL*)
      echo "A certificate is not trusted: put your network's authority into .aidevcontainer/ca/."
      ;;
    *DNS* | *network* | *connect* | *"temporary error"* | *"timed out"* | *refused* | *"HTTP "* | *server*)
      echo "The packages cannot be downloaded: check the network, set HTTPS_PROXY, or set ALPINE_MIRROR to a mirror" \
        "that you can reach."
      ;;
    *"no such package"*) echo "Alpine has no such package: correct its name in .aidevcontainer/packages.txt." ;;
    *) echo "The reason is above." ;;
  esac
}

fail() { # MESSAGE NAME...
  local message="$1"
  shift
  echo "aidevcontainer: Cannot install these Alpine packages: $*. $(reason "$message")" >&2
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
      echo "aidevcontainer: '$name' in .aidevcontainer/packages.txt is not the name of an Alpine package." >&2
      exit 1
      ;;
  esac
done
use_mirror
code=0
errors=$(mktemp)
apk add --no-cache "$@" 2>"$errors" || code=$?
message=$(cat "$errors")
rm "$errors"
[ -z "$message" ] || printf '%s\n' "$message" >&2
[ "$code" -eq 0 ] || fail "$message" "$@"
