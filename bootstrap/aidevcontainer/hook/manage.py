"""The git hook of a clone: how git runs it, and how it is installed and removed.

There are three ways, and the first possible one is used. A file in the folder of hooks calls an earlier hook
and works with every git. An entry of git's configuration is for a folder or a file name that belongs to
somebody else. Where git is too old for entries, a person adds lines to the file of a hook manager.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from aidevcontainer.git import runner
from aidevcontainer.hook import lines, managers
from aidevcontainer.hook.entry import HookEntry
from aidevcontainer.hook.file import NOTES, TURNS, HookFile
from aidevcontainer.hook.lines import ManagerLines
from aidevcontainer.util.errors import Problem

_PROGRAM = Path(__file__).with_name("post-checkout")


class HookPlaces(NamedTuple):
    """Real paths: the worktree's top, the folder where git looks for hooks, and git's own folder of hooks."""

    root: Path
    folder: Path
    own: Path


class GitHook:
    """Our hook in one clone. `source` is the program that an installation copies."""

    def __init__(self, places: HookPlaces, source: Path) -> None:
        self.places = places
        self.manager = managers.manager(places.root, places.folder)
        self.file = HookFile(places.folder, source)
        self.entry = HookEntry(self._git, places.own, source)
        self._own_file = HookFile(places.own, source)

    @property
    def lines(self) -> ManagerLines:
        """Returns the lines that a person adds where the helpers must not write."""
        return lines.lines(self.manager, self.places.root, self.places.folder)

    def way(self) -> str:
        """Returns the way that an installation would use: `file`, `entry` or `lines`."""
        if self.file.installed() and not self._would_be_removed():
            return "file"
        keeps = self._not_ours_to_write() or self._would_be_removed()
        if not (keeps or self._would_be_moved()):
            return "file"
        if self.entry.possible():
            return "entry"
        return "lines" if keeps else "file"

    def installed(self) -> bool:
        """Returns whether git runs our hook, in any version."""
        return self.file.installed() or self.entry.installed() or self._called_by_lines()

    def current(self) -> bool:
        """Returns whether git runs our hook, and an installation would change nothing."""
        if self.way() == "lines":
            return self._called_by_lines() and self.entry.program_current()
        return self.entry.current() if self.way() == "entry" else self.file.current()

    def shared(self) -> bool:
        """Returns whether git looks for hooks in a folder that other repositories may use too."""
        return self.places.folder != self.places.own

    def install(self) -> None:
        """Installs the hook, or only its program where a person has to add lines. Raises Problem."""
        way = self.way()
        if way == "file":
            self.file.install()
            self.entry.uninstall()
        else:
            self._remove_files()
            self.entry.install() if way == "entry" else self.entry.place()

    def uninstall(self) -> bool:
        """Removes the hook and gives a kept one its name back. Returns False if there was nothing to remove.

        Raises Problem if another program moved our hook.
        """
        moved = self.file.moved()
        if moved and not self.file.installed():
            raise Problem(f"{moved}\nThen: ./.aidevcontainer/hook uninstall")
        removed = [self._remove_files(), self.entry.uninstall()]
        for folder in (self.places.folder, self.places.own):
            _remove_notes(folder)
        return any(removed)

    def _remove_files(self) -> bool:
        # Somebody may have set core.hooksPath after the hook was installed in git's own folder.
        removed = [file.uninstall() for file in (self.file, self._own_file)]
        return any(removed)

    def _not_ours_to_write(self) -> bool:
        folder = self.places.folder
        git = self.places.own.parent
        in_branch = self.places.root in folder.parents and git not in folder.parents
        return in_branch or (folder.exists() and not folder.is_dir()) or self.file.needs_its_name()

    def blocks_lfs(self) -> bool:
        """Returns whether git-lfs would find our file instead of its own hook, and refuse to install it."""
        lfs_is_kept = managers.is_lfs(self.file.kept)
        return self.file.installed() and not lfs_is_kept and self._is_lfs_place()

    def _would_be_moved(self) -> bool:
        return self.shared() or managers.owns(self.manager, self.file.file) or self._is_lfs_place()

    def _would_be_removed(self) -> bool:
        return managers.removes_others(self.manager, self.places.root)

    def _is_lfs_place(self) -> bool:
        return managers.uses_lfs(self.places.root, self.places.folder)

    def _called_by_lines(self) -> bool:
        return self.entry.program.exists() and self.lines.present(self.places.root)

    def _git(self, *words: str) -> str:
        return runner.output(self.places.root, *words)


def _remove_notes(folder: Path) -> None:
    if not folder.is_dir():
        return
    for note in NOTES:
        (folder / note).unlink(missing_ok=True)
    for turn in folder.glob(f"{TURNS}*"):
        turn.rmdir() if turn.is_dir() else turn.unlink(missing_ok=True)


def locate(root: Path) -> GitHook:
    """Returns the hook of the repository at `root`, a real path. Raises Problem if it is not a repository."""
    top = _ask(root, "--show-toplevel")
    if top != str(root):
        raise Problem(_without_hooks(root, top))
    folder = (root / _ask(root, "--git-path", "hooks")).resolve()
    own = (root / _ask(root, "--git-common-dir") / "hooks").resolve()
    return GitHook(HookPlaces(root, folder, own), _PROGRAM)


def _without_hooks(root: Path, top: str) -> str:
    if top:
        return (
            f"There is no hook for {root}, because it is a folder of the repository {top}, and git's hooks "
            "run for a whole repository. Start the containers by hand: ./.aidevcontainer/container up"
        )
    if (root / ".git").exists():
        # Git refuses the repository for a reason of its own, such as its owner.
        runner.Git(root).check("read this repository", "rev-parse", "--show-toplevel")
    return f"{root} is not a git repository, so it has no hooks. Create one: git init"


def _ask(root: Path, *question: str) -> str:
    return runner.output(root, "rev-parse", *question)
