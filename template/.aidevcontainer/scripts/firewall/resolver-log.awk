# Usage: awk [-v journal=FILE] -f journal.awk -f resolver-log.awk
# Splits the output of dnsmasq: messages for a person go to the log, lookups go to the journal:
#   refused TIME NAME      the agent looked up a name that is not listed; TIME in seconds since 1970
#   known ADDRESS NAME     a listed name has this address
# Each kind has a journal of its own, FILE.KIND, so refused names do not push out known addresses.

BEGIN { most_lines = 2000; most_known = 20000 }

# With log-queries=extra (switch-resolver.sh) dnsmasq prints SERIAL CLIENT VERB NAME … for every question. A name with
# spaces could imitate an answer, so only lines of seven words are read as answers. No listed name has a space.
$2 ~ /^[0-9]+$/ && $3 ~ /\/[0-9]+$/ {
  if (journal != "" && NF == 7) note($2, $4, $5, $7)
  else if (journal != "" && $4 == "config" && $NF == "NXDOMAIN") refuse(systime() " " with_spaces())
  next
}

# These rules come after the questions, because a name may contain these words.
/started, |compile time options|exiting on receipt|cleared cache|bind-interfaces|read .*names/ { next }
/using (nameserver|standard|only|more|[0-9]+ more)|more servers are defined|more local addresses/ { next }
/failed to update ipset|no upstream servers configured/ { next }

# At most 20 lines, so that lookups cannot fill the log.
++lines <= 20 { sub(/^dnsmasq(\[[0-9]+\])?: /, ""); print "firewall: resolver: " $0; fflush() }

# Returns the name as one word. It ends two words before the end of the line.
function with_spaces(    name, i) {
  name = $5
  for (i = 6; i <= NF - 2; i++) name = name "?" $i
  return name
}

function note(serial, verb, name, answer) {
  # The answer may belong to an alias, so this remembers the names of the last thousand questions. Each has its number,
  # so that an answer to an older question does not go to a newer one.
  if (verb ~ /^query/) { asked[serial % 1000] = name; number[serial % 1000] = serial }
  else if (verb == "config" && answer == "NXDOMAIN") refuse(systime() " " name)
  else if ((verb == "reply" || verb == "cached") && is_address(answer) && number[serial % 1000] == serial)
    know(answer, asked[serial % 1000])
}

function is_address(text) { return text ~ /^[0-9a-f]+[.:][0-9a-f.:]+$/ }

# Notes a name once a second. Programs ask for both address families, and ask again.
function refuse(what) {
  if (what != last_refused) write(journal ".refused", "refused " what, most_lines)
  last_refused = what
}

function know(address, name) {
  # A journal that begins again lacks the former lines, so they may be written again.
  if (known_count == most_known || turned[journal ".known"] != turns) {
    turns = turned[journal ".known"]
    split("", known)
    known_count = 0
  }
  if (name == "" || (address, name) in known) return
  known[address, name]
  known_count++
  write(journal ".known", "known " address " " name, most_lines)
}
