"""Containers whose log is the stop-watch: the engine stamps every line, by one clock for all of them."""

from __future__ import annotations

import re
import secrets
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.support.docker import docker, put
from tests.support.firewall import BEHIND, SCRIPTS, Firewall
from tests.support.wait import until

from .names import MISSING, NameServer

_RIGHTS = ("--user=root", "--cap-add=NET_ADMIN", "--cap-add=NET_RAW", "--security-opt=no-new-privileges:true")
_COMMON_WAY = Path(__file__).with_name("common_way.sh")
# The entrypoint closes once more, so closing is part of `ready` as well.
_OURS = f"echo bench: start; {SCRIPTS}/firewall/close.sh; echo bench: closed; exec {SCRIPTS}/entrypoint.sh"
_SIGNS = {
    "start": re.compile("bench: start"),
    "closed": re.compile("bench: closed"),
    "ready": re.compile("(bench|firewall): ready"),
    "looked up": re.compile(f".*{re.escape(MISSING)} is listed and does not resolve"),
}
_ONE_RELOAD = f"a=$EPOCHREALTIME; {SCRIPTS}/init-firewall.sh >/dev/null && echo $a $EPOCHREALTIME"


def moments(container: str, last: str, seconds: float) -> dict[str, float]:
    """Return when a container said what, in seconds of the engine's clock, up to the sign *last*.

    Follows the log instead of asking again and again, which would slow down what it measures.
    """
    found: dict[str, float] = {}
    command = ["docker", "logs", "--follow", "--timestamps", container]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as follower:
        watchdog = threading.Timer(seconds, follower.kill)
        watchdog.start()
        for line in follower.stdout or ():
            found = {**_sign(line), **found}
            if last in found:
                break
        watchdog.cancel()
        follower.kill()
    assert last in found, f"{container} never said '{last}':\n{docker('logs', container)}"
    return found


def _sign(line: str) -> dict[str, float]:
    stamp, _, text = line.partition(" ")
    return {
        sign: datetime.fromisoformat(stamp[:26]).timestamp()
        for sign, pattern in _SIGNS.items()
        if pattern.match(text)
    }


@dataclass(frozen=True)
class TimedFirewall(Firewall):
    """The product's firewall, which tells when it was started and when it was closed."""

    def create(self, listed: Sequence[str] | None, programs: Path | None = None) -> None:
        """Make the container with a list."""
        assert not programs
        options = [f"--env={name}={value}" for name, value in self.environment.items()]
        options += ["--tmpfs=/run", f"--volume={self.name}:/var/lib/aidevcontainer"]
        place = ["--name", self.name, "--network", self.network]
        docker("create", *place, *_RIGHTS, *options, self.image, "sh", "-c", _OURS)
        # There is no volume for Claude's program: without the right to be run there is nothing to unpack.
        put(self.name, SCRIPTS, {"unpack-claude.sh": b""})
        self.write_list(*(listed or ()))

    def start(self) -> None:
        """Start the firewall alone, as Compose does until it is healthy."""
        docker("start", self.name)

    def moments(self, last: str = "looked up") -> dict[str, float]:
        """Return when this one said what, once it said *last*."""
        return moments(self.name, last, 180)

    def timed_reload(self) -> float:
        """Return how many seconds a reload took; by then the background work after it has ended as well."""
        before, after = self.root("bash", "-c", _ONE_RELOAD).checked().out.split()
        self.settle()
        return float(after) - float(before)

    def settle(self) -> None:
        """Wait until nothing goes on behind any more, such as looking up all names."""
        until(lambda: self.root(*BEHIND).code != 0, lambda: self.root("ps").out, 150)

    def addresses(self) -> int:
        """Return how many IPv4 addresses are open by name."""
        saved = self.root("ipset", "save").checked().out
        return len(re.findall(r"^add names-web-4 ", saved, re.MULTILINE))

    def resolver_memory(self) -> float:
        """Return the resident memory of all resolvers in MB."""
        script = "for pid in $(pidof dnsmasq); do grep VmRSS /proc/$pid/status; done"
        lines = self.root("sh", "-c", script).checked().out.splitlines()
        return sum(int(line.split()[1]) for line in lines) / 1024


def firewall(image: str, network: str, names: NameServer) -> TimedFirewall:
    """Return a firewall that asks *names*, not yet created."""
    name = f"aidevcontainer-bench-firewall-{secrets.token_hex(4)}"
    return TimedFirewall(name, image, network, (501, 501), {"AIDEVCONTAINER_DNS": names.address})


def common_way(image: str, network: str, names: NameServer, listed: Sequence[str]) -> dict[str, float]:
    """Set up a list in the common way, and return when that was closed and ready."""
    container = f"aidevcontainer-bench-common-{secrets.token_hex(4)}"
    command = f"echo bench: start; exec sh /bench/{_COMMON_WAY.name} {names.address} /bench/list"
    place = ["--name", container, "--network", network]
    docker("create", *place, *_RIGHTS, image, "sh", "-c", command)
    lines = "".join(f"{name}\n" for name in listed)
    files = {f"bench/{_COMMON_WAY.name}": _COMMON_WAY.read_bytes(), "bench/list": lines.encode()}
    try:
        put(container, "/", files)
        docker("start", container)
        return moments(container, "ready", 150)
    finally:
        docker("rm", "--force", "--volumes", container)
