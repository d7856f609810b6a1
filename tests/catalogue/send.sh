#!/bin/bash
# Usage: bash send.sh ADDRESS PORT [PIECES] <BYTES
# Sends bytes as they are, and prints the first pieces of what comes back within two seconds.
exec 3<>"/dev/tcp/$1/$2" || exit
cat <&0 >&3 &
answer=$(timeout 2 dd bs=64k count="${3:-1}" <&3 2>/dev/null | tr -d '\0')
printf '%s\n' "${answer:-nothing came back}"
