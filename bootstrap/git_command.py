"""Git, asked about one repository, whatever the caller's own git is busy with."""

from __future__ import annotations

from pathlib import Path

from plumbum import local

from bootstrap.problem import Problem

# A hook or an alias that calls a helper has these set, and they point to another repository.
_FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_CONFIG_PARAMETERS")


def output(root: Path, *words: str) -> str:
    """Return what git prints in `root`, without the last line break; empty when it fails.

    Raises Problem where there is no git.
    """
    if "git" not in local:
        raise Problem("git was not found, and the hook is git's. Install git and try again.")
    with local.env():
        for name in _FOREIGN:
            local.env.pop(name, "")
        code, out, _ = local["git"]["-C", str(root), list(words)].run(retcode=None)
    return out.rstrip("\n") if code == 0 else ""
