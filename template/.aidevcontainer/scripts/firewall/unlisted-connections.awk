# Usage: awk -f unlisted-connections.awk names.map wildcards.map -
# Reads HAProxy's answers to "show table" and "show sess". Prints the commands that end connections of unlisted names.

FILENAME != "-" { listed[$1]; next }

# The prompt.
{ sub(/^> /, "") }

# ID: key=NAME:PORT/PROTOCOL@CLIENT-PORT use=…
$2 ~ /^key=/ && $3 != "use=0" {
  split(substr($2, 5), key, "@")
  if (!is_listed(key[1])) ended[key[2]]
}

# ID: proto=… src=ADDRESS:CLIENT-PORT …
$2 ~ /^proto=tcp/ {
  client = $3
  sub(/.*:/, "", client)
  if (client in ended) print "shutdown session " substr($1, 1, length($1) - 1)
}

# Tries the name, and then the wildcards above it, which begin with a dot.
function is_listed(key) {
  while (!(key in listed)) if (!sub(/^.[^.]*/, "", key)) return 0
  return 1
}
