# Usage: awk -v families="6 4" -f emit-ranges.awk POLICY RANGES
# Prints the input of `ipset -exist restore` that replaces GitHub's sets. Opens port 22 only for the `git` ranges.

BEGIN {
  count = split(families, family, " ")
  for (i = 1; i <= count; i++) {
    known[family[i]]
    name = "github-new-" family[i]
    print "create " name, "hash:net,port family " (family[i] == 6 ? "inet6" : "inet")
    print "flush " name
  }
}

NR == FNR {
  if ($1 == "github") open($3)
  next
}

{ version = $2 ~ /:/ ? 6 : 4 }

version in known {
  for (port in ports) if (port != 22 || $1 == "git") print "add github-new-" version, $2 ",tcp:" port
}

END {
  for (i = 1; i <= count; i++) {
    print "swap github-new-" family[i], "github-" family[i]
    print "destroy github-new-" family[i]
  }
}

function open(text) {
  if (text == "web") { ports[443]; ports[80]; ports[22] }
  else ports[text]
}
