#!/bin/sh
# Makes every tool in the image trust the certificates in ca/. Runs before the first download too: behind a proxy that
# re-signs traffic, even apk cannot fetch the ca-certificates package until it trusts the proxy's authority.
# Usage: trust-ca.sh [FOLDER BUNDLE]
set -eu

added=${1:-/usr/local/share/ca-certificates}
bundle=${2:-/etc/ssl/certs/ca-certificates.crt}

say() { echo "aidevcontainer: ca/$*" >&2; }

# Prints a file with a certificate in binary form (DER) as PEM, and any other as it is, with this system's line ends.
as_text() { # FILE
  if grep -q -e '-----BEGIN ' "$1"; then
    tr '\r' '\n' <"$1"
  else
    printf '%s\n' '-----BEGIN CERTIFICATE-----' "$(base64 "$1")" '-----END CERTIFICATE-----'
  fi
}

# Keeps the certificates that are whole. Programs stop reading the list of authorities at one that is not.
whole_certificates() {
  awk -v digits=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ '
    function value(position) { return index(digits, substr(body, position, 1)) - 1 }
    # A certificate starts with its own length, and MII is how that starts in PEM.
    function is_whole(bytes) {
      bytes = int((match(body, /=*$/) - 1) * 3 / 4)
      return body ~ /^MII[A-Za-z0-9+\/]+=*$/ && bytes == 4 + value(4) * 256 + value(5) * 4 + int(value(6) / 16)
    }
    /-----BEGIN CERTIFICATE-----/ { body = text = ""; next }
    /-----END CERTIFICATE-----/ && is_whole() {
      print "-----BEGIN CERTIFICATE-----" text "\n-----END CERTIFICATE-----"
    }
    { gsub(/[ \t]/, ""); body = body $0; gsub(/.{64}/, "&\n"); sub(/\n$/, "") }
    $0 != "" { text = text "\n" $0 }'
}

for file in "$added"/*; do
  name=${file##*/}
  [ "$name" != README.md ] || continue
  [ -f "$file" ] || { say "$name is not used, because it is not a plain file."; continue; }
  if grep -q 'PRIVATE KEY-----' "$file"; then
    say "$name contains a private key, which the agent could read. Keep only the certificate in the file."
    exit 1
  fi
  as_text "$file" | whole_certificates >"$file.new"
  if [ ! -s "$file.new" ]; then
    rm "$file.new"
    say "$name is not used, because it contains no whole certificate in the formats PEM or DER."
    [ "$file" = "${file%.crt}" ] || exit 1
    continue
  fi
  rm "$file"
  mv "$file.new" "${file%.crt}.crt"
done
[ -n "$(find "$added" -maxdepth 1 -name '*.crt')" ] || exit 0

if command -v update-ca-certificates >/dev/null; then
  # It warns about every file with more than one certificate. Such files work here.
  update-ca-certificates >/dev/null 2>&1
else
  mkdir -p "${bundle%/*}"
  cat "$added"/*.crt >>"$bundle"
fi
