"""What is taken from GitHub's list of its ranges, and what makes it untrustworthy as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.firewall_scripts import FOLDER, awk
from tests.support.run import Finished


def _check(folder: Path, *lines: str, families: str = "6 4") -> Finished:
    listed = folder / "listed"
    listed.write_text("".join(f"{line}\n" for line in lines))
    return awk("addresses ranges", FOLDER / "special-use.txt", listed, families=families)


def _added(done: Finished) -> list[str]:
    return [line for line in done.checked().out.splitlines() if line.startswith("add ")]


def test_sound_ranges_replace_the_sets(tmp_path: Path) -> None:
    """US-003.3: both families, each set as a whole in one step."""
    done = _check(tmp_path, "git 140.82.112.0/20", "git 2606:50c0::/32").checked()
    assert done.out.splitlines() == [
        "create github-new-6 hash:net family inet6",
        "flush github-new-6",
        "add github-new-6 2606:50c0::/32",
        "swap github-new-6 github-6",
        "destroy github-new-6",
        "create github-new-4 hash:net family inet",
        "flush github-new-4",
        "add github-new-4 140.82.112.0/20",
        "swap github-new-4 github-4",
        "destroy github-new-4",
    ]


def test_family_that_the_machine_lacks_is_left_out(tmp_path: Path) -> None:
    """US-003.3: no set is filled that does not exist."""
    done = _check(tmp_path, "git 140.82.112.0/20", "git 2606:50c0::/32", families="4").checked()
    assert "140.82.112.0/20" in done.out
    assert "-6" not in done.out


@pytest.mark.parametrize(
    "network",
    [
        *("10.0.0.0/16", "127.0.0.0/24", "169.254.169.254/32", "192.168.0.0/24", "100.100.0.0/16"),
        *("168.63.129.16/32", "172.24.0.0/13", "240.0.0.0/12"),
        *("fd00::/64", "fe80::/64", "2001:db8::/32", "::1/128", "2002:a00::/24"),
    ],
)
def test_special_use_is_dropped(tmp_path: Path, network: str) -> None:
    """US-003.3, X-F4: a range that no public host can be in is not taken, the rest is."""
    done = _check(tmp_path, f"git {network}", "git 140.82.112.0/20")
    assert _added(done) == ["add github-new-4 140.82.112.0/20"]


@pytest.mark.parametrize(
    "line",
    [
        *("git 0.0.0.0/0", "git 128.0.0.0/1", "git 140.0.0.0/11", "git ::/0", "git 2606::/16"),
        *("git 140.82.112.0/33", "git 140.82.112/20", "git 1.2.3.4.5/20", "git 2606::50c0::/32"),
        *("git 140.82.112.0/2x", "git 999.1.1.1/24", "git 140.82.112.0"),
    ],
)
def test_absurd_range_makes_all_untrustworthy(tmp_path: Path, line: str) -> None:
    """US-003.3: one range that no company owns, and nothing of the answer is used."""
    done = _check(tmp_path, "git 140.82.112.0/20", line)
    assert (done.code, done.out) == (1, "")
    assert done.err.strip().endswith(("is too wide for one company.", "is not a network."))


def test_number_of_ranges_is_limited(tmp_path: Path) -> None:
    """US-003.3: thousands of ranges are not GitHub's."""
    done = _check(tmp_path, *(f"git 140.{high}.{low}.0/24" for high in range(8) for low in range(256)))
    assert (done.code, done.err) == (1, "it has more than 2000 ranges.\n")


def test_nothing_is_no_answer(tmp_path: Path) -> None:
    """US-003.3: an empty list does not replace the one in force."""
    assert _check(tmp_path, "git 10.0.0.0/16").err == "it has no range.\n"


def test_only_git_ranges_are_taken(tmp_path: Path) -> None:
    """US-003.2: copies of former versions have lines for the web too, which pass by name now."""
    done = _check(tmp_path, '# etag W/"1"', "web 192.30.252.0/22", "git 140.82.112.0/20", "web 0.0.0.0/0")
    assert _added(done) == ["add github-new-4 140.82.112.0/20"]


def test_copy_without_git_ranges_is_no_answer(tmp_path: Path) -> None:
    """US-003.3: a damaged copy is not put into force as an empty one."""
    assert _check(tmp_path, "web 192.30.252.0/22", "140.82.112.0/20").err == "it has no range.\n"
