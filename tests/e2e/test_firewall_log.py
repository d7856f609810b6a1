"""What the log says of whom: nothing of the firewall's own packets, and the reason where one is known."""

from __future__ import annotations

import time

import pytest

from tests.support.docker import execute
from tests.support.firewall import NewFirewall
from tests.support.internet import Internet
from tests.support.wait import until

pytestmark = pytest.mark.engine

LISTED = "listed.example.net"
_LOOKUPS = """
for i in $(seq 20); do dig +tcp +tries=1 +time=1 "$0" @127.0.0.1; done
for i in $(seq 20); do timeout 0.02 dig +tcp +tries=1 "x$i.wild.example.net" @127.0.0.1; done
for i in $(seq 5); do dig +tcp +tries=1 +time=1 -f /tmp/names @127.0.0.1 & done; wait
"""


@pytest.mark.parametrize("upstream", ["own", "docker"])
def test_lookups_over_tcp_leave_nothing_in_the_log(
    new_firewall: NewFirewall, internet: Internet, upstream: str
) -> None:
    """X-F6: the last packets of a lookup have no owner, and are not what the agent was refused."""
    environment = {"AIDEVCONTAINER_DNS": internet.servers["resolver"].address} if upstream == "own" else {}
    firewall = new_firewall(LISTED, "*.wild.example.net", environment=environment)
    before = firewall.blocked()
    names = "for i in $(seq 40); do echo n$i.wild.example.net; done >/tmp/names"
    execute(firewall.agent, "sh", "-c", names, check=True)
    for number in range(3):
        execute(firewall.agent, "sh", "-c", _LOOKUPS, LISTED, timeout=120)
        # A removal ends lookups over TCP that are under way.
        firewall.write_list(LISTED, "*.wild.example.net", *[f"r{number}.example.net"])
        firewall.reload().checked()
    time.sleep(3)
    assert sorted(firewall.blocked() - before) == []


def test_what_the_agent_asks_a_resolver_is_in_the_log_with_the_reason(
    new_firewall: NewFirewall, internet: Internet
) -> None:
    """X-F2, X-F6: its own attempt is its own attempt, and nobody is offered an entry for it."""
    address = internet.servers["resolver"].address
    firewall = new_firewall(LISTED, environment={"AIDEVCONTAINER_DNS": address})
    firewall.inside("dig", "+tcp", "+tries=1", "+time=1", f"@{address}", LISTED)
    until(lambda: firewall.refusals() != [], firewall.log)
    reasons = {(each.address, each.port): each.reason for each in firewall.refusals()}
    assert reasons[address, "53"] == "resolver"


def test_listed_host_with_a_private_address_is_explained(
    new_firewall: NewFirewall, internet: Internet
) -> None:
    """X-F6, US-003.7: in the log and in the status, with the line that opens it; which does."""
    name, ten = "registry.corp.example", "10.0.0.1"
    local, link = "metadata.corp.example", "169.254.169.254"
    resolver = internet.servers["resolver"]
    resolver.set("answers", {name: [ten], local: [link]})
    environment = {"AIDEVCONTAINER_DNS": resolver.address}
    firewall = new_firewall(LISTED, local, f"{name}:5000", environment=environment)
    until(lambda: f"firewall allow {ten}:5000" in str(firewall.status()["warnings"]), firewall.status)
    assert f"{local} is listed, but has the address {link}" in str(firewall.status()["warnings"])
    # What has no route never meets the rules.
    firewall.root("ip", "route", "add", "10.0.0.0/8", "dev", "eth0").checked()
    firewall.inside("bash", "-c", f"exec 3<>/dev/tcp/{name}/5000")
    (found,) = [each for each in firewall.refusals() if each.address == ten]
    assert (found.reason, found.names) == ("private", (name,))
    firewall.write_list(LISTED, local, f"{name}:5000", f"{ten}:5000")
    firewall.reload().checked()
    until(lambda: "private address" not in str(firewall.status()["warnings"]), firewall.status)
    internet.restore()


def test_host_by_dockers_name_is_explained_where_docker_does_not_know_it(new_firewall: NewFirewall) -> None:
    """US-003.7: the gateway's address works where the name does not."""
    firewall = new_firewall(LISTED, "host.docker.internal:3000")
    until(lambda: "host.docker.internal is listed" in str(firewall.status()["warnings"]), firewall.status)
    route = firewall.root("ip", "-4", "route", "show", "default").out.split()
    hint = f"list the host's address here, {route[2]}:PORT" if route else "does not resolve"
    assert hint in str(firewall.status()["warnings"])
