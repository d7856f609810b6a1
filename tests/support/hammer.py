"""Reloads under load: meanwhile the agent connects to allowed and refused hosts, and looks names up."""

from __future__ import annotations

from typing import NamedTuple

from .docker import execute
from .firewall import SCRIPTS, Firewall
from .internet import Internet
from .wait import until

# Tries a command in a row for as long as a file is there; says how often it succeeded and how often not.
_HAMMER = """
touch "/tmp/$1"
while [ -e "/tmp/$1" ]; do
  if (eval "$0") >/dev/null 2>&1; then yes=$((yes + 1)); else no=$((no + 1)); fi
  sleep 0.05
done
echo "$((yes)) $((no))" >"/tmp/$1.done"
"""
# In turn: one more name, which starts a resolver for its port; another port for it; a second name, for which
# the rules do not change; and none of them.
_RELOADS = """
list=/workspace/.aidevcontainer/allowed-domains.txt
before=$(cat "$list")
end=$(($(date +%s) + $2))
while [ "${done:=0}" -lt "$1" ] && [ "$(date +%s)" -lt "$end" ]; do
  case $((done % 4)) in
    0) printf '%s\n' "$before" sub.listed.example.net:22 >"$list" ;;
    1) printf '%s\n' "$before" sub.listed.example.net >"$list" ;;
    2) printf '%s\n' "$before" sub.listed.example.net more.example.net >"$list" ;;
    3) printf '%s\n' "$before" >"$list" ;;
  esac
  "$0/init-firewall.sh" --at-once >/dev/null || exit 1
  done=$((done + 1))
done
printf '%s\n' "$before" >"$list"
"$0/init-firewall.sh" >/dev/null || exit 1
echo "$done"
"""


class Counts(NamedTuple):
    """How often something succeeded, and how often it failed."""

    succeeded: int
    failed: int


class HammerResult(NamedTuple):
    """The results. `listed.example.net` is allowed, also on 5432, and `unlisted.example.net` is not.

    `named` and `misnamed` are TLS connections to the listed address, which ask for one of these names.
    """

    reloads: int
    allowed: Counts
    refused: Counts
    looked_up: Counts
    unlisted: Counts
    named: Counts
    misnamed: Counts

    def check(self) -> None:
        """Fails unless all went as it should, and each was tried at least once for each reload."""
        for allowed in (self.allowed, self.looked_up, self.named):
            assert allowed.failed == 0 < self.reloads <= allowed.succeeded, self
        for refused in (self.refused, self.unlisted, self.misnamed):
            assert refused.succeeded == 0 < self.reloads <= refused.failed, self


def reloads(firewall: Firewall, internet: Internet, most: int, seconds: int) -> HammerResult:
    """Reloads *most* times or for so many seconds."""
    commands = _commands(internet)
    # An address is open once its name was looked up, as every program does before it connects.
    execute(firewall.agent, "bash", "-c", commands["looked_up"]).checked()
    for name, command in commands.items():
        detached = '(exec bash -c "$0" "$@" >/dev/null 2>&1 &)'
        execute(firewall.agent, "sh", "-c", detached, _HAMMER, command, name).checked()
    script = ("sh", "-c", _RELOADS, SCRIPTS, str(most), str(seconds))
    done = firewall.root(*script, timeout=seconds + 40)
    counts = {name: _stop(firewall, name) for name in commands}
    return HammerResult(int(done.checked().out), **counts)


def _commands(internet: Internet) -> dict[str, str]:
    def connect(server: str) -> str:
        return f"exec 3<>/dev/tcp/{internet.servers[server].address}/5432"

    def look_up(name: str) -> str:
        return f"dig +short +tries=1 +time=1 @127.0.0.1 {name} | grep -q '^[0-9]'"

    def ask_for(name: str) -> str:
        place = f"{name}:443:{internet.servers['listed'].address}"
        return f"curl -fsSk --max-time 2 --resolve {place} https://{name}/"

    return {
        "allowed": connect("listed"),
        "refused": connect("unlisted"),
        "looked_up": look_up("listed.example.net"),
        "unlisted": look_up("unlisted.example.net"),
        "named": ask_for("listed.example.net"),
        "misnamed": ask_for("unlisted.example.net"),
    }


def _stop(firewall: Firewall, name: str) -> Counts:
    def told() -> str:
        return execute(firewall.agent, "cat", f"/tmp/{name}.done").out

    firewall.inside("rm", f"/tmp/{name}").checked()
    until(lambda: bool(told()), lambda: name)
    succeeded, failed = map(int, told().split())
    return Counts(succeeded, failed)
