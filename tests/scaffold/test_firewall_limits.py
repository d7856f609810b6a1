"""What the firewall tells the agent about its network: all entries, or the first ones for Claude."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.firewall_scripts import awk, script

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="macOS's awk has no strftime()")


def in_force(folder: Path, entries: str, *temporary: str, state: str = "ready") -> Path:
    """Writes the files of a policy in force, and returns the folder for the agent."""
    generation = folder / "run/generation-7"
    kept = generation / "policy.temporary/allowed-temporarily.txt"
    for each in (kept.parent, folder / "run/status.d", folder / "run-limits"):
        each.mkdir(parents=True, exist_ok=True)
    kept.write_text("".join(f"{line}\n" for line in temporary))
    listed = folder / "allowed-domains.txt"
    listed.write_text(entries)
    (generation / "policy").write_text(awk("addresses lint-list", listed, kept).checked().out)
    awk("ways compare", Path("/dev/null"), generation / "policy", dir=generation).checked()
    (folder / "run/in-force").write_text("7\n")
    (folder / "run/status.d/state").write_text(state)
    return folder / "run-limits"


def told(folder: Path, name: str) -> list[str]:
    """Returns what follows the text that is always the same."""
    script(folder / "run", "write-limits.sh").checked()
    return (folder / "run-limits" / name).read_text().partition("below example.com.\n\n")[2].splitlines()


@pytest.mark.parametrize("name", ["network.md", "CLAUDE.md"])
def test_entries_are_told_as_a_person_writes_them(tmp_path: Path, name: str) -> None:
    """X-F10: names, wildcards, ports and networks, without comments; an allowance with its end."""
    entries = "a.example # why\n*.b.example:8443\n\n10.0.0.0/8:22\n[2001:db8::/32]:22\ngithub.com\n"
    in_force(tmp_path, entries, "c.example # 1700000000", "d.example:22 # 0", "a.example # 1700000000")
    assert told(tmp_path, name) == [
        "- a.example",
        "- *.b.example:8443",
        "- 10.0.0.0/8:22",
        "- [2001:db8::/32]:22",
        "- github.com",
        "- c.example (until 2023-11-14 22:13 UTC)",
        "- d.example:22 (until the firewall restarts)",
        "- api.github.com",
    ]


def test_long_list_is_cut_for_claude_only(tmp_path: Path) -> None:
    """X-F10: the memory stays short, counts the rest, and names the file that has everything."""
    in_force(tmp_path, "".join(f"h{i}.example\n" for i in range(103)))
    everything = [f"- h{i}.example" for i in range(103)]
    assert told(tmp_path, "network.md") == everything
    assert told(tmp_path, "CLAUDE.md") == [*everything[:100], "- and 3 more, see network.md"]


@pytest.mark.parametrize("state", ["closed", "starting"])
def test_closed_network_is_told(tmp_path: Path, state: str) -> None:
    """X-F10: nothing is listed then, whatever the last policy was."""
    in_force(tmp_path, "a.example\n", state=state)
    assert told(tmp_path, "network.md") == [
        "None: the network is closed. On the host, `./.aidevcontainer/firewall status` says why."
    ]


def test_empty_list_is_told(tmp_path: Path) -> None:
    """X-F10: an open network without a single entry is not a closed one."""
    in_force(tmp_path, "# nothing\n")
    assert told(tmp_path, "CLAUDE.md") == ["None."]


def test_reader_sees_no_half_file(tmp_path: Path) -> None:
    """X-F10: a new text replaces the old one in one step."""
    in_force(tmp_path, "a.example\n")
    told(tmp_path, "CLAUDE.md")
    with (tmp_path / "run-limits/CLAUDE.md").open() as reader:
        in_force(tmp_path, "b.example\n")
        assert told(tmp_path, "CLAUDE.md") == ["- b.example"]
        assert reader.read().endswith("- a.example\n")


def test_container_without_the_volume_writes_nothing(tmp_path: Path) -> None:
    """X-F10: the script succeeds where an older Compose file mounts nothing."""
    in_force(tmp_path, "a.example\n").rmdir()
    script(tmp_path / "run", "write-limits.sh").checked()
    assert not (tmp_path / "run-limits").exists()
