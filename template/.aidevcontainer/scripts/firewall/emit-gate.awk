# Usage: build-policy.sh passes the variables, ways.awk and POLICY.
# Writes the name gate's files for a policy into the folder `dir`:
#   gate/names.map, wildcards.map   the names that may pass (see gate.cfg), as NAME:PORT/PROTOCOL
#   gate/ports.map                  the port that the agent asked for, for each port where the gate listens
#   nat-FAMILY                      rules that lead connections to the gate, for iptables-restore --noflush

BEGIN {
  most_ports = 30
  first_port["tls"] = 65001; first_port["http"] = 65101
  folder = dir "/gate/"
  count = split("names wildcards ports", map, " ")
  for (i = 1; i <= count; i++) printf "" > (folder map[i] ".map")
  pass("-m owner --uid-owner " gate)
  pass(in_set("never-@", "dst"))
  pass("-p tcp " in_set("networks-@-" generation, "dst,dst"))
}

$1 == "service" { pass(to_ports($3) in_set("services-" $3 "-@", "dst")) }
$1 == "name" || $1 == "wildcard" {
  count = split(gated($3), way, " ")
  for (i = 1; i <= count; i++) {
    print ($1 == "name" ? "" : ".") $2 ":" way[i] " 1" > (folder $1 "s.map")
    lead(way[i], in_set("names-" $3 "-@", "dst"), may_be_private($3))
  }
  if (count == 0) pass(to_ports($3) in_set("names-" $3 "-@", "dst"))
}

# What passes by address: the filter table decides alone.
function pass(condition) {
  if (condition in passed) return
  passed[condition]
  passes = passes "-A name-gate " condition " -j RETURN\n"
}

function lead(way, condition, private,    part, rule) {
  split(way, part, "/")
  condition = "-p tcp --dport " part[1] " " condition
  if (condition in led) return
  led[condition]
  rule = "-A name-gate " condition " -j REDIRECT --to-ports " listens(way, part[1], part[2]) "\n"
  if (private) private_leads = private_leads rule
  else leads = leads rule
}

function listens(way, port, protocol) {
  if (way in at) return at[way]
  if (++ways[protocol] > most_ports) {
    print "the list has names with " protocol " on more than " most_ports " ports." > "/dev/stderr"
    failed = 1
    exit 1
  }
  at[way] = first_port[protocol] + ways[protocol] - 1
  print at[way], port > (folder "ports.map")
  return at[way]
}

END {
  if (failed) exit 1
  count = split(families, family, " ")
  # Special-use addresses are refused as if the name had none.
  refused = "-A name-gate " in_set("special-@", "dst") " -j RETURN\n"
  for (i = 1; i <= count; i++) {
    text = passes private_leads refused leads
    gsub(/@/, family[i], text)
    printf "*nat\n:name-gate - [0:0]\n%sCOMMIT\n", text > (dir "/nat-" family[i])
  }
}
