"""`python3 bootstrap PATH`, once its packages are there: scaffold, engine, base image, session."""

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
from machine import base, environment, owner, provide
from machine.asking import Asking
from machine.options import Options, parse
from machine.owner import Owner
from machine.private import PrivateEngine


class Bootstrap:
    """One repository's way to a session."""

    def __init__(self, options: Options, console: Console) -> None:
        assert options.path is not None  # noqa: S101 -- the options without one are not ours
        self.options = options
        self.console = console
        self.ask = Asking(console, options.yes)
        self.repository = Path(options.path).resolve()
        self.folder = self.repository / FOLDER

    def run(self) -> int:
        """Do it all, and become the session. Raises Problem."""
        who = owner.of_repository(self.repository, os.environ)
        os.environ.update(CLAUDE_UID=str(who.uid), CLAUDE_GID=str(who.gid))
        self._scaffold(who)
        wanted = PrivateEngine(self.options.engine) if self.options.engine else None
        provide.provide_engine(self.console.say, self.ask, wanted)
        self._base()
        self._warn_of_ownership(who)
        self._open()

    def _scaffold(self, who: Owner) -> None:
        source = origin.of_clone()
        found = scaffold.find(self.repository)
        if found:
            self._report_age(found, source)
            return
        answers = Answers(self.options.answers, self.options.defaults)
        scaffold.require_answers(answers)
        self.console.say(f"Writing {FOLDER}/ into {self.repository} (version {source.version}).")
        if origin.is_dirty():
            self.console.warn("This clone's changes that are not committed are left out.")
        for path in scaffold.copy(self.repository, source, answers, quiet=True):
            owner.hand_over(path, who)
        environment.share(origin.CLONE, self.folder / "requirements.txt")
        if not source.shared:
            self.console.warn(
                f"The project records {source.address} as its template, a path of this machine. For others "
                "to update it too, clone from where they reach it, or push this clone's commits there first."
            )

    def _report_age(self, found: scaffold.Scaffold, source: origin.Origin) -> None:
        if found.version != source.version:
            own = "" if found.answers.name == ".copier-answers.yml" else f" -a {found.answers.name}"
            self.console.say(
                f"{self.repository} has version {found.version} already, this clone is {source.version}. "
                f"To update, there: copier update{own}"
            )

    def _base(self) -> None:
        recorded = env_file.read(str(self.folder / ".env")).get("ALPINE_IMAGE", "")
        if "ALPINE_IMAGE" not in os.environ and recorded:
            # Agreed to once; the engine may have lost it since.
            is_stand_in = recorded.startswith(f"{base.REPOSITORY}:")
            os.environ["ALPINE_IMAGE"] = base.ensure(self.console.say) if is_stand_in else recorded
        provide.provide_base(self.console.say, self.ask)

    def _warn_of_ownership(self, who: Owner) -> None:
        if os.getuid() == 0 and self.repository.stat().st_uid != who.uid:
            self.console.warn(
                f"{self.repository} does not belong to the agent's user, which can read but not change what "
                f"is there. If it is to work on it: chown -R {who.uid}:{who.gid} {self.repository}"
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
    """Run the command and return its exit code, if it does not end as a session."""
    console = Console()
    return guarded(console, lambda: Bootstrap(parse(arguments), console).run())
