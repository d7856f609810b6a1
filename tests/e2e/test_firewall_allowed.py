"""What the agent reaches: listed hosts, on their ports, by both families, whatever their addresses become."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.docker import docker
from tests.support.firewall import Firewall, NewFirewall, ask, echo, listen
from tests.support.internet import Internet
from tests.support.wait import until

pytestmark = pytest.mark.engine

ROTATING = "rotating.example.net"
_INNER = ("169.254.169.254", "10.0.0.1", "172.17.0.1", "192.168.1.1", "100.100.100.200", "168.63.129.16")
INNER = {f"inner{number}.example.net": address for number, address in enumerate(_INNER)}


@pytest.fixture(scope="module")
def firewall(new_firewall: NewFirewall, internet: Internet) -> Iterator[Firewall]:
    """A firewall that asks the tests' own resolver, which answers as it is told."""
    resolver = internet.servers["resolver"]
    answers = {name: [address] for name, address in INNER.items()}
    resolver.set("answers", {**answers, ROTATING: [internet.servers["listed"].address]})
    listed = ("listed.example.net", "*.wild.example.net", "listed.example.net:5432", "github.com")
    yield new_firewall(*listed, ROTATING, *INNER, environment={"AIDEVCONTAINER_DNS": resolver.address})
    internet.restore()


@pytest.mark.parametrize(
    "url",
    [
        *("https://listed.example.net/", "http://listed.example.net/", "https://LISTED.Example.NET./"),
        *("https://a.wild.example.net/", "https://b.c.wild.example.net/"),
    ],
)
def test_listed_host_answers(firewall: Firewall, url: str) -> None:
    """US-003.4, X-F3: listed names and wildcards on the default ports, in any case, with a final dot."""
    done = firewall.inside("curl", "-sSk", url)
    assert done.out == "hello from listed\n", done


def test_listed_port_answers(firewall: Firewall) -> None:
    """X-F3: `host:port` opens that port."""
    assert "hello" in firewall.inside("sh", "-c", echo("listed.example.net", 5432)).out


def test_both_families_answer(firewall: Firewall, internet: Internet) -> None:
    """X-F4: a listed name is reached over IPv6 as well."""
    if not internet.subnet6:
        pytest.skip("the engine makes no IPv6 networks")
    assert firewall.inside("curl", "-sS", "-6", "https://listed.example.net/").out == "hello from listed\n"


def test_github_is_reached_by_its_ranges(firewall: Firewall) -> None:
    """US-003.2, US-003.3: https and ssh to GitHub, by the ranges that its meta API names."""
    assert firewall.inside("curl", "-sS", "https://github.com/").out == "hello from github\n"
    assert "hello" in firewall.inside("sh", "-c", echo("github.com", 22)).out
    assert firewall.status()["github"]["prefixes"] > 0


def test_long_answer_passes(firewall: Firewall) -> None:
    """FR-5: a connection that was allowed stays so to its end, both ways."""
    done = firewall.inside("sh", "-c", "curl -sS https://listed.example.net/bytes/3000000 | wc -c")
    assert done.out.strip() == "3000000"


def test_loopback_works(firewall: Firewall) -> None:
    """US-003.5: what the agent runs for itself is open to it."""
    script = f"{listen('127.0.0.1', 4000)}; {ask('127.0.0.1', 4000)}"
    assert firewall.inside("sh", "-c", script).out == "7.7.7.7\n"


def test_address_may_change(firewall: Firewall, internet: Internet) -> None:
    """US-003.4, X-F3: a name that moves to another address is reached there as soon as DNS says so."""
    fetch = ("curl", "-sSk", f"http://{ROTATING}/")
    assert firewall.inside(*fetch).out == "hello from listed\n"
    answers = {name: [address] for name, address in INNER.items()}
    moved = [internet.servers["unlisted"].address]
    internet.servers["resolver"].set("answers", {**answers, ROTATING: moved})
    until(lambda: firewall.inside(*fetch).out == "hello from unlisted\n", lambda: firewall.inside(*fetch))


def test_address_does_not_expire_while_it_is_used(firewall: Firewall) -> None:
    """X-F3: an address that is about to be forgotten is remembered anew when its name is looked up."""
    address = firewall.inside("dig", "+short", ROTATING).out.strip()
    firewall.root("ipset", "-exist", "add", "names-web-4", address, "timeout", "60").checked()

    def left() -> int:
        firewall.inside("dig", ROTATING)
        saved = firewall.root("ipset", "save", "names-web-4").checked().out
        return int(saved.split(f" {address} timeout ")[1].split()[0])

    # Longer than the hour for which the resolver may answer from its memory.
    until(lambda: left() > 3600, left)


@pytest.mark.parametrize("address", INNER.values())
def test_listed_name_cannot_lead_inside(firewall: Firewall, internet: Internet, address: str) -> None:
    """X-F2, X-F7: a listed name that answers with an inner address, or a cloud's metadata, opens neither."""
    # On this network only what has a route gets as far as the rules.
    firewall.root("ip", "route", "replace", "default", "via", str(internet.subnet[1])).checked()
    name = next(name for name, given in INNER.items() if given == address)
    assert firewall.inside("dig", "+short", name).out == f"{address}\n"
    assert firewall.inside("curl", "-sS", f"http://{name}/").code == 7
    assert f"{address},tcp:80" in firewall.blocked()


def test_service_is_reached_though_its_address_is_inner(
    new_firewall: NewFirewall, internet: Internet
) -> None:
    """FR-4: a Compose service on the list resolves and answers; the one beside it does not."""
    network = f"{internet.network}-inner"
    docker("network", "create", "--internal", network)
    unlisted = internet.servers["unlisted"].container
    try:
        docker("network", "connect", "--alias", "db", "--alias", "web", network, unlisted)
        firewall = new_firewall("db:5432", network=network)
        assert "hello" in firewall.inside("sh", "-c", echo("db", 5432)).out
        assert "hello" not in firewall.inside("sh", "-c", echo("db", 8443)).out
        assert "NXDOMAIN" in firewall.inside("dig", "web").out
        assert "NXDOMAIN" in firewall.inside("dig", "x.db").out
        firewall.remove()
    finally:
        docker("network", "disconnect", network, unlisted, check=False)
        docker("network", "rm", network, check=False)


def test_network_and_port_of_an_address(new_firewall: NewFirewall, internet: Internet) -> None:
    """X-F3: addresses and networks, with and without a port, without any name."""
    server = internet.servers["unlisted"]
    firewall = new_firewall(f"{server.address}:5432", f"{internet.subnet[64]}/27:22")
    for port, answers in ((5432, True), (22, True), (25, False), (8443, False)):
        done = firewall.inside("sh", "-c", echo(server.address, port))
        assert ("hello" in done.out) is answers, done


def test_domain_and_wildcard_keep_their_own_ports(new_firewall: NewFirewall, internet: Internet) -> None:
    """X-F3: with different ports for a domain and for what is below it, real lookups keep them apart."""
    answers = {"two.example.net": "listed", "a.two.example.net": "unlisted"}
    resolver = internet.servers["resolver"]
    resolver.set("answers", {name: [internet.servers[to].address] for name, to in answers.items()})
    environment = {"AIDEVCONTAINER_DNS": resolver.address}
    firewall = new_firewall("two.example.net:5432", "*.two.example.net:8443", environment=environment)
    for name in answers:
        assert "NOERROR" in firewall.inside("dig", name).out
    for name, port, answered in [
        *(("two.example.net", 5432, True), ("two.example.net", 8443, False)),
        *(("a.two.example.net", 5432, False), ("a.two.example.net", 8443, True)),
    ]:
        done = firewall.inside("sh", "-c", echo(name, port))
        assert ("hello" in done.out) is answered, done
