"""The host keys that the image knows."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tests.support.scaffold import ROOT

FILE = ROOT / "template/.aidevcontainer/scripts/known-hosts"
# As the services publish them.
FINGERPRINTS = {
    ("github.com", "ssh-ed25519"): "+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU",
    ("github.com", "ecdsa-sha2-nistp256"): "p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM",
    ("github.com", "ssh-rsa"): "uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s",
    ("gitlab.com", "ssh-ed25519"): "eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8",
    ("gitlab.com", "ecdsa-sha2-nistp256"): "HbW3g8zUjNSksFbqTiUWPWg2Bq1x8xdGUrliXFzSnUw",
    ("gitlab.com", "ssh-rsa"): "ROQFvPThGrW4RuWLoL9tq9I9zJ42fK4XywyRtbOz/EQ",
    ("bitbucket.org", "ssh-ed25519"): "ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM",
    ("bitbucket.org", "ecdsa-sha2-nistp256"): "FC73VB6C4OQLSCrjEayhMp9UMxS97caD/Yyi2bhW/J0",
    ("bitbucket.org", "ssh-rsa"): "46OSHA1Rmj8E8ERTC6xkNcmGOw9oFxYr0WF6zWW8l1E",
}


def entries() -> list[list[str]]:
    lines = FILE.read_text(encoding="ascii").splitlines()
    return [line.split() for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: f"{entry[0]} {entry[1]}")
def test_each_key_has_the_published_fingerprint(entry: list[str]) -> None:
    """A wrong key would let somebody else pass for the service."""
    names, kind, key = entry
    data = base64.b64decode(key, validate=True)
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    assert digest == FINGERPRINTS[names.split(",")[0], kind]
    assert kind.encode() in data


def test_every_published_key_is_there() -> None:
    """Ssh takes whichever kind it likes best."""
    assert {(names.split(",")[0], kind) for names, kind, _ in entries()} == set(FINGERPRINTS)
