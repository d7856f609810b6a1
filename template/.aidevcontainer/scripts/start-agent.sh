#!/bin/sh
# Usage: start-agent.sh [COMMAND...]
# Proves, as the agent and in its container, that the firewall's rules apply here and that the agent has no special
# rights. Then becomes COMMAND, if there is one. Otherwise exits with 1 and the reason, which ends the container: some
# runtimes (gVisor, virtual machines) have a network stack of their own, and what they send never meets the rules.
set -eu
# The image's own programs: the bridge may declare a command of the same name.
given_path=$PATH
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Nobody may list either address. Where the rules apply, they refuse the connection at once.
unlisted="240.0.0.1 100::1"
# The log of refusals leaves out these addresses and this name (the helpers' journal.py).
unlisted_name=proof.aidevcontainer.invalid

fail() { # MESSAGE...
  echo "aidevcontainer: the agent container does not start: $*" >&2
  exit 1
}

# A person accepted a setting of this kind, which only the host can record (AIDEVCONTAINER_ACCEPT in .env).
accepted() { # KEY
  case " ${AIDEVCONTAINER_ACCEPT:-} " in *" $1:"*) return 0 ;; esac
  return 1
}

own() { sed -n "s/^$1:[[:space:]]*//p" /proc/self/status; }

prove_rights() {
  accepted user || [ "$(id -u)" = "$(id -u claude)" ] ||
    fail "it runs as user $(id -u), and must run as claude. Remove 'user:' from docker-compose.override.yml."
  accepted cap_add || accepted cap_drop || accepted privileged || [ -z "$(own CapBnd | tr -d 0)" ] ||
    fail "it has capabilities ($(own CapBnd)), and must have none." \
      "Remove 'cap_add:' and 'privileged:' from docker-compose.override.yml."
  accepted security_opt || accepted privileged || [ "$(own NoNewPrivs)" != 0 ] ||
    fail "its programs may gain privileges. Remove 'no-new-privileges:false' from docker-compose.override.yml."
}

# curl's exit code 7: refused, or without a route, so nothing left. --disable: without the agent's own .curlrc.
prove_refused() { # ADDRESS
  local url="http://$1:53/" code=0
  case $1 in *:*) url="http://[$1]:53/" ;; esac
  curl --disable --silent --noproxy '*' --globoff --connect-timeout 3 --max-time 5 --output /dev/null "$url" || code=$?
  [ "$code" -eq 7 ] ||
    fail "the firewall's rules do not apply in it: a connection to $1 was not refused." \
      "Its container runtime must use the host's network, as runc and crun do."
}

# Our resolver listens on the loopback interface of the firewall's network. Another network stack has its own.
prove_resolver() { # SECONDS
  local left="$1"
  # -r: without the agent's own .digrc.
  until dig -r +tries=1 +time=1 "$unlisted_name" @127.0.0.1 2>&1 | grep -q "status: NXDOMAIN"; do
    [ "$left" -gt 0 ] ||
      fail "it does not reach the firewall's resolver. Either the firewall is not ready (docker compose logs firewall)," \
        "or this container has a network of its own."
    left=$((left - 1))
    sleep 1
  done
}

# The shell is process 1 until it becomes COMMAND, and process 1 ignores signals that it does not handle.
trap 'exit 143' TERM INT

prove_rights
for address in $unlisted; do prove_refused "$address"; done
if [ "$#" -eq 0 ]; then
  prove_resolver 3
  exit 0
fi
# After a restart of the engine, both containers start at the same time.
prove_resolver 30
PATH=$given_path
exec "$@"
