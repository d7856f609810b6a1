# Turns a line of refused.awk into an object. The agent chooses the names, so jq has to escape them.
split(" ") | {time: (.[1] | tonumber), count: (.[2] | tonumber)} + (
  if .[0] == "name" then {protocol: "dns", names: [.[3:] | join(" ")]}
  else {
    protocol: .[3],
    port: .[4],
    address: .[5],
    names: (if .[6] == "-" then [] else .[6] | split(",") end)
  } end
)
