# Prints lines "git NETWORK" and "web NETWORK" from GitHub's answer. Leaves out `actions` and `codespaces`, where
# anybody can rent a machine.
def networks($key):
  .[$key]
  | if type == "array" and all(.[]; type == "string" and test("^[0-9A-Fa-f:.]+/[0-9]+$")) then .[]
    else error("no list of networks") end;

if length == 1 and (.[0] | type) == "object" then .[0] else error("not one object") end
| ("git", "web", "api") as $key
| (if $key == "git" then "git" else "web" end) + " " + (networks($key) | ascii_downcase)
