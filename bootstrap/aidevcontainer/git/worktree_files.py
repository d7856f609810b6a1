"""The project's files that lead the host's git to programs: submodules, hooks, and files that hooks obey."""

from __future__ import annotations

import os
from collections.abc import Iterator

from aidevcontainer.git import directory, host_config, layout
from aidevcontainer.util import files, light_json

# A text in an installed hook, and the project's files that name the programs of such a hook.
_MANAGERS: dict[bytes, tuple[str, ...]] = {
    b"pre-commit": (".pre-commit-config.yaml", ".pre-commit-config.yml"),
    b"lefthook": tuple(
        f"{dot}lefthook{local}.{kind}"
        for dot in ("", ".")
        for local in ("", "-local")
        for kind in ("yml", "yaml", "toml", "json")
    ),
    b"overcommit": (".overcommit.yml",),
    b"captainhook": ("captainhook.json",),
}
_READ = 65536  # bytes of a hook


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


def hooks_in_tree(root: str, folder: str) -> str:
    """Returns the folder of hooks in the work tree, or empty. Husky keeps its programs beside its folder."""
    if not layout.within(folder, root) or layout.within(folder, os.path.join(root, ".git")):
        return ""
    parent = os.path.dirname(folder)
    return parent if os.path.basename(folder) == "_" and parent != root else folder


def obeyed(root: str, folder: str) -> list[str]:
    """Returns the files at the project's root that name the programs of its installed hooks."""
    text = b"".join(_content(path) for path in _files(folder))
    names = [name for mark, names in _MANAGERS.items() if mark in text for name in names]
    return [path for path in (os.path.join(root, name) for name in names) if os.path.isfile(path)]


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


def _files(folder: str) -> list[str]:
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [os.path.join(folder, name) for name in names if not name.endswith(".sample")]


def _content(path: str) -> bytes:
    try:
        return files.read_start(path, _READ) or b""
    except OSError:
        return b""
