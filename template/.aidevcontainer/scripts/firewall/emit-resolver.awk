# Usage: awk -v dir=DIRECTORY -v generations="N …" -v families="6 4" -v upstreams="…" -v docker_dns=ADDRESS -f emit-resolver.awk POLICY
# Writes dnsmasq's servers and sets for a policy: DIRECTORY/{main,exact,wild}.{servers,sets}.
#
# dnsmasq tells a name from its subdomains when it chooses a server, but not when it chooses the set for the answer:
# ipset=/n/ means n and everything below. Where both are listed with different ports, the two are sent through side
# resolvers (exact: the name alone, wild: what is below it), each of which has one meaning per name. The main resolver
# sees those answers as well, so there it adds only what both may have.

BEGIN {
  side["exact"] = "127.0.53.1"
  side["wild"] = "127.0.53.2"
  ways = split("main exact wild", way, " ")
  for (i = 1; i <= ways; i++) printf "" > (dir "/" way[i] ".servers")
  for (i = 1; i <= ways; i++) printf "" > (dir "/" way[i] ".sets")
  default_feed = " names-web "
  set_line("main", "#", default_feed)
}

$1 == "name" { note(exact, "names") }
$1 == "service" { note(exact, "services") }
$1 == "wildcard" { note(wild, "names") }

function note(kind, sets,    feed) {
  feed = sets "-" $3
  if (!(feed in known)) { known[feed]; feeds[++feed_count] = feed }
  kind[$2] = join(kind[$2], " " feed " ")
  if (!($2 in listed)) { listed[$2]; name[++name_count] = $2 }
}

# Lists of feeds are strings in one fixed order, so that equal lists are equal strings.
function join(one, other,    i, all) {
  if (one == other || other == "") return one
  if (one == "") return other
  all = " "
  for (i = 1; i <= feed_count; i++) if (holds(one, i) || holds(other, i)) all = all feeds[i] " "
  return all
}

function common(one, other,    i, all) {
  all = " "
  for (i = 1; i <= feed_count; i++) if (holds(one, i) && holds(other, i)) all = all feeds[i] " "
  return all == " " ? " nothing-web " : all
}

function holds(list, i) { return index(list, " " feeds[i] " ") }

# The next domain up, or "".
function parent(domain,    dot) {
  dot = index(domain, ".")
  return dot ? substr(domain, dot + 1) : ""
}

function wildcards_above(domain,    all) {
  all = ""
  while ((domain = parent(domain)) != "") if (domain in wild) all = join(all, wild[domain])
  return all
}

END {
  for (i = 1; i <= name_count; i++) route(name[i])
  # Only now is every name's feed known.
  for (i = 1; i <= name_count; i++) if (feed_of[name[i]] != inherited(name[i])) set_line("main", name[i], feed_of[name[i]])
}

function route(domain,    above, itself, below) {
  above = wildcards_above(domain)
  itself = join(exact[domain], above)
  below = join(wild[domain], above)
  if (itself == "") server("main", "*." domain, upstreams)
  else if (itself == below) server("main", domain, upstreams)
  else if (below == "") only_itself(domain, itself)
  else return apart(domain, itself, below)
  feed_of[domain] = itself == "" ? below : itself
}

# An empty server means: known here, so names below get "no such name".
function only_itself(domain, feed) {
  server("main", domain, feed ~ /services-/ && docker_dns != "" ? docker_dns : upstreams)
  server("main", "*." domain, "")
}

function apart(domain, itself, below) {
  server("main", domain, side["exact"])
  server("exact", domain, upstreams)
  set_line("exact", domain, itself)
  server("main", "*." domain, side["wild"])
  server("wild", "*." domain, upstreams)
  set_line("wild", domain, below)
  feed_of[domain] = common(itself, below)
}

function inherited(domain) {
  while ((domain = parent(domain)) != "") if (domain in feed_of) return feed_of[domain]
  return default_feed
}

function server(to, domain, addresses,    n, address, j) {
  if (addresses == "") print "server=/" domain "/" > (dir "/" to ".servers")
  n = split(addresses, address, " ")
  for (j = 1; j <= n; j++) print "server=/" domain "/" address[j] > (dir "/" to ".servers")
}

function set_line(to, domain, feed,    n, part, m, family, l, generation, i, j, k, sets) {
  n = split(feed, part, " ")
  m = split(families, family, " ")
  l = split(generations, generation, " ")
  for (i = 1; i <= l; i++) for (j = 1; j <= n; j++) for (k = 1; k <= m; k++)
    sets = sets "," part[j] "-" family[k] "-" generation[i]
  print "ipset=/" domain "/" substr(sets, 2) > (dir "/" to ".sets")
}
