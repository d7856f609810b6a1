#!/bin/sh
# Usage: fetch-ranges.sh SECONDS
# Brings GitHub's published ranges up to date in the state volume, within SECONDS. The kept copy stays unless the answer is
# sound in every respect. Exit code 0: asked, and the copy is up to date; 1: no answer (the reason on stderr); 4: not due.
set -eu
here=${0%/*}
. "$here/common.sh"

work=$FIREWALL_RUN/github
attempted=$FIREWALL_STATE/github-attempted
mkdir -p "$work"

seconds_since() {
  local age
  [ -e "$1" ] || {
    echo 999999
    return
  }
  age=$(($(date +%s) - $(date -r "$1" +%s)))
  # From the future: the clock was wrong then or is now, and nobody knows how old it is.
  [ "$age" -ge 0 ] || age=999999
  echo "$age"
}

no_answer() {
  echo "GitHub's list of its address ranges could not be used: $*" >&2
  exit 1
}

ask() {
  local etag
  etag=$(sed -n 's/^# etag \(.*\)/\1/p' "$kept_ranges" 2>/dev/null || true)
  set -- setpriv --reuid "$resolver_uid" --regid "$resolver_uid" --clear-groups --inh-caps=-all \
    curl --silent --show-error --max-time "$1" --proto =https --max-filesize "$meta_max_bytes" \
    --header 'Accept: application/json' --user-agent aidevcontainer --dump-header "$work/headers" "$meta_url"
  if [ -n "$etag" ]; then set -- "$@" --header "If-None-Match: $etag"; fi
  # The size limit of curl needs a length in the answer; this one does not.
  "$@" 2>"$work/error" | head -c "$((meta_max_bytes + 1))" >"$work/answer"
  [ -s "$work/headers" ] || no_answer "$(tail -n 1 "$work/error" | sed 's/^curl: ([0-9]*) //')."
}

# The headers belong to a stranger: one status line and one well-formed tag are all that is taken from them.
code() {
  sed -n 's/^HTTP\/[0-9.]* \([0-9][0-9][0-9]\).*/\1/p' "$work/headers" | tail -n 1
}

tag() {
  tr -d '\r' <"$work/headers" | sed -n 's/^[Ee][Tt][Aa][Gg]: *\(\(W\/\)\{0,1\}"[A-Za-z0-9+\/=_-]\{1,100\}"\)$/\1/p' | tail -n 1
}

keep() {
  [ "$(wc -c <"$work/answer")" -le "$meta_max_bytes" ] || no_answer "it has more than $meta_max_bytes bytes."
  jq --raw-output --slurp -f "$here/ranges.jq" "$work/answer" >"$work/listed" 2>/dev/null ||
    no_answer "it is not the JSON that GitHub documents."
  awk -f "$here/addresses.awk" -f "$here/check-ranges.awk" "$here/special-use.txt" "$work/listed" >"$work/ranges" 2>"$work/error" ||
    no_answer "$(cat "$work/error")"
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

if [ -s "$kept_ranges" ] && [ "$(seconds_since "$kept_ranges")" -lt "$meta_interval" ]; then exit 4; fi
[ "$(seconds_since "$attempted")" -ge "$meta_retry" ] || exit 4
# Without that mark, each restart would ask again.
{ rm -rf "$attempted" && touch "$attempted"; } 2>/dev/null ||
  no_answer "$FIREWALL_STATE cannot be written to: is the disk full?"
# curl writes here as the resolver's user.
: >"$work/headers"
chown "$resolver_uid" "$work/headers"
ask "$1"
case $(code) in
  200) keep ;;
  304) touch "$kept_ranges" ;;
  403 | 429) no_answer "too many requests from this address (HTTP $(code)). It grants 60 an hour." ;;
  *) no_answer "it answered with HTTP $(code)." ;;
esac
