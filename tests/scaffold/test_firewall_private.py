"""Listed names that a name alone cannot open, because their addresses are private."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import fake_ipset
from tests.support.firewall_scripts import FOLDER, awk, lint

FIX = "./.aidevcontainer/firewall allow"


def warnings(folder: Path, listed: str, *known: str) -> list[str]:
    """Returns the warnings for a list and lines ADDRESS NAME."""
    policy = folder / "policy"
    policy.write_text(lint(folder, listed).checked().out)
    (folder / "known").write_text("".join(f"known {each}\n" for each in known))
    sets = awk("emit-sets", FOLDER / "special-use.txt", policy, generation=7, families="6 4").checked().out
    programs = fake_ipset.install(folder, sets)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
        variables = {"generation": 7, "answers": folder / "answers"}
        return awk("private", policy, folder / "known", **variables).checked().out.splitlines()


@pytest.mark.parametrize(
    ("listed", "known", "entries"),
    [
        ("registry.corp:5000", ["10.0.0.5 registry.corp"], ["10.0.0.5:5000"]),
        ("registry.corp", ["192.168.7.1 registry.corp"], ["192.168.7.1"]),
        ("registry.corp\nregistry.corp:22", ["172.16.0.1 registry.corp"], ["172.16.0.1", "172.16.0.1:22"]),
        ("registry.corp:5000", ["fd00::5 registry.corp"], ["[fd00::5]:5000"]),
        ("registry.corp", ["fd00::5 registry.corp", "10.0.0.5 registry.corp"], ["fd00::5", "10.0.0.5"]),
        ("registry.corp", ["100.64.1.1 registry.corp", "100.64.1.1 registry.corp"], ["100.64.1.1"]),
        ("registry.corp:5000\n10.0.0.0/8:5000", ["10.0.0.5 registry.corp"], []),
        ("registry.corp:5000\n10.0.0.5:5000", ["10.0.0.5 registry.corp"], []),
        ("registry.corp:5000\n10.0.0.5", ["10.0.0.5 registry.corp"], ["10.0.0.5:5000"]),
        ("registry.corp\nfd00::/16", ["fd00::5 registry.corp"], []),
        ("registry.corp:5000\n[fd00::5]:5000", ["fd00::5 registry.corp"], []),
        ("registry.corp\n10.0.0.5", ["10.0.0.5 registry.corp"], []),
        ("registry.corp\n10.0.0.5:443", ["10.0.0.5 registry.corp"], ["10.0.0.5"]),
        ("registry.corp:443\n10.0.0.5", ["10.0.0.5 registry.corp"], []),
        ("registry.corp:443/tls", ["10.0.0.5 registry.corp"], ["10.0.0.5:443"]),
        ("registry.corp+private", ["10.0.0.5 registry.corp"], []),
        ("a.corp\nb.corp", ["10.0.0.5 b.corp", "10.0.0.5 a.corp"], ["10.0.0.5", "10.0.0.5"]),
        ("registry.corp", ["93.184.215.14 registry.corp"], []),
        ("registry.corp", ["10.0.0.5 other.corp"], []),
        ("*.corp.example", ["10.0.0.5 evil.corp.example"], []),
    ],
)
def test_listed_name_with_a_private_address_gets_the_line_that_helps(
    tmp_path: Path, listed: str, known: list[str], entries: list[str]
) -> None:
    """X-F6, US-003.7: unless a line opens the address already; the agent cannot make one up."""
    said = warnings(tmp_path, listed, *known)
    assert [line.partition(f"{FIX} ")[2] for line in said] == entries
    assert all("is listed, but has the private address" in line for line in said)


@pytest.mark.parametrize("address", ["169.254.169.254", "127.0.0.1", "fe80::1", "0.0.0.0"])
def test_address_that_no_line_should_open_gets_none(tmp_path: Path, address: str) -> None:
    """X-F4: metadata and loopback are not suggested, whoever's name leads there."""
    (said,) = warnings(tmp_path, "a.example", f"{address} a.example")
    assert FIX not in said
    assert address in said


def test_at_most_twenty_names_are_explained(tmp_path: Path) -> None:
    """X-F6: a long list does not bury the other warnings."""
    names = [f"n{number}.corp" for number in range(30)]
    said = warnings(tmp_path, "\n".join(names), *[f"10.0.0.5 {name}" for name in names])
    assert [line.split()[0] for line in said] == names[:20]
