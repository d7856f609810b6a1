# Usage: build-policy.sh passes these variables, ways.awk and POLICY.
# Prints the input of iptables-restore for the policy. The order of the rules matters; each block says why.
#   upstreams  addresses that the resolver asks
#   dialled    addresses that older Docker engines ask from inside this namespace, as root; "any" if they name none
#   inbound    TCP ports that are open to connections from outside
#   agent      the agent's user id, whose sockets must not answer in place of Docker's resolver
#   gate       the name gate's user id, which alone reaches what passes by name (emit-gate.awk)
# Each allowed connection gets the generation's number as its mark. A new generation checks every connection again, and
# so cuts off removed hosts and nothing else. The resolver's connections have a mark of their own, and those from outside.

BEGIN {
  # Never a generation's number: those count up from 1. Strings, because some awks cannot print so large a number.
  let_in = "4294967295"
  looked_up = "4294967294"
  # At most 55,000 of the connections that a machine's table holds where it is smallest (65,536). It keeps one for two
  # minutes after its end, and a lookup for half a minute. Through the gate each counts twice, and for both families.
  most_open = 2000; most_new = "50/second"; at_first = 1000
  most_lookups = "300/second"; lookups_at_first = 10000
  answer = family == 6 ? "icmp6-adm-prohibited" : "icmp-admin-prohibited"
  icmp = family == 6 ? "ipv6-icmp" : "icmp"
  append("refuse", "-p tcp -j REJECT --reject-with tcp-reset")
  append("refuse", "-j REJECT --reject-with " answer)
  # The kernel's last packets for a program that has ended have no owner, and they are nobody's attempt.
  if (agent != "") append("log-and-refuse", "-p tcp ! --syn -m owner ! --uid-owner " agent " -j refuse")
  # The match counts an entry that exists. Adding it again would reset its count, so a second set keeps the last time.
  append("log-and-refuse", "-m set ! --match-set blocked-" family " dst,dst -j SET" added("blocked"))
  append("log-and-refuse", "-j SET" added("last-blocked") " --exist")
  append("log-and-refuse", "-j refuse")
}

function added(set) { return " --add-set " set "-" family " dst,dst --timeout " lifetime }

function append(chain, text) { body = body "-A " chain " " text "\n" }

function out(text) { append("OUTPUT", text) }

$1 == "name" || $1 == "wildcard" { if (!(("names", $3) in seen)) names[++name_count] = $3; seen["names", $3] }
$1 == "service" { if (!(("services", $3) in seen)) services[++service_count] = $3; seen["services", $3] }
$1 == "github" { github = 1 }

END {
  print "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]"
  print ":refuse - [0:0]\n:log-and-refuse - [0:0]\n:allow - [0:0]\n:look-up - [0:0]\n:ask-upstream - [0:0]"
  print ":to-gate - [0:0]\n:dial - [0:0]"
  limits()
  append("allow", "-m conntrack --ctstate NEW -m set ! --match-set passed-" family " dst,dst -j SET" added("passed"))
  append("allow", "-j dial")
  append("dial", "-j CONNMARK --set-mark " generation)
  append("dial", "-j ACCEPT")
  append("to-gate", "-j ACCEPT")
  append("look-up", "-j CONNMARK --set-mark " looked_up)
  append("look-up", "-j ACCEPT")
  append("ask-upstream", "-j look-up")
  input()
  output()
  printf "%sCOMMIT\n", body
}

# The table of connections belongs to the whole machine. init-firewall.sh leaves out every line with "limit-" where the
# kernel lacks a module for these. What the gate dials is not counted again.
function limits() {
  print ":limit-connections - [0:0]\n:limit-lookups - [0:0]\n:limit-reached - [0:0]"
  append("allow", "-m conntrack --ctstate NEW -j limit-connections")
  append("to-gate", "-m conntrack --ctstate NEW -j limit-connections")
  append("limit-connections", "-m connlimit --connlimit-above " most_open " --connlimit-mask 0 -j limit-reached")
  append("limit-connections", "-m limit --limit " most_new " --limit-burst " at_first " -j RETURN")
  append("limit-connections", "-j limit-reached")
  append("limit-reached", "-j SET --add-set limited-" family " dst,dst --exist --timeout 3600")
  append("limit-reached", "-j log-and-refuse")
  append("ask-upstream", "-m conntrack --ctstate NEW -j limit-lookups")
  append("limit-lookups", "-m limit --limit " most_lookups " --limit-burst " lookups_at_first " -j RETURN")
  append("limit-lookups", "-j refuse")
}

function input(    n, port, i) {
  append("INPUT", "-i lo -j ACCEPT")
  append("INPUT", "-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT")
  if (family == 6) neighbours("INPUT")
  n = split(inbound, port, " ")
  for (i = 1; i <= n; i++) {
    append("INPUT", "-p tcp --dport " port[i] " -m conntrack --ctstate NEW -j CONNMARK --set-mark " let_in)
    append("INPUT", "-p tcp --dport " port[i] " -m conntrack --ctstate NEW -j ACCEPT")
  }
  append("INPUT", "-j refuse")
}

# IPv6 does not work without these. A packet with a hop limit of 255 has not crossed a router.
function neighbours(chain) {
  append(chain, "-p ipv6-icmp --icmpv6-type neighbour-solicitation -m hl --hl-eq 255 -j ACCEPT")
  append(chain, "-p ipv6-icmp --icmpv6-type neighbour-advertisement -m hl --hl-eq 255 -j ACCEPT")
}

# A socket with IPV6_FREEBIND, which needs no capability, can send from any address. Such a packet to one of our own
# addresses would create a connection that seems to come from outside, and later packets would pass as its answers. A
# refusal would send the packet's content to the forged sender. So this rule drops it. IPv4 does not allow such sockets.
function own_name_only() {
  neighbours("OUTPUT")
  # The reset that our own rules send: its sender is the refused address.
  out("-o lo -p tcp --tcp-flags RST RST -m conntrack --ctstate RELATED -j ACCEPT")
  out("-m addrtype ! --src-type LOCAL -j DROP")
}

function output() {
  # When a resolver closes a connection, the kernel sends the last packets, and they have no owner. The agent cannot
  # take over such a connection: it would have to begin it.
  if (agent != "") out("-p tcp ! --syn -m conntrack --ctstate ESTABLISHED -m connmark --mark " looked_up \
    " -m owner ! --uid-owner " agent " -j ACCEPT")
  if (family == 4) {
    dns_of_docker()
    side_resolvers("127.0.53.0/24")
  } else own_name_only()
  gate_only_redirected(family == 6 ? "::1" : "127.0.0.1")
  out("-o lo -j ACCEPT")
  out("-m conntrack --ctstate ESTABLISHED -m connmark --mark " generation " -j ACCEPT")
  # Answers on connections that came in at an open port.
  if (inbound != "") out("-m conntrack --ctstate ESTABLISHED --ctdir REPLY -m connmark --mark " let_in " -j ACCEPT")
  out("-p " icmp " -m conntrack --ctstate RELATED -j ACCEPT")
  # The kernel's reset for a refused connection from outside. The agent cannot send one.
  out("-p tcp --tcp-flags RST RST -m conntrack --ctstate RELATED --ctdir REPLY -j ACCEPT")
  # At every start the kernel announces its multicast groups and looks for routers. Nothing needs that, and it is not
  # the agent's attempt, so no log shows it. A process's packets have an owner, the kernel's have none.
  if (family == 6) out("-p ipv6-icmp -d ff02::/16 -m owner ! --uid-owner 0-4294967294 -j DROP")
  lookups(upstreams, resolver, "ask-upstream")
  lookups(dialled, 0, "look-up")
  out("-p tcp " in_set("networks-" family "-" generation, "dst,dst") " -j allow")
  for (i = 1; i <= service_count; i++)
    out(to_ports(services[i]) in_set("services-" services[i] "-" family, "dst") \
      " -m set ! --match-set never-" family " dst -j allow")
  names_by(1)
  # Before the sets that DNS fills: a listed name that resolves to an internal address opens nothing.
  out(in_set("never-" family, "dst") " -j log-and-refuse")
  out(in_set("special-" family, "dst") " -j log-and-refuse")
  # ssh says no name.
  if (github) out("-p tcp --dport 22 " in_set("github-" family, "dst") " -j allow")
  names_by(0)
  out("-j log-and-refuse")
}

function names_by(private,    condition) {
  for (i = 1; i <= name_count; i++) {
    if (may_be_private(names[i]) != private) continue
    condition = to_ports(names[i]) in_set("names-" names[i] "-" family, "dst")
    if (private) condition = condition " -m set ! --match-set never-" family " dst"
    out(condition (gated(names[i]) == "" ? " -j allow" : " -m owner --uid-owner " gate " -j dial"))
  }
}

# A redirected connection went to a listed address. The agent must not choose what the gate takes for its port.
function gate_only_redirected(address) {
  out("-p tcp -d " address " --dport 65001:65130 -m conntrack --ctstate DNAT -j to-gate")
  out("-p tcp -d " address " --dport 65001:65130 -m conntrack --ctstate NEW -j log-and-refuse")
}

# Docker's resolver listens on loopback and resolves every name for every process, so only our resolver may ask it.
# Docker rewrites the port before this table sees the packet, so these rules match only the address.
function dns_of_docker() {
  if (docker_dns != "") {
    out("-d " docker_dns " -m owner --uid-owner " resolver " -j ask-upstream")
    # While Docker's daemon is down its hidden port is free, and the agent could answer there and so fill the sets.
    if (agent != "") out("-s " docker_dns " -m owner --uid-owner " agent " -j log-and-refuse")
    out("-s " docker_dns " -m conntrack --ctstate ESTABLISHED --ctdir REPLY -j ACCEPT")
  }
  out("-d 127.0.0.11/32 -j log-and-refuse")
  refusals_from("127.0.0.11/32")
  out("-s 127.0.0.11/32 -j log-and-refuse")
}

# The answers of the side resolvers fill sets (see emit-resolver.awk), so only the main resolver may ask them, and no
# other process may answer in their place. root owns their listening sockets, which dnsmasq opens before it becomes the
# resolver's user. That user owns the sockets of TCP connections.
function side_resolvers(network) {
  out("-d " network " -m owner --uid-owner " resolver " -j look-up")
  out("-d " network " -j log-and-refuse")
  refusals_from(network)
  out("-s " network " -m owner --uid-owner 0 -j ACCEPT")
  out("-s " network " -m owner --uid-owner " resolver " -j ACCEPT")
  out("-s " network " -j log-and-refuse")
}

# The sender of a refusal is the refused address. If these rules blocked it, the refused program would wait.
function refusals_from(network) {
  out("-s " network " -p icmp --icmp-type destination-unreachable -j ACCEPT")
  out("-s " network " -p tcp --tcp-flags RST RST -j ACCEPT")
}

function lookups(addresses, uid, chain,    n, address, i, question) {
  n = split(addresses, address, " ")
  for (i = 1; i <= n; i++) {
    # Loopback passes already.
    if (address[i] ~ /^127\./ || address[i] != "any" && (address[i] ~ /:/) != (family == 6)) continue
    question = (address[i] == "any" ? "" : "-d " address[i]) " --dport 53 -m owner --uid-owner " uid " -j " chain
    out("-p udp " question)
    out("-p tcp " question)
  }
}
