"""Entry point of `.aidevcontainer/firewall`."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    from bootstrap import interrupt

    interrupt.ends()
    from bootstrap import firewall_quick

    code = firewall_quick.run(sys.argv[1:])
    if code is None:
        from bootstrap import handover

        code = handover.run("firewall_command", sys.argv[1:])
    sys.exit(code)
