"""The rules as text: their order is what makes them safe. The tests with an engine prove that it does."""

from __future__ import annotations

from pathlib import Path

from tests.support.firewall_scripts import FOLDER, tables


def _output(folder: Path, content: str, family: int = 4, **more: str) -> list[str]:
    lines = tables(folder, content, family, **more)
    return [line.removeprefix("-A OUTPUT ") for line in lines if line.startswith("-A OUTPUT ")]


def _index(rules: list[str], *parts: str) -> int:
    return next(number for number, rule in enumerate(rules) if all(part in rule for part in parts))


def test_dockers_resolver_is_refused_before_loopback_is_accepted(tmp_path: Path) -> None:
    """X-F2: it sits on loopback, so whoever accepts loopback first lets every name out."""
    rules = _output(tmp_path, "example.com\n")
    refused = _index(rules, "-d 127.0.0.11/32", "-j log-and-refuse")
    assert (
        _index(rules, "-d 127.0.0.11", "--uid-owner 5353", "-j ask-upstream")
        < refused
        < _index(rules, "-o lo")
    )
    assert "--dport" not in rules[refused]


def test_what_leaves_is_limited_and_the_rules_hold_without_the_limits(tmp_path: Path) -> None:
    """X-F7: a kernel may lack them. Without their lines, nothing else changes."""
    for family in (4, 6):
        lines = tables(
            tmp_path, "example.com\n10.1.2.3\n", family, agent="1000", upstreams="10.0.0.2 2001:4860::1"
        )
        assert _index(lines, "-A allow", "-j limit-connections") < _index(lines, "-A allow -j dial")
        assert _index(lines, "-A ask-upstream", "-j limit-lookups") < _index(
            lines, "-A ask-upstream -j look-up"
        )
        without = [line for line in lines if "limit-" not in line]
        assert not any("limit" in line for line in without)
        chains = {line.split()[0].removeprefix(":") for line in without if line.startswith(":")}
        used = {line.split(" -j ")[1].split()[0] for line in without if " -j " in line}
        assert used <= chains | {"ACCEPT", "DROP", "REJECT", "SET", "CONNMARK"}
        assert [line for line in without if "OUTPUT" in line] == [line for line in lines if "OUTPUT" in line]


def test_special_use_is_refused_between_what_is_listed_and_what_dns_says(tmp_path: Path) -> None:
    """X-F2, X-F4: a listed network may be an inner one; a listed name cannot become one by its answer."""
    rules = _output(tmp_path, "example.com\n10.1.0.0/16\ndb\ngithub.com\n")
    special = _index(rules, "special-4", "log-and-refuse")
    assert max(_index(rules, "networks-4"), _index(rules, "services-web-4")) < special
    assert special < min(_index(rules, "names-web-4"), _index(rules, "github-4"))


def test_githubs_ranges_are_open_for_ssh_only(tmp_path: Path) -> None:
    """US-003.2: and only if GitHub is listed, because the sets are full either way."""
    (rule,) = [rule for rule in _output(tmp_path, "github.com\n") if "github-4" in rule]
    assert rule == "-p tcp --dport 22 -m set --match-set github-4 dst -j allow"
    assert not [rule for rule in _output(tmp_path, "example.com\n") if "github-4" in rule]


def test_established_traffic_counts_only_in_its_generation(tmp_path: Path) -> None:
    """FR-5: what was allowed passes by its mark, so that a new policy looks at it once more."""
    rules = _output(tmp_path, "example.com\n", agent="1000")
    accepted = [rule for rule in rules if "ESTABLISHED" in rule and "-j ACCEPT" in rule]
    resolvers = ("-s 127.0.0.11", "--mark 4294967294 -m owner ! --uid-owner 1000")
    assert all("--mark 7" in rule or any(each in rule for each in resolvers) for rule in accepted)


def test_last_packets_of_a_lookup_pass_and_no_program_is_blamed_for_such(tmp_path: Path) -> None:
    """X-F6, X-F2: they have no owner. What begins a connection has one; only the resolver's gets the mark."""
    for family in (4, 6):
        lines = tables(tmp_path, "example.com\n", family, agent="1000", upstreams="10.0.0.2 2001:4860::1")
        (late,) = [line for line in lines if "--mark 4294967294" in line and line.startswith("-A OUTPUT")]
        assert late.startswith("-A OUTPUT -p tcp ! --syn -m conntrack --ctstate ESTABLISHED ")
        marked = [
            line for line in lines if line.endswith(("-j look-up", "-j ask-upstream")) and "OUTPUT" in line
        ]
        assert marked
        assert all("--uid-owner 5353" in line for line in marked)
        first, second, *_ = [line for line in lines if line.startswith("-A log-and-refuse")]
        assert first == "-A log-and-refuse -p tcp ! --syn -m owner ! --uid-owner 1000 -j refuse"
        assert "-j SET" in second


def test_multicast_of_a_process_is_written_down(tmp_path: Path) -> None:
    """X-F6: only what no process sent is refused in silence, and only for the neighbours."""
    *_, silent = [rule for rule in _output(tmp_path, "example.com\n", 6) if rule.endswith("-j DROP")]
    assert silent == "-p ipv6-icmp -d ff02::/16 -m owner ! --uid-owner 0-4294967294 -j DROP"
    assert not [rule for rule in _output(tmp_path, "example.com\n") if rule.endswith("-j DROP")]


def test_nothing_but_tcp_is_let_out_to_hosts(tmp_path: Path) -> None:
    """US-003.5: no rule that consults a list opens UDP or anything else."""
    for family in (4, 6):
        rules = _output(tmp_path, "example.com\ndb:53\n10.0.0.0/8\n2606:4700::/32\ngithub.com\n", family)
        assert all("-p tcp" in rule for rule in rules if "-j allow" in rule)


def test_only_the_resolver_asks_the_upstream(tmp_path: Path) -> None:
    """X-F2: the way to a DNS server is open for one user, to that server, on one port."""
    rules = _output(tmp_path, "example.com\n", upstreams="10.0.0.2 2001:4860::1", dialled="8.8.8.8")
    lookups = [rule for rule in rules if "--dport 53" in rule]
    assert [rule.split("--uid-owner ")[1].split()[0] for rule in lookups] == ["5353", "5353", "0", "0"]
    assert all(("10.0.0.2" in rule) or ("8.8.8.8" in rule) for rule in lookups)


def test_inbound_is_refused_but_for_published_ports(tmp_path: Path) -> None:
    """US-003.5: nobody reaches the agent, except at ports that the user publishes."""
    lines = tables(tmp_path, "example.com\n", inbound="3000")
    opened = [line for line in lines if line.startswith("-A INPUT") and "NEW" in line]
    asked = "-A INPUT -p tcp --dport 3000 -m conntrack --ctstate NEW"
    assert opened == [f"{asked} -j CONNMARK --set-mark 4294967295", f"{asked} -j ACCEPT"]


def test_only_those_who_were_let_in_are_answered(tmp_path: Path) -> None:
    """US-003.5: what can be made to look as if it came from outside must not get an answer there."""
    answers = "--ctstate ESTABLISHED --ctdir REPLY"
    for family in (4, 6):
        rules = _output(tmp_path, "example.com\n", family, docker_dns="")
        assert not [rule for rule in rules if answers in rule]
        rules = _output(tmp_path, "example.com\n", family, docker_dns="", inbound="3000")
        assert [rule for rule in rules if answers in rule] == [
            f"-m conntrack {answers} -m connmark --mark 4294967295 -j ACCEPT"
        ]


def test_nobody_sends_in_anothers_name_over_loopback(tmp_path: Path) -> None:
    """X-F4: what would begin a connection from outside is refused before loopback is accepted."""
    rules = _output(tmp_path, "example.com\n", 6)
    dropped = _index(rules, "-m addrtype ! --src-type LOCAL -j DROP")
    *solicited, reset = rules[:dropped]
    assert all("--icmpv6-type neighbour-" in rule for rule in solicited)
    assert reset == "-o lo -p tcp --tcp-flags RST RST -m conntrack --ctstate RELATED -j ACCEPT"
    assert dropped < _index(rules, "-o lo -j ACCEPT")


def test_agent_does_not_answer_for_dockers_resolver(tmp_path: Path) -> None:
    """X-F2, X-F7: its port is free while the daemon is away, and what is said there fills the sets."""
    rules = _output(tmp_path, "example.com\n", agent="1000")
    refused = _index(rules, "-s 127.0.0.11 -m owner --uid-owner 1000", "-j log-and-refuse")
    assert refused < _index(rules, "-s 127.0.0.11", "--ctdir REPLY")


def test_closed_tables_need_nothing() -> None:
    """X-F1: what is loaded first asks for no set and no module, so that it cannot fail for lack of them."""
    text = (FOLDER / "closed.rules").read_text(encoding="utf-8")
    for other in ("-6 ", "-4 "):
        lines = [line for line in text.splitlines() if not line.startswith((other, "#"))]
        rules = [line[line.index("-A ") :] for line in lines if "-A " in line]
        assert not any(f" {module} " in rule for rule in rules for module in ("set", "owner", "conntrack"))
        accepted = [rule for rule in rules if rule.endswith("ACCEPT") and "127.0.0.11" not in rule]
        assert accepted == ["-A INPUT -i lo -j ACCEPT", "-A OUTPUT -o lo -j ACCEPT"]
        assert ":OUTPUT DROP [0:0]" in lines
