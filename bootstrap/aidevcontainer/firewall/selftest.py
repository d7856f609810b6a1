"""`firewall test`: attacks on the running firewall, from inside, as the agent."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from aidevcontainer.engine import readiness
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.firewall.allowlist import OWN, Lists
from aidevcontainer.util.errors import FAILED, Problem

_AT_A_TIME = 4
# The longest that a probe may wait, in seconds; what is refused ends at once.
_PATIENCE = "3"
_NO_WAY = ("unreachable", "no route")


class Probe(NamedTuple):
    """An attack. Its command succeeds (exit code 0) exactly when the attack does."""

    kind: str
    what: str
    command: tuple[str, ...]


class Outcome(NamedTuple):
    """What became of a probe: `refused`, `passed`, `silent` (no answer) or `no way` (there is no route)."""

    probe: Probe
    result: str
    said: str


def _connect(kind: str, what: str, address: str, port: int) -> Probe:
    return Probe(kind, what, ("bash", "-c", 'exec 3<>"/dev/tcp/$0/$1"', address, str(port)))


def _lookup(what: str, *arguments: str) -> Probe:
    # An answer of any kind is a way out: dig ends with 0 for NXDOMAIN as well, so its words decide.
    asked = 'dig +tries=1 +time=2 "$@" | grep -q "status: NOERROR"'
    return Probe("names", what, ("bash", "-c", asked, "dig", *arguments))


def probes(unlisted: str) -> list[Probe]:
    """Return the attacks; `unlisted` is a public name that no list has."""
    return [
        _lookup("a name that is not listed", unlisted, "A"),
        _lookup("its other records", unlisted, "TXT"),
        _lookup("a public resolver over UDP", f"@{_PUBLIC}", unlisted),
        _lookup("a public resolver over TCP", "+tcp", f"@{_PUBLIC}", unlisted),
        _lookup("Docker's own resolver", "@127.0.0.11", unlisted),
        _connect("addresses", "an address that is not listed", _PUBLIC, 443),
        _connect("addresses", "the same over IPv6", "2620:fe::fe", 443),
        _connect("names", "lookups over TLS", _PUBLIC, 853),
        _connect("ports", "ssh to a stranger", _PUBLIC, 22),
        _connect("inside", "a cloud's metadata", "169.254.169.254", 80),
        Probe("inside", "the host, by the gateway", ("bash", "-c", _GATEWAY)),
        Probe("packets", "ping", ("ping", "-c", "1", "-W", "1", _PUBLIC)),
        Probe("rules", "flushing the rules", ("iptables", "-F")),
        Probe("rules", "emptying the sets", ("ipset", "flush")),
        Probe("rules", "a network namespace", ("unshare", "--net", "true")),
        Probe("policy", "writing the list", ("bash", "-c", f">> {_POLICY}/{OWN}")),
        Probe("policy", "another resolver", ("bash", "-c", "echo nameserver 9.9.9.9 >> /etc/resolv.conf")),
    ]


_PUBLIC = "9.9.9.9"
_POLICY = "/workspace/.aidevcontainer"
_GATEWAY = 'exec 3<>"/dev/tcp/$(ip -4 route show default | cut -d " " -f 3)/22"'


def run(docker: Docker, as_json: bool) -> int:
    """Try all of them and print what became of each; exit code 1 when one passed. Raises Problem."""
    container = readiness.container_names(docker.project.name())[0]
    found = docker.container(container)
    if found is None or not found.running:
        raise Problem("The agent's container does not run. Start it: ./.aidevcontainer/container up")
    unlisted = _unlisted(Lists(docker.project))
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        outcomes = list(pool.map(lambda probe: _try(docker, container, probe), probes(unlisted)))
    _print(outcomes, as_json)
    return FAILED if any(outcome.result == "passed" for outcome in outcomes) else 0


def _unlisted(lists: Lists) -> str:
    for name in ("example.com", "example.net", "example.org"):
        if not (lists.find(name) or lists.wildcards_over(name)):
            return name
    raise Problem("example.com, example.net and example.org are all listed, so no lookup proves anything.")


def _try(docker: Docker, container: str, probe: Probe) -> Outcome:
    done = docker.run("exec", container, "timeout", _PATIENCE, *probe.command)
    said = (done.err.strip() or done.out.strip()).splitlines()
    return Outcome(probe, _result(done.code, done.err), said[-1] if said else "")


def _result(code: int, said: str) -> str:
    if code == 0:
        return "passed"
    if code in (124, 143):
        return "silent"
    return "no way" if any(word in said.lower() for word in _NO_WAY) else "refused"


def _print(outcomes: list[Outcome], as_json: bool) -> None:
    if as_json:
        rows = [
            {"kind": o.probe.kind, "what": o.probe.what, "result": o.result, "said": o.said} for o in outcomes
        ]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    for outcome in outcomes:
        result = "PASSED" if outcome.result == "passed" else outcome.result
        sys.stdout.write(f"{result:<8} {outcome.probe.kind:<10} {outcome.probe.what}\n")
    passed = sum(outcome.result == "passed" for outcome in outcomes)
    held = (
        f"{len(outcomes)} attacks, none got through."
        if not passed
        else f"{passed} of {len(outcomes)} GOT THROUGH."
    )
    sys.stdout.write(held + "\n")
