"""Certificates that the host's administrator added to the host's trust, handed on to the image.

A company's proxy that re-signs traffic is trusted by the host and unknown in a container. The files go into
`.aidevcontainer/ca/`, named after their SHA-256, ignored by git, and away again when the host drops them.
"""

from __future__ import annotations

import base64
import glob
import hashlib
import os
import re

from aidevcontainer.util import files

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\s*(.*?)\s*-----END CERTIFICATE-----", re.DOTALL)

_SEQUENCE = b"\x30"  # what every certificate begins with, in DER

# What a distribution's own package installed, and is thus in every image too.
DISTRIBUTION = ("/usr/share/ca-certificates/**/*.crt",)
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
ADDED = ("/usr/local/share/ca-certificates/**/*.crt", "/etc/pki/ca-trust/source/anchors/*")


def sync(folder: str, caller: dict[str, str], root: str = "/") -> tuple[int, int]:
    """Make `folder` (`.aidevcontainer/ca`) hold the host's additions; return how many came and went."""
    wanted, present = _compare(folder, caller, root)
    for name in present - set(wanted):
        os.remove(os.path.join(folder, name))
    for name in set(wanted) - present:
        _write(os.path.join(folder, name), wanted[name])
    return len(set(wanted) - present), len(present - set(wanted))


def pending(folder: str, caller: dict[str, str], root: str = "/") -> tuple[int, int]:
    """Return how many certificates would come and go with `sync`, and change nothing."""
    wanted, present = _compare(folder, caller, root)
    return len(set(wanted) - present), len(present - set(wanted))


def _compare(folder: str, caller: dict[str, str], root: str) -> tuple[dict[str, str], set[str]]:
    found = host_additions(caller, root)
    team = set(_certificates([path for path in glob.glob(f"{glob.escape(folder)}/*.crt") if not _ours(path)]))
    wanted = {f"host-{key[:12]}.crt": pem for key, pem in found.items() if key not in team}
    return wanted, {os.path.basename(path) for path in glob.glob(f"{glob.escape(folder)}/host-*.crt")}


def host_additions(caller: dict[str, str], root: str = "/") -> dict[str, str]:
    """Return the PEM texts of the host's additional authorities by the SHA-256 of the certificate."""
    own = set(_certificates(_expand(DISTRIBUTION, root)))
    found = _certificates(_expand(ADDED, root) + _named(caller, "NODE_EXTRA_CA_CERTS"))
    if own:
        # Only where it is known what a fresh system trusts can a bundle tell what was added.
        found.update(_certificates([_under(root, BUNDLE), *_named(caller, "SSL_CERT_FILE")]))
    return {key: pem for key, pem in found.items() if key not in own}


def _certificates(paths: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in paths:
        for body in _PEM.findall(_text(path)):
            content = _decoded(body)
            if content.startswith(_SEQUENCE):
                pem = f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
                found[hashlib.sha256(content).hexdigest()] = pem
    return found


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body)
    except ValueError:
        return b""


def _expand(patterns: tuple[str, ...], root: str) -> list[str]:
    return [path for pattern in patterns for path in glob.glob(_under(root, pattern), recursive=True)]


def _under(root: str, path: str) -> str:
    return os.path.join(root, path.lstrip("/"))


def _named(caller: dict[str, str], variable: str) -> list[str]:
    return [caller[variable]] if caller.get(variable) else []


def _ours(path: str) -> bool:
    return os.path.basename(path).startswith("host-")


def _text(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _write(path: str, pem: str) -> None:
    files.make_folders(os.path.dirname(path))
    files.write(path, pem)
