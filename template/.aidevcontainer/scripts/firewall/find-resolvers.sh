#!/bin/sh
# Makes this container's programs and the agent's use our resolver, and remembers where our resolver sends its lookups.
# Writes one line to each of these files:
#   upstreams   AIDEVCONTAINER_DNS, or the resolvers that Docker wrote into resolv.conf
#   docker-dns  the address of Docker's resolver, which knows Compose services; empty on a network without one
#   dialled     the resolvers that Docker's resolver asks from inside this namespace: addresses, "any" or nothing
set -eu
here=${0%/*}
. "$here/common.sh"

mark="# aidevcontainer: lookups go through the firewall's resolver"

keep_original() {
  if ! grep -qF "$mark" "$FIREWALL_RESOLV_CONF"; then
    cat "$FIREWALL_RESOLV_CONF" >"$original_resolv_conf"
    # Docker keeps an edited resolv.conf when it restarts a container, so the original must survive the loss of /run.
    keep_copy "$original_resolv_conf" "$kept_resolv_conf" ||
      warn "cannot keep a copy of the host's resolvers: is the disk full?"
  elif grep -Eq '^nameserver[[:space:]]+[0-9A-Fa-f:.]+[[:space:]]*$' "$kept_resolv_conf" 2>/dev/null; then
    cp "$kept_resolv_conf" "$original_resolv_conf"
  else
    echo "nameserver $docker_dns" >"$original_resolv_conf"
  fi
}

addresses_only() {
  tr -s ' \t,' '\n' | grep -E '^([0-9]+(\.[0-9]+){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*)$' | tr '\n' ' ' || true
}

has_docker_dns() { grep -qF "nameserver $docker_dns" "$original_resolv_conf"; }

# Docker writes a comment such as "# ExtServers: [host(10.0.0.2) 8.8.8.8]". It asks the resolvers in host(…) from the
# host, and the others from this namespace. Old engines write no such comment and ask from this namespace.
dialled() {
  has_docker_dns || return 0
  if grep -q '^#[[:space:]]*ExtServers:' "$original_resolv_conf"; then
    sed -n 's/host([^)]*)//g; s/^#[[:space:]]*ExtServers:[[:space:]]*\[\(.*\)\].*/\1/p' "$original_resolv_conf" |
      addresses_only
  else
    echo any
  fi
}

keep_original
upstreams=$(echo "${AIDEVCONTAINER_DNS:-}" | addresses_only)
[ -n "$upstreams" ] ||
  upstreams=$(sed -n 's/^[[:space:]]*nameserver[[:space:]]\{1,\}\([^[:space:]]*\).*/\1/p' "$original_resolv_conf" |
    addresses_only)
echo "$upstreams" >"$FIREWALL_RUN/upstreams"
dialled >"$FIREWALL_RUN/dialled"
if has_docker_dns; then echo "$docker_dns"; else echo; fi >"$FIREWALL_RUN/docker-dns"
# attempts: a resolver that restarts for a new list misses a question, and musl repeats it only after 5 s / attempts.
# Written in place, because the file is a mount that the agent's container shares.
printf '%s\nnameserver 127.0.0.1\noptions ndots:0 attempts:10\n' "$mark" >"$FIREWALL_RESOLV_CONF"
