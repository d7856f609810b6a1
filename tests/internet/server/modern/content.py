"""Bytes of any length that show if a part of them is lost, repeated or in the wrong place."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

_BLOCK = 2**20
_FILL = random.Random(7).randbytes(_BLOCK - 8)  # noqa: S311 -- not a secret


def numbered(size: int) -> Iterator[bytes]:
    """Yields *size* bytes in blocks, each with its number in front."""
    for number in range(-(-size // _BLOCK)):
        yield (number.to_bytes(8, "big") + _FILL)[: size - number * _BLOCK]


def digest(size: int) -> str:
    """Returns the SHA-256 of *size* bytes, in hex."""
    total = hashlib.sha256()
    for block in numbered(size):
        total.update(block)
    return total.hexdigest()
