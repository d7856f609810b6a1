"""A temporary repository in which Copier merges, untouched by a person's own settings of git."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from plumbum import local

from aidevcontainer.git import runner
from aidevcontainer.git.runner import Git
from aidevcontainer.updates.file_changes import File

# A person's own configuration would otherwise change the temporary repositories, Copier's own included.
_PLAIN = {
    "core.excludesFile": os.devnull,
    "core.attributesFile": os.devnull,
    "core.hooksPath": os.devnull,
    "core.autocrlf": "false",
    "core.fsmonitor": "false",
    "commit.gpgSign": "false",
    "init.templateDir": "",
}
_IDENTITY = ("-c", "user.name=aidevcontainer", "-c", "user.email=aidevcontainer@localhost")


@contextlib.contextmanager
def folder_for(root: Path) -> Iterator[Path]:
    """Yields an empty folder with the name of the project at `root`, and removes it at the end."""
    with TemporaryDirectory(prefix="aidevcontainer-update-") as folder:
        # The same name, since a default answer may be made of it.
        copy = Path(folder).resolve() / (root.name or "project")
        copy.mkdir()
        yield copy


def commit(folder: Path, files: dict[str, File]) -> Git:
    """Makes `folder` a repository with one commit of some files. Raises Problem."""
    for name, file in files.items():
        _put(folder / name, file)
    git = Git(folder, _PLAIN)
    git.check("make a temporary repository", "init", "--quiet")
    git.check("fill a temporary repository", "add", "--all", "--force")
    git.check("fill a temporary repository", *_IDENTITY, "commit", "--quiet", "--allow-empty", "-m", "Before")
    return git


@contextlib.contextmanager
def for_copier(root: Path, *, asks: bool) -> Iterator[None]:
    """Lets Copier run as at the project's root. Unless it `asks`, it says nothing, and git asks nothing."""
    variables = runner.environment(_PLAIN)
    if not os.isatty(0):
        variables["GIT_TERMINAL_PROMPT"] = "0"
    with contextlib.ExitStack() as stack:
        variables.update(stack.enter_context(_trusted(variables)))
        stack.enter_context(local.env())
        local.env.clear()
        local.env.update(variables)
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        if not asks:
            stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        # A relative address is relative to the project.
        stack.enter_context(local.cwd(root))
        yield


@contextlib.contextmanager
def _trusted(variables: dict[str, str]) -> Iterator[dict[str, str]]:
    """Yields variables with which root's git reads a template on this machine that belongs to a user.

    A file, because git hands no other setting on to the git that reads the other repository.
    """
    if os.geteuid() != 0:
        yield {}
        return
    home = variables.get("HOME", "/root")
    usual = (f"{variables.get('XDG_CONFIG_HOME') or f'{home}/.config'}/git/config", f"{home}/.gitconfig")
    own = (variables["GIT_CONFIG_GLOBAL"],) if "GIT_CONFIG_GLOBAL" in variables else usual
    with TemporaryDirectory(prefix="aidevcontainer-update-") as folder:
        settings = os.path.join(folder, "gitconfig")
        Git(Path(folder)).check("trust the template", "config", "--file", settings, "safe.directory", "*")
        for path in own:
            Git(Path(folder)).check(
                "trust the template", "config", "--file", settings, "--add", "include.path", path
            )
        yield {"GIT_CONFIG_GLOBAL": settings}


def _put(place: Path, file: File) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if file.link:
        place.symlink_to(os.fsdecode(file.content))
        return
    place.write_bytes(file.content)
    place.chmod(0o755 if file.executable else 0o644)
