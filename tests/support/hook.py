"""A scaffolded clone for the tests of the git hook, with a docker that only takes notes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.run import Finished, run
from tests.support.scaffold import ROOT
from tests.support.template import FOLDER, Repository, Scaffold, git_environment

HOOK = ".git/hooks/post-checkout"
SEEN = ".git/hooks/aidevcontainer-checkout"
COMPARED = ".git/hooks/aidevcontainer-compared"
KEPT = ".git/hooks/post-checkout.before-aidevcontainer"
START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from aidevcontainer.cli.hook import main; "
    "from aidevcontainer.project.paths import Project; sys.exit(main(Project(sys.argv[2]), sys.argv[3:]))"
)

# Stands in for docker's client: notes each call, and answers questions after containers and their network.
DOCKER = """\
#!/bin/sh
echo "$PWD: $*" >>"$DOCKER_LOG"
until [ -z "${DOCKER_WAIT:-}" ] || [ -e "$DOCKER_WAIT" ]; do sleep 0.02; done
case "$*" in
  *role=firewall*) echo fw1 ;;
  *role=claude*) echo agent1 ;;
  *role=bridge*) echo bridge1 ;;
  inspect*) echo container:fw1 ;;
  exec*) exit "${DOCKER_READY:-0}" ;;
esac
"""


class Clone(Repository):
    """A scaffolded clone, the hook's command, and a docker that only takes notes."""

    log: Path
    variables: dict[str, str]

    def hook(self, *arguments: str) -> Finished:
        command = [sys.executable, "-I", "-c", START]
        return run(
            [*command, str(ROOT / "bootstrap"), str(self.path), *arguments], cwd=self.path, env=self.variables
        )

    def checkout(self, *arguments: str) -> Finished:
        return run(["git", "checkout", "--quiet", *arguments], cwd=self.path, env=self.variables, timeout=20)

    def await_list(self) -> None:
        """Waits until the folders are written down for the next checkout, in the background."""
        script = 'until grep -qsxF -- "$1" "$2"; do sleep 0.02; done'
        run(["sh", "-c", script, "sh", FOLDER, str(self.path / SEEN)], timeout=20).checked()

    def docker_calls(self, last: str) -> list[str]:
        """Returns docker's calls once one has `last` in it: they come from the background."""
        script = 'until grep -q -- "$1" "$2" 2>/dev/null; do sleep 0.02; done'
        run(["sh", "-c", script, "sh", last, str(self.log)], timeout=20).checked()
        return self.log.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def clone(scaffold: Scaffold, tmp_path: Path) -> Clone:
    """A scaffolded, committed clone with a branch `other`."""
    made = Clone(scaffold.duplicate(tmp_path / "a clone").path)
    made.commit()
    made.git("branch", "other")
    made.log = tmp_path / "docker.log"
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "docker").write_text(DOCKER, encoding="utf-8")
    (programs / "docker").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    # A private engine that is recorded on this machine would come before the stand-in.
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    made.variables = {**git_environment(), **cache, "PATH": path, "DOCKER_LOG": str(made.log)}
    return made
