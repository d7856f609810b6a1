"""The git files that the container sees.

docs/git.md explains each mount.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import NamedTuple

from aidevcontainer.git import directory, layout, obeyed, scaffolds, worktree_files
from aidevcontainer.git.layout import NoGit, Place
from aidevcontainer.git.led import Checkout, Reach
from aidevcontainer.git.mount import Mount, closed, in_order, pinned, read_only
from aidevcontainer.git.mount_file import FILE
from aidevcontainer.git.obeyed import Obeyed
from aidevcontainer.project.paths import WORKSPACE
from aidevcontainer.util import files
from aidevcontainer.util.errors import Problem

# Below .aidevcontainer/. Git ignores it.
LINKS = "git-links"

VARIABLE = "AIDEVCONTAINER_GIT_MOUNTS"
NAMES = (VARIABLE,)

# Not the host's own path, which the container may use for something else.
OUTSIDE = "/workspace.git"

# 2100-01-01. Git renews a linked worktree's `gitdir` once it is a day old, and fails where it cannot.
_FAR_AHEAD = 4_102_444_800

_NOWHERE = Checkout("", "", "")


class Mounts(NamedTuple):
    """All mounts, parents before their contents, and sentences about what does not work or is new.

    `watched` are files outside the project: after a change, other mounts may be needed.
    """

    mounts: list[Mount]
    remark: str
    watched: tuple[str, ...] = ()


def prepare(root: str) -> Mounts:
    """Returns the mounts for a project's real path, and creates missing sources first. Raises Problem."""
    place = layout.find(root)
    made = _without(root, place) if isinstance(place, NoGit) else _with_git(root, place)
    found = [*made.mounts, *_around(made.mounts, root)]
    others = scaffolds.find(root)
    found += _scaffolds(found, root, others.paths)
    remarks = filter(None, [*made.remark.splitlines(), *others.remarks(root)])
    return Mounts(in_order(found), "\n".join(dict.fromkeys(remarks)), made.watched)


def _with_git(root: str, place: Place) -> Mounts:
    directory.complete(place.common)
    found = _guarded(place.common, _inside(place.common, root))
    if place.linked:
        found += _linked(root, place)
    elif os.path.isfile(os.path.join(root, ".git")):
        found += _behind_a_file(root, place)
    found += _modules(root, place)
    reach = Reach(root, [root, place.common])
    remarks: list[str] = []
    watched: list[str] = []
    for checkout in checkouts(root, place):
        found += _nested(found, root, checkout)
        wanted = obeyed.prepare(reach, root, checkout)
        found += _obeyed(found, root, place, wanted)
        remarks += wanted.remarks
        watched += wanted.watched
    found += _beside(found, root, place)
    return Mounts(found, "\n".join(remarks), tuple(dict.fromkeys(watched)))


def remove(root: str) -> None:
    """Removes what `prepare` created, unless another worktree of the repository still has a container."""
    place = _place_or_none(root)
    if place is None:
        return
    for checkout in _checkouts_around(root):
        obeyed.clear(Reach(root, [root]), root, checkout)
    if isinstance(place, NoGit):
        obeyed.clear(Reach(root, [root]), root, _NOWHERE._replace(work_tree=root))
        return
    reach = Reach(root, [root, place.common])
    for checkout in checkouts(root, place):
        obeyed.clear(reach, root, checkout)
    for module in worktree_files.modules(place.git):
        directory.clear(module)
    if place.linked:
        directory.clear_linked(place.git)
    others = [os.path.dirname(place.common), *map(os.path.realpath, worktree_files.work_trees(place.common))]
    if not any(_has_container(each) for each in others if each != root):
        directory.clear(place.common)


def _place_or_none(root: str) -> Place | NoGit | None:
    try:
        return layout.find(root)
    except Problem:
        return None  # git was redirected: a person has to look, and nothing here was created by `prepare`


def _guarded(git: str, at: str) -> list[Mount]:
    parts = [Mount(os.path.join(git, name), f"{at}/{name}") for name in directory.PARTS]
    writable = [Mount(os.path.join(git, name), f"{at}/{name}", writable=True) for name in directory.PINNED]
    return [Mount(git, at, writable=True), *writable, *parts]


def _inside(git: str, root: str) -> str:
    """Returns a git directory's path in the container."""
    return f"{WORKSPACE}/{os.path.relpath(git, root)}" if layout.within(git, root) else OUTSIDE


def _own_place(root: str, place: Place) -> str:
    at = _inside(place.common, root)
    return f"{at}/{os.path.relpath(place.git, place.common)}" if place.linked else at


def _linked(root: str, place: Place) -> list[Mount]:
    directory.complete_linked(place.git)
    at = _own_place(root, place)
    # Otherwise git inside would think the worktree is gone, and point the host's git to /workspace.
    back = Mount(_generated(root, f"{WORKSPACE}/.git\n"), f"{at}/gitdir")
    parts = [Mount(os.path.join(place.git, name), f"{at}/{name}") for name in directory.LINKED_PARTS]
    return [
        Mount(place.git, at, writable=True),
        back,
        *parts,
        _link(root, os.path.join(root, ".git"), at),
    ]


def _behind_a_file(root: str, place: Place) -> list[Mount]:
    at = _inside(place.git, root)
    return [_link(root, os.path.join(root, ".git"), at), *pinned(root, place.git)]


def _link(root: str, file: str, at: str) -> Mount:
    """Returns a mount over a `.git` file that points to its directory's path in the container."""
    target = f"{WORKSPACE}/{os.path.relpath(file, root)}"
    return Mount(_generated(root, f"gitdir: {at}\n"), target)


def _modules(root: str, place: Place) -> list[Mount]:
    found: list[Mount] = []
    for module in worktree_files.modules(place.git):
        directory.require_real(module)
        directory.complete(module)
        at = f"{_own_place(root, place)}/{os.path.relpath(module, place.git)}"
        found += _guarded(module, at)
        checkout = worktree_files.checkout(module, root)
        if checkout:
            link = os.path.join(checkout, ".git")
            found += pinned(root, link)
            found.append(_link(root, link, at))
    return found


def checkouts(root: str, place: Place) -> Iterator[Checkout]:
    """Yields each work tree among the project's files; the project's own first."""
    yield Checkout(root, place.common, place.git)
    modules = list(worktree_files.modules(place.git))
    for module in modules:
        work_tree = worktree_files.checkout(module, root)
        if work_tree:
            yield Checkout(work_tree, module, module)
    for git in (place.common, *modules):
        for work_tree in worktree_files.work_trees_below(git, root):
            yield Checkout(work_tree, git, layout.target(os.path.join(work_tree, ".git")))


def _obeyed(found: list[Mount], root: str, place: Place, wanted: Obeyed) -> list[Mount]:
    """Returns the mounts of what the host's git obeys, read-only, and of the folders on the way."""
    regions = [(root, WORKSPACE)]
    if _inside(place.common, root) == OUTSIDE:
        regions.append((place.common, OUTSIDE))
    added: list[Mount] = []
    for folder, at in regions:
        paths = [path for path in wanted.paths if layout.within(path, folder)]
        added += read_only([*found, *added], paths, folder, at)
        for path in wanted.crossed:
            if layout.within(path, folder) and not closed(
                [*found, *added], f"{at}/{os.path.relpath(path, folder)}/"
            ):
                added += pinned(folder, os.path.join(path, ""), at)
    return added


def _nested(found: list[Mount], root: str, checkout: Checkout) -> list[Mount]:
    """Returns the mounts of a linked worktree among the project's files, where the host runs git as well."""
    if checkout.work_tree == root or checkout.git == checkout.common:
        return []
    parts = [os.path.join(checkout.work_tree, name) for name in (".git", ".aidevcontainer")]
    return read_only(found, [part for part in parts if os.path.lexists(part)], root, WORKSPACE)


def _beside(found: list[Mount], root: str, place: Place) -> list[Mount]:
    """Returns read-only mounts of the work trees inside a common directory outside the workspace.

    A bare repository may contain its worktrees, also this one. The agent could write its helpers that way.
    """
    if _inside(place.common, root) != OUTSIDE:
        return []
    gits = (place.common, *worktree_files.modules(place.git))
    folders = {each for git in gits for each in worktree_files.work_trees_below(git, place.common)}
    if layout.within(root, place.common):
        folders.add(root)
    # Outer ones first: they close the inner ones. protection.py checks the `.git` of each.
    closed = read_only(found, sorted(folders), place.common, OUTSIDE)
    return [
        *closed,
        *(Mount(f"{each.source}/.git", f"{each.target}/.git") for each in closed if not each.writable),
    ]


def _scaffolds(found: list[Mount], root: str, paths: list[str]) -> list[Mount]:
    """Returns mounts of other scaffolds among the project's files, and of the answers beside them."""
    answers = [path for each in paths for path in worktree_files.answers(os.path.dirname(each))]
    real = [path for path in answers if os.path.realpath(path) == path]
    return read_only(found, [*paths, *real], root, WORKSPACE)


def _around(found: list[Mount], root: str) -> list[Mount]:
    """Returns mounts of the project's files that lead the git of a repository around it to programs."""
    added: list[Mount] = []
    for checkout in _checkouts_around(root):
        wanted = obeyed.prepare(Reach(root, [root]), root, checkout)
        paths = [path for path in wanted.paths if layout.within(path, root)]
        added += read_only([*found, *added], paths, root, WORKSPACE)
    return added


def _checkouts_around(root: str) -> Iterator[Checkout]:
    for work_tree in worktree_files.repositories_around(root):
        place = _place_or_none(work_tree)
        if isinstance(place, Place):
            yield Checkout(work_tree, place.common, place.git)


def _without(root: str, found: NoGit) -> Mounts:
    """Returns the mounts of a project where git does not work: a person's own settings may lead there."""
    # A .git file may point somewhere on the host even if not here, so the agent must not rewrite it.
    git = os.path.join(root, ".git")
    link = [Mount(git, f"{WORKSPACE}/.git")] if os.path.isfile(git) and not os.path.islink(git) else []
    wanted = obeyed.prepare(Reach(root, [root]), root, _NOWHERE._replace(work_tree=root))
    sentences = [each for each in (found.remark, *wanted.remarks) if each]
    mounts = [*link, *_obeyed(link, root, Place(git, git), wanted)]
    return Mounts(mounts, "\n".join(sentences), wanted.watched)


def _generated(root: str, text: str) -> str:
    """Returns a file with this content, named after it, and dated so that git does not renew it."""
    folder = os.path.join(root, ".aidevcontainer", LINKS)
    files.make_folders(folder)
    path = os.path.join(folder, hashlib.sha256(os.fsencode(text)).hexdigest()[:16])
    if layout.read(path) != text.rstrip("\n"):
        files.write(path, text)
    # Earlier versions left both to root, and git obeys no link of another user's.
    files.give(folder)
    files.give(path)
    if os.stat(path).st_mtime != _FAR_AHEAD:
        os.utime(path, (_FAR_AHEAD, _FAR_AHEAD))
    return path


def _has_container(root: str) -> bool:
    return os.path.exists(os.path.join(root, ".aidevcontainer", FILE))
