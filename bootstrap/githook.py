"""The git hook of a clone: put where git looks for it, beside an earlier one, and taken away again."""

from __future__ import annotations

import os
from pathlib import Path

from plumbum import local

from bootstrap.problem import Problem

NAME = "post-checkout"
# Also written into the hook itself, which calls the file of this name.
KEPT = f"{NAME}.before-aidevcontainer"
_MARK = b"# aidevcontainer post-checkout hook"


class GitHook:
    """Our hook in one folder of hooks. `source` is the file that an installation copies."""

    def __init__(self, folder: Path, source: Path) -> None:
        self.file = folder / NAME
        self.kept = folder / KEPT
        self._source = source

    def installed(self) -> bool:
        """Whether the hook is ours, in any version: known by its content, since its name is git's."""
        return _MARK in _content(self.file)

    def current(self) -> bool:
        """Whether the hook is ours and the same as an installation would write."""
        return _content(self.file) == self._source.read_bytes()

    def install(self) -> None:
        """Write our hook, and keep one that is there under another name, which ours calls.

        Raises Problem where that name is taken: overwriting it would lose somebody's hook.
        """
        self.file.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(self.file) and not self.installed():
            if os.path.lexists(self.kept):
                raise Problem(
                    f"There is a hook of somebody else's in {self.file}, and one that was kept earlier in "
                    f"{self.kept.name} beside it. Remove the one that is not needed, then install again."
                )
            self.file.rename(self.kept)
        _write(self.file, self._source.read_bytes())

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


def locate(root: Path) -> GitHook:
    """Return the hook of the repository at `root`, a real path.

    Raises Problem where there is no repository, or where its hooks belong to the branch that is checked out.
    """
    if _ask(root, "--show-toplevel") != str(root):
        raise Problem(
            f"{root} is not the top folder of a git repository, so git has no hooks for it. "
            "Make it one with: git init"
        )
    folder = (root / _ask(root, "--git-path", "hooks")).resolve()
    git = (root / _ask(root, "--git-common-dir")).resolve()
    if root in folder.parents and git not in folder.parents:
        raise Problem(
            f"This repository keeps its hooks in {folder.relative_to(root)} (core.hooksPath), which any "
            "branch can change, so ours does not go there. To use git's own folder again: "
            "git config --unset core.hooksPath"
        )
    return GitHook(folder, root / ".aidevcontainer/hooks" / NAME)


def _ask(root: Path, *question: str) -> str:
    if "git" not in local:
        raise Problem("git was not found, and the hook is git's. Install git and try again.")
    # A hook or an alias that calls this has variables set that point to another repository.
    with local.env():
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"):
            local.env.pop(name, "")
        code, out, _ = local["git"]["-C", str(root), "rev-parse", question].run(retcode=None)
    return out.rstrip("\n") if code == 0 else ""


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def _write(file: Path, content: bytes) -> None:
    # Git may run the hook at any moment, so it never sees half of it.
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.chmod(0o755)
    draft.replace(file)
