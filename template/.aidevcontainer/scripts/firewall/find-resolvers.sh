#!/bin/sh
# Points this namespace to our resolver and remembers whom that one asks. Writes, one line each:
#   upstreams   AIDEVCONTAINER_DNS, or what Docker wrote into resolv.conf
#   docker-dns  Docker's own resolver, which knows Compose services; empty on a network without one
#   dialled     whom Docker's resolver asks from inside this namespace: addresses, "any" or nothing
set -eu
here=${0%/*}
. "$here/common.sh"

mark="# aidevcontainer: lookups go through the firewall's resolver"

remember() {
  if ! grep -qF "$mark" "$FIREWALL_RESOLV_CONF"; then
    cat "$FIREWALL_RESOLV_CONF" >"$original_resolv_conf"
    # Docker leaves an edited resolv.conf alone when it restarts a container, so the original must outlive /run.
    keep_copy "$original_resolv_conf" "$kept_resolv_conf" || warn "the host's resolvers cannot be remembered: is the disk full?"
  elif grep -Eq '^nameserver[[:space:]]+[0-9A-Fa-f:.]+[[:space:]]*$' "$kept_resolv_conf" 2>/dev/null; then
    cp "$kept_resolv_conf" "$original_resolv_conf"
  else
    echo "nameserver $docker_dns" >"$original_resolv_conf"
  fi
}

addresses_only() {
  tr -s ' \t,' '\n' | grep -E '^([0-9]+(\.[0-9]+){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*)$' | tr '\n' ' ' || true
}

nameservers() {
  sed -n 's/^[[:space:]]*nameserver[[:space:]]\{1,\}\([^[:space:]]*\).*/\1/p' "$original_resolv_conf" | addresses_only
}

# "# ExtServers: [host(10.0.0.2) 8.8.8.8]": those in host(…) are asked from the host. Old engines say nothing and ask
# from here.
dialled() {
  local servers
  grep -qF "nameserver $docker_dns" "$original_resolv_conf" || return 0
  servers=$(sed -n 's/^#[[:space:]]*ExtServers:[[:space:]]*\[\(.*\)\].*/\1/p' "$original_resolv_conf")
  if grep -q '^#[[:space:]]*ExtServers:' "$original_resolv_conf"; then
    echo "$servers" | sed 's/host([^)]*)//g' | addresses_only
  else
    echo any
  fi
}

remember
upstreams=$(echo "${AIDEVCONTAINER_DNS:-}" | addresses_only)
[ -n "$upstreams" ] || upstreams=$(nameservers)
echo "$upstreams" >"$FIREWALL_RUN/upstreams"
dialled >"$FIREWALL_RUN/dialled"
if grep -qF "nameserver $docker_dns" "$original_resolv_conf"; then echo "$docker_dns"; else echo; fi >"$FIREWALL_RUN/docker-dns"
# attempts: musl asks again after 5 s / attempts, and a resolver that starts anew for a new list misses a question.
# In place: the file is a mount, and the agent's container has the same one.
printf '%s\nnameserver 127.0.0.1\noptions ndots:0 attempts:10\n' "$mark" >"$FIREWALL_RESOLV_CONF"
