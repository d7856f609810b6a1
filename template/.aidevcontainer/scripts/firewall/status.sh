# shellcheck shell=sh
# shellcheck disable=SC2154
# Sourced: the parts of status.json and how they become one file.

# put NAME TEXT: one part. Empty is null or "".
put() {
  mkdir -p "$status_parts/warnings"
  printf '%s' "$2" >"$status_parts/$1"
}

# put_warnings TOPIC <TEXT: one warning per line replaces what the topic said before.
put_warnings() {
  mkdir -p "$status_parts/warnings"
  cat >"$status_parts/warnings/$1"
}

part() {
  cat "$status_parts/$1" 2>/dev/null || true
}

now() {
  date -u +%Y-%m-%dT%H:%M:%SZ
}

# enter STATE [ERROR]: the time is that of the change.
enter() {
  [ "$(part state)" = "$1" ] || put since "$(now)"
  put error "${2:-}"
  put state "$1"
  publish
}

publish() (
  # Several scripts publish; the last one to start writes the last word.
  exec 8>"$status_parts/.lock"
  flock 8
  cat "$status_parts/warnings/"* 2>/dev/null >"$status_file.warnings" || true
  jq -n --rawfile warnings "$status_file.warnings" \
    --arg state "$(part state)" --arg since "$(part since)" --arg error "$(part error)" \
    --arg epoch "$(part epoch)" --arg entries "$(part entries)" --arg source "$(part source)" \
    --arg prefixes "$(part github-prefixes)" --arg fetched "$(part github-fetched)" \
    --arg refused "$(part refused)" --arg reached "$(part reached)" --arg proved "$(part proved)" \
    -f "$here/status.jq" >"$status_file.new"
  mv "$status_file.new" "$status_file"
)
