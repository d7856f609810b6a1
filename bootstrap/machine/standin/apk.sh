#!/bin/sh
# The part of apk that a Dockerfile needs. The image already has the packages' contents in a hidden store; `add` links their
# programs to where Alpine has them, and refuses unknown names with apk's own words.
set -eu

store=/usr/lib/stand-in
world=/etc/apk/world

fail() {
  echo "ERROR: $*" >&2
  exit 1
}

account() { # name uid gid
  grep -q "^$1:" /etc/group || echo "$1:x:$3:" >>/etc/group
  grep -q "^$1:" /etc/passwd || echo "$1:x:$2:$3:$1:/dev/null:/sbin/nologin" >>/etc/passwd
  grep -q "^$1:" /etc/shadow || echo "$1:!::0:::::" >>/etc/shadow
}

check() {
  for name in "$@"; do
    [ -f "$store/packages/$name" ] && continue
    [ -n "${missing:-}" ] || echo "ERROR: unable to select packages:" >&2
    printf '  %s (no such package):\n    required by: world[%s]\n' "$name" "$name" >&2
    missing=yes
  done
  [ -n "${missing:-}" ] || return 0
  # shellcheck disable=SC2046 # The names are single words.
  set -- $(ls "$store/packages")
  fail "this image is a stand-in for Alpine and has only these packages: $*"
}

install_package() {
  while read -r kind first second third; do
    case $kind in
      program)
        mkdir -p "${first%/*}"
        ln -sf "$store/bin/$second" "$first"
        ;;
      account) account "$first" "$second" "$third" ;;
    esac
  done <"$store/packages/$1"
  grep -qx "$1" "$world" || echo "$1" >>"$world"
}

add() {
  check "$@"
  count=0
  for name in "$@"; do
    count=$((count + 1))
    echo "($count/$#) Installing $name (stand-in)"
    install_package "$name"
  done
  echo "OK: $(wc -l <"$world") packages"
}

command=
names=
for argument in "$@"; do
  case $argument in
    --no-cache | --quiet | -q | --update-cache | -U | --no-progress | --update) ;;
    -e | --installed) ;;
    -*) fail "$argument: the stand-in's apk does not know this option" ;;
    # The stand-in has one version of each package, so Alpine's versions do not matter.
    *) if [ -z "$command" ]; then command=$argument; else names="$names ${argument%%[=<>~]*}"; fi ;;
  esac
done

# The names are package names, without spaces.
# shellcheck disable=SC2086
set -f -- $names
case $command in
  add) add "$@" ;;
  update) echo "OK: $(find "$store/packages" -type f | wc -l) distinct packages available" ;;
  info)
    for name in "$@"; do grep -x "$name" "$world" || exit 1; done
    [ "$#" -gt 0 ] || cat "$world"
    ;;
  *) fail "'$command' is not a command of the stand-in's apk, which knows add, info and update" ;;
esac
