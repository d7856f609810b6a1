"""Exit code 0 when the broker takes connections. For the container's health check."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # -I leaves out the script's own folder, and the package begins two above it.
    sys.path.insert(0, os.path.abspath(f"{__file__}/../../../.."))

from aidevcontainer.bridge.broker import offer


def main() -> int:
    """Connect once."""
    if offer.serving(offer.FOLDER):
        return 0
    sys.stderr.write("bridge: the broker takes no connections\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
