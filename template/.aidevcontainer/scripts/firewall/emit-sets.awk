# Usage: build-policy.sh passes the variables, special-use.txt and POLICY.
# Prints the input of `ipset -exist restore`. The template's docs/state.md describes each set. Each generation N has
# its own networks-FAMILY-N: the firewall builds a new policy beside the one in force, and moves the rules over at once.

BEGIN {
  # forceadd: a full set forgets old entries instead of failing, so none grows without limit.
  counted = " timeout " lifetime " maxelem 8192 forceadd"
  looked_up = " timeout " lifetime " maxelem 131072 forceadd"
  create("special-@", "hash:net")
  create("never-@", "hash:net")
  create("github-@", "hash:net")
  create("blocked-@", "hash:ip,port", " counters" counted)
  create("last-blocked-@", "hash:ip,port", counted)
  create("passed-@", "hash:ip,port", " counters" counted)
  create("limited-@", "hash:ip,port", " timeout 3600 maxelem 8192 forceadd")
  create("networks-@-" generation, "hash:net,port")
}

/^#/ || NF < 2 { next }

$1 == "special" || $1 == "never" { add($2 ~ /:/ ? 6 : 4, $1 "-@", $2) }
$1 == "net4" || $1 == "net6" {
  count = split($3 == "web" ? "80 443" : $3, port, " ")
  for (i = 1; i <= count; i++) add(substr($1, 4), "networks-@-" generation, $2 ",tcp:" port[i])
}
$1 == "name" || $1 == "wildcard" { create("names-" $3 "-@", "hash:ip", looked_up) }
$1 == "service" { create("services-" $3 "-@", "hash:ip", looked_up) }

function create(set, type, options,    n, family, i) {
  if (set in created) return
  created[set]
  n = split(families, family, " ")
  for (i = 1; i <= n; i++)
    print "create " of(family[i], set), type " family " (family[i] == 6 ? "inet6" : "inet") options
}

function add(family, set, entry) { if (index(families, family)) print "add " of(family, set), entry }

# Returns the name of a family's set.
function of(family, set) {
  sub(/@/, family, set)
  return set
}
