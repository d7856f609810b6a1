# Usage: awk -v families="6 4" -f addresses.awk -f ranges.awk special-use.txt LISTED
# LISTED contains lines "git NETWORK"; others are ignored. Prints the input of `ipset -exist restore` that replaces
# GitHub's sets by these networks, without special-use ones. One that no company can own makes the whole list
# untrustworthy: exit code 1 and the reason on stderr.

BEGIN { most = 2000 }

{ split($2, part, "/") }
($1 == "never" || $1 == "special") && $2 !~ /:/ {
  first[++special_count] = ipv4(part[1])
  last[special_count] = first[special_count] + addresses(part[2]) - 1
}
$1 != "git" { next }
++lines > most { refuse("it has more than " most " ranges.") }
{ quoted = "'" substr($2, 1, 50) "'" }
$2 ~ /:/ ? ipv6(part[1]) == "" : ipv4(part[1]) < 0 { refuse(quoted " is not a network.") }
$2 ~ /:/ ? !prefix_in(part[2], 24, 128) : !prefix_in(part[2], 12, 32) { refuse(quoted " is too wide for one company.") }
!($2 ~ /:/ ? special6(ipv6(part[1])) : special4(ipv4(part[1]), part[2])) { add($2 ~ /:/ ? 6 : 4, $2) }

END {
  if (!refused && !count) refuse("it has no range.")
  if (refused) exit 1
  n = split(families, family, " ")
  for (i = 1; i <= n; i++) {
    set = "github-new-" family[i]
    print "create " set " hash:net family " (family[i] == 6 ? "inet6" : "inet") "\nflush " set
    printf "%sswap %s github-%s\ndestroy %s\n", added[family[i]], set, family[i], set
  }
}

function add(family, network) {
  count++
  added[family] = added[family] "add github-new-" family " " network "\n"
}

function refuse(reason) {
  print reason > "/dev/stderr"
  refused = 1
  exit 1
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
