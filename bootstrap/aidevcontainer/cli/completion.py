"""Completion of commands and switches for bash, zsh and fish, generated from the commands themselves."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from plumbum import cli

from aidevcontainer.cli import commands
from aidevcontainer.cli.parser import summary, switches

# Where people call the commands from. bash compares the typed word, the other shells take a pattern.
_TYPED = ("./", "", "../", "../../")

# The words that may follow each command, by its whole name, with a description.
Tree = dict[str, dict[str, str]]


def tree() -> Tree:
    """Returns all commands, subcommands and switches."""
    found: Tree = {}
    for name in commands.WITH_SWITCHES:
        _add(found, name, commands.command_line(name))
    return found


def _add(found: Tree, name: str, command: type[cli.Application]) -> None:
    made = command(name)
    subcommands = {word: at.get() for word, at in made._subcommands.items()}
    found[name] = {word: summary(each) for word, each in subcommands.items()}
    for info in switches(made):
        found[name].update({f"--{word}": info.help or "" for word in info.names if len(word) > 1})
    for word, each in subcommands.items():
        _add(found, f"{name} {word}", each)


def bash(found: Tree) -> str:
    """Returns the script for bash 3.2 and newer."""
    steps = "|".join(shlex.quote(name) for name in found if " " in name)
    cases = "\n".join(
        f"    {shlex.quote(name)}) known={shlex.quote(' '.join(words))} ;;" for name, words in found.items()
    )
    names = " ".join(
        f"{before}.aidevcontainer/{helper}" for helper in commands.WITH_SWITCHES for before in _TYPED
    )
    return f"""\
_aidevcontainer() {{
  local at=${{1##*/}} index known=
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$at ${{COMP_WORDS[index]}}" in
      {steps}) at="$at ${{COMP_WORDS[index]}}" ;;
    esac
  done
  case $at in
{cases}
  esac
  COMPREPLY=($(compgen -W "$known" -- "$2"))
}}
complete -o bashdefault -o default -F _aidevcontainer {names}
"""


def zsh(found: Tree) -> str:
    """Returns the script for zsh, to be read after its compinit."""
    steps = "|".join(shlex.quote(name) for name in found if " " in name)
    cases = "\n".join(
        f"    ({shlex.quote(name)}) known=({_described(words)}) ;;" for name, words in found.items()
    )
    return f"""\
_aidevcontainer() {{
  local at=${{words[1]:t}} word
  local -a known
  for word in $words[2,CURRENT-1]; do
    case "$at $word" in
      ({steps}) at="$at $word" ;;
    esac
  done
  case $at in
{cases}
  esac
  (( $#known )) && _describe command known || _files
}}
compdef _aidevcontainer -P '(*/|).aidevcontainer/({"|".join(commands.WITH_SWITCHES)})'
"""


def _described(words: dict[str, str]) -> str:
    return " ".join(shlex.quote(f"{word}:{what}") for word, what in words.items())


def fish(found: Tree) -> str:
    """Returns the script for fish."""
    names = " ".join(_fish_quoted(name) for name in found)
    rows = ((name, word, what) for name, words in found.items() for word, what in words.items())
    lines = "\n".join(_fish_line(*row) for row in rows)
    return f"""\
function __aidevcontainer_at
  set -l typed (commandline -opc)
  set -l at (string replace -r '.*/' '' -- $typed[1])
  for word in $typed[2..-1]
    contains -- "$at $word" {names}; and set at "$at $word"
  end
  test "$at" = "$argv[1]"
end
{lines}
"""


def _fish_line(name: str, word: str, what: str) -> str:
    condition = _fish_quoted(f"__aidevcontainer_at {_fish_quoted(name)}")
    helper = f"*/.aidevcontainer/{name.split()[0]}"
    return f"complete -p '{helper}' -n {condition} -a {_fish_quoted(word)} -d {_fish_quoted(what)}"


def _fish_quoted(text: str) -> str:
    # Only these two are special between fish's single quotes.
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


SHELLS: dict[str, Callable[[Tree], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
