"""The certificate authorities in `.aidevcontainer/ca/`: whom the image trusts, and files that it ignores.

`scripts/trust-ca.sh` decides the same in the image's build, where nobody sees what it says.
"""

from __future__ import annotations

import base64
import os
import re
import time
from collections.abc import Mapping
from typing import NamedTuple

from aidevcontainer.project.paths import Project
from aidevcontainer.util import files

# `.dockerignore` has the same list: no other file gets into the build.
SUFFIXES = (".crt", ".pem", ".cer", ".der")
MOST_BYTES = 5_000_000
# No character of the body starts the last line, so the time grows with the size alone.
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----")
_KEY = b"PRIVATE KEY-----"
_PKCS7 = b"-----BEGIN PKCS7-----"
SEQUENCE = b"\x30"  # the first byte of every certificate in DER
_NOTHING = "it contains no whole certificate in the formats PEM or DER"
# The first of these that a certificate has is its name.
_NAMED_BY = ("commonName", "organizationalUnitName", "organizationName")


class Authority(NamedTuple):
    """A trusted authority's name and file. `remark` says why it may not help; mostly empty."""

    name: str
    file: str
    remark: str


class UnusedFile(NamedTuple):
    """A file that the image does not trust, and why, without a full stop."""

    file: str
    reason: str


class AuthorityFolder(NamedTuple):
    """What a folder of certificates contains. `leaked` are private keys that would get into the image."""

    trusted: tuple[Authority, ...]
    unused: tuple[UnusedFile, ...]
    leaked: tuple[str, ...]

    def names(self) -> str:
        """Returns the trusted authorities with their files, for a person; empty if there is none."""
        return ", ".join(f"{each.name} ({each.file})" for each in dict.fromkeys(self.trusted))

    def remarks(self) -> list[str]:
        """Returns a sentence for each file that does less than a person might expect."""
        told = [f"ca/{each.file} is not used, because {each.reason}." for each in self.unused]
        weak = [each for each in self.trusted if each.remark]
        return told + [f"{each.name} in ca/{each.file} {each.remark}." for each in weak]


def of(project: Project) -> AuthorityFolder:
    """Returns what a project's `ca/` contains."""
    return read(os.path.join(project.folder, "ca"))


def read(folder: str) -> AuthorityFolder:
    """Returns the content of `folder`; of one that is missing, nothing."""
    trusted: list[Authority] = []
    unused: list[UnusedFile] = []
    leaked: list[str] = []
    for name in _names(folder):
        data, reason = _content(os.path.join(folder, name))
        found = [] if reason else [_authority(name, each) for each in certificates(data)]
        trusted += [each for each in found if each]
        if _KEY in data and name.lower().endswith(SUFFIXES):
            leaked.append(name)
        elif not any(found):
            unused.append(UnusedFile(name, reason or _NOTHING))
        else:
            damaged = [number for number, each in enumerate(found, 1) if each is None]
            unused += [UnusedFile(f"{name}: certificate {number}", "it is damaged") for number in damaged]
    return AuthorityFolder(tuple(trusted), tuple(unused), tuple(leaked))


def _names(folder: str) -> list[str]:
    try:
        found = sorted(os.listdir(folder))
    except OSError:
        return []
    return [name for name in found if name != "README.md" and not name.startswith(".")]


def _content(path: str) -> tuple[bytes, str]:
    """Returns a file's content, and why it cannot be used or nothing."""
    if os.path.islink(path):
        return b"", "it is a link, and a build cannot follow it. Put the file itself there"
    if os.path.isdir(path):
        return b"", "it is a folder. Move its files one level up"
    try:
        data = files.read(path, MOST_BYTES) or b""
    except OSError as error:
        return b"", f"it cannot be read ({error.strerror})"
    if _KEY in data:
        return (
            data,
            "it contains a private key, which the agent can read. Move it out of the repository",
        )
    if _PKCS7 in data or path.lower().endswith((".p7b", ".p7c")):
        name = os.path.basename(path)
        convert = f"openssl pkcs7 -print_certs -in {name} -out {name}.crt"
        return data, f"its format is PKCS #7. Convert it: {convert}"
    if not path.lower().endswith(SUFFIXES):
        return data, f"its name does not end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
    return data, ""


def certificates(data: bytes) -> list[bytes]:
    """Returns the certificates of a file in PEM or DER, each in DER. A damaged one may be anything."""
    if b"-----BEGIN " not in data:
        return [data] if data.startswith(SEQUENCE) else []
    return [_decoded(body) for body in _PEM.findall(data.decode("ascii", "replace"))]


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body)
    except ValueError:
        return b""


def _authority(file: str, der: bytes) -> Authority | None:
    import ssl  # loads for 20 ms

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=der)
    except (ssl.SSLError, ValueError):
        return None
    described = context.get_ca_certs()
    if not described:
        return Authority("A certificate", file, "is a server's, not an authority's, so few programs trust it")
    return Authority(_name(described[0]), file, _remark(described[0]))


def _name(described: Mapping[str, object]) -> str:
    subject = described.get("subject")
    pairs = [pair for group in subject for pair in group] if isinstance(subject, tuple) else []
    known = dict(reversed(pairs))
    return next((str(known[key]) for key in _NAMED_BY if known.get(key)), "An authority without a name")


def _remark(described: Mapping[str, object]) -> str:
    import ssl

    now = time.time()
    start, end = (str(described.get(key, "")) for key in ("notBefore", "notAfter"))
    if end and ssl.cert_time_to_seconds(end) < now:
        return f"expired on {_day(ssl.cert_time_to_seconds(end))}, so programs refuse what it signed"
    if start and ssl.cert_time_to_seconds(start) > now:
        return f"is not valid before {_day(ssl.cert_time_to_seconds(start))}"
    return ""


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
