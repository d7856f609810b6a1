# Turns addresses and networks into numbers and digits. POSIX awk only: BusyBox's awk, mawk and gawk run it.

# Returns the value of a dotted IPv4 address, or -1. Refuses leading zeros, which some parsers read as octal.
function ipv4(text,    part, value, i) {
  if (text !~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/) return -1
  split(text, part, ".")
  value = 0
  for (i = 1; i <= 4; i++) {
    if (length(part[i]) > 3 || part[i] > 255 || part[i] ~ /^0./) return -1
    value = value * 256 + part[i]
  }
  return value
}

# Returns the 32 hexadecimal digits of an IPv6 address, or "". Refuses the form with a dotted tail.
function ipv6(text,    half, head, tail, n, i, fill) {
  if (text !~ /^[0-9a-f:]+$/ || text ~ /:::/ || text !~ /:/) return ""
  n = split(text, half, "::")
  if (n > 2) return ""
  head = groups(half[1])
  tail = n == 2 ? groups(half[2]) : ""
  if (head == "bad" || tail == "bad") return ""
  fill = 32 - length(head) - length(tail)
  if (n == 1 ? fill != 0 : fill < 4) return ""
  for (i = 0; i < fill; i++) head = head "0"
  return head tail
}

# Returns the groups of a part of an IPv6 address, each filled up to four digits, or "bad".
function groups(text,    part, n, i, digits) {
  if (text == "") return ""
  n = split(text, part, ":")
  digits = ""
  for (i = 1; i <= n; i++) {
    if (part[i] !~ /^[0-9a-f]+$/ || length(part[i]) > 4) return "bad"
    digits = digits substr("000" part[i], length(part[i]))
  }
  return digits
}

# Tells whether the text is a prefix length from `least` to `most`.
function prefix_in(text, least, most) {
  return text ~ /^[0-9]+$/ && length(text) <= 3 && text !~ /^0./ && text + 0 >= least && text + 0 <= most
}
