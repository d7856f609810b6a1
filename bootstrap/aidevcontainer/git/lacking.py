"""What git in the container lacks for a repository: git-lfs and the keys that sign commits stay outside."""

from __future__ import annotations

import os

from aidevcontainer.git import host_config

_PACKAGES = os.path.join(".aidevcontainer", "packages.txt")
_ATTRIBUTES = (".gitattributes", ".git/info/attributes")
_UP = "./.aidevcontainer/container up"


def sentences(root: str) -> list[str]:
    """Returns a sentence with the way out for each feature that a repository uses and that is missing."""
    found = []
    if uses_lfs(root) and "git-lfs" not in _lines(os.path.join(root, _PACKAGES)):
        found.append(
            "This repository uses Git LFS, and the image has no git-lfs: inside, its files look changed, and "
            f"a commit would store them whole. Add a line git-lfs to {_PACKAGES}, then: {_UP}"
        )
    if _signs(root):
        found.append(
            "This repository signs commits (commit.gpgsign), and your key is not in the container, so the "
            "agent's commits fail. Let it use: git commit --no-gpg-sign. To sign them on this machine later: "
            "git rebase --exec 'git commit --amend --no-edit --gpg-sign' @{upstream}"
        )
    return found


def uses_lfs(root: str) -> bool:
    """Returns whether a repository's attributes leave files to Git LFS."""
    return any("filter=lfs" in line for name in _ATTRIBUTES for line in _lines(os.path.join(root, name)))


def _signs(root: str) -> bool:
    """Returns whether the repository's own configuration, which git inside reads too, wants signatures."""
    return host_config.value(root, "--local", "--type=bool", "--get", "commit.gpgsign") == "true"


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return [line.strip() for line in file if not line.startswith("#")]
    except OSError:
        return []
