"""Which Debian a machine is, and which mirror its private packages come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from aidevcontainer.util.errors import Problem
from machine import sources

DEB822 = """\
# A comment with a field: name
Types: deb deb-src
# URIs: http://wrong.example.net/debian
URIs: http://mirror.example.net/debian/
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.example.net/debian-security
Suites: bookworm-security
Components: main
"""


def apt(folder: Path, **files: str) -> Path:
    """Write an apt configuration; `list` in a name stands for `.list`."""
    (folder / "sources.list.d").mkdir(parents=True)
    for name, text in files.items():
        (folder / "sources.list.d" / name.replace("_", ".")).write_text(text)
    return folder


def test_mirror_of_a_deb822_file(tmp_path: Path) -> None:
    assert (
        sources.mirror(apt(tmp_path, debian_sources=DEB822), "bookworm") == "http://mirror.example.net/debian"
    )


def test_mirror_of_a_one_line_file(tmp_path: Path) -> None:
    text = (
        "# deb http://wrong.example.net/debian bookworm main\n"
        "deb http://vendor.example.net/tool bookworm tool\n"
        "deb [arch=amd64 signed-by=/k.gpg] https://mirror.example.net/debian bookworm main # mine\n"
    )
    assert sources.mirror(apt(tmp_path, a_list=text), "bookworm") == "https://mirror.example.net/debian"


def test_disabled_sources_do_not_count(tmp_path: Path) -> None:
    stanza = DEB822.replace("Types: deb deb-src", "Types: deb\nEnabled: no")
    assert sources.mirror(apt(tmp_path, debian_sources=stanza), "bookworm") == sources.DEFAULT_MIRROR


def test_other_files_do_not_count(tmp_path: Path) -> None:
    assert sources.mirror(apt(tmp_path, debian_disabled=DEB822), "bookworm") == sources.DEFAULT_MIRROR


@pytest.mark.parametrize(
    "release",
    [
        'ID=ubuntu\nVERSION_CODENAME=noble\nPRETTY_NAME="Ubuntu 24.04"\n',
        "ID=debian\nVERSION_CODENAME=buster\n",
        "",
    ],
)
def test_other_systems_are_told_what_to_do(tmp_path: Path, release: str) -> None:
    (tmp_path / "os-release").write_text(release)
    with pytest.raises(Problem) as caught:
        sources.detect("A private engine is", tmp_path)
    assert "A private engine is made from Debian's packages and needs Debian 12 or 13" in str(caught.value)
    assert "Install Docker" in str(caught.value)
    if "Ubuntu" in release:
        assert "but this machine runs Ubuntu 24.04" in str(caught.value)
