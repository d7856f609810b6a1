# Usage: awk [-v journal=FILE] -f resolver-log.awk
# What dnsmasq says, in two parts. What a person should know goes to the log; what was asked goes to the journal:
#   refused TIME NAME      a name that is not on the list was asked for; TIME in seconds since 1970
#   known ADDRESS NAME     a listed name has this address
# Each kind has two files, FILE.KIND.0 and FILE.KIND.1, written in turns, so that nobody fills the disk by asking for names
# and refused names do not push out what is known.

BEGIN {
  most_lines = 2000; most_known = 20000
  if (journal != "") { resume("refused"); resume("known") }
}

# SERIAL CLIENT VERB NAME …: said of every question, see log-queries=extra in build-policy.sh. A name may have spaces in it,
# and then it may say whatever an answer says; no listed one has any.
$2 ~ /^[0-9]+$/ && $3 ~ /\/[0-9]+$/ {
  if (journal != "" && NF == 7) note($2, $4, $5, $7)
  else if (journal != "" && $4 == "config" && $NF == "NXDOMAIN") refuse(systime() " " with_spaces())
  next
}

# After the questions, in which these words may be a name.
/started, |compile time options|using (nameserver|standard|only|more|[0-9]+ more)|more servers are defined|read .*names|exiting on receipt|cleared cache|bind-interfaces|failed to update ipset|more local addresses|no upstream servers configured/ { next }

# A flood is cut short: whoever asks for names must not fill the log.
++lines <= 20 { sub(/^dnsmasq(\[[0-9]+\])?: /, ""); print "firewall: resolver: " $0; fflush() }

# The name, which ends two words before the line does, as one word.
function with_spaces(    name, i) {
  name = $5
  for (i = 6; i <= NF - 2; i++) name = name "?" $i
  return name
}

function note(serial, verb, name, answer) {
  # An answer may be that of an alias, so the name that was asked for is remembered: of the last thousand questions, each
  # with its number, since the answer to an older one is not the newer one's.
  if (verb ~ /^query/) { asked[serial % 1000] = name; number[serial % 1000] = serial }
  else if (verb == "config" && answer == "NXDOMAIN") refuse(systime() " " name)
  else if ((verb == "reply" || verb == "cached") && answer ~ /^[0-9a-f]+[.:][0-9a-f.:]+$/ && number[serial % 1000] == serial)
    know(answer, asked[serial % 1000])
}

# Once a second is enough: programs ask for both families, and again.
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
  # What the other file said is gone, so it may be said again.
  if (kind == "known") { split("", known); known_count = 0 }
}

# The resolver starts anew with every policy, the journal does not.
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
