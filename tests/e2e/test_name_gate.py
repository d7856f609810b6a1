"""Names are enforced: what passes the gate, what does not, and what a change of the list ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import pytest

from aidevcontainer.firewall.journal import Connection
from tests.support.firewall import SCRIPTS, Firewall, NewFirewall
from tests.support.internet import Internet
from tests.support.neighbor import Neighbor, neighbor
from tests.support.wait import until

pytestmark = pytest.mark.engine

LISTED, OTHER, UNLISTED = "listed.example.net", "sub.listed.example.net", "unlisted.example.net"
# curl's exit code when the server ends the connection instead of a TLS handshake.
ENDED = 35


@pytest.fixture(scope="module")
def firewall(new_firewall: NewFirewall) -> Firewall:
    """A firewall with one listed name of a server that has several."""
    return new_firewall(LISTED, "*.wild.example.net", f"{LISTED}:5432")


@pytest.fixture(scope="module")
def beside(firewall: Firewall, internet: Internet) -> Iterator[Neighbor]:
    """Programs beside the agent."""
    with neighbor(firewall, internet) as found:
        yield found


def _at(internet: Internet, name: str, port: int, server: str = "listed") -> tuple[str, ...]:
    return ("--resolve", f"{name}:{port}:{internet.servers[server].address}")


def _look_up(firewall: Firewall, *names: str) -> None:
    for name in names:
        firewall.inside("dig", "+short", name).checked()


def _has_refusal(firewall: Firewall, **parts: object) -> bool:
    return any(parts.items() <= each._asdict().items() for each in firewall.refusals())


def test_unlisted_name_gets_nothing_from_a_listed_address(firewall: Firewall, internet: Internet) -> None:
    """X-F8: the co-tenant's server never sees a byte, and the log names it, over TLS and HTTP."""
    _look_up(firewall, LISTED)
    server = internet.servers["listed"]
    server.forget()
    tls = firewall.inside("curl", "-sSk", *_at(internet, UNLISTED, 443), f"https://{UNLISTED}/?secret")
    http = firewall.inside("curl", "-sS", *_at(internet, UNLISTED, 80), f"http://{UNLISTED}/?secret")
    assert tls.code == ENDED
    assert "is not" not in tls.out
    assert "The firewall refused this request" in http.out
    assert "./.aidevcontainer/firewall allow" in http.out
    assert server.seen() == []
    for protocol, port in (("tls", "443"), ("http", "80")):
        wanted = {"protocol": protocol, "port": port, "names": (UNLISTED,), "reason": "name"}
        until(partial(_has_refusal, firewall, **wanted), firewall.refusals, 2)


def test_listed_names_pass(firewall: Firewall, internet: Internet) -> None:
    """X-F8: exact names and names below a wildcard, in any case and with a dot at the end."""
    for name in (LISTED, "a.wild.example.net", "b.c.wild.example.net", "LISTED.example.net."):
        for scheme in ("https", "http"):
            assert firewall.inside("curl", "-sSk", f"{scheme}://{name}/").out == "hello from listed\n", name
    fetch = ("curl", "-sSk", *_at(internet, "wild.example.net", 443), "https://wild.example.net/")
    assert firewall.inside(*fetch).code == ENDED


def test_connection_goes_to_where_the_name_is_now(new_firewall: NewFirewall, internet: Internet) -> None:
    """X-F8: the new owner of a former address of a listed name gets nothing."""
    resolver = internet.servers["resolver"]
    former, now = internet.servers["unlisted"], internet.servers["listed"]
    resolver.set("answers", {"moved.example.net": [former.address]})
    firewall = new_firewall("moved.example.net", environment={"AIDEVCONTAINER_DNS": resolver.address})
    _look_up(firewall, "moved.example.net")
    resolver.set("answers", {"moved.example.net": [now.address]})
    firewall.root("sh", "-c", "kill -HUP $(pidof dnsmasq)").checked()
    try:
        at_former = _at(internet, "moved.example.net", 443, "unlisted")
        fetch = ("curl", "-sSk", *at_former, "https://moved.example.net/")
        until(lambda: firewall.inside(*fetch).out == "hello from listed\n", firewall.log)
    finally:
        internet.restore()


def test_ipv6_is_gated_like_ipv4(firewall: Firewall, internet: Internet) -> None:
    """X-F4, X-F8: the same names pass, the same are refused."""
    address = internet.servers["listed"].address6
    if not address:
        pytest.skip("the engine has no IPv6")
    _look_up(firewall, LISTED)
    firewall.inside("dig", "+short", LISTED, "AAAA").checked()

    def fetch(name: str) -> tuple[int, str]:
        done = firewall.inside("curl", "-sSk", "--resolve", f"{name}:443:[{address}]", f"https://{name}/")
        return done.code, done.out

    assert fetch(LISTED) == (0, "hello from listed\n")
    assert fetch(UNLISTED) == (ENDED, "")


def test_gate_cannot_be_reached_but_by_redirect(firewall: Firewall) -> None:
    """X-F8: neither its ports nor its admin socket are open to the agent."""
    for address in ("127.0.0.1", "[::1]"):
        for port in (65001, 65101):
            assert firewall.inside("curl", "-sS", "--max-time", "2", f"http://{address}:{port}/").code == 7
    assert "No such file" in firewall.inside("ls", "/run/aidevcontainer/gate").err


def test_lost_redirect_closes_and_comes_back(firewall: Firewall) -> None:
    """X-F1, X-F8: without the nat table nothing passes by name, and it is loaded again within seconds."""
    # As during a reload, so that the check of the rules waits until this test has looked.
    hold = "exec 9>>/run/aidevcontainer/lock; flock 9; sleep 5 >/dev/null 2>&1 &"
    flush = "iptables -t nat -F name-gate; ip6tables -t nat -F name-gate || true"
    firewall.root("sh", "-c", f"{hold} {flush}").checked()
    assert firewall.inside("curl", "-sSk", f"https://{LISTED}/").code == 7
    until(lambda: firewall.inside("curl", "-sSk", f"https://{LISTED}/").code == 0, firewall.log)


_BEHIND = '(exec python3 -c "$0" "$@" >/tmp/streams 2>&1 &)'
# Opens a TLS connection for each name to one address, asks once, and says how and when each one ended.
_STREAMS = """
import socket, ssl, sys, threading, time
context = ssl.create_default_context(cafile="/srv/ca.pem")
def watch(name):
    connection = context.wrap_socket(socket.create_connection((sys.argv[1], 443)), server_hostname=name)
    request = f"GET /bytes/10 HTTP/1.1\\r\\nHost: {name}\\r\\n\\r\\n".encode()
    connection.sendall(request)
    said = b""
    while not said.endswith(b"x" * 10): said += connection.recv(4096)
    print("open", name, flush=True)
    connection.settimeout(float(sys.argv[2]))
    try: ended = "ended" if not connection.recv(4096) else "data"
    except TimeoutError:
        connection.settimeout(5); connection.sendall(request)
        ended = "works" if connection.recv(4096) else "dead"
    except OSError: ended = "ended"
    print(ended, name, time.time(), flush=True)
for name in sys.argv[3:]: threading.Thread(target=watch, args=(name,)).start()
"""


def test_only_the_removed_names_connection_ends(new_firewall: NewFirewall, internet: Internet) -> None:
    """X-F5, X-F8: within a second, also where another listed name has the same address."""
    firewall = new_firewall(LISTED, OTHER)
    _look_up(firewall, LISTED, OTHER)
    address = internet.servers["listed"].address
    with neighbor(firewall, internet) as client:

        def said() -> str:
            return client.run("cat", "/tmp/streams").out

        client.run("sh", "-c", _BEHIND, _STREAMS, address, "6", LISTED, OTHER).checked()
        until(lambda: said().count("open") == 2, said)
        firewall.write_list(LISTED)
        before = time.time()
        firewall.root(f"{SCRIPTS}/init-firewall.sh", "--at-once").checked()
        until(lambda: f"works {LISTED}" in said(), said)
        (ended,) = [line for line in said().splitlines() if line.startswith("ended")]
        assert ended.split()[1] == OTHER
        assert float(ended.split()[2]) - before < 1.5


def test_gate_that_is_killed_comes_back_and_opens_nothing(firewall: Firewall) -> None:
    """X-F8: meanwhile listed names are refused at once, not left waiting."""
    _look_up(firewall, LISTED)
    firewall.root("sh", "-c", "pkill -STOP -f 'serve[.]sh gate'; pkill -KILL -x haproxy").checked()
    try:
        started = time.monotonic()
        assert firewall.inside("curl", "-sSk", f"https://{LISTED}/").code == 7
        assert time.monotonic() - started < 1
    finally:
        firewall.root("pkill", "-CONT", "-f", "serve.sh gate").checked()
    until(lambda: firewall.inside("curl", "-sSk", f"https://{LISTED}/").code == 0, firewall.log)


def test_what_passed_is_recorded(firewall: Firewall) -> None:
    """X-F9: name, port, bytes each way and duration of each connection; by address the number."""
    firewall.inside("curl", "-sSk", f"https://{LISTED}/bytes/5000").checked()
    firewall.inside("bash", "-c", f"exec 3<>/dev/tcp/{LISTED}/5432").checked()

    def by_name() -> list[Connection]:
        return [each for each in firewall.passed() if each.host == LISTED and (each.received or 0) > 5000]

    until(lambda: bool(by_name()), firewall.passed, 3)
    assert (by_name()[-1].protocol, by_name()[-1].port) == ("tls", 443)
    by_address = [each for each in firewall.passed() if each.received is None]
    assert any(each.port == 5432 and LISTED in each.host for each in by_address)


_ECHO = """
import hashlib, os, socket, ssl, sys, threading
context = ssl.create_default_context(cafile="/srv/ca.pem")
size, name = int(sys.argv[2]), "listed.example.net"
connection = context.wrap_socket(socket.create_connection((sys.argv[1], 443)), server_hostname=name)
head = (f"GET /bytes/{size} HTTP/1.1", f"Host: {name}", "Connection: close", "", "")
connection.sendall("\\r\\n".join(head).encode())
data = bytearray()
while piece := connection.recv(65536): data += piece
body = bytes(data).split(b"\\r\\n\\r\\n", 1)[1]
print(len(body), hashlib.sha256(body).hexdigest() == hashlib.sha256(b"x" * size).hexdigest())
"""


def test_large_answers_arrive_whole(beside: Neighbor, firewall: Firewall, internet: Internet) -> None:
    """X-F8: 100 MB, compared by digest."""
    _look_up(firewall, LISTED)
    done = beside.python(_ECHO, internet.servers["listed"].address, str(100_000_000), timeout=120).checked()
    assert done.out.split() == ["100000000", "True"]
