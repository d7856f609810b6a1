# Usage: awk [-v journal=FILE] -f resolver-log.awk
# Splits the output of dnsmasq: messages for a person go to the log, lookups go to the journal:
#   refused TIME NAME      the agent looked up a name that is not listed; TIME in seconds since 1970
#   known ADDRESS NAME     a listed name has this address
# Each kind has two files, FILE.KIND.0 and FILE.KIND.1, written in turns. So lookups cannot fill the disk, and refused
# names do not push out known addresses.

BEGIN {
  most_lines = 2000; most_known = 20000
  if (journal != "") { resume("refused"); resume("known") }
}

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
  if (what != last_refused) write("refused", what)
  last_refused = what
}

function know(address, name) {
  if (name == "" || (address, name) in known) return
  if (++known_count > most_known) { split("", known); known_count = 1 }
  known[address, name]
  write("known", address " " name)
}

function write(kind, what) {
  if (++written[kind] > most_lines) turn(kind)
  print kind " " what >> part(kind)
  fflush(part(kind))
}

function part(kind) { return journal "." kind "." side[kind] }

function turn(kind) {
  close(part(kind))
  side[kind] = 1 - side[kind]
  written[kind] = 1
  printf "" > part(kind)
  close(part(kind))
  # The new file replaces lines of these addresses, so they may be written again.
  if (kind == "known") { split("", known); known_count = 0 }
}

# Continues the journal of the former process: dnsmasq and this script may restart, the journal stays.
function resume(kind,    first, second) {
  first = lines_of(journal "." kind ".0")
  second = lines_of(journal "." kind ".1")
  side[kind] = second > 0 && second < most_lines
  written[kind] = side[kind] ? second : first
}

function lines_of(file,    line, count) {
  count = 0
  while ((getline line < file) > 0) count++
  close(file)
  return count
}
