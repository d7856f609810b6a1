# What the scripts print with --json. A name or a warning may contain anything, so jq has to escape it. Usage:
# jq -L FOLDER 'include "answers"; FUNCTION'

# Turns a line of refused.awk into an object.
def refusal: split(" ") | {time: (.[1] | tonumber), count: (.[2] | tonumber)} + (
  if .[0] == "name" then {protocol: "dns", names: [.[3:] | join(" ")]}
  elif .[0] == "gate" then
    {protocol: .[3], port: .[4], names: (if .[5] == "-" then [] else [.[5]] end), reason: .[6]}
  else {
    protocol: .[3],
    port: .[4],
    address: .[5],
    names: (if .[6] == "-" then [] else .[6] | split(",") end)
  } + (if .[7] == "-" then {} else {reason: .[7]} end)
  end
);

# Turns a line of the name gate's journal (gate-log.awk) into an object.
def passed: split(" ") | {
  time: (.[0] | tonumber), protocol: .[1], name: .[2], port: (.[3] | tonumber),
  sent: (.[4] | tonumber), received: (.[5] | tonumber), seconds: ((.[6] | tonumber) / 1000)
};

# Turns "ADDRESS,PROTOCOL:PORT FIRST-TIME COUNT NAME…" into an object: connections that the gate did not see.
def passed_by_address: split(" ") | (.[0] | capture("^(?<address>[^,]+),(?<protocol>[^:]+):(?<port>[0-9]+)$")) + {
  time: (.[1] | tonumber), count: (.[2] | tonumber), names: .[3:] | unique
} | .port |= tonumber;

# The answer of `init-firewall.sh --json`. Each argument is a file's text with one text per line.
def texts: split("\n") | map(select(. != ""));
def reload($revision; $entries; $source; $allowed; $removed; $warnings): {
  revision: ($revision | tonumber),
  entries: ($entries | tonumber),
  source: ($source | texts | first),
  allowed: ($allowed | texts),
  no_longer_allowed: ($removed | texts),
  ended: [],
  warnings: ($warnings | texts)
};
