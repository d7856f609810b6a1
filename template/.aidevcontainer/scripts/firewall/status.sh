# shellcheck shell=sh
# shellcheck disable=SC2154
# Sourced. Writes the parts of the status, one file each, and combines them into status.json.

# Writes one part. An empty text becomes null or "". The line ends, because jq would read the next file into it.
put() { # NAME TEXT
  [ -d "$status_parts/warnings" ] || mkdir -p "$status_parts/warnings"
  printf '%s\n' "$2" >"$status_parts/$1"
}

# Replaces a topic's warnings with standard input, one per line.
put_warnings() { # TOPIC
  [ -d "$status_parts/warnings" ] || mkdir -p "$status_parts/warnings"
  cat >"$status_parts/warnings/$1"
}

# Replaces a topic's warnings with standard input. The log gets them only when they are new.
warn_of() { # TOPIC
  local former line
  former=$(part "warnings/$1")
  put_warnings "$1"
  [ "$(part "warnings/$1")" != "$former" ] || return 0
  while read -r line; do warn "$line"; done <"$status_parts/warnings/$1"
}

part() { cat "$status_parts/$1" 2>/dev/null || true; }

# Starts no process, because the health check and the main loop call it all the time.
state_is() { # STATE
  local state=
  { read -r state <"$status_parts/state"; } 2>/dev/null || true
  [ "$state" = "$1" ]
}

# Sets the state, and tells the agent. `since` is the time of the last change.
enter() { # STATE [ERROR]
  state_is "$1" || put since "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  put error "${2:-}"
  put state "$1"
  # At the same time, because a person waits for the reload.
  "$here/write-limits.sh" &
  publish
  wait "$!" || warn "cannot write what the agent is told about its network: is the disk full?"
}

# Combines the parts. A subshell, so that the lock ends with it.
publish() (
  # Several scripts publish, one after the other. The last one to start writes the final file.
  exec 8>"$status_parts/.lock"
  flock 8
  # One jq reads all parts: one process for each would take longer than everything else here.
  find "$status_parts" -type f ! -name .lock -exec jq -nR '
    def count: if . then tonumber else 0 end;
    [inputs | select(. != "") | {part: input_filename | sub(".*/status[.]d/"; ""), text: .}]
    | [sort_by(.part)[] | select(.part | startswith("warnings/")).text] as $warnings
    | group_by(.part) | map({(.[0].part): map(.text) | join("\n")}) | add
    | {
      state, since, revision: (.revision | count), entries: (.entries | count), source,
      by_address: (.by_address // "" | split("\n")),
      github: (if .["github-prefixes"] then {fetched: .["github-fetched"], prefixes: (.["github-prefixes"] | count)}
        else null end),
      proof: {refused: (.refused == "true"), reached, revision: (.proved | count)},
      warnings: $warnings, error: (.error // "")
    }
  ' {} + >"$status_file.new"
  mv "$status_file.new" "$status_file"
)
