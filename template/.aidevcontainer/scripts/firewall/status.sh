# shellcheck shell=sh
# shellcheck disable=SC2154
# Sourced: the parts of status.json and how they become one file.

# put NAME TEXT: one part. Empty is null or "".
put() {
  [ -d "$status_parts/warnings" ] || mkdir -p "$status_parts/warnings"
  printf '%s' "$2" >"$status_parts/$1"
}

# put_warnings TOPIC <TEXT: one warning per line replaces what the topic said before.
put_warnings() {
  [ -d "$status_parts/warnings" ] || mkdir -p "$status_parts/warnings"
  cat >"$status_parts/warnings/$1"
}

part() {
  cat "$status_parts/$1" 2>/dev/null || true
}

# state_is STATE: without a process, since it is asked again and again for as long as the container lives.
state_is() {
  local state
  state=
  { read -r state <"$status_parts/state"; } 2>/dev/null || true
  [ "$state" = "$1" ]
}

now() {
  date -u +%Y-%m-%dT%H:%M:%SZ
}

# enter STATE [ERROR]: the time is that of the change.
enter() {
  state_is "$1" || put since "$(now)"
  put error "${2:-}"
  put state "$1"
  publish
}

publish() (
  # Several scripts publish; the last one to start writes the last word.
  exec 8>"$status_parts/.lock"
  flock 8
  cat "$status_parts/warnings/"* 2>/dev/null >"$status_file.warnings" || true
  # jq reads the parts itself: a process for each would take longer than all the rest.
  set --
  for name in state since error epoch entries source github-prefixes github-fetched refused reached proved; do
    [ -e "$status_parts/$name" ] || : >"$status_parts/$name"
    set -- "$@" --rawfile "${name#github-}" "$status_parts/$name"
  done
  jq -n --rawfile warnings "$status_file.warnings" "$@" -f "$here/status.jq" >"$status_file.new"
  mv "$status_file.new" "$status_file"
)
