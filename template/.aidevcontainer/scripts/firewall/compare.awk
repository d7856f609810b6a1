# Usage: awk -v dir=DIRECTORY -f compare.awk FORMER POLICY
# What a new policy changes, as files in DIRECTORY:
#   removed   lines "kind value port" of the former policy that are not in the new one
#   changes   what was added and what was removed, as a person writes it, and no more than a screen can hold
#   entries   how many the new policy has
#   rules     "kept" where the rules need not change, since names were added and nothing else, with ports that other names
#             have; otherwise "new"

BEGIN { FS = OFS = "\t"; most = 20 }

{ line = $1 OFS $2 OFS $3 }

FILENAME == ARGV[1] { former[++former_count] = line; before[line]; open[sets()]; next }

$1 != "github" { entries++ }
{ after[line] }
line in before { next }
{ tell("allowed"); rules = "kept" }
$1 !~ /^(name|wildcard|service)$/ || !(sets() in open) { others = 1 }

END {
  end("allowed")
  printf "" > (dir "/removed")
  for (i = 1; i <= former_count; i++) {
    if (former[i] in after) continue
    print former[i] > (dir "/removed")
    others = 1
    $0 = former[i]
    tell("no longer allowed")
  }
  end("no longer allowed")
  printf "" > (dir "/changes")
  for (i = 1; i <= said_count; i++) print said[i] > (dir "/changes")
  print entries + 0 > (dir "/entries")
  print (others || rules == "" ? "new" : rules) > (dir "/rules")
}

# Names and wildcards fill the same sets.
function sets() { return ($1 == "wildcard" ? "name" : $1) OFS $3 }

function tell(title) {
  if ($1 != "github" && ++count[title] <= most) said[++said_count] = "firewall: " title ": " written($1, $2, $3)
}

function end(title) {
  if (count[title] > most) said[++said_count] = "firewall: " title ": " count[title] - most " more"
}

function written(kind, value, port) {
  if (kind == "wildcard") value = "*." value
  if (port == "web") return value
  return kind == "net6" ? "[" value "]:" port : value ":" port
}
