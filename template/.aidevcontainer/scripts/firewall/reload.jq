# Prints the answer of `init-firewall.sh --json`: one object. Each file has one text per line.
def texts: split("\n") | map(select(. != ""));

{
  revision: ($revision | tonumber),
  entries: ($entries | tonumber),
  source: ($source | texts | first),
  allowed: ($allowed | texts),
  no_longer_allowed: ($removed | texts),
  ended: [],
  warnings: ($warnings | texts)
}
