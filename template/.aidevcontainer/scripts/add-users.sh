#!/bin/sh
# Usage: add-users.sh UID GID
# Creates `claude` with the host user's ids, and `resolver` and `gate` for the firewall. Writes the account files directly:
# adduser refuses ids that Alpine already uses, and macOS's staff group (20) is Alpine's dialout.
set -eu

claude_uid=$1
claude_gid=$2
resolver_uid=5353
gate_uid=5354

die() {
  echo "aidevcontainer: $*" >&2
  exit 1
}

add_user() { # NAME UID GID HOME SHELL
  local name="$1" uid="$2" gid="$3" home="$4" shell="$5"
  sed -i -e "/^$name:/d" -e "/^[^:]*:[^:]*:$uid:/d" /etc/passwd
  sed -i "/^$name:/d" /etc/shadow
  grep -q "^[^:]*:[^:]*:$gid:" /etc/group || echo "$name:x:$gid:" >>/etc/group
  echo "$name:x:$uid:$gid::$home:$shell" >>/etc/passwd
  echo "$name:!::0:::::" >>/etc/shadow
}

for id in "$claude_uid" "$claude_gid"; do
  case $id in '' | *[!0-9]* | 0?* | ???????????*)
    die "CLAUDE_UID and CLAUDE_GID must be numbers, got '$claude_uid' and '$claude_gid'." ;;
  esac
done
[ "$claude_uid" -ne 0 ] ||
  die "Claude never runs as root: set CLAUDE_UID and CLAUDE_GID to an ordinary user's ids."
for id in "$resolver_uid" "$gate_uid"; do
  [ "$claude_uid" -ne "$id" ] || die "The firewall's own programs use CLAUDE_UID $id: choose another."
done

add_user resolver "$resolver_uid" "$resolver_uid" /nonexistent /sbin/nologin
add_user gate "$gate_uid" "$gate_uid" /nonexistent /sbin/nologin
add_user claude "$claude_uid" "$claude_gid" /home/claude /bin/bash
mkdir -p /home/claude/.claude
chown -R "$claude_uid:$claude_gid" /home/claude
ln -sf "/opt/claude/$(cat /usr/local/share/aidevcontainer/claude.id)/claude" /usr/local/bin/claude
# First on the agent's PATH.
ln -sf ../run-claude.sh /usr/local/lib/aidevcontainer/bin/claude
