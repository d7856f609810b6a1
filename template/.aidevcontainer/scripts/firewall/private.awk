# Usage: awk -f addresses.awk -f private.awk special-use.txt POLICY -
# Reads lines "known ADDRESS NAME" (resolver-log.awk). Prints a warning for each listed name with a special-use address
# that no line of the policy opens. Not for names below a wildcard, because the agent chooses those.

BEGIN { most = 20 }

$1 == "never" || $1 == "special" { note_special_use($1, $2); next }
$1 == "name" && $3 !~ /private$/ { sub(/\..*/, "", $3); ports[$2] = ports[$2] " " $3 }
$1 == "net4" || $1 == "net6" { network[++network_count] = $2; port_of[network_count] = $3 }
$1 == "known" && $3 in ports && !(($2, $3) in seen) { seen[$2, $3]; explain($2, $3) }

function explain(address, name,    kind, n, port, i) {
  kind = special_use(address)
  if (kind == "") return
  n = split(ports[name], port, " ")
  for (i = 1; i <= n; i++) if (!opened(address, port[i]) && ++count <= most) print sentence(kind, address, name, port[i])
}

function opened(address, port,    i) {
  for (i = 1; i <= network_count; i++) if (port_of[i] == port && in_network(address, network[i])) return 1
  return 0
}

function sentence(kind, address, name, port) {
  if (kind == "never")
    return name " is listed, but has the address " address " of this machine or its link, which a name cannot open."
  return name " is listed, but has the private address " address ", which a name cannot open. If the name is your own," \
    " add '+private' to its entry. If only the host is: ./.aidevcontainer/firewall allow " entry(address, port)
}

function entry(address, port) {
  if (port == "web") return address
  return address ~ /:/ ? "[" address "]:" port : address ":" port
}
