# Usage: awk -v now=SECONDS -v lifetime=SECONDS -f refused.awk
# Reads the journal of names (resolver-log.awk), the proof's own questions ("own TIME NAME") and what `ipset save` says of
# the blocked sets. Prints, times in seconds since 1970:
#   name TIME COUNT NAME                          a name that is not listed was asked for; TIME is that of the last question
#   address TIME COUNT PROTOCOL PORT ADDRESS NAMES a connection was refused; NAMES are the listed names of the
#                                                 address with commas between, or -

$1 == "own" { for (i = -1; i <= 2; i++) own[$2 + i, $3] }

$1 == "refused" && !(($2, $3) in own) {
  asked[$3]++
  if ($2 > last_asked[$3]) last_asked[$3] = $2
}

# One name may not pass for two.
$1 == "known" && $3 ~ /^[A-Za-z0-9._-]+$/ && !(($2, $3) in known) {
  known[$2, $3]
  names[$2] = names[$2] "," $3
}

# An answer of Docker's resolver that comes when ours was just started anew.
/ 127\.0\.0\.11,icmp:/ { next }

$1 == "add" && $2 ~ /^blocked-/ {
  count[$3] = field("packets")
  if (!($3 in last)) last[$3] = now - lifetime + field("timeout")
}

$1 == "add" && $2 ~ /^last-blocked-/ { last[$3] = now - lifetime + field("timeout") }

END {
  for (name in asked) print "name", last_asked[name], asked[name], name
  for (entry in count) {
    # ADDRESS,PROTOCOL:PORT
    split(entry, part, ",")
    split(part[2], way, ":")
    print "address", last[entry], count[entry], way[1], way[2], part[1], (part[1] in names ? substr(names[part[1]], 2) : "-")
  }
}

function field(name,    i) {
  for (i = 1; i < NF; i++) if ($i == name) return $(i + 1)
  return 0
}
