#!/bin/sh
# Usage: switch-gate.sh GENERATION [--for-sure]
#        switch-gate.sh --ahead   only starts the gate, with the lists that it had last, at first none
# Makes the name gate decide by that generation's policy, while it runs. With --for-sure, ends the connections of names
# that are no longer listed. A gate that does not obey at once is killed: it starts again with the new lists.
# Exits with 3 if the gate does not start. Then nothing passes by name.
set -eu
here=${0%/*}
. "$here/common.sh"

next=$FIREWALL_RUN/generation-$1/gate
maps="ports names wildcards"
patience=400 # hundredths of a second that the gate may take to start: a person waits

restarts=
kill_gate() {
  pkill -KILL -x haproxy || true
  rm -f "$gate_folder/alive"
  restarts=yes
}

# Sends commands, one per line, and prints the answers. A blank line starts another request: curl limits the length of one.
# Gopher only sends its path, and curl's telnet is 100 ms slower.
command_gate() {
  awk '
    function send() { if (all) print "url = \"gopher://gate/_prompt%0A" all "quit%0A\""; all = "" }
    NF || payload { gsub(/ /, "%20"); all = all $0 "%0A" }
    !NF { send() }
    { payload = /<<$/ || (payload && NF) }
    END { send() }' |
    curl --silent --max-time 1 --unix-socket "$gate_folder/socket" --config -
}

# Prints the commands that turn the gate's lists into the new ones. Each adds as many lines as HAProxy's buffer holds.
print_changes() {
  local map
  for map in $maps; do
    awk -v map="map $gate_folder/$map.map" '
      function tell(line) { print line; size += length(line); if (size > 12000) end() }
      function end() { if (size) print ""; size = 0 }
      FILENAME == ARGV[1] { old[$0] = $1; next }
      { new[$0] }
      END {
        for (line in old) if (!(line in new)) tell("del " map " " old[line])
        end()
        for (line in new) if (!(line in old)) { if (!size) print "add", map, "<<"; tell(line) }
        end()
      }' "$gate_folder/$map.map" "$next/$map.map"
  done
}

# Prints the commands that end the connections of names that the new lists lack.
print_ends() {
  printf '%s\n' "show table open" "show sess" | command_gate |
    awk -f "$here/unlisted-connections.awk" "$next/names.map" "$next/wildcards.map" -
}

# HAProxy gives its first sign of life (hello.lua) once it listens.
await_gate() {
  until [ -s "$gate_folder/alive" ]; do
    [ "$patience" -gt 0 ] || {
      echo "firewall: the name gate does not start, so no listed host can be reached by name." >&2
      exit 3
    }
    patience=$((patience - 1))
    sleep 0.01
  done
}

mkdir -p "$gate_folder"
chown "$gate_uid" "$gate_folder"
if [ "$1" = --ahead ]; then
  for map in $maps; do : >>"$gate_folder/$map.map"; done
  kill_gate
  serve gate
  exit
fi
print_changes >"$next/changes"
for map in $maps; do
  cp "$next/$map.map" "$gate_folder/$map.new"
  mv "$gate_folder/$map.new" "$gate_folder/$map.map"
done
# After that, so that a gate that starts later than this has the new lists.
await_gate
if [ -s "$next/changes" ]; then
  { command_gate <"$next/changes" >"$next/answer" && ! grep -q "[[:alpha:]]" "$next/answer"; } || kill_gate
fi
if [ "${2:-}" = --for-sure ]; then
  { print_ends >"$next/ends" && { [ ! -s "$next/ends" ] || command_gate <"$next/ends" >/dev/null; }; } || kill_gate
fi
[ -z "$restarts" ] || await_gate
