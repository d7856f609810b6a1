"""The certificate authorities that an administrator added to this host, copied so that the image trusts them.

The host trusts a company's proxy that signs traffic again; a container does not know it. The files are in
`.aidevcontainer/ca/`, named after their SHA-256 and ignored by git. One that the host drops is removed.
"""

from __future__ import annotations

import base64
import glob
import hashlib
import os
import re

from aidevcontainer.util import files

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\s*(.*?)\s*-----END CERTIFICATE-----", re.DOTALL)

_SEQUENCE = b"\x30"  # the first byte of every certificate in DER

# The distribution's own package: every image contains these too.
DISTRIBUTION = ("/usr/share/ca-certificates/**/*.crt",)
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
ADDED = ("/usr/local/share/ca-certificates/**/*.crt", "/etc/pki/ca-trust/source/anchors/*")


def sync(folder: str, caller: dict[str, str], root: str = "/") -> tuple[int, int]:
    """Makes `folder` (`.aidevcontainer/ca`) hold the host's additions.

    Returns how many certificates were added and removed. Raises OSError.
    """
    wanted, present = _compare(folder, caller, root)
    for name in present - set(wanted):
        os.remove(os.path.join(folder, name))
    for name in set(wanted) - present:
        _write(os.path.join(folder, name), wanted[name])
    return len(set(wanted) - present), len(present - set(wanted))


def pending(folder: str, caller: dict[str, str], root: str = "/") -> tuple[int, int]:
    """Returns how many certificates `sync` would add and remove, and changes nothing."""
    wanted, present = _compare(folder, caller, root)
    return len(set(wanted) - present), len(present - set(wanted))


def _compare(folder: str, caller: dict[str, str], root: str) -> tuple[dict[str, str], set[str]]:
    found = host_additions(caller, root)
    team = set(
        _certificates([path for path in glob.glob(f"{glob.escape(folder)}/*.crt") if not _is_own(path)])
    )
    wanted = {f"host-{key[:12]}.crt": pem for key, pem in found.items() if key not in team}
    return wanted, {os.path.basename(path) for path in glob.glob(f"{glob.escape(folder)}/host-*.crt")}


def host_additions(caller: dict[str, str], root: str = "/") -> dict[str, str]:
    """Returns the PEM texts of the host's additional authorities, by the SHA-256 of the certificate."""
    own = set(_certificates(_expand(DISTRIBUTION, root)))
    found = _certificates(_expand(ADDED, root) + _named(caller, "NODE_EXTRA_CA_CERTS"))
    if own:
        # Without the distribution's own, every authority in the bundle would look like an addition.
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


def _is_own(path: str) -> bool:
    return os.path.basename(path).startswith("host-")


def _text(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _write(path: str, pem: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    files.write(path, pem)
