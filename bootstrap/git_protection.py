"""Whether git's configuration is still protected from the agent.

The host's git writes a new file and renames it over `.git/config`. The kernel then detaches what is mounted
there in any other namespace (measured on Linux 6.18; by design since 3.18), so the read-only mount
is gone and the new file can be written inside, until the container is started anew.
"""

from __future__ import annotations

import os
import time


def lost(root: str, started: str) -> bool:
    """Tell whether a plain checkout's configuration changed after a container's start.

    `started` is the engine's text for it: `2026-01-02T03:04:05.6Z`.
    """
    try:
        # Not the time of modification, which whoever may write the file may set as well.
        changed = os.stat(os.path.join(root, ".git", "config")).st_ctime_ns
    except OSError:
        return False
    seconds, fraction = divmod(changed, 1_000_000_000)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    # Texts sort as times do; the engine drops trailing zeros, and the Z would sort after any digit.
    return f"{stamp}.{fraction:09}" > started.rstrip("Z")
