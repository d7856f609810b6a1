"""Entry point of `.aidevcontainer/update`."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    from bootstrap import handover

    sys.exit(handover.run_with_copier(os.path.realpath(__file__), "update_command", sys.argv[1:]))
