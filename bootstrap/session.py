"""Entry point of `.aidevcontainer/claude`. Tiny, since a script is compiled anew at every start."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    from bootstrap import interrupt

    interrupt.ends()
    from bootstrap import hot

    sys.exit(hot.main(sys.argv[1:]))
