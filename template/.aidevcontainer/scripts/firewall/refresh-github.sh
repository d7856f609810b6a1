#!/bin/sh
# Usage: refresh-github.sh SECONDS   (0: report what is in force, and ask nobody)
# Puts GitHub's published ranges, which ssh to GitHub needs, from the state volume into force. If the policy has GitHub,
# updates them first, within SECONDS. The kept ranges stay unless a new answer passes every check. They are in force
# whether the policy has GitHub or not: only then a rule uses them.
set -eu
here=${0%/*}
. "$here/common.sh"
. "$here/status.sh"

work=$FIREWALL_RUN/github
attempted=$FIREWALL_STATE/github-attempted
mkdir -p "$work"

# A file from the future is not younger: the clock was or is wrong.
is_younger() { # FILE SECONDS
  local age
  [ -e "$1" ] || return 1
  age=$(($(date +%s) - $(date -r "$1" +%s)))
  [ "$age" -ge 0 ] && [ "$age" -lt "$2" ]
}

no_answer() { # REASON...
  echo "GitHub's list of its address ranges could not be used: $*"
  exit 1
}

# Prints the status of the answer. curl runs as the resolver's user, and writes only into these two files.
ask() { # SECONDS
  : >"$work/answer"
  sed -n 's/^# etag //p' "$kept_ranges" >"$work/etag" 2>/dev/null || true
  chown "$resolver_uid" "$work/answer" "$work/etag"
  setpriv --reuid "$resolver_uid" --regid "$resolver_uid" --clear-groups --inh-caps=-all \
    curl --silent --show-error --max-time "$1" --proto =https --max-filesize "$meta_max_bytes" \
    --header 'Accept: application/json' --user-agent aidevcontainer \
    --etag-compare "$work/etag" --etag-save "$work/etag" --output "$work/answer" --write-out '%{http_code}' \
    "$meta_url" 2>"$work/error"
}

# Prints lines "git NETWORK" from the answer.
list_networks() {
  jq --raw-output --slurp '
    if length == 1 then .[0].git else error("not one value") end
    | if type == "array" then .[] else error("no list") end
    | if test("^[0-9A-Fa-f:.]+/[0-9]+$") then "git " + ascii_downcase else error("no network") end
  ' "$work/answer"
}

print_sets() { # LISTED
  awk -v families="$(families)" -f "$here/addresses.awk" -f "$here/ranges.awk" "$here/special-use.txt" "$1"
}

# In a subshell, because the caller goes on without ranges, and so that the lock ends with it.
put_into_force() (
  # One at a time: a proof and the hourly refresh fill the same sets.
  exec 4>"$FIREWALL_RUN/ranges-lock"
  flock 4
  [ -s "$kept_ranges" ] || exit 0
  # The state volume may be damaged, so the kept copy passes the same checks as a fresh answer.
  print_sets "$kept_ranges" >"$work/sets" 2>/dev/null || {
    rm -rf "$kept_ranges"
    fail "the kept copy of GitHub's ranges is damaged and was deleted."
  }
  ipset -exist restore <"$work/sets"
)

keep_answer() {
  list_networks >"$work/listed" 2>/dev/null || no_answer "it is not the JSON that GitHub documents."
  print_sets "$work/listed" 2>"$work/error" >/dev/null || no_answer "$(cat "$work/error")"
  printf '# etag %s\n' "$(head -n 1 "$work/etag" | cut -c 1-200)" >>"$work/listed"
  rm -rf "$kept_ranges.new"
  { cp "$work/listed" "$kept_ranges.new" && mv "$kept_ranges.new" "$kept_ranges"; } 2>/dev/null || {
    rm -rf "$kept_ranges.new"
    no_answer "it cannot be kept: is the disk full?"
  }
}

# Runs in a subshell. Exit codes: 0 the kept copy is up to date; 1 no usable answer (prints the reason); 4 not due yet.
fetch() { # SECONDS
  local status
  [ "$1" -gt 0 ] || exit 4
  if [ -s "$kept_ranges" ] && is_younger "$kept_ranges" "$meta_interval"; then exit 4; fi
  ! is_younger "$attempted" "$meta_retry" || exit 4
  # Without this mark, every restart of the container would ask again.
  { rm -rf "$attempted" && touch "$attempted"; } 2>/dev/null ||
    no_answer "cannot write to $FIREWALL_STATE: is the disk full?"
  status=$(ask "$1") || no_answer "$(sed -n '$s/^curl: ([0-9]*) //p' "$work/error")."
  case $status in
    200) keep_answer ;;
    304) touch "$kept_ranges" ;;
    403 | 429) no_answer "too many requests from this address (HTTP $status). GitHub allows 60 an hour." ;;
    *) no_answer "it answered with HTTP $status." ;;
  esac
}

warn_of_no_answer() { # REASON
  local effect="Its names work, ssh to it does not."
  [ ! -s "$kept_ranges" ] || effect="The copy of $(date -u -r "$kept_ranges" +%Y-%m-%d) stays in force."
  echo "$1 $effect" | warn_of github
}

put_into_force || true
grep -q '^github' "$current/policy" || {
  put github-prefixes ""
  : | put_warnings github
  exit 0
}
code=0
reason=$(fetch "$1") || code=$?
case $code in
  0)
    put_into_force || true
    : | put_warnings github
    ;;
  4)
    [ -s "$kept_ranges" ] || [ -s "$status_parts/warnings/github" ] ||
      warn_of_no_answer "GitHub's address ranges are not known yet."
    ;;
  *) warn_of_no_answer "$reason" ;;
esac
count=0
fetched=
if [ -s "$kept_ranges" ]; then
  count=$(grep -c '^git' "$kept_ranges")
  fetched=$(date -u -r "$kept_ranges" +%Y-%m-%dT%H:%M:%SZ)
fi
put github-prefixes "$count"
put github-fetched "$fetched"
[ "$code" -ne 0 ] || say "GitHub: $count ranges, as of $fetched"
