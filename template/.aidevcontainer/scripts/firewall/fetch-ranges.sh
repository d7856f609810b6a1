#!/bin/sh
# Usage: fetch-ranges.sh SECONDS
# Updates GitHub's published ranges in the state volume, within SECONDS. The kept copy stays unless a new answer passes
# every check. Exit codes: 0 the copy is up to date; 1 no usable answer (the reason on stderr); 4 not due yet.
set -eu
here=${0%/*}
. "$here/common.sh"

work=$FIREWALL_RUN/github
attempted=$FIREWALL_STATE/github-attempted
mkdir -p "$work"

# Prints the age of a file in seconds. A missing file counts as very old, and so does one from the future: the clock was
# or is wrong.
age_of() { # FILE
  local age=999999
  [ ! -e "$1" ] || age=$(($(date +%s) - $(date -r "$1" +%s)))
  [ "$age" -ge 0 ] || age=999999
  echo "$age"
}

no_answer() { # REASON...
  echo "GitHub's list of its address ranges could not be used: $*" >&2
  exit 1
}

ask() { # SECONDS
  local seconds="$1" etag
  etag=$(sed -n 's/^# etag \(.*\)/\1/p' "$kept_ranges" 2>/dev/null || true)
  set -- setpriv --reuid "$resolver_uid" --regid "$resolver_uid" --clear-groups --inh-caps=-all \
    curl --silent --show-error --max-time "$seconds" --proto =https --max-filesize "$meta_max_bytes" \
    --header 'Accept: application/json' --user-agent aidevcontainer --dump-header "$work/headers" "$meta_url"
  if [ -n "$etag" ]; then set -- "$@" --header "If-None-Match: $etag"; fi
  # curl's size limit works only when the answer states its length. `head` limits it in any case.
  "$@" 2>"$work/error" | head -c "$((meta_max_bytes + 1))" >"$work/answer"
  [ -s "$work/headers" ] || no_answer "$(tail -n 1 "$work/error" | sed 's/^curl: ([0-9]*) //')."
}

# The headers come from outside. The script uses only the status and one well-formed tag.
status_code() {
  sed -n 's/^HTTP\/[0-9.]* \([0-9][0-9][0-9]\).*/\1/p' "$work/headers" | tail -n 1
}

tag() {
  tr -d '\r' <"$work/headers" |
    sed -n 's/^[Ee][Tt][Aa][Gg]: *\(\(W\/\)\{0,1\}"[A-Za-z0-9+\/=_-]\{1,100\}"\)$/\1/p' | tail -n 1
}

# Prints lines "git NETWORK" and "web NETWORK" from the answer. Leaves out `actions` and `codespaces`, where anybody can
# rent a machine.
list_networks() {
  jq --raw-output --slurp '
    def networks($key):
      .[$key]
      | if type == "array" and all(.[]; type == "string" and test("^[0-9A-Fa-f:.]+/[0-9]+$")) then .[]
        else error("no list of networks") end;
    if length == 1 and (.[0] | type) == "object" then .[0] else error("not one object") end
    | ("git", "web", "api") as $key
    | (if $key == "git" then "git" else "web" end) + " " + (networks($key) | ascii_downcase)
  ' "$work/answer"
}

keep_answer() {
  [ "$(wc -c <"$work/answer")" -le "$meta_max_bytes" ] || no_answer "it has more than $meta_max_bytes bytes."
  list_networks >"$work/listed" 2>/dev/null ||
    no_answer "it is not the JSON that GitHub documents."
  awk -f "$here/addresses.awk" -f "$here/ranges.awk" "$here/special-use.txt" "$work/listed" \
    >"$work/ranges" 2>"$work/error" || no_answer "$(cat "$work/error")"
  rm -rf "$kept_ranges.new"
  {
    echo "# etag $(tag)"
    cat "$work/ranges"
  } >"$kept_ranges.new" 2>/dev/null || {
    rm -f "$kept_ranges.new"
    no_answer "it cannot be kept: is the disk full?"
  }
  mv "$kept_ranges.new" "$kept_ranges"
}

if [ -s "$kept_ranges" ] && [ "$(age_of "$kept_ranges")" -lt "$meta_interval" ]; then exit 4; fi
[ "$(age_of "$attempted")" -ge "$meta_retry" ] || exit 4
# Without this mark, every restart of the container would ask again.
{ rm -rf "$attempted" && touch "$attempted"; } 2>/dev/null ||
  no_answer "cannot write to $FIREWALL_STATE: is the disk full?"
# curl runs as the resolver's user and writes this file.
: >"$work/headers"
chown "$resolver_uid" "$work/headers"
ask "$1"
case $(status_code) in
  200) keep_answer ;;
  304) touch "$kept_ranges" ;;
  403 | 429) no_answer "too many requests from this address (HTTP $(status_code)). GitHub allows 60 an hour." ;;
  *) no_answer "it answered with HTTP $(status_code)." ;;
esac
