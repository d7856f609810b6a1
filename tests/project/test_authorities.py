"""Files in `.aidevcontainer/ca/`: whom the image trusts, and a reason for every other file."""

from __future__ import annotations

import base64
import os
import shutil
import ssl
import subprocess
import time
from pathlib import Path

import pytest
import trustme

from aidevcontainer.project import authorities
from aidevcontainer.project.authorities import AuthorityFolder
from tests.support.scaffold import ROOT

SCRIPT = ROOT / "template/.aidevcontainer/scripts/trust-ca.sh"
_PROGRAMS = ("awk", "base64", "cat", "find", "grep", "mkdir", "mv", "rm", "sh", "tr")
_ONE = trustme.CA(organization_name="One", organization_unit_name="One CA")
_TWO = trustme.CA(organization_name="Two", organization_unit_name="Two CA")
PEM, OTHER = _ONE.cert_pem.bytes(), _TWO.cert_pem.bytes()
KEY = _ONE.private_key_pem.bytes()
DER = ssl.PEM_cert_to_DER_cert(PEM.decode())
_LINES = PEM.split(b"\n")

USED = {
    "corp.crt": PEM,
    "corp.pem": PEM,
    "corp.cer": PEM,
    "corp.der": DER,
    "binary.crt": DER,
    "CORP.CRT": PEM,
    "Corp Root.CER": DER,
    "windows.crt": PEM.replace(b"\n", b"\r\n"),
    "old mac.crt": PEM.replace(b"\n", b"\r"),
    "marked.crt": b"\xef\xbb\xbf" + PEM,
    "no end of line.crt": PEM.rstrip(),
    "with text.pem": b"Subject: CN=Corp\nIssuer: x\n" + PEM + b"\nend\n",
    "indented.crt": b"  " + PEM.replace(b"\n", b"\n  "),
    "spaces.crt": PEM.replace(b"\n", b" \n"),
    "one line.crt": b"\n".join([_LINES[0], base64.b64encode(DER), _LINES[-2], b""]),
}
UNUSED = {
    "corp.txt": (PEM, "does not end in"),
    "corp": (PEM, "does not end in"),
    "empty.pem": (b"", "no whole certificate"),
    "page.pem": (b"<html>Sign in</html>", "no whole certificate"),
    "cut.pem": (PEM[: len(PEM) // 2], "no whole certificate"),
    "cut inside.pem": (b"\n".join(_LINES[:4] + _LINES[5:]), "no whole certificate"),
    "cut.der": (DER[:-9], "no whole certificate"),
    "request.pem": (PEM.replace(b"CERTIFICATE", b"CERTIFICATE REQUEST"), "no whole certificate"),
    "zeros.cer": (bytes(4000), "no whole certificate"),
    "chain.p7b": (b"0\x82", "PKCS #7"),
    "chain.pem": (b"-----BEGIN PKCS7-----\nMII\n-----END PKCS7-----\n", "PKCS #7"),
    "corp.key": (KEY, "private key"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Returns a project's `ca/`."""
    folder = tmp_path / "ca"
    folder.mkdir()
    (folder / "README.md").write_text("# Certificates\n")
    return folder


def reading(folder: Path) -> AuthorityFolder:
    return authorities.read(str(folder))


def built(folder: Path) -> tuple[int, int, str]:
    """Runs the image's script on a copy of the files, without the package of all authorities.

    Returns its exit code, how many authorities programs then trust, and what it said.
    """
    programs, sent, bundle = (folder.parent / name for name in ("bin", "sent", "bundle.crt"))
    if not sent.exists():
        shutil.copytree(folder, sent, symlinks=True)
        programs.mkdir()
        for name in _PROGRAMS:
            (programs / name).symlink_to(str(shutil.which(name)))
    bundle.write_bytes(b"")
    command = ["sh", str(SCRIPT), str(sent), str(bundle)]
    done = subprocess.run(command, env={"PATH": str(programs)}, capture_output=True, text=True, check=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if bundle.stat().st_size:
        context.load_verify_locations(str(bundle))
    return done.returncode, len(context.get_ca_certs()), done.stderr


@pytest.mark.parametrize("name", USED)
def test_certificates_in_every_form_are_used(folder: Path, name: str) -> None:
    """By the image's build, and named by the helpers."""
    (folder / name).write_bytes(USED[name])
    found = reading(folder)
    assert [(each.name, each.file, each.remark) for each in found.trusted] == [("One CA", name, "")]
    assert (found.unused, found.leaked) == ((), ())
    assert built(folder) == (0, 1, "")


@pytest.mark.parametrize("name", UNUSED)
def test_each_other_file_has_a_reason(folder: Path, name: str) -> None:
    """It stops neither the build nor the programs that read the list of authorities."""
    (folder / name).write_bytes(UNUSED[name][0])
    (folder / "good.crt").write_bytes(OTHER)
    found = reading(folder)
    assert [each.name for each in found.trusted] == ["Two CA"]
    (remark,) = found.remarks()
    assert remark.startswith(f"ca/{name} is not used, because it")
    assert UNUSED[name][1] in remark
    if name.endswith(authorities.SUFFIXES):
        code, trusted, said = built(folder)
        assert (code, trusted) == (0, 1)
        assert f"ca/{name} is not used" in said


def test_several_certificates_in_a_file(folder: Path) -> None:
    """All whole ones count, and a damaged one between them is named."""
    (folder / "all.pem").write_bytes(PEM + PEM.replace(b"MII", b"MIJ", 1) + OTHER)
    found = reading(folder)
    assert found.names() == "One CA (all.pem), Two CA (all.pem)"
    assert found.remarks() == ["ca/all.pem: certificate 2 is not used, because it is damaged."]
    assert built(folder) == (0, 2, "")


def test_building_twice_changes_nothing(folder: Path) -> None:
    """X-N1: the script runs before and after the package of all authorities."""
    (folder / "corp.pem").write_bytes(PEM)
    (folder / "other.der").write_bytes(ssl.PEM_cert_to_DER_cert(OTHER.decode()))
    assert built(folder) == (0, 2, "")
    sent = folder.parent / "sent"
    before = {path.name: path.read_bytes() for path in sent.iterdir()}
    assert set(before) == {"README.md", "corp.pem.crt", "other.der.crt"}
    assert built(folder) == (0, 2, "")
    assert {path.name: path.read_bytes() for path in sent.iterdir()} == before


@pytest.mark.parametrize("name", ["corp.crt", "corp.pem", "CORP.CER"])
def test_private_keys_stay_out_of_the_image(folder: Path, name: str) -> None:
    """Everything that a build gets is for the agent to read."""
    (folder / name).write_bytes(KEY + PEM)
    assert reading(folder).leaked == (name,)
    code, trusted, said = built(folder)
    assert (code, trusted) == (1, 0)
    assert f"ca/{name} contains a private key" in said


def test_a_broken_crt_stops_the_build(folder: Path) -> None:
    """X-N1: a file with this ending is meant to be trusted."""
    (folder / "corp.crt").write_text("nothing")
    assert built(folder)[0] == 1


@pytest.mark.parametrize("kind", ["folder", "link", "dangling", "pipe", "large"])
def test_what_is_no_plain_file_is_named(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It neither blocks the helpers nor hides the other files."""
    path = folder / "corp.crt"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "large":
        monkeypatch.setattr(authorities, "MOST_BYTES", len(OTHER))
        path.write_bytes(b"#" * len(OTHER) + PEM)
    else:
        path.symlink_to("/etc/hostname" if kind == "link" else "/nowhere")
    (folder / "good.pem").write_bytes(OTHER)
    found = reading(folder)
    assert [each.name for each in found.trusted] == ["Two CA"]
    assert [each.file for each in found.unused] == ["corp.crt"]


def test_expired_and_servers_certificates(folder: Path) -> None:
    """The image has them, and they help nobody."""
    (folder / "server.crt").write_bytes(_ONE.issue_cert("example.com").cert_chain_pems[0].bytes())
    assert "in ca/server.crt is a server's, not an authority's" in reading(folder).remarks()[0]
    old, early = {"notAfter": "Jan  2 00:00:00 2020 GMT"}, time.gmtime(time.time() + 90000)
    assert "expired on 2020-01-02" in authorities._remark(old)
    late = {"notBefore": time.strftime("%b %d %H:%M:%S %Y GMT", early)}
    assert "is not valid before" in authorities._remark(late)


@pytest.mark.parametrize(
    "content", [b"-----BEGIN CERTIFICATE-----\n", b"-----BEGIN CERTIFICATE-----A", b"MII" * 9]
)
def test_no_content_takes_long(content: bytes) -> None:
    """The time grows with the size alone."""
    start = time.process_time()
    authorities.certificates(content * (4_000_000 // len(content)))
    assert time.process_time() - start < 2
