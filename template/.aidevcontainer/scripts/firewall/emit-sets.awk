# Usage: awk -v generation=N -v families="6 4" -v lifetime=SECONDS -f emit-sets.awk special-use.txt POLICY
# Prints the input of `ipset -exist restore`:
#   names-PORT-FAMILY        addresses of listed names; the resolvers fill it
#   services-PORT-FAMILY     the same for Compose services
#   networks-FAMILY-N        listed addresses and networks with their ports. Each generation N has its own, so that the
#                            firewall builds a new policy beside the one in force, and moves the rules over in one step
#   github-FAMILY            GitHub's ranges with their ports; always replaced as a whole
#   special-, never-FAMILY   see special-use.txt
#   blocked-FAMILY           the refused connections, with a count for each
#   last-blocked-FAMILY      the same entries; each one's time starts again with every refusal
#   passed-FAMILY            the connections that passed by address, with a count for each
#   limited-FAMILY           those of them that were refused because there were too many connections

BEGIN {
  count = split(families, family, " ")
  for (i = 1; i <= count; i++) {
    common = " family " (family[i] == 6 ? "inet6" : "inet")
    create("special", "hash:net", common)
    create("never", "hash:net", common)
    create("github", "hash:net,port", common)
    # forceadd: a full set forgets old entries instead of failing, so neither set grows without limit.
    create("blocked", "hash:ip,port", common " counters timeout " lifetime " maxelem 8192 forceadd")
    create("last-blocked", "hash:ip,port", common " timeout " lifetime " maxelem 8192 forceadd")
    create("passed", "hash:ip,port", common " counters timeout " lifetime " maxelem 8192 forceadd")
    create("limited", "hash:ip,port", common " timeout 3600 maxelem 8192 forceadd")
    print "create networks-" family[i] "-" generation, "hash:net,port" common
  }
}

function create(name, type, options) { print "create " name "-" family[i], type options }

function feed(kind, port) {
  print "create " kind "-" port "-" family[i], "hash:ip family " (family[i] == 6 ? "inet6" : "inet"), \
    "timeout " lifetime " maxelem 131072 forceadd"
}

/^#/ || NF < 2 { next }

$1 == "special" || $1 == "never" { add(family_of($2), $1 "-" family_of($2), $2) }

$1 == "net4" { add_ports(4) }
$1 == "net6" { add_ports(6) }
$1 == "name" || $1 == "wildcard" { need("names") }
$1 == "service" { need("services") }

function family_of(network) { return network ~ /:/ ? 6 : 4 }

function add(version, set, entry) { if (index(" " families " ", " " version " ")) print "add " set, entry }

function add_ports(version,    n, port, j) {
  n = split($3 == "web" ? "80 443" : $3, port, " ")
  for (j = 1; j <= n; j++) add(version, "networks-" version "-" generation, $2 ",tcp:" port[j])
}

function need(kind) {
  if ((kind, $3) in made) return
  made[kind, $3]
  for (i = 1; i <= count; i++) feed(kind, $3)
}
