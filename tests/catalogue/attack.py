"""One attack: tried where nothing is guarded, then by the agent, then it is looked at what came of it."""

from __future__ import annotations

import re
import string
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from tests.support.docker import docker
from tests.support.firewall import Firewall
from tests.support.run import Finished

from .entry import Entry
from .ground import Ground

# Milliseconds: the promise is a second; the rest is for machines that have more to do.
AT_ONCE = 3000
# Says how the attack ended and how long it took, and then whether what is allowed still works.
_TRY = """
start=${EPOCHREALTIME/./}
said=$(timeout 8 sh -c "$1" 2>&1 </dev/null); code=$?
took=$(( (${EPOCHREALTIME/./} - start) / 1000 ))
if [ -n "${THEN:-}" ]; then
  allowed=$(curl -sSk -m 10 https://listed.example.net/ 2>&1)
  first=$(curl -sSk -m 5 "http://$UNLISTED/" 2>&1)
fi
printf '%s\\n' "$code $took" "$allowed" "$first" "$said"
"""


@dataclass(frozen=True)
class Tried:
    """How an attack ended. `milliseconds` is measured beside it, so starting a process there is not in it."""

    code: int
    milliseconds: int
    allowed: str
    first: str
    said: str


@dataclass(frozen=True)
class Result:
    """One line of the report; times in milliseconds, none where the attack is no single command."""

    entry: Entry
    outside: str
    inside: str
    milliseconds: int | None = None


def carry_out(ground: Ground, entry: Entry) -> Result:
    """Try *entry* outside and inside; fail unless it works there and is refused here as the entry says."""
    outside = _outside(ground, entry)
    assert entry.reward in outside.said, f"the attack does not even work outside: {outside}"
    inside = _inside(ground, entry)
    with ThreadPoolExecutor() as pool:
        traces = pool.submit(wait_for_log, ground, entry)
        arrived = pool.submit(arrivals, ground)
    _judge(entry, inside)
    assert arrived.result() == [], f"IT ARRIVED: {arrived.result()}"
    traces.result()
    assert inside.allowed == "hello from listed", f"what is allowed must still work: {inside}"
    assert "hello" not in inside.first, f"the attack failed, and yet a way is open now: {inside}"
    return Result(entry, "works", entry.outcome, inside.milliseconds)


def _judge(entry: Entry, inside: Tried) -> None:
    if entry.refused == "works":
        assert entry.reward in inside.said, inside
        return
    assert entry.reward not in inside.said, f"IT GOT THROUGH: {inside}"
    assert re.search(entry.said, inside.said), f"not refused for the stated reason: {inside}"
    assert inside.milliseconds < AT_ONCE, f"not refused at once: {inside}"


def _outside(ground: Ground, entry: Entry) -> Tried:
    if entry.by == "agent":
        return attempt(ground, ground.outside, entry.outside or entry.probe)
    return _from(ground, entry, ground.outside)


def _inside(ground: Ground, entry: Entry) -> Tried:
    if entry.by == "agent":
        return attempt(ground, _agent(ground, entry), entry.probe, THEN="yes")
    tried = _from(ground, entry, ground.firewall.agent)
    after = attempt(ground, ground.firewall.agent, "true", THEN="yes")
    return replace(after, milliseconds=tried.milliseconds, said=tried.said)


def _agent(ground: Ground, entry: Entry) -> str:
    # The workspace is the real project's; everything else has a firewall to itself.
    return ground.project.claude if entry.number == 10 else ground.firewall.agent


def _from(ground: Ground, entry: Entry, victim: str) -> Tried:
    """Let the victim listen, and somebody else try to reach it."""
    docker("exec", victim, "sh", "-c", entry.before or "true")
    others = {"host": ground.host, "sibling": f"{ground.internet.network}-probe"}
    side = "UNGUARDED" if victim == ground.outside else "GUARDED"
    places = {"VICTIM": ground.places[side], "VICTIM6": ground.places[f"{side}6"]}
    return attempt(ground, others[entry.by], entry.probe, **places)


def attempt(ground: Ground, container: str, command: str, **more: str) -> Tried:
    """Run *command* in *container*, where the addresses of the ground are variables."""
    variables = [f"--env={name}={value}" for name, value in {**ground.places, **more}.items()]
    return _parse(docker("exec", *variables, container, "bash", "-c", _TRY, "bash", command))


def _parse(done: Finished) -> Tried:
    numbers, allowed, first, said = done.out.split("\n", 3)
    code, took = map(int, numbers.split())
    return Tried(code, took, allowed, first, said)


def wait_for_log(ground: Ground, entry: Entry) -> None:
    """Wait until the entry's line is in the log, and empty it."""
    wanted = string.Template(entry.log).substitute(ground.places).split(" or ")
    log = _take_log(ground.firewall)
    end = time.monotonic() + 5
    # The gate writes a moment later.
    while not any(line in log for line in wanted):
        assert time.monotonic() < end, f"{entry.log} was not logged: {log}"
        log += _take_log(ground.firewall)
    ground.firewall.root("sh", "-c", "for file in /run/aidevcontainer/gate-refused*; do : >$file; done")


def _take_log(firewall: Firewall) -> str:
    """Return what was refused, and empty the sets: lines of `ipset save`, and PROTOCOL PORT NAME REASON."""
    sets = "for set in blocked-4 blocked-6; do ipset save $set; ipset flush $set; done"
    gate = [each for each in firewall.refusals() if each.reason and not each.address]
    told = [f"{each.protocol} {each.port} {''.join(each.names) or '-'} {each.reason}\n" for each in gate]
    return firewall.root("sh", "-c", sets).out + "".join(told)


def arrivals(ground: Ground) -> list[object]:
    """Return everything that a guarded container got through to a server that no attack may reach."""
    seen = [(server.name, entry) for server in ground.hearers() for entry in server.seen()]
    found = [each for each in seen if each[1]["peer"] in ground.guarded]
    # Only what it takes for the other site: the agent may ask it for the listed one.
    other = [("cotenant", entry) for entry in ground.cotenant.seen("cotenant")]
    found += [each for each in other if each[1]["peer"] in ground.guarded]
    if found:
        # Or the next attack would be blamed for it.
        for server in (*ground.hearers(), ground.cotenant):
            server.forget()
    return list(found)
