#!/bin/sh
# Usage: read-list.sh OUTPUT [FILE]
# Lints the project's lists, or FILE alone, and writes OUTPUT (the policy, see lint-list.awk), OUTPUT.source (file or
# defaults) and OUTPUT.list (the text it came from). Fails with sentences on stderr.
set -eu
here=${0%/*}
. "$here/common.sh"

output=$1
limit=4000000
# Copies, so that what is kept as the list in force is what was linted, whatever an editor does meanwhile.
copies=$output.copies
temporary=$output.temporary/${temporary_list##*/}
[ ! -e "$copies" ] || rm -rf "$copies"
mkdir -p "$copies" "$output.temporary"

take() {
  [ -f "$1" ] || fail "${1##*/} is not a file. Replace it with a text file, one host per line."
  head -c "$((limit + 1))" <"$1" >"$copies/${1##*/}" || fail "${1##*/} cannot be read. Check its owner and mode."
}

refuse_large() {
  local large
  large=$(find "$copies" -type f -size "+${limit}c")
  [ -z "$large" ] || fail "$(echo "$large" | sed -n '1s/.*\///p') is no list of hosts: it has more than $limit bytes."
}

# Awks end a line at a zero byte, and what is behind it is another line or none.
refuse_zero_bytes() {
  local list before
  [ "$(cat "$copies"/* | tr -d -c '\000' | wc -c)" -ne 0 ] || return 0
  for list in "$copies"/*; do
    before=$(tr '\000\n' '\n\000' <"$list" | head -n 1 | tr -d -c '\000' | wc -c)
    [ "$(tr -d -c '\000' <"$list" | wc -c)" -eq 0 ] ||
      fail "${list##*/} line $((before + 1)): the file is not plain text: save it as UTF-8."
  done
}

exists() {
  [ -e "$1" ] || [ -L "$1" ]
}

echo file >"$output.source"
if [ -n "${2:-}" ]; then
  take "$2"
else
  if exists "$list_file"; then
    take "$list_file"
  else
    take "$here/../default-domains.txt"
    echo defaults >"$output.source"
  fi
  if exists "$local_list_file"; then take "$local_list_file"; fi
fi

refuse_large

# Ends with this container, so it is no part of what is kept as the last good list.
if [ -s "$temporary_list" ]; then cp "$temporary_list" "$temporary"; else : >"$temporary"; fi

awk -f "$here/addresses.awk" -f "$here/lint-list.awk" "$copies"/* "$temporary" >"$output"
refuse_zero_bytes
# Each ends with a line break of its own, also where the file's last line does not.
for list in "$copies"/*; do
  cat "$list"
  echo
done >"$output.list"
