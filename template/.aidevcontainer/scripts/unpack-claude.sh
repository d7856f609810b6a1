#!/bin/sh
# Unpacks Claude Code into the shared volume, once per version. Runs in the firewall's container before the agent's
# container starts; the agent mounts the volume read-only. Renames the finished file, so that nobody reads half of it.
set -eu

payload=/usr/local/share/aidevcontainer
id=$(cat "$payload/claude.id")
home=/opt/claude/$id
[ ! -x "$home/claude" ] || exit 0

mkdir -p "$home"
# Several projects may start at once on one volume: the first unpacks, the others wait.
exec 9>"$home/.lock"
flock 9
[ ! -x "$home/claude" ] || exit 0

echo "Unpacking Claude Code ${id%-*} (once per version on this machine)"
zstd --decompress --quiet --force "$payload/claude.zst" -o "$home/claude.new" || {
  rm -f "$home/claude.new"
  echo "aidevcontainer: Claude Code could not be unpacked into the volume at /opt/claude: is the disk full?" \
    "Free space (docker system df), then run: ./.aidevcontainer/container up" >&2
  exit 1
}
chmod 0755 "$home/claude.new"
mv "$home/claude.new" "$home/claude"
