# shellcheck shell=sh
# Every path, id and limit of the firewall. A test may set any of them in the environment.
# shellcheck disable=SC2034

: "${FIREWALL_RUN:=/run/aidevcontainer}"
: "${FIREWALL_STATE:=/var/lib/aidevcontainer}"
: "${FIREWALL_POLICY:=/workspace/.aidevcontainer}"
: "${FIREWALL_RESOLV_CONF:=/etc/resolv.conf}"
: "${FIREWALL_LOG:=/proc/1/fd/1}"
: "${CLAUDE_UID:=501}"
: "${CLAUDE_GID:=501}"
: "${CLAUDE_CONFIG_DIR:=/home/claude/.claude}"

# dnsmasq and the download of GitHub's ranges run as this user, which the rules let out and the agent can never be.
resolver_user=resolver
resolver_uid=5353
docker_dns=127.0.0.11

list_file=$FIREWALL_POLICY/allowed-domains.txt
local_list_file=$FIREWALL_POLICY/allowed-domains.local.txt
kept_list=$FIREWALL_STATE/list-in-force.txt
kept_ranges=$FIREWALL_STATE/github-ranges.txt
kept_resolv_conf=$FIREWALL_STATE/resolv.conf

# Every policy has a number and a folder of its own, generation-N. `current` leads to the one that the resolver answers by,
# which while a policy is being replaced is not yet the one that the rules follow.
current=$FIREWALL_RUN/current
# Bytes that must be free for a policy of thousands of lines.
room=2000000
# The lists and configurations that the resolvers run on.
resolver_folder=$FIREWALL_RUN/resolver
last_generation=$FIREWALL_RUN/last-generation
rules_in_force=$FIREWALL_RUN/rules-in-force
generation_in_force=$FIREWALL_RUN/in-force
original_resolv_conf=$FIREWALL_RUN/resolv.conf
# What the resolver was asked (resolver-log.awk), and what a person allowed until this container ends.
names_journal=$FIREWALL_RUN/asked
own_questions=$FIREWALL_RUN/own-questions
temporary_list=$FIREWALL_RUN/allowed-temporarily.txt
claude_unpacked=$FIREWALL_RUN/claude-unpacked
status_parts=$FIREWALL_RUN/status.d
status_file=$FIREWALL_RUN/status.json

# Far above the hour that the resolver may cache: a cached answer does not refresh an address that is about to expire.
address_lifetime=86400
cache_lifetime=3600

meta_url=https://api.github.com/meta
meta_max_bytes=2000000
# GitHub grants 60 requests an hour without a token, which a restart loop must not use up.
meta_interval=3600
meta_retry=120
