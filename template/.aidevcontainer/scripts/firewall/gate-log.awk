# Usage: awk -v passed=FILE -v refused=FILE -f journal.awk -f gate-log.awk
# Splits the output of the name gate: messages for a person go to the log, connections to two journals:
#   PASSED    TIME PROTOCOL NAME PORT BYTES-UP BYTES-DOWN MILLISECONDS
#   REFUSED   gate TIME PROTOCOL PORT REASON NAME     REASON: name (not listed), unnamed, plain, broken, proxy, changed

BEGIN { FS = "\t"; most_passed = 20000; most_refused = 2000 }

/^\[NOTICE\]/ { next }

NF != 9 {
  # At most 20 lines, so that connections cannot fill the log.
  if (++lines <= 20) { print "firewall: name gate: " $0; fflush() }
  next
}

$1 == "passed" {
  # S or s, then C: no connection to the host came about.
  if ($9 !~ /^[Ss]C/) write(passed, $2 " " $3 " " $4 " " $5 " " $6 " " $7 " " $8, most_passed)
  next
}

# The agent connected and sent nothing, or not yet all; or a listed name did not resolve.
$1 == "incomplete" && $6 == 0 || $1 == "unresolved" { next }
$1 == "-" && $9 !~ /^PR/ { next }

{ write(refused, "gate " $2 " " protocol() " " number($5) " " reason($1) " " name($4), most_refused) }

# HAProxy decides nothing about a request that it cannot read.
function protocol() { return $1 == "-" ? "http" : $3 }

function number(text) { return text ~ /^[0-9]+$/ ? text : 0 }

function reason(verdict) {
  if (verdict == "unlisted") return "name"
  return verdict == "-" || verdict == "incomplete" ? "broken" : verdict
}

# As one word: the agent chose it.
function name(text) {
  gsub(/[^!-~]/, "?", text)
  return text == "" || text == "-" ? "-" : substr(text, 1, 253)
}
