#!/bin/sh
# Put the unpacked Claude into the shared volume, once per version. Runs in the firewall's container, before the agent may
# run; the agent sees the volume read-only. A finished copy appears by rename, so that readers never see half a file.
set -eu

payload=/usr/local/share/aidevcontainer
id=$(cat "$payload/claude.id")
home=/opt/claude/$id
[ ! -x "$home/claude" ] || exit 0

mkdir -p "$home"
# Several projects may start at once on one volume: the first unpacks, the others wait for it.
exec 9>"$home/.lock"
flock 9
[ ! -x "$home/claude" ] || exit 0

echo "Unpacking Claude Code ${id%-*} (once per version on this machine)"
zstd --decompress --quiet --force "$payload/claude.zst" -o "$home/claude.new" || {
  rm -f "$home/claude.new"
  echo "aidevcontainer: Claude Code could not be unpacked into the volume at /opt/claude: is the disk full?" \
    "Free space (docker system df), then: ./.aidevcontainer/container up" >&2
  exit 1
}
chmod 0755 "$home/claude.new"
mv "$home/claude.new" "$home/claude"
