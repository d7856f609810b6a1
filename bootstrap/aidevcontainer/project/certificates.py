"""The certificate authorities that an administrator added to this host, copied so that the image trusts them.

The host trusts a company's proxy that signs traffic again; a container does not know it. The files are in
`.aidevcontainer/ca/`, named after their SHA-256 and ignored by git. One that the host drops is removed.
"""

from __future__ import annotations

import base64
import glob
import hashlib
import os
import textwrap

from aidevcontainer.project import authorities
from aidevcontainer.util import files

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
    team = set(_certificates([path for path in glob.glob(f"{glob.escape(folder)}/*") if not _is_own(path)]))
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
        for content in authorities.certificates(_content(path)):
            if content.startswith(authorities.SEQUENCE):
                found[hashlib.sha256(content).hexdigest()] = _pem(content)
    return found


def _pem(content: bytes) -> str:
    body = "\n".join(textwrap.wrap(base64.b64encode(content).decode(), 64))
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"


def _expand(patterns: tuple[str, ...], root: str) -> list[str]:
    return [path for pattern in patterns for path in glob.glob(_under(root, pattern), recursive=True)]


def _under(root: str, path: str) -> str:
    return os.path.join(root, path.lstrip("/"))


def _named(caller: dict[str, str], variable: str) -> list[str]:
    return [caller[variable]] if caller.get(variable) else []


def _is_own(path: str) -> bool:
    return os.path.basename(path).startswith("host-")


def _content(path: str) -> bytes:
    try:
        return files.read(path, authorities.MOST_BYTES) or b""
    except OSError:
        return b""


def _write(path: str, pem: str) -> None:
    files.make_folders(os.path.dirname(path))
    files.write(path, pem)
