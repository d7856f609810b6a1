"""The ways in which a project can lie in a repository, each made anew below a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Shell(Protocol):
    """Runs a script for sh on the host, as the user whose files they are; a failure raises."""

    def __call__(self, script: str, cwd: Path) -> str: ...


@dataclass(frozen=True)
class Layout:
    """`base` holds all that git knows of, `root` is the project; `git` and `common` are git's folders."""

    name: str
    base: Path
    root: Path
    git: Path
    common: Path

    @property
    def canary(self) -> Path:
        """Return the file that a planted program makes."""
        return self.base.parent / f"canary-{self.base.name}"


_START = """
mkdir -p {root} && cd {root} && git init -q -b main
mkdir src && echo one >src/a.txt && echo '# App' >README.md && ln -s src link
git add -A && git commit -qm Start && echo two >>src/a.txt && git commit -qam More
git clone -q --bare . {base}/origin.git && git remote add origin {base}/origin.git && git fetch -q
git config branch.main.remote origin && git config branch.main.merge refs/heads/main
"""
_LIBRARY = """
git init -q -b main {base}/{library} && cd {base}/{library}
echo lib >lib.c && git add -A && git commit -qm Lib
"""
_SUBMODULE = """
cd {root} && git -c protocol.file.allow=always submodule --quiet add {base}/{library} {library}
git commit -qm Library
"""
_MINIMAL = """
cd {root} && cd "$(git rev-parse --git-common-dir)" && rm -rf hooks info branches description
"""
# Everything that configuration can lead to: most of it is missing at the start.
_LED = """
cd {root} && mkdir tools && printf '#!/bin/sh\\n' >tools/st && echo cat >tools/clean.sh
chmod +x tools/* && echo '[x]' >present.gitconfig && git add -A && git commit -qm Tools
git config include.path ../present.gitconfig && git config --add include.path ../team.gitconfig
git config --add include.path extra.gitconfig && git config --add include.path ../conf/git/deep.gitconfig
git config includeIf.onbranch:agent.path ../branch.gitconfig
printf '[include]\\n\\tpath = app/chain.gitconfig\\n' >{base}/shared.gitconfig
git config --add include.path {base}/shared.gitconfig
git config extensions.worktreeConfig true && git config --worktree include.path ../worktree.gitconfig
git config alias.st '!./tools/st' && git config filter.x.clean 'sh tools/clean.sh'
git config diff.x.textconv ./tools/textconv && git config init.templateDir {root}/template
git config includeIf.onbranch:hooks.path hooks.gitconfig
git config --file .git/hooks.gitconfig core.hooksPath .git/team-hooks
git -C {library} config include.path ../../../lib/module.gitconfig
"""
# A hook that reads what the hooks of lefthook and prek read, in their places, without these programs.
_MANAGERS = """
cd {root} && mkdir .config ci services && echo true >ci/check
for file in .config/lefthook.yml prek.toml ci/hooks.yaml ci/base.yml services/prek.toml; do
    echo 'run: true' >$file
done
echo 'extends: [ci/base.yml]' >>.config/lefthook.yml
printf '%s\\n' '#!/bin/sh' '# lefthook and prek' ': prek hook-impl --config=ci/hooks.yaml' \\
    'cat .config/*.yml lefthook* prek.toml */prek.toml ci/*.y* 2>/dev/null | sed -n "s/^run: //p" | sh' \\
    'sh ci/check' >.git/hooks/pre-commit
chmod +x .git/hooks/pre-commit && git add -A && git commit -qm Managers
"""

# What follows the start, where the project then lies, and where git's own folder and the common one are.
_MAKE: Mapping[str, tuple[str, str, str, str]] = {
    "plain": ("", "app", "app/.git", "app/.git"),
    "bare-bones": (f"{_MINIMAL} rm config && cd {{root}}", "app", "app/.git", "app/.git"),
    "worktree": (
        "cd {root} && git worktree add -q -b side {base}/tree && git config extensions.worktreeConfig true",
        *("tree", "app/.git/worktrees/tree", "app/.git"),
    ),
    "worktree-bare-bones": (
        f"{_MINIMAL} cd {{root}} && git worktree add -q -b side {{base}}/tree",
        *("tree", "app/.git/worktrees/tree", "app/.git"),
    ),
    "bare": (
        "cd {base}/origin.git && git remote set-url origin {base}/app\n"
        "git worktree add -q -b side {base}/tree",
        *("tree", "origin.git/worktrees/tree", "origin.git"),
    ),
    "superproject": (_LIBRARY + _SUBMODULE, "app", "app/.git", "app/.git"),
    "submodule": (
        _LIBRARY.replace("lib.c", "main.c") + _SUBMODULE,
        *("app/{library}", "app/.git/modules/{library}", "app/.git/modules/{library}"),
    ),
    "hooks-path": (
        "mkdir .githooks && printf '#!/bin/sh\\n' >.githooks/pre-commit && chmod +x .githooks/pre-commit && "
        "git add -A && git commit -qm Hooks && git config core.hooksPath .githooks",
        *("app", "app/.git", "app/.git"),
    ),
    "monorepo": (
        "mkdir pkg && echo one >pkg/a.txt && echo vendor/ >.gitignore && git add -A\n"
        "git commit -qm Package && git clone -q {base}/origin.git vendor/clone",
        *("app", "app/.git", "app/.git"),
    ),
    "led": (_LIBRARY + _SUBMODULE + _LED, "app", "app/.git", "app/.git"),
    "managers": (_MANAGERS, "app", "app/.git", "app/.git"),
    "none": ("rm -rf .git", "app", "app/.git", "app/.git"),
}
NAMES = tuple(_MAKE)
_LIBRARY_NAME = "lib"
# Further places with a scaffold, below the project.
_INNER: Mapping[str, tuple[str, ...]] = {"monorepo": ("pkg", "vendor/clone")}


def make(name: str, base: Path, shell: Shell, scaffold: Callable[[Path], None]) -> Layout:
    """Make the layout below *base*; *scaffold* puts `.aidevcontainer/` into the project, and inner ones."""
    more, *places = _MAKE[name]
    root, git, common = (base / place.format(library=_LIBRARY_NAME) for place in places)
    words = {"base": base, "root": base / "app", "library": _LIBRARY_NAME}
    script = (_START + more).replace("{{", "{").replace("}}", "}")
    for word, value in words.items():
        script = script.replace(f"{{{word}}}", str(value))
    shell(script, base)
    for place in (root, *(root / inner for inner in _INNER.get(name, ()))):
        scaffold(place)
    if name != "none":
        shell("git add -A && git commit -qm 'Add the container' && git repack -adq", root)
    return Layout(name, base, root, git, common)
