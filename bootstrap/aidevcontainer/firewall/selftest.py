"""`firewall test`: attacks on the running firewall from inside the agent's container, as the agent."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from aidevcontainer.engine import readiness
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.firewall import entry
from aidevcontainer.firewall.allowlist import OWN, Lists
from aidevcontainer.util import table
from aidevcontainer.util.errors import FAILED, Problem
from aidevcontainer.util.printable import answer

_AT_A_TIME = 4
# Seconds. The firewall refuses at once, so an attack that takes longer gets no answer.
_PATIENCE = "3"
_NO_WAY = ("unreachable", "no route")


class Attack(NamedTuple):
    """An attack. Its command succeeds (exit code 0) exactly if the attack does."""

    kind: str
    what: str
    command: tuple[str, ...]


class AttackResult(NamedTuple):
    """The result of an attack: `refused`, `passed`, `silent` (no answer) or `no way` (there is no route)."""

    attack: Attack
    result: str
    said: str


def _connect(kind: str, what: str, address: str, port: int) -> Attack:
    return Attack(kind, what, ("bash", "-c", 'exec 3<>"/dev/tcp/$0/$1"', address, str(port)))


def _lookup(what: str, *arguments: str) -> Attack:
    # dig also exits with 0 for NXDOMAIN, so its text decides.
    asked = 'dig +tries=1 +time=2 "$@" | grep -q "status: NOERROR"'
    return Attack("names", what, ("bash", "-c", asked, "dig", *arguments))


def _ask_neighbor(scheme: str, port: str, listed: str, unlisted: str) -> Attack:
    what = f"an unlisted name at a listed host's address, over {scheme.upper()}"
    return Attack("names", what, ("bash", "-c", _NEIGHBOR, scheme, port, listed, unlisted))


def attacks(unlisted: str, listed: str = "") -> list[Attack]:
    """Returns the attacks. `unlisted` is a public name that is on no list, `listed` is a listed one."""
    neighbors = [
        _ask_neighbor(scheme, port, listed, unlisted) for scheme, port in (("https", "443"), ("http", "80"))
    ]
    return [
        _lookup("a name that is not listed", unlisted, "A"),
        _lookup("another record of that name", unlisted, "TXT"),
        _lookup("a public resolver over UDP", f"@{_PUBLIC}", unlisted),
        _lookup("a public resolver over TCP", "+tcp", f"@{_PUBLIC}", unlisted),
        _lookup("Docker's own resolver", "@127.0.0.11", unlisted),
        *(neighbors if listed else []),
        _connect("addresses", "an address that is not listed", _PUBLIC, 443),
        _connect("addresses", "an IPv6 address that is not listed", "2620:fe::fe", 443),
        _connect("names", "DNS over TLS", _PUBLIC, 853),
        _connect("ports", "ssh to an unlisted address", _PUBLIC, 22),
        _connect("inside", "a cloud's metadata service", "169.254.169.254", 80),
        Attack("inside", "the host, through the gateway", ("bash", "-c", _GATEWAY)),
        Attack("packets", "ping", ("ping", "-c", "1", "-W", "1", _PUBLIC)),
        Attack("rules", "delete the rules", ("iptables", "-F")),
        Attack("rules", "empty the sets of addresses", ("ipset", "flush")),
        Attack("rules", "create a network namespace", ("unshare", "--net", "true")),
        Attack("policy", "write the list", ("bash", "-c", f">> {_POLICY}/{OWN}")),
        Attack(
            "policy", "change the resolver", ("bash", "-c", "echo nameserver 9.9.9.9 >> /etc/resolv.conf")
        ),
    ]


_PUBLIC = "9.9.9.9"
# The name gate answers HTTP with a refusal, which is a failure to curl only with --fail.
_NEIGHBOR = """
address=$(dig +tries=1 +time=2 +short "$2" A | grep -m 1 "^[0-9.]*$")
[ -n "$address" ] || { echo "no route: $2 does not resolve" >&2; exit 1; }
exec curl -sSk --fail --noproxy "*" --output /dev/null --resolve "$3:$1:$address" "$0://$3/"
"""
_POLICY = "/workspace/.aidevcontainer"
_GATEWAY = 'exec 3<>"/dev/tcp/$(ip -4 route show default | cut -d " " -f 3)/22"'


def run(docker: Docker, as_json: bool) -> int:
    """Tries all attacks and prints each result. The exit code is 1 if one passed. Raises Problem."""
    container = readiness.container_names(docker.project.name())[0]
    found = docker.container(container)
    if found is None or not found.running:
        raise Problem("The agent's container is not running. Start it: ./.aidevcontainer/container up")
    lists = Lists(docker.project)
    tried = attacks(_unlisted(lists), _listed(lists))
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        results = list(pool.map(lambda attack: _try(docker, container, attack), tried))
    answer(_json(results) if as_json else _text(results))
    return FAILED if any(each.result == "passed" for each in results) else 0


def _unlisted(lists: Lists) -> str:
    for name in ("example.com", "example.net", "example.org"):
        if not lists.allows(name):
            return name
    raise Problem(
        "The test needs a name that is not listed, but your lists allow all of example.com, example.net and "
        "example.org. Remove one: ./.aidevcontainer/firewall deny example.com"
    )


def _listed(lists: Lists) -> str:
    for text, _ in lists.entries():
        found = entry.parse(text)
        if found and found.kind == entry.NAME and found.port is None:
            return found.host
    return ""


def _try(docker: Docker, container: str, attack: Attack) -> AttackResult:
    done = docker.run("exec", container, "timeout", _PATIENCE, *attack.command)
    said = (done.err.strip() or done.out.strip()).splitlines()
    return AttackResult(attack, _result(done.code, done.err), said[-1] if said else "")


def _result(code: int, said: str) -> str:
    if code == 0:
        return "passed"
    if code in (124, 143):
        return "silent"
    return "no way" if any(word in said.lower() for word in _NO_WAY) else "refused"


def _json(results: list[AttackResult]) -> str:
    rows = [
        {"kind": each.attack.kind, "what": each.attack.what, "result": each.result, "said": each.said}
        for each in results
    ]
    return json.dumps(rows, indent=2) + "\n"


def _text(results: list[AttackResult]) -> str:
    rows = [(_shown(each), each.attack.kind, each.attack.what) for each in results]
    passed = sum(each.result == "passed" for each in results)
    summary = (
        f"{passed} of {len(results)} attacks PASSED." if passed else f"All {len(results)} attacks failed."
    )
    return f"{table.text(rows)}\n{summary} The firewall's log shows them too.\n"


def _shown(result: AttackResult) -> str:
    return "PASSED" if result.result == "passed" else result.result
