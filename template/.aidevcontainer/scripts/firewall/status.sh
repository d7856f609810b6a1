# shellcheck shell=sh
# shellcheck disable=SC2154
# Sourced. Writes the parts of the status, one file each, and combines them into status.json.

# Writes one part. An empty text becomes null or "".
put() { # NAME TEXT
  [ -d "$status_parts/warnings" ] || mkdir -p "$status_parts/warnings"
  printf '%s' "$2" >"$status_parts/$1"
}

# Replaces a topic's warnings with standard input, one per line.
put_warnings() { # TOPIC
  [ -d "$status_parts/warnings" ] || mkdir -p "$status_parts/warnings"
  cat >"$status_parts/warnings/$1"
}

part() { cat "$status_parts/$1" 2>/dev/null || true; }

# Starts no process, because the health check and the main loop call it all the time.
state_is() { # STATE
  local state=
  { read -r state <"$status_parts/state"; } 2>/dev/null || true
  [ "$state" = "$1" ]
}

# Sets the state. `since` is the time of the last change.
enter() { # STATE [ERROR]
  state_is "$1" || put since "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  put error "${2:-}"
  put state "$1"
  publish
}

# Combines the parts. A subshell, so that the lock ends with it.
publish() (
  # Several scripts publish, one after the other. The last one to start writes the final file.
  exec 8>"$status_parts/.lock"
  flock 8
  cat "$status_parts/warnings/"* 2>/dev/null >"$status_file.warnings" || true
  # jq reads the parts itself: one process for each would take longer than everything else here.
  set --
  for name in state since error revision entries source github-prefixes github-fetched refused reached proved; do
    [ -e "$status_parts/$name" ] || : >"$status_parts/$name"
    set -- "$@" --rawfile "${name#github-}" "$status_parts/$name"
  done
  jq -n --rawfile warnings "$status_file.warnings" "$@" '
    def some: if . == "" then null else . end;
    def count: if . == "" then 0 else tonumber end;
    {
      state: $state,
      since: ($since | some),
      revision: ($revision | count),
      entries: ($entries | count),
      source: ($source | some),
      github: (if $prefixes == "" then null else {fetched: ($fetched | some), prefixes: ($prefixes | count)} end),
      proof: {refused: ($refused == "true"), reached: ($reached | some), revision: ($proved | count)},
      warnings: ($warnings | split("\n") | map(select(. != ""))),
      error: $error
    }
  ' >"$status_file.new"
  mv "$status_file.new" "$status_file"
)
