"""Rules of a repository or a person that would keep files of the scaffold from teammates."""

from __future__ import annotations

from pathlib import Path

import pytest

from aidevcontainer.git import ignored
from aidevcontainer.git.runner import Git
from aidevcontainer.lifecycle import reminders
from aidevcontainer.project import manifest
from aidevcontainer.project.manifest import Owner
from tests.support.template import ANSWERS, FOLDER, Repository, Scaffold

# As GitHub's templates and people have them.
RULES = [
    "bin/",
    "*.sh",
    "scripts/",
    "*.txt",
    "*.json",
    "Dockerfile",
    "/**/ca/",
    "claude",
    "update",
    "*.jq",
    "[Ll]ib/\nbin\n",
]
FOLDERS = [".*", ".a*", f"/{FOLDER}/", f"{FOLDER}", "*"]
PLACES = ["the repository", "the clone", "the person"]


@pytest.fixture
def project(scaffold: Scaffold, tmp_path: Path) -> Repository:
    """A fresh scaffold that a start has added its own files to."""
    made = scaffold.duplicate(tmp_path / "my-project")
    for name in (".env", "ca/host-0123456789ab.crt", "scripts/bridge/install.sh", "git-links/1", ".DS_Store"):
        made.write(f"{FOLDER}/{name}", "x\n")
    return made


def ignore(project: Repository, place: str, rule: str) -> None:
    """Writes a rule into one of the files that git reads."""
    if place == "the person":
        settings = project.path.parent / "settings"
        settings.write_text(f"{rule}\n")
        project.git("config", "core.excludesFile", str(settings))
    elif place == "the clone":
        (project.path / ".git/info").mkdir(exist_ok=True)
        project.write(".git/info/exclude", f"{rule}\n")
    else:
        project.write(".gitignore", f"{rule}\n")


def tracked(project: Repository) -> set[str]:
    """Adds everything as people do, and returns what a teammate would get."""
    project.git("add", "--all")
    return set(project.git("ls-files", "--", FOLDER).split())


def wanted(project: Repository) -> set[str]:
    """Returns what a teammate needs."""
    files = (path for path in (project.path / FOLDER).rglob("*") if path.is_file())
    names = (str(path.relative_to(project.path)) for path in files)
    mine = ("allowed-domains.local.txt", "host-", ".DS_Store")
    return {
        name
        for name in names
        if manifest.entry(name).owner is not Owner.MACHINE and not Path(name).name.startswith(mine)
    }


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("rule", RULES)
def test_rules_for_a_whole_repository_take_no_file_away(project: Repository, place: str, rule: str) -> None:
    """U-3, X-L1: a teammate's clone is complete, and has nothing of this machine."""
    ignore(project, place, rule)
    assert tracked(project) == wanted(project)
    assert reminders.collect(project.path) == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("rule", FOLDERS)
def test_a_rule_for_the_folder_is_said_and_the_help_helps(project: Repository, place: str, rule: str) -> None:
    """U-3: no file inside can undo it, and two lines outside can."""
    ignore(project, place, rule)
    [sentence] = reminders.collect(project.path)
    assert sentence.startswith(f"Git ignores {FOLDER}/, so `copier update` would delete it.")
    lines = [word for word in sentence.split() if word.startswith("!/")]
    assert len(lines) == 2
    with (project.path / ".gitignore").open("a") as file:
        file.write("\n".join([*lines, f"!/{ANSWERS}", ""]))
    assert reminders.collect(project.path) == []
    assert tracked(project) == wanted(project)


@pytest.mark.parametrize("name", ["scripts/bin/git", "scripts/firewall/common.sh", "ca/README.md", "hook"])
def test_every_file_is_looked_at(project: Repository, name: str) -> None:
    """U-3: as in a scaffold of an older version, whose own list does not keep its files."""
    project.write(f"{FOLDER}/.gitignore", f"/{name}\n")
    [sentence] = reminders.collect(project.path)
    assert sentence.startswith(f"Git ignores {FOLDER}/{name}: your teammates do not get such files")
    project.git("add", "--force", f"{FOLDER}/{name}")
    assert reminders.collect(project.path) == []
    assert ignored.files(Git(project.path), tracked_too=True) == [f"{FOLDER}/{name}"]
