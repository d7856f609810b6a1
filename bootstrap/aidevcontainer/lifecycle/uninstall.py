"""Taking a project's container out of a repository again: shown first, then agreed to, then done."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import NamedTuple

from aidevcontainer.engine import readiness
from aidevcontainer.engine import running as sessions
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.git import mounts, runner
from aidevcontainer.hook import manage
from aidevcontainer.lifecycle import leftovers, scaffold_files, upgrade
from aidevcontainer.lifecycle.leftovers import Leftovers
from aidevcontainer.lifecycle.scaffold_files import Files
from aidevcontainer.project.manifest import FOLDER
from aidevcontainer.project.paths import Project
from aidevcontainer.util import cache, consent
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import FAILED, WRONG_USAGE, Problem

_NOTHING = "Nothing was removed."


class Options(NamedTuple):
    """The command line: `own_files` agrees to lose what git cannot bring back."""

    yes: bool
    own_files: bool
    keep_sign_in: bool
    dry_run: bool
    as_json: bool


class Plan(NamedTuple):
    """Everything that would go, and `unreachable`: why the engine cannot be asked, or empty."""

    project: str
    sessions: list[str]
    engine: Leftovers
    unreachable: str
    hook: bool
    files: Files

    def rows(self) -> list[tuple[str, str]]:
        """Return what to show, as kind and name."""
        hook = [("hook", "the git hook of this clone")] if self.hook else []
        names = [f"{FOLDER}/", *self.files.answers]
        return [*self.engine.rows(), *hook, *(("files", name) for name in names)]


def run(project: Project, options: Options, console: Console) -> int:
    """Show, ask, remove. Raises Problem."""
    if options.as_json and not (options.dry_run or options.yes):
        raise Problem("--json asks nothing, so it needs --dry-run or --yes.", WRONG_USAGE)
    docker, why = _docker(project)
    plan = _plan(project, docker, why, options)
    if not options.as_json:
        # Whoever is asked has to see what about.
        _show(plan, Console() if _asks(options) else console)
    if options.dry_run:
        return _answer(plan, options)
    with consent.says_at_ctrl_c(console, _NOTHING):
        agreed = consent.given("Remove all of this?", options.yes)
        with_own = agreed and _with_own(plan.files, options)
    if not agreed:
        console.say(_NOTHING)
        return FAILED
    _remove(project, docker, plan, with_own, console)
    return _answer(plan, options)


def _answer(plan: Plan, options: Options) -> int:
    if options.as_json:
        facts = {**_facts(plan), "removed": not options.dry_run}
        sys.stdout.write(json.dumps(facts, indent=2) + "\n")
    return 0


def _asks(options: Options) -> bool:
    return not (options.yes or options.dry_run) and consent.possible()


def _docker(project: Project) -> tuple[Docker | None, str]:
    try:
        docker = Docker(project, dict(os.environ))
        docker.check("ask the container engine", "version", "--format", "{{.Server.Version}}")
    except Problem as problem:
        return None, str(problem)
    return docker, ""


def _plan(project: Project, docker: Docker | None, why: str, options: Options) -> Plan:
    root = Path(project.root)
    return Plan(
        project.name(),
        sessions.running(docker) if docker else [],
        leftovers.collect(docker, options.keep_sign_in) if docker else leftovers.NOTHING,
        why,
        _hook(root) is not None,
        scaffold_files.collect(root),
    )


def _facts(plan: Plan) -> dict[str, object]:
    rows = [{"kind": kind, "name": name} for kind, name in plan.rows()]
    return {
        "project": plan.project,
        "sessions": plan.sessions,
        "unreachable": plan.unreachable,
        "removes": rows,
        "own_files": plan.files.own,
        "edited": plan.files.edited,
    }


def _show(plan: Plan, console: Console) -> None:
    consent.tell_sessions(console, plan.sessions)
    console.say("To be removed:")
    for kind, name in plan.rows():
        console.say(f"  {kind:<9} {name}")
    if plan.unreachable:
        console.warn(
            f"{plan.unreachable}\nSo what is in the container engine stays. To remove it there later: "
            f"{leftovers.by_hand(plan.project)}"
        )
    if plan.files.edited:
        console.say(f"Changed since the last commit: {', '.join(plan.files.edited)}")
    if plan.files.own:
        console.say("Among the files, and in no commit:")
        for name, reason in plan.files.own.items():
            console.say(f"  {name}  ({reason})")


def _with_own(files: Files, options: Options) -> bool:
    edited = files.own or files.edited
    if not edited or options.own_files:
        return True
    if options.yes:
        return False
    return consent.given("Delete also what is in no commit, for good?", agreed=False)


def _remove(project: Project, docker: Docker | None, plan: Plan, with_own: bool, console: Console) -> None:
    root = Path(project.root)
    for sentence in leftovers.remove(docker, plan.engine) if docker else []:
        console.warn(sentence)
    hook = _hook(root)
    if hook:
        hook.uninstall()
    mounts.remove(project.root)
    readiness.forget_ready(readiness.container_names(plan.project)[1])
    upgrade.forget(project.root)
    files = plan.files
    if not with_own:
        own = {**files.own, **{name: "edited" for name in files.edited if (root / name).exists()}}
        files = files._replace(own=own)
    scaffold_files.remove(root, files, with_own)
    _report(plan, files, with_own, console)


def _report(plan: Plan, files: Files, with_own: bool, console: Console) -> None:
    if files.own and not with_own:
        names = " ".join(map(shlex.quote, files.own))
        console.say(f"Kept, since no commit has them: {names}")
    if plan.files.tracked:
        console.say(f"{FOLDER}/ is gone; git shows that as deletions, for you to commit. To have it back:")
        console.say(f"  git restore --source=HEAD --staged --worktree {' '.join([FOLDER, *files.answers])}")
    else:
        console.say(f"{FOLDER}/ is gone.")
    console.say(f"What other projects share is still there: {_short(cache.directory())}")


def _short(path: str) -> str:
    home = os.path.expanduser("~")
    return f"~{path[len(home) :]}" if path.startswith(f"{home}/") else path


def _hook(root: Path) -> manage.GitHook | None:
    """Return the clone's hook where it is ours and no other worktree of the clone has a use for it."""
    try:
        hook = manage.locate(root)
    except Problem:
        return None
    found = runner.output(root, "worktree", "list", "--porcelain").splitlines()
    trees = [Path(line[len("worktree ") :]) for line in found if line.startswith("worktree ")]
    if any(tree.resolve() != root and (tree / FOLDER).is_dir() for tree in trees):
        return None
    return hook if hook.installed() or hook.entry.program.exists() else None
