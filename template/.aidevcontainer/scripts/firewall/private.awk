# Usage: awk -v generation=N -v answers=FILE -f private.awk POLICY -
# Reads lines "known ADDRESS NAME" (resolver-log.awk). Prints a warning for each listed name with a special-use address
# that no line of the policy opens. Not for names below a wildcard, because the agent chooses those.
# The sets decide (emit-sets.awk). One ipset answers everything, so the first explain() of a pair only asks.

BEGIN { most = 20; ipset = "ipset - 2>&1 >/dev/null | grep ^Warning: >" answers }

$1 == "name" && $3 !~ /private$/ { sub(/\..*/, "", $3); ports[$2] = ports[$2] " " $3 }
$1 == "known" && $3 in ports && !(($2, $3) in seen) { seen[$2, $3]; pair[++pairs] = $2 " " $3; explain($2, $3) }

END {
  close(ipset)
  answered = 1
  while ((getline <answers) > 0) if (sub(/\.$/, "")) found[$6 " " $2]
  for (i = 1; i <= pairs; i++) { $0 = pair[i]; explain($1, $2) }
}

function explain(address, name,    never, special, n, port, i) {
  never = is_in("never", address)
  special = is_in("special", address)
  n = split(ports[name], port, " ")
  for (i = 1; i <= n; i++)
    if (!opened(address, port[i]) && (never || special) && ++count <= most) print sentence(never, address, name, port[i])
}

# Adds instead of `&&`, so that it asks both.
function opened(address, port) {
  if (port == "web") return opened(address, 80) + opened(address, 443) == 2
  return is_in("networks", address, "-" generation, ",tcp:" port)
}

function is_in(set, address, suffix, rest,    test) {
  test = set (address ~ /:/ ? "-6" : "-4") suffix " " address rest
  if (!answered) print "test " test | ipset
  return test in found
}

function sentence(never, address, name, port) {
  if (never)
    return name " is listed, but has the address " address " of this machine or its link, which a name cannot open."
  return name " is listed, but has the private address " address ", which a name cannot open. If the name is your own," \
    " add '+private' to its entry. If only the host is: ./.aidevcontainer/firewall allow " entry(address, port)
}

function entry(address, port) {
  return port == "web" ? address : (address ~ /:/ ? "[" address "]:" : address ":") port
}
