"""What is taken from GitHub's list of its ranges, and what makes it untrustworthy as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.firewall_scripts import FOLDER, awk
from tests.support.run import Finished


def _check(folder: Path, *lines: str, policy: str = "", **variables: object) -> Finished:
    listed = folder / "listed"
    listed.write_text("".join(f"{line}\n" for line in lines))
    (folder / "policy").write_text(policy)
    return awk("addresses ranges", FOLDER / "special-use.txt", folder / "policy", listed, **variables)


def test_sound_ranges_are_taken_once(tmp_path: Path) -> None:
    """US-003.3: both families, without repetition."""
    lines = ("git 140.82.112.0/20", "web 140.82.112.0/20", "web 140.82.112.0/20", "web 2606:50c0::/32")
    assert _check(tmp_path, *lines).checked().out.splitlines() == [lines[0], lines[1], lines[3]]


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
    done = _check(tmp_path, f"web {network}", "web 140.82.112.0/20").checked()
    assert done.out == "web 140.82.112.0/20\n"


@pytest.mark.parametrize(
    "line",
    [
        *("web 0.0.0.0/0", "web 128.0.0.0/1", "web 140.0.0.0/11", "web ::/0", "web 2606::/16"),
        *("web 140.82.112.0/33", "web 140.82.112/20", "web 1.2.3.4.5/20", "web 2606::50c0::/32"),
        *("web 140.82.112.0/2x", "web 999.1.1.1/24", "web 140.82.112.0"),
    ],
)
def test_absurd_range_makes_all_untrustworthy(tmp_path: Path, line: str) -> None:
    """US-003.3: one range that no company owns, and nothing of the answer is used."""
    done = _check(tmp_path, "web 140.82.112.0/20", line)
    assert (done.code, done.out) == (1, "")
    assert done.err.strip().endswith(("is too wide for one company.", "is not a network."))


def test_number_of_ranges_is_limited(tmp_path: Path) -> None:
    """US-003.3: thousands of ranges are not GitHub's."""
    done = _check(tmp_path, *(f"web 140.{high}.{low}.0/24" for high in range(8) for low in range(256)))
    assert (done.code, done.err) == (1, "it has more than 2000 ranges.\n")


def test_nothing_is_no_answer(tmp_path: Path) -> None:
    """US-003.3: an empty list does not replace the one in force."""
    assert _check(tmp_path, "web 10.0.0.0/16").err == "it has no range.\n"


def test_ssh_is_for_git_ranges_only(tmp_path: Path) -> None:
    """US-003.2: web ranges get 443 and 80; git's get 22 as well."""
    lines = ("web 192.30.252.0/22", "git 140.82.112.0/20")
    done = _check(tmp_path, *lines, policy="github\tgithub.com\tweb\tlist:1\n", families="4").checked()
    added = sorted(line.split()[-1] for line in done.out.splitlines() if line.startswith("add "))
    web = [f"192.30.252.0/22,tcp:{port}" for port in (443, 80)]
    assert added == sorted([f"140.82.112.0/20,tcp:{port}" for port in (22, 443, 80)] + web)
