"""The command line of `python3 bootstrap`."""

from __future__ import annotations

import argparse
from typing import NamedTuple

from machine.releases import DEFAULT, RELEASES

PROGRAM = "python3 bootstrap"


class BootstrapOptions(NamedTuple):
    """The parsed command line. `answers` are `NAME=VALUE`, `claude` goes to Claude Code unchanged."""

    path: str | None
    answers: list[str]
    defaults: bool
    yes: bool
    session: bool
    engine: str | None
    upkeep: str | None
    claude: list[str]


def parse(arguments: list[str]) -> BootstrapOptions:
    """Returns the options. Ends the process after --help (code 0) and after wrong usage (code 2)."""
    own, claude = _split(arguments)
    parser = _parser()
    found = parser.parse_args(own)
    if (found.path is None) == (found.upkeep is None):
        parser.error("name one PATH, the repository that Claude should work in")
    wrong = [answer for answer in found.data if "=" not in answer]
    if wrong:
        parser.error(f"--data takes NAME=VALUE, not '{wrong[0]}'")
    return BootstrapOptions(
        found.path,
        found.data,
        found.defaults,
        found.yes,
        found.session,
        found.engine,
        found.upkeep,
        claude,
    )


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    place = arguments.index("--")
    return arguments[:place], arguments[place + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        usage=f"{PROGRAM} PATH [options] [-- arguments of Claude]",
        description="Run Claude Code in a firewalled container on the repository at PATH, from nothing.",
        allow_abbrev=False,
    )
    parser.add_argument("path", nargs="?", metavar="PATH", help="the repository")
    answers = parser.add_argument_group("answers, for runs without a terminal")
    answers.add_argument("--defaults", action="store_true", help="use the default answer to every question")
    answers.add_argument(
        "--data", action="append", default=[], metavar="NAME=VALUE", help="answer one question"
    )
    answers.add_argument(
        "--yes", action="store_true", help="agree to every offer: downloads, set-up, the repository's owner"
    )
    parser.add_argument(
        "--no-session", dest="session", action="store_false", help="start the containers without a session"
    )
    _add_engine(parser)
    return parser


def _add_engine(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the private engine, for machines without Docker")
    group.add_argument("--engine", choices=list(RELEASES), help=f"its version (default {DEFAULT})")
    for action, text in (
        ("start", "start it again, after a reboot"),
        ("stop", "stop it and its containers"),
        ("remove", "stop it and delete everything that it stored"),
    ):
        group.add_argument(f"--{action}-engine", dest="upkeep", action="store_const", const=action, help=text)
