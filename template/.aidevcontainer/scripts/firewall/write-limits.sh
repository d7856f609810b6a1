#!/bin/sh
# Tells the agent what it can reach: limits.md and the entries of the policy in force, all of them in network.md, the
# first ones in CLAUDE.md. Claude Code reads that at the start of a session (the image links its managed memory to it).
set -eu
here=${0%/*}
. "$here/common.sh"
. "$here/status.sh"

# Without the Compose file's volume, the agent could not read it.
[ -d "$limits" ] || exit 0
listed=$FIREWALL_RUN/generation-$(first_line "$generation_in_force")/listed
temporary=$(temporary_in_force)
none="None."
state_is ready || {
  listed=/dev/null temporary=/dev/null
  none="None: the network is closed. On the host, \`./.aidevcontainer/firewall status\` says why."
}
mkdir -p "$limits/.new"
TZ=UTC0 awk -v all="$limits/.new/network.md" -v memory="$limits/.new/CLAUDE.md" -v most=100 -v none="$none" \
  -v source="${temporary_list##*/}" '
  function tell(line) { print line >all; if (count <= most) print line >memory }
  function end(time) { return time ? strftime("until %Y-%m-%d %H:%M UTC", time) : "until the firewall restarts" }
  FILENAME == ARGV[1] { limited[source ":" FNR] = " (" end($3) ")"; next }
  FILENAME == ARGV[2] { tell($0); next }
  { count++; tell("- " $1 limited[$2]) }
  END {
    if (!count) tell(none)
    if (count > most) print "- and " count - most " more, see network.md" >memory
  }
' "$temporary" "$here/limits.md" "$listed"
# Each file changes in one step.
mv "$limits/.new/"* "$limits"
