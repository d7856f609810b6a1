"""`python3 bootstrap PATH` with all packages at hand: scaffold, engine, base image, session."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

from aidevcontainer.lifecycle import scaffold
from aidevcontainer.lifecycle.scaffold import Answers
from aidevcontainer.project import env_file
from aidevcontainer.project.manifest import FOLDER
from aidevcontainer.updates import origin
from aidevcontainer.util.console import Console
from aidevcontainer.util.errors import Problem
from aidevcontainer.util.guard import guarded
from machine import base, environment, handover, provide
from machine.asking import Asking
from machine.options import BootstrapOptions, parse
from machine.owner import Ids
from machine.private import PrivateEngine


class Bootstrap:
    """Takes one repository to a session."""

    def __init__(self, options: BootstrapOptions, console: Console) -> None:
        assert options.path is not None  # noqa: S101 -- only upkeep has none, and it needs no packages
        self.options = options
        self.console = console
        self.ask = Asking(console, options.yes)
        self.repository = Path(options.path).resolve()
        self.folder = self.repository / FOLDER

    def run(self) -> int:
        """Does all of it, and becomes the session. Raises Problem."""
        ids = handover.settle(self.repository, os.environ, self.ask, self.console)
        os.environ.update(CLAUDE_UID=str(ids.uid), CLAUDE_GID=str(ids.gid))
        self._scaffold(ids)
        wanted = PrivateEngine(self.options.engine) if self.options.engine else None
        provide.provide_engine(self.console.say, self.ask, wanted)
        self._base()
        self._warn_of_ownership(ids)
        self._open()

    def _scaffold(self, ids: Ids) -> None:
        source = origin.of_clone()
        found = scaffold.find(self.repository)
        if found:
            self._report_age(found, source)
            return
        answers = Answers(self.options.answers, self.options.defaults)
        scaffold.require_answers(answers)
        self.console.say(f"Writing {FOLDER}/ into {self.repository} (version {source.version}).")
        if origin.is_dirty():
            self.console.warn(
                "The scaffold has only what is committed in this clone. Commit your changes to use them."
            )
        for path in scaffold.copy(self.repository, source, answers, quiet=True):
            handover.give(path, ids)
        environment.share(origin.CLONE, self.folder / "requirements.txt")
        if not source.shared:
            self.console.warn(
                f"The project records {source.address} as its template, which only this machine can reach. "
                "So that others can update the project: push this clone's commits to a server first."
            )

    def _report_age(self, found: scaffold.Scaffold, source: origin.Origin) -> None:
        if found.version != source.version:
            own = "" if found.answers.name == ".copier-answers.yml" else f" -a {found.answers.name}"
            self.console.say(
                f"{self.repository} has version {found.version}, and this clone has {source.version}. "
                f"To update it: cd {self.repository} && copier update{own}"
            )

    def _base(self) -> None:
        recorded = env_file.read(str(self.folder / ".env")).get("ALPINE_IMAGE", "")
        if "ALPINE_IMAGE" not in os.environ and recorded:
            # A person agreed to it once, and the engine may have lost it since.
            is_stand_in = recorded.startswith(f"{base.REPOSITORY}:")
            os.environ["ALPINE_IMAGE"] = base.ensure(self.console.say) if is_stand_in else recorded
        provide.provide_base(self.console.say, self.ask)

    def _warn_of_ownership(self, ids: Ids) -> None:
        if os.getuid() == 0 and self.repository.stat().st_uid != ids.uid:
            self.console.warn(
                f"{self.repository} does not belong to the agent's user, so the agent cannot change it. "
                f"To give it to that user: chown -R {ids.uid}:{ids.gid} {self.repository}"
            )

    def _open(self) -> NoReturn:
        os.chdir(self.repository)
        helper = str(self.folder / ("claude" if self.options.session else "container"))
        arguments = self.options.claude if self.options.session else ["up"]
        try:
            os.execv(helper, [helper, *arguments])
        except OSError as error:
            raise Problem(
                f"{helper} cannot be started: {error.strerror}. Restore it: copier recopy"
            ) from error


def main(arguments: list[str]) -> int:
    """Runs the command and returns its exit code, unless it becomes a session."""
    console = Console()
    return guarded(console, lambda: Bootstrap(parse(arguments), console).run())
