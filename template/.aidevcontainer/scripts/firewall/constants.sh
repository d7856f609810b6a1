# shellcheck shell=sh
# All paths, ids and limits of the firewall. A test may set the first ones in the environment.
# The template's docs/state.md describes each file.
# shellcheck disable=SC2034

: "${FIREWALL_RUN:=/run/aidevcontainer}"
: "${FIREWALL_STATE:=/var/lib/aidevcontainer}"
: "${FIREWALL_POLICY:=/workspace/.aidevcontainer}"
: "${FIREWALL_RESOLV_CONF:=/etc/resolv.conf}"
: "${FIREWALL_LOG:=/proc/1/fd/1}"
: "${CLAUDE_UID:=501}"
: "${CLAUDE_GID:=501}"
: "${CLAUDE_CONFIG_DIR:=/home/claude/.claude}"

# dnsmasq and the download of GitHub's ranges run as this user. The rules let it out, and the agent can never become it.
resolver_user=resolver
resolver_uid=5353
docker_dns=127.0.0.11

list_file=$FIREWALL_POLICY/allowed-domains.txt
local_list_file=$FIREWALL_POLICY/allowed-domains.local.txt
kept_list=$FIREWALL_STATE/list-in-force.txt
kept_ranges=$FIREWALL_STATE/github-ranges.txt
kept_resolv_conf=$FIREWALL_STATE/resolv.conf

# Every policy has a number and its own folder, generation-N. `current` links to the folder of the policy that the
# resolvers follow. During a reload the rules may still follow the one before.
current=$FIREWALL_RUN/current
# Bytes that must be free for a policy of thousands of lines.
room=2000000
# The lists and configurations that the resolvers read.
resolver_folder=$FIREWALL_RUN/resolver
last_generation=$FIREWALL_RUN/last-generation
rules_in_force=$FIREWALL_RUN/rules-in-force
generation_in_force=$FIREWALL_RUN/in-force
original_resolv_conf=$FIREWALL_RUN/resolv.conf
# The lookups that the resolver saw (see resolver-log.awk), and the hosts that a person allowed for a time.
names_journal=$FIREWALL_RUN/asked
own_questions=$FIREWALL_RUN/own-questions
temporary_list=$FIREWALL_RUN/allowed-temporarily.txt
claude_unpacked=$FIREWALL_RUN/claude-unpacked
status_parts=$FIREWALL_RUN/status.d
status_file=$FIREWALL_RUN/status.json

# In seconds. Much longer than the resolver may cache: an answer from the cache does not extend an address's life.
address_lifetime=86400
cache_lifetime=3600

meta_url=https://api.github.com/meta
meta_max_bytes=2000000
# In seconds. GitHub allows 60 requests an hour without a token. A container that keeps restarting must not use them up.
meta_interval=3600
meta_retry=120
