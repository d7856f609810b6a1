"""The caller's time zone, as far as the machine tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aidevcontainer.session import timezone


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (":Asia/Tokyo", "Asia/Tokyo"),
        ("/usr/share/zoneinfo/America/Lima", "America/Lima"),
        ("/usr/share/zoneinfo/posix/UTC", "UTC"),
        ("CET-1CEST", "CET-1CEST"),
    ],
)
def test_variable_wins(tmp_path: Path, given: str, name: str) -> None:
    """U-4: TZ in all the spellings that libc takes."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "timezone").write_text("Africa/Cairo\n")
    assert timezone.name({"TZ": given}, str(tmp_path)) == name


@pytest.mark.parametrize(
    "target",
    [
        "/usr/share/zoneinfo/Europe/Paris",
        "../usr/share/zoneinfo/Europe/Paris",
        "/var/db/zoneinfo/Europe/Paris",
    ],
)
def test_link_comes_next(tmp_path: Path, target: str) -> None:
    """U-4: Linux and macOS link /etc/localtime into their zone files."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "localtime").symlink_to(target)
    (tmp_path / "etc" / "timezone").write_text("Africa/Cairo\n")
    assert timezone.name({}, str(tmp_path)) == "Europe/Paris"


def test_file_comes_last(tmp_path: Path) -> None:
    """U-4: where /etc/localtime is a copy, Debian's /etc/timezone has the name."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "localtime").write_bytes(b"TZif2")
    (tmp_path / "etc" / "timezone").write_text("Africa/Cairo\n")
    assert timezone.name({}, str(tmp_path)) == "Africa/Cairo"


def test_unknown_stays_unknown(tmp_path: Path) -> None:
    """U-4: no guess; the container's own zone stands."""
    assert timezone.name({}, str(tmp_path)) == ""
