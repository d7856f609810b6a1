#!/bin/sh
# Makes every tool in the image trust the certificates in ca/. Runs before the first download too: behind a proxy that
# re-signs traffic, even apk cannot fetch the ca-certificates package until it trusts the proxy's authority.
set -eu

added=/usr/local/share/ca-certificates
bundle=/etc/ssl/certs/ca-certificates.crt

for certificate in "$added"/*.crt; do
  [ -e "$certificate" ] || exit 0
  grep -q '^-----BEGIN CERTIFICATE-----' "$certificate" || {
    echo "aidevcontainer: ca/${certificate##*/} is not a PEM certificate (it lacks 'BEGIN CERTIFICATE')." \
      "Convert it with: openssl x509 -inform der -in FILE -out ${certificate##*/}" >&2
    exit 1
  }
done

if command -v update-ca-certificates >/dev/null; then
  # It warns about every file with more than one certificate. Such files work here.
  update-ca-certificates >/dev/null 2>&1
else
  mkdir -p "${bundle%/*}"
  cat "$added"/*.crt >>"$bundle"
fi
