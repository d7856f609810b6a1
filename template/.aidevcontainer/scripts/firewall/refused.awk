# Usage: awk -v now=SECONDS -v lifetime=SECONDS -v resolvers="ADDRESS…" -f addresses.awk -f refused.awk special-use.txt -
# Reads the journal of names (resolver-log.awk), our own questions ("own TIME NAME"), and the lines of `ipset save` for
# the blocked sets. Prints lines of three kinds. TIME is that of the last attempt, in seconds since 1970:
#   name TIME COUNT NAME                                     the agent looked up a name that is not listed
#   gate TIME COUNT PROTOCOL PORT NAME REASON                the name gate refused a connection (gate-log.awk)
#   address TIME COUNT PROTOCOL PORT ADDRESS NAMES REASON    the firewall refused a connection. NAMES are the address's
#                                                            listed names with commas between them, or -
# REASON is more than "not listed": `private` (a special-use address: a name cannot open it, a line with the address
# can), `local` (the same, of this machine or its link), `resolver` (whom the firewall's resolver asks), `limit` (too many
# connections), or -.

$1 == "never" || $1 == "special" { note_special_use($1, $2); next }

$1 == "own" { for (i = -1; i <= 4; i++) own[$2 + i, $3] }

# The agent container proves at its start that both are refused (start-agent.sh).
$1 == "refused" && $3 == "proof.aidevcontainer.invalid" { next }
$1 == "add" && $3 ~ /^(240\.0\.0\.1|100::1),tcp:53$/ { next }

$1 == "refused" && !(($2, $3) in own) {
  asked[$3]++
  if ($2 > last_asked[$3]) last_asked[$3] = $2
}

$1 == "gate" && !(($2, $6) in own) {
  kind = $3 " " $4 " " $6 " " $5
  turned_away[kind]++
  if ($2 > last_turned_away[kind]) last_turned_away[kind] = $2
}

# A name with other characters could look like two names, so it is left out.
$1 == "known" && $3 ~ /^[A-Za-z0-9._-]+$/ && !(($2, $3) in known) {
  known[$2, $3]
  names[$2] = names[$2] "," $3
}

# Docker's resolver answered a question of our resolver that had just restarted.
/ 127\.0\.0\.11,icmp:/ { next }

$1 == "add" && $2 ~ /^blocked-/ {
  count[$3] = field("packets")
  if (!($3 in last)) last[$3] = now - lifetime + field("timeout")
}

$1 == "add" && $2 ~ /^limited-/ { limited[$3] }

$1 == "add" && $2 ~ /^last-blocked-/ { last[$3] = now - lifetime + field("timeout") }

END {
  for (name in asked) print "name", last_asked[name], asked[name], name
  for (kind in turned_away) print "gate", last_turned_away[kind], turned_away[kind], kind
  for (entry in count) {
    # ADDRESS,PROTOCOL:PORT
    split(entry, part, ",")
    split(part[2], way, ":")
    known_names = part[1] in names ? substr(names[part[1]], 2) : "-"
    print "address", last[entry], count[entry], way[1], way[2], part[1], known_names, entry in limited ? "limit" : reason(part[1])
  }
}

function reason(address,    kind) {
  if (index(" 127.0.0.11 " resolvers " ", " " address " ")) return "resolver"
  kind = special_use(address)
  return kind == "never" ? "local" : kind == "special" ? "private" : "-"
}

function field(name,    i) {
  for (i = 1; i < NF; i++) if ($i == name) return $(i + 1)
  return 0
}
