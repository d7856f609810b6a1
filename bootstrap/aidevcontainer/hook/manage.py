"""The git hook of a clone: in which way git gets to run it, put in place and taken away again.

Three ways, the first that is possible: a file in the folder of hooks, which chains an earlier hook and
works with every git; an entry of the configuration, where that folder or place is somebody else's; lines
that a person adds to the manager's file, where git is too old for that.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from aidevcontainer.git import runner
from aidevcontainer.hook import managers
from aidevcontainer.hook.entry import HookEntry
from aidevcontainer.hook.file import NOTES, HookFile
from aidevcontainer.hook.managers import Lines
from aidevcontainer.util.errors import Problem

_PROGRAM = Path(__file__).with_name("post-checkout")


class Places(NamedTuple):
    """Real paths: the top of the worktree, where git looks for hooks, and git's own folder of them."""

    root: Path
    folder: Path
    own: Path


class GitHook:
    """Our hook in one clone. `source` is the program that an installation copies."""

    def __init__(self, places: Places, source: Path) -> None:
        self.places = places
        self.manager = managers.manager(places.root, places.folder)
        self.file = HookFile(places.folder, source)
        self.entry = HookEntry(self._git, places.own, source)
        self._own_file = HookFile(places.own, source)

    @property
    def lines(self) -> Lines:
        """What a person adds where we cannot."""
        return managers.lines(self.manager, self.places.root, self.places.folder)

    def way(self) -> str:
        """Return how an installation would go about it: `file`, `entry` or `lines`."""
        if self.file.installed() or not (self._not_ours_to_write() or self._would_be_moved()):
            return "file"
        if self.entry.possible():
            return "entry"
        return "lines" if self._not_ours_to_write() else "file"

    def installed(self) -> bool:
        """Whether git runs our hook, in any version."""
        return self.file.installed() or self.entry.installed() or self._called_by_lines()

    def current(self) -> bool:
        """Whether git runs our hook as an installation would leave it."""
        if self.way() == "lines":
            return self._called_by_lines() and self.entry.program_current()
        return self.entry.current() if self.way() == "entry" else self.file.current()

    def shared(self) -> bool:
        """Whether git looks for hooks in a folder that other repositories may use as well."""
        return self.places.folder != self.places.own

    def install(self) -> None:
        """Put the hook in place, or only its program where a person has to add lines. Raises Problem."""
        way = self.way()
        if way == "file":
            self.file.install()
            self.entry.uninstall()
        else:
            self._remove_files()
            self.entry.install() if way == "entry" else self.entry.place()

    def uninstall(self) -> bool:
        """Take everything of ours away, and give a kept hook its name back. False where nothing was.

        Raises Problem where another program has moved our hook.
        """
        moved = self.file.moved()
        if moved and not self.file.installed():
            raise Problem(f"{moved}\nThen: ./.aidevcontainer/hook uninstall")
        removed = [self._remove_files(), self.entry.uninstall()]
        for folder in (self.places.folder, self.places.own):
            for note in NOTES if folder.is_dir() else ():
                (folder / note).unlink(missing_ok=True)
        return any(removed)

    def _remove_files(self) -> bool:
        # core.hooksPath may have been set after ours was put into git's own folder.
        removed = [file.uninstall() for file in (self.file, self._own_file)]
        return any(removed)

    def _not_ours_to_write(self) -> bool:
        folder = self.places.folder
        git = self.places.own.parent
        in_branch = self.places.root in folder.parents and git not in folder.parents
        return in_branch or (folder.exists() and not folder.is_dir()) or self.file.bears_no_other_name()

    def _would_be_moved(self) -> bool:
        return self.shared() or managers.owns(self.manager, self.file.file)

    def _called_by_lines(self) -> bool:
        return self.entry.program.exists() and self.lines.present(self.places.root)

    def _git(self, *words: str) -> str:
        return runner.output(self.places.root, *words)


def locate(root: Path) -> GitHook:
    """Return the hook of the repository at `root`, a real path. Raises Problem where there is none."""
    top = _ask(root, "--show-toplevel")
    if top != str(root):
        raise Problem(_without_hooks(root, top))
    folder = (root / _ask(root, "--git-path", "hooks")).resolve()
    own = (root / _ask(root, "--git-common-dir") / "hooks").resolve()
    return GitHook(Places(root, folder, own), _PROGRAM)


def _without_hooks(root: Path, top: str) -> str:
    if top:
        return (
            f"{root} is a folder of the repository {top}, whose hooks run for all of it, and ours is for a "
            "repository of its own. Here: ./.aidevcontainer/container up"
        )
    if (root / ".git").exists():
        # There is one, so git has a reason of its own, such as its owner.
        runner.Git(root).check("look into this repository", "rev-parse", "--show-toplevel")
    return f"{root} is not a git repository, so there are no hooks for it. Make it one with: git init"


def _ask(root: Path, *question: str) -> str:
    return runner.output(root, "rev-parse", *question)
