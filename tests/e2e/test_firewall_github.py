"""GitHub's ranges: asked for sparingly, distrusted, kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.docker import docker
from tests.support.firewall import SCRIPTS, Firewall, NewFirewall, echo
from tests.support.internet import Internet
from tests.support.run import Finished

pytestmark = pytest.mark.engine

STATE = "/var/lib/aidevcontainer"
# curl's exit code when the connection was refused.
NO_CONNECTION = 7
LIST = ("listed.example.net", "github.com")


@pytest.fixture(scope="module")
def firewall(new_firewall: NewFirewall) -> Firewall:
    """A firewall that has GitHub's ranges."""
    return new_firewall(*LIST)


@pytest.fixture
def answers(internet: Internet) -> Iterator[Any]:
    """GitHub's server, which answers properly again afterwards."""
    yield internet.servers["githubapi"]
    internet.restore()


def _ask_again(firewall: Firewall) -> str:
    """Return what is said when the kept copy is old enough to ask again; the same is said only once."""
    firewall.root("rm", "-f", "/run/aidevcontainer/status.d/warnings/github").checked()
    firewall.root(
        "sh", "-c", f"rm -f {STATE}/github-attempted; touch -d '2020-01-01 00:00' {STATE}/github-ranges.txt"
    )
    done = firewall.root(f"{SCRIPTS}/firewall/refresh-github.sh", "5")
    return done.out + done.err


def _in_force(firewall: Firewall) -> str:
    lines = firewall.root("ipset", "save", "github-4").checked().out.splitlines()
    return "\n".join(sorted(line for line in lines if line.startswith("add")))


POISON: dict[str, dict[str, Any]] = {
    "an error": {"status": 500, "body": "oops"},
    "a page": {"body": "<html>Sign in to the hotel's network</html>"},
    "nothing": {"body": ""},
    "an empty object": {"body": {}},
    "a list": {"body": ["140.82.112.0/20"]},
    "names for ranges": {"body": {"git": ["example.com/24"]}},
    "ranges for a number": {"body": {"git": 5}},
    "the whole world": {"body": {"git": ["0.0.0.0/0"]}},
    "half the world": {"body": {"git": ["28.0.0.0/7"]}},
    "inner networks only": {"body": {"git": ["10.0.0.0/16"]}},
    "commands": {"body": {"git": ["1.1.1.0/24\nflush github-4"]}},
    "thousands": {"body": {"git": [f"140.{a}.{b}.0/24" for a in range(9) for b in range(256)]}},
    "megabytes": {"body": {"git": ["140.82.112.0/20"], "more": "x" * 3_000_000}},
    "too many requests": {"status": 429, "body": {"message": "API rate limit exceeded"}},
    "too late": {"body": {}, "delay": 8},
}


@pytest.mark.parametrize("what", POISON)
def test_odd_answer_changes_nothing(firewall: Firewall, answers: Any, what: str) -> None:  # noqa: ANN401
    """US-003.3, X-F7: an odd answer is no answer: one sentence, and the ranges in force stay."""
    before = _in_force(firewall)
    assert before
    answers.set("meta", {"etag": '"poison"', **POISON[what]})
    said = _ask_again(firewall)
    assert "GitHub's list of its address ranges could not be used: " in said
    assert "stays in force" in said
    assert _in_force(firewall) == before
    assert firewall.inside("curl", "-sS", "https://github.com/").out == "hello from github\n"


def test_new_ranges_come_into_force(firewall: Firewall, answers: Any, internet: Internet) -> None:  # noqa: ANN401
    """US-003.3: a sound answer replaces the ranges; inner ones in it are left out."""
    ssh = ("sh", "-c", echo(internet.servers["unlisted"].address, 22))
    assert "hello" not in firewall.inside(*ssh).out
    meta = internet.meta()
    meta["git"] = [f"{internet.servers['unlisted'].address}/32", "10.0.0.0/16"]
    answers.set("meta", {"etag": '"new"', "body": meta})
    assert "GitHub: " in _ask_again(firewall)
    assert "hello" in firewall.inside(*ssh).out
    assert "10.0.0.0/16" not in _in_force(firewall)
    internet.restore()
    _ask_again(firewall)
    assert "hello" not in firewall.inside(*ssh).out


def test_ranges_open_nothing_but_ssh(firewall: Firewall, answers: Any, internet: Internet) -> None:  # noqa: ANN401
    """X-F8: an address of the ranges that no listed name has is refused, whatever name is asked for."""
    unlisted = internet.servers["unlisted"].address
    ranges = [f"{unlisted}/32"]
    answers.set("meta", {"etag": '"web"', "body": {**internet.meta(), "web": ranges, "git": ranges}})
    assert "GitHub: " in _ask_again(firewall)
    assert "hello" in firewall.inside("sh", "-c", echo(unlisted, 22)).out

    def fetch(name: str) -> Finished:
        return firewall.inside("curl", "-sSk", "--resolve", f"{name}:443:{unlisted}", f"https://{name}/")

    assert fetch("github.com").code == fetch("example.com").code == NO_CONNECTION
    assert firewall.inside("curl", "-sSk", f"https://{unlisted}/").code == NO_CONNECTION
    assert f"{unlisted},tcp:443" in firewall.blocked()
    assert firewall.inside("curl", "-sS", "https://github.com/").out == "hello from github\n"
    internet.restore()
    _ask_again(firewall)


def test_ranges_are_in_force_when_github_is_listed_later(
    new_firewall: NewFirewall, internet: Internet
) -> None:
    """US-003.2, FR-5: the kept ranges wait in their set, and ssh follows the list."""
    firewall = new_firewall(*LIST)
    ssh = ("sh", "-c", echo(internet.servers["github"].address, 22))
    firewall.write_list("listed.example.net")
    docker("restart", "--time", "2", firewall.name)
    firewall.wait_ready().checked()
    # The agent is still in the namespace of the former start.
    docker("restart", "--time", "0", firewall.agent)
    assert "hello" not in firewall.inside(*ssh).out
    for listed in (LIST, LIST[:1], LIST):
        firewall.write_list(*listed)
        firewall.root(f"{SCRIPTS}/init-firewall.sh", "--at-once").checked()
        assert ("hello" in firewall.inside(*ssh).out) == ("github.com" in listed)


def test_unchanged_answer_is_not_sent_again(firewall: Firewall, answers: Any, internet: Internet) -> None:  # noqa: ANN401
    """US-003.3: the kept copy's tag says that it is still the newest, and then it counts as fresh."""
    answers.set("meta", {"etag": 'W/"same"', "body": internet.meta()})
    assert "GitHub: " in _ask_again(firewall)
    before = _in_force(firewall)
    answers.set("meta", {"etag": 'W/"same"', "body": "only an answer with another tag has a body"})
    assert "GitHub: " in _ask_again(firewall)
    assert _in_force(firewall) == before


def test_asked_once_however_often_it_restarts(new_firewall: NewFirewall, internet: Internet) -> None:
    """US-003.3: GitHub grants 60 requests an hour; a restart loop must not use them up."""
    github = internet.servers["githubapi"]
    github.forget()
    firewall = new_firewall(*LIST)
    for _ in range(2):
        docker("restart", "--time", "2", firewall.name)
        firewall.wait_ready().checked()
    assert [entry["path"] for entry in github.seen("http")].count("/meta") == 1
    assert firewall.status()["github"]["prefixes"] > 0


def test_start_without_its_answer(new_firewall: NewFirewall, answers: Any) -> None:  # noqa: ANN401
    """US-003.2, US-003.6: ready all the same, GitHub's names work, and the warning says what does not."""
    answers.set("meta", {"status": 403, "body": {"message": "rate limit"}})
    firewall = new_firewall(*LIST)
    (warning,) = [text for text in firewall.status()["warnings"] if "ranges" in text]
    assert "too many requests from this address (HTTP 403)" in warning
    assert "ssh to it does not" in warning
    assert firewall.inside("curl", "-sS", "https://github.com/").out == "hello from github\n"
    assert "hello" not in firewall.inside("sh", "-c", echo("github.com", 22)).out


def test_damaged_copy_is_dropped(new_firewall: NewFirewall) -> None:
    """US-003.3: the kept copy is checked like an answer."""
    firewall = new_firewall(*LIST)
    firewall.root("sh", "-c", f"echo 'git 0.0.0.0/0' > {STATE}/github-ranges.txt").checked()
    docker("restart", "--time", "2", firewall.name)
    firewall.wait_ready().checked()
    assert "0.0.0.0/0" not in _in_force(firewall)
    assert firewall.status()["proof"]["refused"]


def test_copy_of_a_former_version_is_read(new_firewall: NewFirewall) -> None:
    """US-003.3: its lines for the web mean nothing any more, its ranges for ssh do."""
    firewall = new_firewall(*LIST)
    former = '# etag "1"\ngit 140.82.112.0/20\nweb 140.82.112.0/20\nweb 185.199.108.0/22'
    firewall.root("sh", "-c", f"echo '{former}' > {STATE}/github-ranges.txt").checked()
    docker("restart", "--time", "2", firewall.name)
    firewall.wait_ready().checked()
    assert _in_force(firewall) == "add github-4 140.82.112.0/20"
    assert firewall.status()["github"]["prefixes"] == 1
