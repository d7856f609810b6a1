"""Ten thousand names that resolve on the tests' internet, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from tests.support.docker import docker, inspect, put
from tests.support.internet import Internet
from tests.support.wait import until

# A server answers under this name: both ways of setting up prove themselves with it.
ANSWERS = "listed.example.net"
# Both look it up last, in vain: what is said about it tells that all names were looked up.
MISSING = "zzz-missing.bench.example"
HOSTS = PurePosixPath("/bench/hosts")


def _name(index: int) -> str:
    return f"n{index:05}.bench.example"


def listed(count: int) -> list[str]:
    """Return a list of *count* lines: one server, names with an address each, one name without."""
    return [ANSWERS, *(_name(index) for index in range(count - 2)), MISSING]


def _hosts(internet: Internet, count: int) -> bytes:
    # No such host is on the network, which has no way out: their addresses fill sets and nothing else.
    lines = [f"{internet.servers['listed'].address} {ANSWERS}"]
    lines += [f"34.{i >> 16}.{i >> 8 & 255}.{i & 255} {_name(i)}" for i in range(count)]
    return "\n".join([*lines, ""]).encode()


@dataclass(frozen=True)
class NameServer:
    """A resolver that answers at once: what remains is the cost of asking."""

    address: str


@contextmanager
def serve(internet: Internet, image: str, count: int) -> Iterator[NameServer]:
    """Run a resolver for *count* names on the test network; *image* has dnsmasq."""
    container = f"{internet.network}-bench-names"
    options = ["--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--no-resolv", "--no-hosts"]
    options += [f"--addn-hosts={HOSTS}", "--address=/#/", "--cache-size=0", "--dns-forward-max=1000"]
    place = ["--name", container, "--network", internet.network, "--user=root"]
    docker("create", *place, image, "dnsmasq", *options)
    try:
        put(container, "/", {str(HOSTS.relative_to("/")): _hosts(internet, count)})
        docker("start", container)
        yield NameServer(_answering(internet, container))
    finally:
        docker("rm", "--force", "--volumes", container)


def _answering(internet: Internet, container: str) -> str:
    address = str(inspect(container)["NetworkSettings"]["Networks"][internet.network]["IPAddress"])
    question = ("dig", "+short", "+time=1", "+tries=1", f"@{address}", _name(0))
    until(lambda: "34." in internet.probe(*question).out, lambda: docker("logs", container).err)
    return address
