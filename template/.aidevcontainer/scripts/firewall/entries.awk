# Usage: awk -v title="…" -f entries.awk FILE
# FILE holds lines of a policy (kind, value, port). Says them as a person writes them, and no more than a screen can hold.

BEGIN { FS = "\t"; most = 20 }

$1 == "github" { next }
++count <= most { print "firewall: " title ": " written($1, $2, $3) }
END { if (count > most) print "firewall: " title ": " count - most " more" }

function written(kind, value, port) {
  if (kind == "wildcard") value = "*." value
  if (port == "web") return value
  return kind == "net6" ? "[" value "]:" port : value ":" port
}
