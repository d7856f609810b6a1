"""The container's health check: ends with exit code 0 where the broker accepts connections."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # Python's -I leaves out the script's own folder. The package's folder is four levels above this file.
    sys.path.insert(0, os.path.abspath(f"{__file__}/../../../.."))

from aidevcontainer.bridge.broker import offer


def main() -> int:
    """Connects once."""
    if offer.serving(offer.FOLDER):
        return 0
    sys.stderr.write("bridge: the broker does not accept connections\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
