def some: if . == "" then null else . end;
def count: if . == "" then 0 else tonumber end;

{
  state: $state,
  since: ($since | some),
  epoch: ($epoch | count),
  entries: ($entries | count),
  source: ($source | some),
  github: (if $prefixes == "" then null else {fetched: ($fetched | some), prefixes: ($prefixes | count)} end),
  proof: {refused: ($refused == "true"), reached: ($reached | some), epoch: ($proved | count)},
  warnings: ($warnings | split("\n") | map(select(. != ""))),
  error: $error
}
