#!/bin/sh
# Usage: fetch-claude.sh PIN DIRECTORY
# Downloads the pinned Claude Code from the npm registry, refuses any other bytes, and keeps it compressed: unpacked it
# is 383 MB, and the image's limit is 250 MB. zstd level 4 balances size and time: on two CPUs, level 9 saves 13 MB but
# takes 5.7 s instead of 1.5 s, in every first project and every upgrade.
set -eu

pin=$1 target=$2
registry=${NPM_REGISTRY:-https://registry.npmjs.org}

die() {
  echo "aidevcontainer: $*" >&2
  exit 1
}

case $(uname -m) in
  x86_64) arch=x64 ;;
  aarch64) arch=arm64 ;;
  *) die "Claude Code is published for x86_64 and arm64, and this machine is $(uname -m)." ;;
esac

# After a merge the file may contain both versions. Only a person can choose between them.
! grep -q -E '^(<<<<<<<|>>>>>>>) ' "$pin" ||
  die "claude.pin has the conflict markers of a merge (<<<<<<<)." \
    "Keep the three lines of one side and delete the rest, or pin a new version: ./.aidevcontainer/container upgrade"

version=$(awk '$1 == "version" { print $2 }' "$pin")
wanted=$(awk -v arch="$arch" '$1 == arch { print $2 }' "$pin")
[ -n "$version" ] && [ -n "$wanted" ] || die "claude.pin has no version or no digest for $arch."

url=${registry%/}/@anthropic-ai/claude-code-linux-$arch-musl/-/claude-code-linux-$arch-musl-$version.tgz
work=$(mktemp -d)
echo "Fetching Claude Code $version for $arch (about 170 MB) from $registry"
status=0
curl --fail --silent --show-error --location --retry 3 --retry-delay 2 --connect-timeout 20 \
  --output "$work/claude.tgz" "$url" || status=$?
case $status in
  0) ;;
  6 | 7 | 28) die "Cannot reach $registry. Set HTTPS_PROXY, or set NPM_REGISTRY to a mirror you can reach." ;;
  22) die "$registry does not have Claude Code $version ($url). Check claude.pin, or NPM_REGISTRY." ;;
  35 | 60)
    die "The certificate of $registry is not trusted." \
      "Put your network's certificate authority into .aidevcontainer/ca/ as a .crt file." ;;
  *) die "The download of $url failed (curl's exit code $status)." ;;
esac

found=$(sha512sum "$work/claude.tgz" | cut -d ' ' -f 1)
[ "$found" = "$wanted" ] ||
  die "The download of Claude Code $version does not have the pinned digest, so it is not installed." \
    "Wanted sha512 $wanted, got $found. Either $registry sent something else, or claude.pin is wrong:" \
    "check where its last change came from."

mkdir -p "$target"
echo "Compressing it"
tar -xzOf "$work/claude.tgz" package/claude | zstd -4 -T0 --quiet -o "$target/claude.zst"
echo "$version-$(echo "$wanted" | cut -c 1-12)" >"$target/claude.id"
rm -r "$work"
