#!/bin/sh
# Usage: add-users.sh UID GID
# Creates `claude` with the host user's ids and `resolver` for the firewall's DNS. Writes the account files itself:
# adduser refuses ids that Alpine already has, and macOS's staff (20) is Alpine's dialout.
set -eu

uid=$1
gid=$2
resolver=5353

die() {
  echo "aidevcontainer: $*" >&2
  exit 1
}

for id in "$uid" "$gid"; do
  case $id in
    '' | *[!0-9]* | 0?* | ???????????*) die "CLAUDE_UID and CLAUDE_GID must be numbers, got '$uid' and '$gid'." ;;
  esac
done
[ "$uid" -ne 0 ] || die "Claude never runs as root: set CLAUDE_UID and CLAUDE_GID to an ordinary user's ids."
[ "$uid" -ne "$resolver" ] || die "CLAUDE_UID $resolver is the firewall's own user: choose another."

add_user() { # name uid gid home shell
  sed -i -e "/^$1:/d" -e "/^[^:]*:[^:]*:$2:/d" /etc/passwd
  sed -i "/^$1:/d" /etc/shadow
  grep -q "^[^:]*:[^:]*:$3:" /etc/group || echo "$1:x:$3:" >>/etc/group
  echo "$1:x:$2:$3::$4:$5" >>/etc/passwd
  echo "$1:!::0:::::" >>/etc/shadow
}

add_user resolver "$resolver" "$resolver" /nonexistent /sbin/nologin
add_user claude "$uid" "$gid" /home/claude /bin/bash
mkdir -p /home/claude/.claude
chown -R "$uid:$gid" /home/claude
ln -sf "/opt/claude/$(cat /usr/local/share/aidevcontainer/claude.id)/claude" /usr/local/bin/claude
