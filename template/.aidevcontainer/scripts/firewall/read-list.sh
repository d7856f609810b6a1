#!/bin/sh
# Usage: read-list.sh OUTPUT [FILE]
# Lints the project's lists, or only FILE, and writes OUTPUT (the policy, see lint-list.awk), OUTPUT.source ("file" or
# "defaults") and OUTPUT.list (the text of the lists). If it fails, prints the reasons on stderr.
set -eu
here=${0%/*}
. "$here/common.sh"

output=$1
limit=4000000
# An editor may write a list at any moment. With copies, the list that is kept is the list that was linted.
copies=$output.copies
temporary=$output.temporary/${temporary_list##*/}
[ ! -e "$copies" ] || rm -rf "$copies"
mkdir -p "$copies" "$output.temporary"

take() { # FILE
  local name="${1##*/}" copy="$copies/${1##*/}" before
  [ -f "$1" ] || fail "$name is not a file. Replace it with a text file, one host per line."
  head -c "$((limit + 1))" <"$1" >"$copy" || fail "$name cannot be read. Check its owner and mode."
  [ "$(wc -c <"$copy")" -le "$limit" ] || fail "$name is not a list of hosts: it has more than $limit bytes."
  # Some awks end a line at a zero byte and read the rest as another line, others skip the rest.
  [ "$(count_zero_bytes <"$copy")" -ne 0 ] || return 0
  # With zero bytes and line breaks swapped, the first line ends at the first zero byte.
  before=$(tr '\000\n' '\n\000' <"$copy" | head -n 1 | count_zero_bytes)
  fail "$name line $((before + 1)): the file is not plain text: save it as UTF-8."
}

count_zero_bytes() { tr -d -c '\000' | wc -c; }

exists() { [ -e "$1" ] || [ -L "$1" ]; }

echo file >"$output.source"
if [ -n "${2:-}" ]; then
  take "$2"
elif exists "$list_file"; then
  take "$list_file"
else
  take "$here/../default-domains.txt"
  echo defaults >"$output.source"
fi
if [ -z "${2:-}" ] && exists "$local_list_file"; then take "$local_list_file"; fi

# Temporary allowances end with this container, so they are not part of the list that is kept as the last good one.
# Their time may be over: nothing ends them while the network is closed.
cat "$temporary_list" 2>/dev/null | awk -v now="$(date +%s)" '$3 == 0 || $3 > now' >"$temporary"

awk -f "$here/addresses.awk" -f "$here/lint-list.awk" "$copies"/* "$temporary" >"$output"
# A line break after each list, because its last line may lack one.
for list in "$copies"/*; do cat "$list" && echo; done >"$output.list"
