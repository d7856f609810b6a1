"""The tests' own certificate authority. It is kept between runs, so that images that trust it stay cached."""

from __future__ import annotations

import os
from pathlib import Path

import trustme

from aidevcontainer.util.lock import held


def load_or_create() -> trustme.CA:
    """Return the authority of this machine's tests, made on the first call."""
    folder = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aidevcontainer" / "test-authority"
    )
    certificate, key = folder / "ca.pem", folder / "ca.key"
    # Both lanes of a run come here at once.
    with held("test-authority"):
        if not certificate.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            created = trustme.CA(organization_name="aidevcontainer tests")
            created.private_key_pem.write_to_path(str(key))
            draft = folder / "ca.pem.new"
            created.cert_pem.write_to_path(str(draft))
            draft.replace(certificate)
    return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
