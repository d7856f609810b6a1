# Usage: build-policy.sh passes the variables, FEEDS and POLICY.
# Writes the resolvers' files for a policy into the folder `dir` (see switch-resolver.sh):
#   main.servers     the servers of the agent's resolver: a side resolver for each listed name, and none for others
#   feeds            lines "NUMBER SETS…": the side resolvers, one for each combination of sets that addresses go into
#   feed-N.servers   the names that side resolver N may look up
#   feed-N.sets      the sets that it adds all its answers to; dnsmasq reads these only when it starts
# FEEDS is the file `feeds` of the policy in force, whose side resolvers keep their numbers, or /dev/null.
#
# So a new policy only changes lists of servers, which dnsmasq reads again without missing a question. A name that keeps
# its ports keeps its line, and with it the lookups that are under way. dnsmasq tells a name from its subdomains when it
# chooses a server, but not when it chooses a set. With side resolvers it only has to choose a server.

BEGIN { most_feeds = 50 }

FILENAME != ARGV[ARGC - 1] {
  number = $1
  sub(/^[0-9]+/, "")
  known[$0 " "] = number
  taken[number]
  next
}

$1 == "name" { note(exact, "names") }
$1 == "service" { note(exact, "services") }
$1 == "wildcard" { note(wild, "names") }

function note(kind, sets,    stem, i) {
  stem = sets "-" $3
  if (!(stem in stems)) {
    # Sorted, because a side resolver is identified by its sets, in whatever order the policy has them.
    for (i = ++stem_count; i > 1 && stem_of[i - 1] > stem; i--) stem_of[i] = stem_of[i - 1]
    stem_of[i] = stem
    stems[stem]
  }
  kind[$2] = kind[$2] " " stem " "
  if (!($2 in listed)) { listed[$2]; name[++name_count] = $2 }
}

function wildcards_above(domain,    all) {
  while (sub(/^[^.]*\./, "", domain)) if (domain in wild) all = all wild[domain]
  return all
}

END {
  printf "" > (dir "/main.servers")
  printf "" > (dir "/feeds")
  for (i = 1; i <= name_count; i++) route(name[i])
}

function route(domain,    above, itself, below) {
  above = wildcards_above(domain)
  itself = in_order(exact[domain] above)
  below = in_order(wild[domain] above)
  if (itself == below) return ask(domain, itself)
  if (itself != "") ask(domain, itself)
  if (below != "") return ask("*." domain, below)
  # With an empty server dnsmasq answers by itself, so all names below get "no such name".
  server("main", "*." domain, "")
  server("feed-" feed(itself), "*." domain, "")
}

# Returns the sets of the list, each once and in one order, so that equal lists are equal strings.
function in_order(list,    i, all) {
  for (i = 1; i <= stem_count; i++) if (index(list, " " stem_of[i] " ")) all = all " " stem_of[i]
  return all == "" ? "" : all " "
}

function ask(domain, sets,    n) {
  n = feed(sets)
  server("main", domain, "127.0.53." n)
  server("feed-" n, domain, sets ~ / services-/ && docker_dns != "" ? docker_dns : upstreams)
}

function server(to, domain, addresses,    n, address, j) {
  if (addresses == "") print "server=/" domain "/" > (dir "/" to ".servers")
  n = split(addresses, address, " ")
  for (j = 1; j <= n; j++) print "server=/" domain "/" address[j] > (dir "/" to ".servers")
}

function feed(sets) {
  if (!(sets in used)) {
    used[sets] = (sets in known) ? known[sets] : free_number()
    if (++feed_count > most_feeds) {
      print "the lists combine ports in more than " most_feeds " ways: give more hosts the same ports." > "/dev/stderr"
      exit 1
    }
    describe(used[sets], sets)
  }
  return used[sets]
}

function free_number() {
  while (++last_number in taken) continue
  return last_number
}

function describe(number, sets,    n, part, m, family, j, k, all) {
  print number substr(sets, 1, length(sets) - 1) > (dir "/feeds")
  n = split(sets, part, " ")
  m = split(families, family, " ")
  for (j = 1; j <= n; j++) for (k = 1; k <= m; k++) all = all "," part[j] "-" family[k]
  print "ipset=/#/" substr(all, 2) > (dir "/feed-" number ".sets")
}
