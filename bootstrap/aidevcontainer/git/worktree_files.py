"""The project's files that lead the host's git to programs: submodules, hooks, and files that hooks obey."""

from __future__ import annotations

import os
from collections.abc import Iterator

from aidevcontainer.git import directory, host_config, layout
from aidevcontainer.util import light_json


def modules(git: str) -> Iterator[str]:
    """Yields the git directories of a git directory's submodules, nested ones too; parents first."""
    waiting = [os.path.join(git, "modules")]
    while waiting:
        folder = waiting.pop()
        names = _folders(folder)
        if "objects" in names and os.path.lexists(os.path.join(folder, "HEAD")):
            yield folder
            names = ["modules"]
        waiting += [os.path.join(folder, name) for name in sorted(names, reverse=True)]


def linked(git: str) -> list[str]:
    """Returns the git directories of a git directory's linked worktrees."""
    folder = os.path.join(git, "worktrees")
    return [os.path.join(folder, name) for name in sorted(_folders(folder))]


def work_trees(git: str) -> Iterator[str]:
    """Yields the absolute paths of a git directory's linked worktrees, also of removed ones."""
    for folder in linked(git):
        back = layout.read(os.path.join(folder, "gitdir"))
        if back:
            yield os.path.dirname(os.path.normpath(os.path.join(folder, back)))


def work_trees_below(git: str, folder: str) -> Iterator[str]:
    """Yields the existing linked worktrees below a folder. Raises Problem for a symbolic link on the way.

    The agent can write the path to them, so a link must not hide one, or choose what is mounted.
    """
    for place in work_trees(git):
        found = place if layout.within(place, folder) else os.path.realpath(place)
        link = os.path.join(found, ".git")
        if layout.within(found, folder) and os.path.lexists(link):
            directory.require_real(link)
            if os.path.isfile(link):
                yield found


def repositories_around(root: str) -> list[str]:
    """Returns the folders above the project that are repositories, the nearest first."""
    found = []
    while os.path.dirname(root) != root:
        root = os.path.dirname(root)
        if os.path.lexists(os.path.join(root, ".git")):
            found.append(root)
    return found


def checkout(module: str, root: str) -> str:
    """Returns the real path below `root` where a submodule is checked out, or empty."""
    named = host_config.work_tree(module)
    if not named or os.path.realpath(named) != named or not layout.within(named, root):
        return ""
    link = os.path.join(named, ".git")
    real = os.path.isfile(link) and not os.path.islink(link)
    return named if real and layout.target(link) == module else ""


def hooks(root: str, git: str) -> str:
    """Returns the absolute path of the folder with this project's hooks."""
    found = host_config.hooks_path(root)
    return os.path.normpath(os.path.join(root, found)) if found else os.path.join(git, "hooks")


def whole(folder: str, root: str) -> str:
    """Returns the folder with all of a hook folder's programs. Husky keeps them beside its own."""
    parent = os.path.dirname(folder)
    return parent if os.path.basename(folder) == "_" and parent != root else folder


def answers(root: str) -> list[str]:
    """Returns Copier's answers file, which names the template of the next update."""
    written = light_json.fields_of(os.path.join(root, ".aidevcontainer", "project.json"))
    name = str(written.get("answers_file", ".copier-answers.yml"))
    path = os.path.normpath(os.path.join(root, name))
    return [path] if layout.within(path, root) and os.path.isfile(path) else []


def ancestors(path: str, root: str) -> list[str]:
    """Returns the folders between `root` and a path below it, from the outside in."""
    found: list[str] = []
    while layout.within(os.path.dirname(path), root):
        path = os.path.dirname(path)
        found.insert(0, path)
    return found


def _folders(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
