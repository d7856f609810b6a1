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

# Remembers a line of special-use.txt: "never NETWORK" or "special NETWORK".
function note_special_use(kind, network) {
  special_network[++special_use_count] = network
  special_kind[special_use_count] = kind
}

# Returns the kind of the special-use network that has the address, or "".
function special_use(address,    i) {
  for (i = 1; i <= special_use_count; i++)
    if (in_network(address, special_network[i])) return special_kind[i]
  return ""
}

# Tells whether a network, or a single address, contains an address. The text of both must be valid.
function in_network(address, network,    part) {
  if ((address ~ /:/) != (network ~ /:/)) return 0
  split(network, part, "/")
  if (network ~ /:/) return same_start(ipv6(address), ipv6(part[1]), part[2] == "" ? 128 : part[2])
  return same_block(ipv4(address), ipv4(part[1]), part[2] == "" ? 32 : part[2])
}

function same_block(address, network, prefix,    size) {
  # Some builds of BusyBox have no operator for powers of 2.
  for (size = 1; prefix < 32; prefix++) size *= 2
  return int(address / size) == int(network / size)
}

function same_start(one, other, prefix,    digits, bits) {
  digits = int(prefix / 4)
  if (substr(one, 1, digits) != substr(other, 1, digits)) return 0
  for (bits = 16; prefix > 4 * digits; prefix--) bits /= 2
  return bits == 16 || same_digit(substr(one, digits + 1, 1), substr(other, digits + 1, 1), bits)
}

function same_digit(one, other, size) { return int(digit(one) / size) == int(digit(other) / size) }

function digit(text) { return index("0123456789abcdef", text) - 1 }
