# Usage: awk -f unlisted-connections.awk names.map wildcards.map -
# Reads HAProxy's answers to "show table" and "show sess". Prints the commands that end the connections whose name is in
# neither map.

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

function is_listed(key,    dot) {
  if (key in listed) return 1
  while (dot = index(key, ".")) {
    key = substr(key, dot)
    if (key in listed) return 1
    key = substr(key, 2)
  }
  return 0
}
