"""What the name gate costs, against a connection without a firewall.

`python3 tests --bench gate`
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from tests.support.docker import docker, put
from tests.support.firewall import Firewall, NewFirewall
from tests.support.internet import Internet
from tests.support.neighbor import Neighbor, neighbor
from tests.support.run import Finished
from tests.support.wait import until

from . import usage
from .report import Report, Row, in_turn
from .turns import Rounds, measure

pytestmark = pytest.mark.engine

NAME = "listed.example.net"
# Fewer connections than the firewall lets through at once.
ROUNDS, TIMES, BYTES, AT_ONCE = 12, 40, 400_000_000, 1000
DIRECT, GATE = "without a firewall", "through the gate"
PLAIN = "through a proxy that checks nothing"
MOST_MORE, LEAST_THROUGHPUT, MOST_IDLE = 0.5, 0.75, 16  # ms, of direct, MB

# Prints the median of so many handshakes or requests, each on a connection of its own, in milliseconds.
_CLIENT = """
import socket, ssl, statistics, sys, time
kind, address, port, times = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
context = ssl._create_unverified_context()
took = []
for _ in range(times):
    started = time.perf_counter()
    with socket.create_connection((address, port)) as connection:
        if kind == "tls": connection = context.wrap_socket(connection, server_hostname="listed.example.net")
        else:
            connection.sendall(b"HEAD / HTTP/1.1\\r\\nHost: listed.example.net\\r\\n\\r\\n")
            connection.recv(4096)
        took.append(time.perf_counter() - started)
        connection.close()
print(statistics.median(took) * 1000)
"""
# Opens so many connections, asks on each, and keeps all of them open until its input ends.
_MANY = """
import json, resource, socket, sys, time
address, count = sys.argv[1], int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
started, opened, answered = time.perf_counter(), [], 0
for _ in range(count):
    one = socket.create_connection((address, 80), 20)
    one.sendall(b"HEAD / HTTP/1.1\\r\\nHost: listed.example.net\\r\\n\\r\\n")
    opened.append(one)
for one in opened: answered += one.recv(4096).startswith(b"HTTP/1.1 200")
print(json.dumps([answered, time.perf_counter() - started]), flush=True)
time.sleep(float(sys.argv[3]))
"""
# The least that any proxy costs, for comparison.
_PLAIN = """
defaults
  timeout connect 9s
  timeout client 9s
  timeout server 9s
listen tls
  mode tcp
  bind 127.0.0.1:8443
  server it {address}:443
listen http
  mode http
  bind 127.0.0.1:8080
  server it {address}:80
"""

Run = Callable[..., Finished]


@dataclass(frozen=True)
class Ground:
    """A firewall, programs behind it, and the server's address; `direct` runs programs without a firewall."""

    firewall: Firewall
    behind: Neighbor
    direct: Run
    server: str

    def ways(self, work: Callable[[Run], float]) -> dict[str, Callable[[], float]]:
        """Returns a piece of work for both ways."""
        return {DIRECT: partial(work, self.direct), GATE: partial(work, self.behind.run)}


@pytest.fixture(scope="module")
def ground(new_firewall: NewFirewall, internet: Internet) -> Iterator[Ground]:
    """One firewall for all measurements."""
    firewall = new_firewall(NAME)
    firewall.inside("dig", "+short", NAME).checked()
    with neighbor(firewall, internet) as behind:
        yield Ground(firewall, behind, internet.probe, internet.servers["listed"].address)


@pytest.fixture(scope="module")
def plain_proxy(ground: Ground, internet: Internet) -> Iterator[None]:
    """HAProxy without a rule, beside the programs that have no firewall."""
    name = f"{internet.network}-bench-proxy"
    place = ("--name", name, "--network", f"container:{internet.network}-probe")
    docker("create", *place, ground.firewall.image, "haproxy", "-db", "-f", "/srv/plain.cfg")
    try:
        put(name, "/srv", {"plain.cfg": _PLAIN.format(address=ground.server).encode()})
        docker("start", name)
        until(lambda: internet.probe("nc", "-z", "127.0.0.1", "8080").code == 0, lambda: docker("logs", name))
        yield
    finally:
        docker("rm", "--force", name)


@pytest.mark.usefixtures("plain_proxy")
@pytest.mark.parametrize(
    ("kind", "port", "title"), [("tls", 443, "TLS handshake"), ("http", 80, "HTTP request")]
)
def test_one_connection(
    ground: Ground, report: Report, rounds: Rounds, kind: str, port: int, title: str
) -> None:
    """Each with a connection of its own."""

    def once(run: Run, address: str, port: int) -> float:
        command = ("python3", "-c", _CLIENT, kind, address, str(port), str(TIMES))
        return float(run(*command, timeout=120).checked().out)

    ways = {
        DIRECT: partial(once, ground.direct, ground.server, port),
        PLAIN: partial(once, ground.direct, "127.0.0.1", 8000 + port),
        GATE: partial(once, ground.behind.run, ground.server, port),
    }
    took = measure(rounds(ROUNDS), ways)
    report.compare(title, "ms", took, DIRECT)
    for way, what in ((PLAIN, "added by a proxy that checks nothing"), (GATE, "added by the gate")):
        more = [through - direct for through, direct in zip(took[way], took[DIRECT], strict=True)]
        row = Row(what, "ms", more, tolerance=0.2)
        if way == GATE:
            row = row.expected(f"at most {MOST_MORE} ms", most=MOST_MORE)
        report.add(title, row)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_bulk(ground: Ground, report: Report, rounds: Rounds, scheme: str) -> None:
    """One download at full speed."""
    port = 443 if scheme == "https" else 80
    place = ("--resolve", f"{NAME}:{port}:{ground.server}")
    fetch = ("curl", "-sSk", *place, "--output", "/dev/null", "--write-out", "%{speed_download}")

    def once(run: Run) -> float:
        return float(run(*fetch, f"{scheme}://{NAME}/bytes/{BYTES}", timeout=120).checked().out) / 1e6

    took = measure(rounds(ROUNDS // 2), ground.ways(once))
    for what, values in took.items():
        row = Row(what, "MB/s", values, DIRECT, in_turn(values, took[DIRECT]))
        if what == GATE:
            expect = f"at least {LEAST_THROUGHPUT:g} of {DIRECT}"
            row = row.expected(expect, least=LEAST_THROUGHPUT, of_ratio=True)
        report.add(f"Bulk over {scheme}", row)


def test_memory_and_many_at_once(ground: Ground, report: Report) -> None:
    """A thousand connections that are all answered, and what the container holds before and with them."""
    idle = usage.of_container(ground.firewall.name).memory
    section = "Memory of the firewall's container"
    report.add(
        section, Row("idle", "MB", [idle], tolerance=2).expected(f"at most {MOST_IDLE} MB", most=MOST_IDLE)
    )
    start = '(exec python3 -c "$0" "$@" >/tmp/many 2>&1 &)'
    ground.behind.run("sh", "-c", start, _MANY, ground.server, str(AT_ONCE), "8").checked()
    said = ground.behind.run("sh", "-c", "until grep -q ] /tmp/many; do sleep 0.1; done; cat /tmp/many")
    loaded = usage.of_container(ground.firewall.name).memory
    answered, seconds = json.loads(said.checked().out)
    report.add(section, Row(f"with {AT_ONCE:,} connections", "MB", [loaded], tolerance=10))
    row = Row("answered", "", [answered], note=f"in {seconds:.1f} s")
    report.add(f"{AT_ONCE:,} connections at once", row.expected("all", least=AT_ONCE))
