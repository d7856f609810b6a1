"""The paths in one work tree that the host's git obeys. The agent must not write them, so they must exist.

An empty configuration, a folder without hooks and a program that cannot be executed mean the same to git as
missing ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from aidevcontainer.git import directory, host_config, layout, worktree_files
from aidevcontainer.git.hook_files import Hooks
from aidevcontainer.git.led import Checkout, Led, Reach
from aidevcontainer.util.errors import Problem


class Obeyed(NamedTuple):
    """Absolute real paths, and a sentence for each one that no mount can protect.

    `crossed` are folders that must stay where they are. `watched` are files of configuration outside the
    project: a change there can lead to other paths.
    """

    paths: list[str]
    remarks: list[str]
    crossed: tuple[str, ...]
    watched: tuple[str, ...]


def prepare(reach: Reach, root: str, checkout: Checkout) -> Obeyed:
    """Returns what git obeys in a work tree of the project at `root`; makes what is missing.

    Raises Problem for paths that cannot be protected: through links, and folders with the whole project.
    """
    led = reach.led(checkout)
    folders = [worktree_files.whole(folder, checkout.work_tree) for folder in led.folders]
    for folder in folders:
        _require_part(folder, checkout.work_tree, [root, checkout.common])
        directory.make_folder(folder)
    for folder in led.crossed:
        directory.make_folder(folder)
    for file in led.configuration:
        directory.make_file(file)
    programs, remarks = _programs(led)
    named, behind = _by_links(hooks(checkout, led).named())
    paths = {*led.configuration, *folders, *programs, *led.files, *named, *_in_work_tree(checkout, led)}
    return Obeyed(sorted(paths), [*remarks, *behind], led.crossed, led.outside)


def hooks(checkout: Checkout, led: Led) -> Hooks:
    """Returns the hooks that git runs in a work tree."""
    folders = [worktree_files.hooks(checkout.work_tree, checkout.common), *led.folders]
    return Hooks(checkout.work_tree, dict.fromkeys(folders), led.hooks)


def clear(reach: Reach, root: str, checkout: Checkout) -> None:
    """Removes the files that `prepare` may have made: empty ones, unless git tracks them."""
    try:
        led = reach.led(checkout)
    except Problem:
        return  # `prepare` made nothing there
    own = {os.path.join(checkout.common, name) for name in directory.PARTS}
    for path in {*led.configuration, *led.programs} - own:
        if not layout.within(path, root) or not host_config.tracked(checkout.work_tree, path):
            directory.remove_empty(path, root)


def _in_work_tree(checkout: Checkout, led: Led) -> list[str]:
    return [*hooks(checkout, led).managed(), *worktree_files.answers(checkout.work_tree)]


def _by_links(paths: Iterable[str]) -> tuple[list[str], list[str]]:
    """Returns paths without a symbolic link on the way, and a sentence for each of the others."""
    found = list(paths)
    linked = [path for path in found if os.path.realpath(path) != path]
    return [path for path in found if path not in linked], list(map(_through_a_link, linked))


def _require_part(folder: str, work_tree: str, wholes: Iterable[str]) -> None:
    if folder == work_tree or any(layout.covers(folder, each) for each in wholes):
        raise Problem(
            f"Git takes hooks from {folder}, where the agent must be able to write. Use a folder for hooks "
            "alone. Where the path comes from: git config --show-origin --get-all core.hooksPath"
        )


def _programs(led: Led) -> tuple[list[str], list[str]]:
    found: list[str] = []
    remarks = [_through_a_link(path) for path in led.linked]
    for path in led.programs:
        if os.path.isdir(os.path.dirname(path)) and not os.path.isdir(path):
            directory.make_file(path)
            found.append(path)
        elif not os.path.isdir(path):
            remarks.append(
                f"Git's configuration names {path}, which is missing: the agent could create it, and your "
                "git would run it. Create it, or find the setting: git config --show-origin --list"
            )
    return found, remarks


def _through_a_link(path: str) -> str:
    return (
        f"Git or one of its hooks uses {path}, which is behind a symbolic link of the project: the agent "
        "could replace the link, and your git would follow it. Name the real file instead."
    )
