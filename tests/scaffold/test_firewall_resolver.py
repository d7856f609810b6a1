"""What the resolver is told: which names it asks for, of whom, and which sets their addresses get into."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.firewall_scripts import awk, lint, opened, resolvers

UPSTREAM, DOCKER = "9.9.9.9", "127.0.0.11"
LABELS = ["a", "b", "c"]


def _ports(folder: Path, content: str, name: str) -> set[str]:
    return opened(resolvers(folder, content), name)[1]


def test_only_the_listed_name_is_asked_for(tmp_path: Path) -> None:
    """X-F2: neither what is below a listed name nor what is above it gets out."""
    known = resolvers(tmp_path, "host.example.com\n")
    assert opened(known, "host.example.com") == (UPSTREAM, {"names-web-4"})
    for name in (
        "x.host.example.com",
        "example.com",
        "com",
        "xhost.example.com",
        "host.example.com.evil.org",
    ):
        assert opened(known, name) == ("", set())


def test_wildcard_means_below(tmp_path: Path) -> None:
    """X-F3: a wildcard opens what is below its domain, at any depth, not the domain."""
    known = resolvers(tmp_path, "*.example.com\n")
    assert opened(known, "a.example.com")[0] == opened(known, "b.a.example.com")[0] == UPSTREAM
    assert opened(known, "example.com") == ("", set())


def test_port_belongs_to_its_name(tmp_path: Path) -> None:
    """X-F3: a port that one line opens is opened for no other name."""
    content = "db.example.com:5432\nwww.example.com\n"
    assert _ports(tmp_path, content, "db.example.com") == {"names-5432-4"}
    assert _ports(tmp_path, content, "www.example.com") == {"names-web-4"}


def test_port_of_a_domain_is_not_that_of_what_is_below(tmp_path: Path) -> None:
    """X-F3: where a name and a wildcard have different ports, neither gets the other's."""
    content = "example.com:8443\n*.example.com:9000\nspecial.example.com\n"
    assert _ports(tmp_path, content, "example.com") == {"names-8443-4"}
    assert _ports(tmp_path, content, "a.example.com") == {"names-9000-4"}
    assert _ports(tmp_path, content, "special.example.com") == {"names-web-4", "names-9000-4"}
    assert _ports(tmp_path, content, "a.special.example.com") == {"names-9000-4"}


def test_service_is_asked_of_docker(tmp_path: Path) -> None:
    """FR-4: a single label is a Compose service, which only Docker's resolver knows; below it is nothing."""
    known = resolvers(tmp_path, "db:5432\n")
    assert opened(known, "db") == (DOCKER, {"services-5432-4"})
    assert opened(known, "x.db") == ("", set())


def test_side_resolvers_keep_their_place_when_the_list_changes(tmp_path: Path) -> None:
    """X-F5: what stays listed keeps its line word for word, so that a lookup under way is not lost."""
    resolvers(tmp_path, "b.example.com:81\na.example.com\n")
    before, feeds = (tmp_path / "main.servers").read_text(), tmp_path / "before"
    (tmp_path / "feeds").rename(feeds)
    known = resolvers(tmp_path, "new.example.com:80\na.example.com\nb.example.com:81\n", feeds)
    after = (tmp_path / "main.servers").read_text().splitlines()
    assert set(before.splitlines()) < set(after)
    assert opened(known, "new.example.com") == (UPSTREAM, {"names-80.http-4"})


def test_more_side_resolvers_than_fit_are_refused(tmp_path: Path) -> None:
    """X-F5: with a sentence, instead of a container without processes."""
    lines = "".join(f"n{number}.example.com:{number}\n" for number in range(1, 52))
    (tmp_path / "policy").write_text(lint(tmp_path, lines).checked().out)
    done = awk(
        "emit-resolver",
        Path("/dev/null"),
        tmp_path / "policy",
        dir=tmp_path,
        families="4",
        upstreams=UPSTREAM,
    )
    assert (done.code, "in more than 50 ways" in done.err) == (1, True), done


names = st.lists(st.sampled_from(LABELS), min_size=2, max_size=4).map(".".join)
entries = st.tuples(st.booleans(), names, st.sampled_from(["web", "81", "82"]))


def _expected(chosen: list[tuple[bool, str, str]], name: str) -> set[str]:
    return {
        f"names-{port}-4"
        for wildcard, domain, port in chosen
        if (name.endswith(f".{domain}") if wildcard else name == domain)
    }


@settings(max_examples=60, deadline=None)
@given(chosen=st.lists(entries, min_size=1, max_size=7), asked=st.lists(names, min_size=5, max_size=5))
def test_every_name_gets_the_ports_of_the_lines_that_mean_it(
    chosen: list[tuple[bool, str, str]], asked: list[str]
) -> None:
    """X-F2, X-F3: for any list and any name, exactly the ports of the lines that match it, or no answer."""
    content = "".join(
        f"{'*.' * wildcard}{domain}{'' if port == 'web' else f':{port}'}\n"
        for wildcard, domain, port in chosen
    )
    with tempfile.TemporaryDirectory() as folder:
        known = resolvers(Path(folder), content)
    for name in [*asked, *(domain for _, domain, _ in chosen), *(f"a.{domain}" for _, domain, _ in chosen)]:
        server, sets = opened(known, name)
        expected = _expected(chosen, name)
        assert (server, sets) == ((UPSTREAM, expected) if expected else ("", set()))
