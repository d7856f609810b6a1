# Usage: awk -v dir=DIRECTORY -f ways.awk -f compare.awk FORMER POLICY
# Writes the changes from the former policy to the new one into DIRECTORY (see the template's docs/state.md).

BEGIN {
  FS = OFS = "\t"; most = 20
  # An empty file for each, too.
  count = split("removed allowed no-longer-allowed changes listed by-address", file, " ")
  for (i = 1; i <= count; i++) { path[file[i]] = dir "/" file[i]; printf "" > path[file[i]] }
}

{ line = $1 OFS $2 OFS $3 }

FILENAME == ARGV[1] { former[++former_count] = line; before[line]; open[sets()]; next }

$1 != "github" { entries++; print written($1, $2, $3), $4 > path["listed"] }
$1 ~ /^(service|net)/ || $1 ~ /^(name|wildcard)$/ && gated($3) == "" { print written($1, $2, $3) > path["by-address"] }
{ after[line] }
line in before { next }
{ tell("allowed"); rules = "kept" }
$1 !~ /^(name|wildcard|service)$/ || !(sets() in open) { others = 1 }

END {
  tell_rest("allowed")
  for (i = 1; i <= former_count; i++) {
    if (former[i] in after) continue
    print former[i] > path["removed"]
    others = 1
    $0 = former[i]
    tell("no-longer-allowed")
  }
  tell_rest("no-longer-allowed")
  print entries + 0 > (dir "/entries")
  print (others || rules == "" ? "new" : rules) > (dir "/rules")
}

# Returns the sets that an entry fills. Names and wildcards fill the same ones.
function sets() { return ($1 == "wildcard" ? "name" : $1) OFS $3 }

function tell(change) {
  if ($1 == "github") return
  print written($1, $2, $3) > path[change]
  if (++told[change] <= most) say(change, written($1, $2, $3))
}

function tell_rest(change) { if (told[change] > most) say(change, told[change] - most " more") }

function say(change, text) {
  gsub(/-/, " ", change)
  print "firewall: " change ": " text > path["changes"]
}

# The protocol is left out where it is the port's own.
function in_list(port) {
  if (port == 443 || port == 80) return port "/tcp"
  if (port == "443.tls" || port == "80.http") return port + 0
  sub(/\./, "/", port)
  return port
}

function written(kind, value, port,    after) {
  if (kind == "wildcard") value = "*." value
  after = sub(/\.private$/, "", port) ? "+private" : ""
  if (port == "web") return value after
  if (kind ~ /^(name|wildcard)$/) port = in_list(port)
  return (kind == "net6" ? "[" value "]:" : value ":") port after
}
