#!/bin/sh
# Usage: switch-gate.sh GENERATION [--for-sure]
# Makes the name gate decide by that generation's policy, while it runs. With --for-sure, ends the connections of names
# that are no longer listed. A gate that does not obey at once is killed: it starts again with the new lists.
# Exits with 3 if the gate does not start. Then nothing passes by name.
set -eu
here=${0%/*}
. "$here/common.sh"

next=$FIREWALL_RUN/generation-$1/gate
patience=400 # hundredths of a second that the gate may take to start: a person waits

restarts=
kill_gate() {
  pkill -KILL -x haproxy || true
  restarts=yes
}

# Sends commands, one per line, and prints the answers. Gopher only sends its path, and curl's telnet is 100 ms slower.
command_gate() {
  { echo prompt && cat && echo quit; } |
    awk '{ gsub(/ /, "%20"); all = all $0 "%0A" } END { print "url = \"gopher://gate/_" all "\"" }' |
    curl --silent --max-time 1 --unix-socket "$gate_folder/socket" --config -
}

# Prints the commands that turn the gate's lists into the new ones.
print_changes() {
  local map
  for map in ports names wildcards; do
    awk -v map="$gate_folder/$map.map" '
      FILENAME == ARGV[1] { old[$0] = $1; next }
      { new[$0] }
      END {
        for (line in old) if (!(line in new)) print "del map", map, old[line]
        for (line in new) if (!(line in old)) print "add map", map, line
      }' "$gate_folder/$map.map" "$next/$map.map"
  done
}

# Prints the commands that end the connections of names that the new lists lack.
print_ends() {
  printf '%s\n' "show table open" "show sess" | command_gate |
    awk -f "$here/unlisted-connections.awk" "$next/names.map" "$next/wildcards.map" -
}

# HAProxy makes its socket before it listens for the agent, and answers there once it does.
await_gate() {
  until [ -S "$gate_folder/socket" ] && echo | command_gate >/dev/null 2>&1; do
    [ "$patience" -gt 0 ] || {
      echo "firewall: the name gate does not start, so no listed host can be reached by name." >&2
      exit 3
    }
    patience=$((patience - 2))
    sleep 0.02
  done
}

mkdir -p "$gate_folder"
chown "$gate_uid" "$gate_folder"
[ -e "$gate_folder/names.map" ] || cp "$next"/*.map "$gate_folder"
print_changes >"$next/changes"
for map in ports names wildcards; do
  cp "$next/$map.map" "$gate_folder/$map.new"
  mv "$gate_folder/$map.new" "$gate_folder/$map.map"
done
if ! served gate; then
  kill_gate
  rm -f "$gate_folder/socket"
  serve gate
elif [ -s "$next/changes" ]; then
  { command_gate <"$next/changes" >"$next/answer" && ! grep -q "[[:alpha:]]" "$next/answer"; } || kill_gate
fi
if [ "${2:-}" = --for-sure ]; then
  { print_ends >"$next/ends" && { [ ! -s "$next/ends" ] || command_gate <"$next/ends" >/dev/null; }; } || kill_gate
fi
[ -z "$restarts" ] || await_gate
