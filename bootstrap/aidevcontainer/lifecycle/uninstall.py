"""Removes a project's scaffold and containers: shown first, then agreed to, then done."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import NamedTuple

from aidevcontainer.engine import readiness, running
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.firewall import unasked
from aidevcontainer.git import mounts, runner
from aidevcontainer.hook import manage
from aidevcontainer.lifecycle import leftovers, remains, scaffold_files, upgrade
from aidevcontainer.lifecycle.leftovers import Leftovers
from aidevcontainer.lifecycle.scaffold_files import ScaffoldFiles
from aidevcontainer.project.manifest import FOLDER
from aidevcontainer.project.paths import Project
from aidevcontainer.util import consent, table
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import FAILED, WRONG_USAGE, Problem
from aidevcontainer.util.removal import Stuck

_NOTHING = "Nothing was removed."
_MOST_SHOWN = 5


class UninstallOptions(NamedTuple):
    """The command line. `own_files` agrees to lose files that git cannot bring back."""

    yes: bool
    own_files: bool
    keep_sign_in: bool
    dry_run: bool
    as_json: bool


class Removal(NamedTuple):
    """Everything that an uninstall removes. `unreachable`: why the engine cannot be asked, or empty."""

    project: str
    sessions: list[str]
    engine: Leftovers
    unreachable: str
    hook: bool
    files: ScaffoldFiles

    def rows(self) -> list[tuple[str, str]]:
        """Returns everything as kind and name."""
        hook = [("hook", "the git hook of this clone")] if self.hook else []
        names = [f"{FOLDER}/", *self.files.answers]
        return [*self.engine.rows(), *hook, *(("files", name) for name in names)]


def run(project: Project, options: UninstallOptions, console: Console) -> int:
    """Shows, asks, removes, and returns the exit code. Raises Problem."""
    if options.as_json and not (options.dry_run or options.yes):
        raise Problem("--json asks nothing, so it needs --dry-run or --yes.", WRONG_USAGE)
    docker, unreachable = _docker(project)
    removal = _plan(project, docker, unreachable, options)
    if not options.as_json:
        # A person who is asked needs to see the list, also with --quiet.
        _show(removal, Console() if _asks(options) else console)
    if options.dry_run:
        return _answer(removal, options)
    with consent.says_at_ctrl_c(console, _NOTHING):
        agreed = consent.given("Remove all of this?", options.yes)
        with_own = agreed and _with_own(removal.files, options)
    if not agreed:
        console.say(_NOTHING)
        return FAILED
    complete = _remove(project, docker, removal, with_own, console)
    return _answer(removal, options) if complete else FAILED


def _answer(removal: Removal, options: UninstallOptions) -> int:
    if options.as_json:
        facts = {**_facts(removal), "removed": not options.dry_run}
        sys.stdout.write(json.dumps(facts, indent=2) + "\n")
    return 0


def _asks(options: UninstallOptions) -> bool:
    return not (options.yes or options.dry_run) and consent.possible()


def _docker(project: Project) -> tuple[Docker | None, str]:
    """Returns the client and an empty string, or None and why the engine cannot be asked."""
    try:
        docker = Docker(project, dict(os.environ))
        docker.check("ask the container engine", "version", "--format", "{{.Server.Version}}")
    except Problem as problem:
        return None, str(problem)
    return docker, ""


def _plan(project: Project, docker: Docker | None, unreachable: str, options: UninstallOptions) -> Removal:
    root = Path(project.root)
    return Removal(
        project.name(),
        running.running(docker) if docker else [],
        leftovers.collect(docker, options.keep_sign_in) if docker else leftovers.NOTHING,
        unreachable,
        _hook(root) is not None,
        _files(root, options),
    )


def _files(root: Path, options: UninstallOptions) -> ScaffoldFiles:
    try:
        return scaffold_files.collect(root)
    except Problem as problem:
        if options.own_files:
            return scaffold_files.collect_without_git(root)
        raise Problem(
            f"{_NOTHING} It is unknown which files of {FOLDER}/ are committed, because git does not answer. "
            f"{problem}\nRun this again when git answers. To lose uncommitted files as well: "
            "./.aidevcontainer/container uninstall --own-files"
        ) from None


def _facts(removal: Removal) -> dict[str, object]:
    rows = [{"kind": kind, "name": name} for kind, name in removal.rows()]
    return {
        "project": removal.project,
        "sessions": removal.sessions,
        "unreachable": removal.unreachable,
        "removes": rows,
        "own_files": removal.files.own,
        "edited": removal.files.edited,
    }


def _show(removal: Removal, console: Console) -> None:
    consent.tell_sessions(console, removal.sessions)
    console.say("To be removed:\n" + table.text(removal.rows(), indent=2, gap=1))
    if removal.unreachable:
        console.warn(
            f"{removal.unreachable}\nSo everything in the container engine stays. To remove it there later: "
            f"{leftovers.by_hand(removal.project)}"
        )
    if removal.files.edited:
        console.say(f"Changed since the last commit: {', '.join(removal.files.edited)}")
    if removal.files.own:
        own = [f"  {name}  ({reason})" for name, reason in removal.files.own.items()]
        console.say("\n".join(["Not committed:", *own]))


def _with_own(files: ScaffoldFiles, options: UninstallOptions) -> bool:
    if not (files.own or files.edited) or options.own_files:
        return True
    if options.yes:
        return False
    return consent.given("Also delete your uncommitted files permanently?", agreed=False)


def _remove(
    project: Project, docker: Docker | None, removal: Removal, with_own: bool, console: Console
) -> bool:
    """Removes everything that it can, and returns whether no file stays unexpectedly."""
    root = Path(project.root)
    for sentence in leftovers.remove(docker, removal.engine) if docker else []:
        console.warn(sentence)
    stays = list(remains.in_engine(docker, removal.project)) if docker else []
    hook = _hook(root)
    if hook:
        hook.uninstall()
    mounts.remove(project.root)
    readiness.forget_ready(removal.project)
    upgrade.forget(project.root)
    unasked.forget(project)
    files = removal.files if with_own else removal.files.keeping_edited(root)
    stuck = scaffold_files.remove(root, files, with_own)
    if stuck:
        _report_stuck(stuck, console)
        return False
    _report(files, with_own, console)
    console.say("\n".join(filter(None, [*stays, remains.on_disk()])))
    return True


def _report_stuck(stuck: list[Stuck], console: Console) -> None:
    for each in stuck[:_MOST_SHOWN]:
        console.warn(each.sentence())
    more = f" and {len(stuck) - _MOST_SHOWN} more" if len(stuck) > _MOST_SHOWN else ""
    console.fail(
        f"{len(stuck[:_MOST_SHOWN])}{more} could not be removed, so some files of {FOLDER}/ are still there. "
        "Then run this again: ./.aidevcontainer/container uninstall"
    )


def _report(files: ScaffoldFiles, with_own: bool, console: Console) -> None:
    stays = bool(files.own) and not with_own
    if stays:
        console.say(f"Kept (not committed): {' '.join(map(shlex.quote, files.own))}")
    console.say(f"Removed the rest of {FOLDER}/." if stays else f"Removed {FOLDER}/.")
    if files.tracked:
        names = " ".join([FOLDER, *files.answers])
        console.say(
            "Git shows the deletions, for you to commit. To undo them: git restore --source=HEAD --staged "
            f"--worktree {names}"
        )


def _hook(root: Path) -> manage.GitHook | None:
    """Returns the clone's hook where it is ours and no other worktree of the clone needs it."""
    try:
        hook = manage.locate(root)
    except Problem:
        return None
    listed = runner.output(root, "worktree", "list", "--porcelain").splitlines()
    trees = [Path(line[len("worktree ") :]) for line in listed if line.startswith("worktree ")]
    if any(tree.resolve() != root and (tree / FOLDER).is_dir() for tree in trees):
        return None
    return hook if hook.installed() or hook.entry.program.exists() else None
