"""The git hook as a file in a folder of hooks. It keeps an earlier hook and calls it."""

from __future__ import annotations

import os
from pathlib import Path

from aidevcontainer.util import files
from aidevcontainer.util.errors import Problem

NAME = "post-checkout"
# The hook itself contains these names too.
KEPT = f"{NAME}.before-aidevcontainer"
NOTES = ("aidevcontainer-checkout", "aidevcontainer-compared")
TURNS = "aidevcontainer-look."
_MARK = b"# aidevcontainer post-checkout hook"
# pre-commit and lefthook rename a hook that they find. Only pre-commit then calls it.
_MOVED = {
    f"{NAME}.legacy": ("pre-commit", f"pre-commit uninstall --hook-type {NAME}"),
    f"{NAME}.old": ("lefthook", "lefthook uninstall"),
}
# Signs of a hook that asks for its own file name, and would fail under another one.
_LOOKS_AT_ITSELF = (
    b'basename "$0"',
    b"basename $0",
    b"basename -- ",
    b"${0##",
    b"File.basename",
    b"husky.sh",
)


class HookFile:
    """Our hook in one folder of hooks. `source` is the program that an installation copies."""

    def __init__(self, folder: Path, source: Path) -> None:
        self.file = folder / NAME
        self.kept = folder / KEPT
        self._source = source

    def installed(self) -> bool:
        """Returns whether the hook is ours, in any version. Its content tells, because git chose its name."""
        return is_ours(self.file)

    def current(self) -> bool:
        """Returns whether the hook is the one that an installation would write, and git would run it."""
        whole = _content(self.file) == self._source.read_bytes() and os.access(self.file, os.X_OK)
        # A link could lead to a file of the branch.
        return whole and not self.file.is_symlink()

    def taken(self) -> bool:
        """Returns whether there is a hook that is not ours."""
        return os.path.lexists(self.file) and not self.installed()

    def needs_its_name(self) -> bool:
        """Returns whether there is a hook that is not ours and would fail under another name."""
        return self.taken() and any(sign in _content(self.file) for sign in _LOOKS_AT_ITSELF)

    def moved(self) -> str:
        """Returns a sentence if another program moved our hook, and otherwise nothing."""
        for name, (program, undo) in _MOVED.items():
            if is_ours(self.file.with_name(name)):
                return f"{program} moved the hook to {name} and installed its own. To undo this: {undo}"
        return ""

    def install(self) -> None:
        """Writes our hook. An earlier hook gets another name, and ours calls it.

        Raises Problem if that name is taken, because overwriting it would lose a hook.
        """
        files.make_folders(str(self.file.parent))
        if self.taken():
            self._keep()
        write(self.file, self._source.read_bytes())

    def uninstall(self) -> bool:
        """Removes our hook and gives a kept one its name back. Returns False where ours was not installed."""
        if not self.installed():
            return False
        if os.path.lexists(self.kept):
            # A rename keeps content, mode, times and links, so the earlier hook returns unchanged.
            self.kept.replace(self.file)
        else:
            self.file.unlink()
        return True

    def _keep(self) -> None:
        # A manager may have put its own hook back, as `git lfs update --force` does.
        if os.path.lexists(self.kept) and _content(self.file) != _content(self.kept):
            raise Problem(
                f"The hook cannot be installed, because another hook is in {self.file}, and {self.kept.name} "
                "has one from an earlier installation. Remove the one that you do not need, then run: "
                "./.aidevcontainer/hook install"
            )
        self.file.replace(self.kept)


def is_ours(file: Path) -> bool:
    """Returns whether a file is our hook, in any version."""
    return _MARK in _content(file)


def write(file: Path, content: bytes) -> None:
    """Writes a program in one step, because git may run it at any moment. Raises OSError."""
    files.write(str(file), content, 0o755)


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""
