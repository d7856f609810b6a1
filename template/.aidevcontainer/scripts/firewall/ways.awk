# Functions for the third column of a policy (lint-list.awk): "web" stands for 443 and 80. And for rules with sets.

# Returns how connections to a name pass the gate, as in "443/tls 80/http", or nothing if they pass by address.
function gated(ports) {
  sub(/\.private$/, "", ports)
  if (ports == "web") return "443/tls 80/http"
  return sub(/\./, "/", ports) ? ports : ""
}

# Returns the part of a rule that matches these ports.
function to_ports(ports) { return ports ~ /^web/ ? "-p tcp -m multiport --dports 80,443 " : "-p tcp --dport " ports + 0 " " }

function may_be_private(ports) { return ports ~ /\.private$/ }

function in_set(name, direction) { return "-m set --match-set " name " " direction }
