# Usage: awk -f addresses.awk -f ranges.awk special-use.txt LISTED
#        awk -v families="6 4" -f addresses.awk -f ranges.awk special-use.txt POLICY LISTED
# LISTED contains lines "git NETWORK" and "web NETWORK". Prints them without repetitions and special-use networks. One
# range that no company can own makes the whole answer untrustworthy: exit code 1 and the reason on stderr.
# With families, prints the input of `ipset -exist restore` that replaces GitHub's sets by these ranges.

BEGIN { most = 2000 }

/^#/ || NF < 2 { next }
FILENAME != ARGV[ARGC - 1] {
  if (($1 == "never" || $1 == "special") && $2 !~ /:/) remember($2)
  if ($1 == "github" && $3 == "web") { ports[443]; ports[80]; ports[22] }
  else if ($1 == "github") ports[$3]
  next
}

++lines > most { refuse("it has more than " most " ranges.") }
($1, $2) in seen { next }
{ seen[$1, $2]; split($2, part, "/"); quoted = "'" substr($2, 1, 50) "'" }
$2 ~ /:/ ? ipv6(part[1]) == "" : ipv4(part[1]) < 0 { refuse(quoted " is not a network.") }
$2 ~ /:/ ? !prefix_in(part[2], 24, 128) : !prefix_in(part[2], 12, 32) { refuse(quoted " is too wide for one company.") }
!($2 ~ /:/ ? special6(ipv6(part[1])) : special4(ipv4(part[1]), part[2])) { count++; kept = kept lines_for($1, $2) }

END {
  if (refused) exit 1
  if (!count) { print "it has no range." > "/dev/stderr"; exit 1 }
  n = split(families, family, " ")
  for (i = 1; i <= n; i++) {
    print "create github-new-" family[i], "hash:net,port family " (family[i] == 6 ? "inet6" : "inet")
    print "flush github-new-" family[i]
  }
  printf "%s", kept
  for (i = 1; i <= n; i++) print "swap github-new-" family[i], "github-" family[i] "\ndestroy github-new-" family[i]
}

function refuse(reason) {
  print reason > "/dev/stderr"
  refused = 1
  exit 1
}

function remember(network,    part) {
  split(network, part, "/")
  first[++special_count] = ipv4(part[1])
  last[special_count] = first[special_count] + addresses(part[2]) - 1
}

# Returns how many addresses a network has. Some builds of BusyBox have no operator for powers of 2.
function addresses(prefix,    size) {
  for (size = 1; prefix < 32; prefix++) size *= 2
  return size
}

function special4(address, prefix,    size, i) {
  size = addresses(prefix)
  address = int(address / size) * size
  for (i = 1; i <= special_count; i++) if (address <= last[i] && address + size > first[i]) return 1
  return 0
}

# Public networks are in 2000::/3, except protocol assignments, documentation and 6to4. The rules refuse the rest too.
function special6(digits) { return digits !~ /^[23]/ || digits ~ /^(2001000|2001001|200101|20010db8|2002|3fff0)/ }

# Opens port 22 only for the `git` ranges.
function lines_for(owner, network,    version, port, text) {
  if (families == "") return owner " " network "\n"
  version = network ~ /:/ ? 6 : 4
  for (port in ports)
    if (index(families, version) && (port != 22 || owner == "git"))
      text = text "add github-new-" version " " network ",tcp:" port "\n"
  return text
}
