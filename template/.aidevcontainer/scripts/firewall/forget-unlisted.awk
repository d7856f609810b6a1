# Usage: awk -f forget-unlisted.awk POLICY -
# Reads lines "ADDRESS NAME" (the resolver answered NAME with ADDRESS), and then the "add" lines of `ipset save` for the
# sets that names fill. Prints the "add" lines whose address is not known to belong to a name that is still listed.

FILENAME == ARGV[1] { listed[$1, $2] = listed[$1, $2] " " $3; next }

$1 != "add" { know($1, tolower($2)); next }

{
  # KIND-PORT-FAMILY
  split($2, part, "-")
  if (!((part[1], part[2], $3) in wanted)) print
}

function know(address, name,    domain) {
  want(address, "names", listed["name", name])
  want(address, "services", listed["service", name])
  for (domain = name; sub(/^[^.]*\./, "", domain);) want(address, "names", listed["wildcard", domain])
}

function want(address, kind, ports,    n, port, i) {
  n = split(ports, port, " ")
  for (i = 1; i <= n; i++) wanted[kind, port[i], address]
}
