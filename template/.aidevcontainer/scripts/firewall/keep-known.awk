# Usage: awk -v old=N -v new=M -f keep-known.awk POLICY -
# Standard input: lines "ADDRESS NAME" (names that were seen to have an address), then what `ipset save` says of the old
# generation's sets. Prints the input of `ipset restore` that takes over into the new generation what is known to belong to
# a name that is still listed, for the time that was left.

FILENAME == ARGV[1] { listed[$1, $2] = listed[$1, $2] " " $3; next }

$1 != "add" { know($1, tolower($2)); next }

{
  count = split($2, part, "-")
  kind = part[1]; port = part[2]
  # names-PORT-FAMILY-OLD
  if (part[count] == old && (kind, port, $3) in wanted) {
    sub("-" old "$", "-" new, $2)
    print
  }
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
