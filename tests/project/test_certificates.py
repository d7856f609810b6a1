"""Authorities that the host's administrator added are trusted in the image too."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from aidevcontainer.project import certificates


def content(name: str) -> bytes:
    return b"\x30" + name.encode() * 20


def pem(name: str) -> str:
    """Return something in the shape of a certificate; what is inside is nobody's business here."""
    body = base64.b64encode(content(name)).decode()
    lines = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"


def file_name(name: str) -> str:
    return f"host-{hashlib.sha256(content(name)).hexdigest()[:12]}.crt"


class Host:
    """A machine's trust below a directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ca = root / "project" / "ca"
        self.ca.mkdir(parents=True)

    def write(self, path: str, *names: str) -> None:
        """Write certificates into a file."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("# comment\n".join(pem(name) for name in names))

    def sync(self, **caller: str) -> tuple[int, int]:
        """Bring the project's folder up to date."""
        return certificates.sync(str(self.ca), caller, str(self.root))

    def taken(self) -> set[str]:
        """Return the files that came from the host."""
        return {path.name for path in self.ca.glob("host-*")}


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A Debian that trusts two public authorities."""
    host = Host(tmp_path)
    host.write("usr/share/ca-certificates/mozilla/one.crt", "one")
    host.write("usr/share/ca-certificates/mozilla/two.crt", "two")
    host.write("etc/ssl/certs/ca-certificates.crt", "one", "two")
    return host


def test_plain_host_adds_nothing(host: Host) -> None:
    """X-N1: what every system trusts is in the image anyway."""
    assert host.sync() == (0, 0)
    assert host.taken() == set()


@pytest.mark.parametrize(
    "place",
    [
        "usr/local/share/ca-certificates/company.crt",
        "usr/local/share/ca-certificates/deep/company.crt",
        "etc/pki/ca-trust/source/anchors/company.pem",
        "etc/ssl/certs/ca-certificates.crt",
    ],
)
def test_added_authority_is_taken(host: Host, place: str) -> None:
    """X-N1: wherever the administrator put it."""
    host.write(place, "company", "one")
    assert host.sync() == (1, 0)
    assert host.taken() == {file_name("company")}
    assert (host.ca / file_name("company")).read_text() == pem("company")
    assert host.sync() == (0, 0)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"])
def test_variables_count_too(host: Host, variable: str) -> None:
    """X-N1: as for the host's own programs."""
    host.write("elsewhere.pem", "company", "two")
    assert host.sync(**{variable: str(host.root / "elsewhere.pem")}) == (1, 0)


def test_bundle_alone_tells_nothing(tmp_path: Path) -> None:
    """X-N1: without the distribution's own list, all of its authorities would look added."""
    host = Host(tmp_path)
    host.write("etc/ssl/certs/ca-certificates.crt", "one", "two")
    assert host.sync() == (0, 0)


def test_dropped_authority_goes(host: Host) -> None:
    """X-N1: what the host no longer trusts, the image does not either."""
    host.write("usr/local/share/ca-certificates/a.crt", "company")
    host.sync()
    (host.root / "usr/local/share/ca-certificates/a.crt").unlink()
    assert host.sync() == (0, 1)
    assert host.taken() == set()


def test_teams_own_files_are_left_alone(host: Host) -> None:
    """X-N1: committed certificates are the team's, and need no second copy."""
    (host.ca / "company.crt").write_text(pem("company"))
    host.write("usr/local/share/ca-certificates/a.crt", "company")
    assert host.sync() == (0, 0)
    assert [path.name for path in host.ca.iterdir()] == ["company.crt"]


def test_path_with_brackets(tmp_path: Path) -> None:
    """X-N1: a folder's name is no pattern: what came is known to be there, and goes again."""
    host = Host(tmp_path)
    host.ca = host.ca.rename(tmp_path / "[client]")
    host.write("usr/local/share/ca-certificates/a.crt", "company")
    assert host.sync() == (1, 0)
    assert host.sync() == (0, 0)
    (host.root / "usr/local/share/ca-certificates/a.crt").unlink()
    assert host.sync() == (0, 1)


def test_junk_is_no_certificate(host: Host) -> None:
    """X-N1: a README, a key or a broken file among the certificates stops nothing."""
    target = host.root / "usr/local/share/ca-certificates"
    target.mkdir(parents=True)
    (target / "a.crt").write_bytes(b"\xff\x00 nothing")
    (target / "b.crt").write_text("-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n")
    (target / "c.crt").mkdir()
    assert host.sync() == (0, 0)
