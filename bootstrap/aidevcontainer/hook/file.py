"""The git hook as a file in a folder of hooks: put beside an earlier one, and taken away again."""

from __future__ import annotations

import os
from pathlib import Path

from aidevcontainer.util import files
from aidevcontainer.util.errors import Problem

NAME = "post-checkout"
# These names are also written into the hook itself.
KEPT = f"{NAME}.before-aidevcontainer"
NOTES = ("aidevcontainer-checkout", "aidevcontainer-compared")
_MARK = b"# aidevcontainer post-checkout hook"
# Where pre-commit and lefthook put a hook that they find in their place. Only the first then calls it.
_MOVED = {
    f"{NAME}.legacy": ("pre-commit", f"pre-commit uninstall --hook-type {NAME}"),
    f"{NAME}.old": ("lefthook", "lefthook uninstall"),
}
# A hook that asks for its own name would not know itself under another one.
_LOOKS_AT_ITSELF = (
    b'basename "$0"',
    b"basename $0",
    b"basename -- ",
    b"${0##",
    b"File.basename",
    b"husky.sh",
)


class HookFile:
    """Our hook in one folder of hooks. `source` is the file that an installation copies."""

    def __init__(self, folder: Path, source: Path) -> None:
        self.file = folder / NAME
        self.kept = folder / KEPT
        self._source = source

    def installed(self) -> bool:
        """Whether the hook is ours, in any version: known by its content, since its name is git's."""
        return is_ours(self.file)

    def current(self) -> bool:
        """Whether the hook is ours, the same as an installation would write, and would be run."""
        whole = _content(self.file) == self._source.read_bytes() and os.access(self.file, os.X_OK)
        # A link would lead into the branch.
        return whole and not self.file.is_symlink()

    def taken(self) -> bool:
        """Whether somebody else's hook is in the place."""
        return os.path.lexists(self.file) and not self.installed()

    def bears_no_other_name(self) -> bool:
        """Whether somebody else's hook is in the place that would not know itself under another name."""
        return self.taken() and any(sign in _content(self.file) for sign in _LOOKS_AT_ITSELF)

    def moved(self) -> str:
        """Return the sentence for a hook of ours that another program has moved; empty where none has."""
        for name, (program, undo) in _MOVED.items():
            if is_ours(self.file.with_name(name)):
                return f"{program} has moved the hook to {name} and put its own in the place. To undo: {undo}"
        return ""

    def install(self) -> None:
        """Write our hook, and keep one that is there under another name, which ours calls.

        Raises Problem where that name is taken: overwriting it would lose somebody's hook.
        """
        files.make_folders(str(self.file.parent))
        if self.taken():
            self._keep()
        write(self.file, self._source.read_bytes())

    def uninstall(self) -> bool:
        """Take our hook away and give a kept one its name back. False where there was none of ours."""
        if not self.installed():
            return False
        if os.path.lexists(self.kept):
            # A rename keeps content, mode, times and links: what comes back is what was there.
            self.kept.replace(self.file)
        else:
            self.file.unlink()
        return True

    def _keep(self) -> None:
        if os.path.lexists(self.kept):
            raise Problem(
                f"There is a hook of somebody else's in {self.file}, and one that was kept earlier in "
                f"{self.kept.name} beside it. Remove the one that is not needed, then install again."
            )
        self.file.rename(self.kept)


def is_ours(file: Path) -> bool:
    """Whether a file is our hook, in any version."""
    return _MARK in _content(file)


def write(file: Path, content: bytes) -> None:
    """Write a program in one step: git may run it at any moment, and never sees half of it."""
    files.write(str(file), content, 0o755)


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""
