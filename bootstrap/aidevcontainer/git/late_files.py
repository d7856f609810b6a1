"""Files that came after a container's start and that hooks or git's configuration lead to.

No mount prevents them: a manager of hooks takes its programs from the first file that exists in many places.
"""

from __future__ import annotations

import os

from aidevcontainer.git import layout, mounts, obeyed, protection
from aidevcontainer.git.layout import NoGit
from aidevcontainer.git.led import Reach
from aidevcontainer.util.errors import Problem


def find(root: str) -> list[str]:
    """Returns the paths in the project that its container's mounts do not protect; none before a start."""
    mounted = protection.read_only(root)
    if mounted is None:
        return []
    protected = [os.path.join(root, ".aidevcontainer"), *mounted]
    try:
        place = layout.find(root)
        return [] if isinstance(place, NoGit) else sorted(set(_unprotected(root, place, protected)))
    except Problem:
        return []  # the next start ends with it


def _unprotected(root: str, place: layout.Place, protected: list[str]) -> list[str]:
    reach = Reach(root, [root, place.common])
    found: list[str] = []
    for checkout in mounts.checkouts(root, place):
        led = reach.led(checkout)
        hooks = obeyed.hooks(checkout, led)
        found += [*led.files, *hooks.managed(), *hooks.named()]
    inside = [path for path in found if layout.within(path, root) and os.path.exists(path)]
    return [path for path in inside if not any(layout.covers(each, path) for each in protected)]
