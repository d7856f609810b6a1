# Usage: awk -f addresses.awk -f lint-list.awk FILE...
# Turns lists of allowed hosts into a policy: one line per rule with kind, value, port and origin, separated by tabs.
#   kind    name | wildcard (subdomains of value only) | service (one label, or host.docker.internal) | net4 | net6 | github
#   port    "web" for the default ports, or a number. For a name, the number may have ".tls" or ".http" behind it: then
#           the name gate checks the connection (ways.awk). ".private" at the end: the name may have private addresses
#   origin  file:line
# Prints the policy only if every line is correct. Otherwise prints one sentence per bad line on stderr and exits
# with 1.
# Only letters, digits, and . - _ : / get through, because other scripts generate files from the policy.

BEGIN {
  max_lines = 20000; max_ports = 100; max_errors = 20
}

FNR == 1 { file = FILENAME; sub(/.*\//, "", file); sub(/^\357\273\277/, "") }

++lines > max_lines {
  refuse("the lists have more than " max_lines " lines: name whole domains (*.example.com) or networks instead")
  exit
}

# A list in UTF-16 has a zero byte after every letter. Awks differ in zero bytes, but all see the mark at the start.
/^(\377\376|\376\377)/ { refuse("the file is not plain text: save it as UTF-8"); exit }

{ sub(/\r$/, "") }

/^(<<<<<<<|=======|>>>>>>>|\|\|\|\|\|\|\|)/ {
  refuse("a merge conflict is not resolved here: keep the lines you want and delete the markers")
  next
}

{
  sub(/#.*/, "")
  gsub(/^[ \t]+|[ \t]+$/, "")
  if ($0 != "") read(tolower($0))
}

END {
  if (errors > max_errors) complain("and " errors - max_errors " more lines like these.")
  if (errors) exit 1
  if (github != "") add_github()
  for (i = 1; i <= count; i++) print rule[i]
}

function complain(text) { print text | "cat >&2" }

function refuse(reason) {
  if (++errors <= max_errors) complain(file " line " FNR ": " reason ".")
}

# Returns text from the file for a message: short and printable.
function quoted(text) {
  gsub(/[^ -~]/, "?", text)
  return "'" substr(text, 1, 80) "'"
}

function read(text) {
  if (text ~ /[ \t]/) refuse(quoted(text) " is more than one word: write one host per line, comments after #")
  else if (text ~ /:\/\// || text ~ /[?@]/) refuse(quoted(text) " is a URL: write only the host name" host_of(text))
  else if (text ~ /^\[/) read_bracketed(text)
  else if (text ~ /:.*:/) read_net6(text, "web")
  else read_host(text)
}

# Returns the entry that a URL means, with its port.
function host_of(url,    host, port) {
  host = url
  sub(/^[a-z+.-]*:\/\//, "", host)
  sub(/^[^\/]*@/, "", host)
  sub(/[\/?#].*/, "", host)
  port = host
  sub(/:[^]:]*$/, "", host)
  port = substr(port, length(host) + 1)
  if (!is_port(substr(port, 2))) port = ""
  return host ~ /^([a-z0-9.-]+|\[[0-9a-f:]+\])$/ ? ", here " host port : ""
}

function read_bracketed(text,    close_at, port) {
  if (text ~ /:[0-9]+\/(tls|http|tcp)$|\+private$/) { refuse_extras(text); return }
  close_at = index(text, "]")
  port = substr(text, close_at + 1)
  text = substr(text, 2, close_at - 2)
  if (!close_at || port !~ /^:/) refuse("an IPv6 address in brackets needs a port, as in [2606:4700::1]:443")
  else if (port_ok(substr(port, 2))) read_net6(text, substr(port, 2) + 0)
}

# HOST[:PORT[/PROTOCOL]][+private]
function read_host(text,    whole, colon, port, protocol, private, kind) {
  whole = text
  port = "web"
  protocol = ""
  private = sub(/\+private$/, "", text)
  colon = index(text, ":")
  if (colon) {
    port = substr(text, colon + 1)
    if (match(port, /\/(tls|http|tcp)$/)) { protocol = substr(port, RSTART + 1); port = substr(port, 1, RSTART - 1) }
    if (port ~ /\//) { refuse_protocol(text, port); return }
    text = substr(text, 1, colon - 1)
    if (!port_ok(port)) return
    port += 0
  }
  kind = text ~ /^[0-9.\/]+$/ ? "net4" : kind_of(text)
  if ((private || protocol != "") && kind ~ /net4|service/) refuse_extras(whole)
  else if (kind == "net4") read_net4(text, port)
  else read_name(text, kind == "service" ? port : ways(port, protocol) (private ? ".private" : ""), whole)
}

# Where nothing is stated, 443 is TLS, 80 is HTTP, and any other port passes by address.
function ways(port, protocol) {
  if (protocol == "") protocol = port == 443 ? "tls" : port == 80 ? "http" : "tcp"
  return port == "web" || protocol == "tcp" ? port : port "." protocol
}

function refuse_extras(text) {
  refuse(quoted(text) " is an address or a Compose service, which pass by address: leave out the protocol and '+private'")
}

function kind_of(text) {
  sub(/\.$/, "", text)
  # Docker's own name for the host, which has a private address like a service.
  if (text == "host.docker.internal") return "service"
  return text ~ /^\*/ ? "wildcard" : text ~ /\./ ? "name" : "service"
}

function is_port(text) { return text ~ /^[1-9][0-9]*$/ && length(text) <= 5 && text + 0 <= 65535 }

function refuse_path(text) { refuse(quoted(text) " is a URL or a path: write only the host name" host_of(text)) }

function refuse_protocol(text, port) {
  if (port !~ /^[0-9]+\/[a-z]+$/) refuse_path(text)
  else refuse(quoted(text) " has a path or an unknown protocol: write /tls, /http, /tcp or nothing after the port")
}

function port_ok(text) {
  if (is_port(text)) return 1
  refuse(quoted(text) " is not a port: write a number from 1 to 65535, one per line, as in example.com:8443")
  return 0
}

function read_net4(text, port,    part, n, value) {
  n = split(text, part, "/")
  value = ipv4(part[1])
  if (n > 2 || value < 0)
    refuse(quoted(text) " is not an IPv4 address or network, as in 10.1.2.3 or 10.1.0.0/16")
  else if (n == 2 && !prefix_in(part[2], 8, 32))
    refuse("the network " quoted(text) " needs a length from /8 to /32")
  else if (part[1] ~ /^(0|127)\./ || value >= 3758096384)
    refuse(quoted(text) " is loopback, multicast or reserved and cannot be listed")
  else add("net4", text, port)
}

function read_net6(text, port,    part, n, digits) {
  n = split(text, part, "/")
  digits = ipv6(part[1])
  if (text ~ /\+private$/) refuse_extras(text)
  else if (n > 2 || digits == "")
    refuse(quoted(text) " is not an IPv6 address or network, as in 2606:4700::1 or 2606:4700::/32")
  else if (n == 2 && !prefix_in(part[2], 16, 128))
    refuse("the network " quoted(text) " needs a length from /16 to /128")
  else if (digits ~ /^(ff|00000000000000000000)/)
    refuse(quoted(text) " is loopback, multicast or an IPv4 address in disguise and cannot be listed")
  else add("net6", text, port)
}

function read_name(text, port, whole,    name, kind) {
  kind = kind_of(text)
  name = text
  sub(/\.$/, "", name)
  sub(/^\*\./, "", name)
  sub(/\.$/, "", whole)
  if (name ~ /\//) refuse_path(text)
  else if (name ~ /^\.[^.]+\./ && name_ok(substr(name, 2)))
    refuse(quoted(text) " starts with a dot: write the domain, or a wildcard for all names below it, here *" whole)
  else if (text == "*" || kind == "wildcard" && name !~ /\./)
    refuse(quoted(text) " is too wide: name a domain, as in *.example.com")
  else if (name ~ /\*/)
    refuse("in " quoted(text) " the asterisk must stand alone at the front, as in *.example.com")
  else if (name ~ /[^ -~]/)
    refuse(quoted(text) " has letters beyond ASCII: write the name in its xn-- form")
  else if (!name_ok(name))
    refuse(quoted(text) " is not a host name: letters, digits and hyphens, with dots between")
  else if (name ~ /(^|\.)([0-9]+|0x[0-9a-f]*)$/)
    refuse(quoted(text) " ends in a number, so programs take it for an address: write the address plainly")
  else if (name ~ /(^|\.)localhost$/)
    refuse(quoted(text) " is this machine itself, which is always open")
  else add(kind, name, port)
}

function name_ok(name,    label, n, i) {
  if (length(name) > 253) return 0
  n = split(name, label, ".")
  for (i = 1; i <= n; i++) {
    if (length(label[i]) > 63 || label[i] !~ /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/) return 0
  }
  return n > 0
}

function add(kind, value, port,    key) {
  if (!(port in ports) && ++port_count > max_ports + 1) {
    if (!too_many++) refuse("the lists name more than " max_ports " different ports")
    return
  }
  ports[port]
  if (port ~ /^65[01][0-9][0-9]\.(tls|http)/) {
    refuse("the firewall's name gate uses the ports from 65000 to 65199 itself")
    return
  }
  key = kind "\t" value "\t" port
  if (key in seen) return
  seen[key]
  rule[++count] = key "\t" file ":" FNR
  if (value ~ /(^|\.)github\.com$/ && port ~ /^(web|22)(\.private)?$/) github = file ":" FNR
}

# Opens the ranges that GitHub publishes for ssh, and the name that publishes them.
function add_github() {
  rule[++count] = "github\tgithub.com\t22\t" github
  if (!("name\tapi.github.com\tweb" in seen)) rule[++count] = "name\tapi.github.com\tweb\t" github
}
