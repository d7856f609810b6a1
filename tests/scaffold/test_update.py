"""`copier update`, typed at the root of a scaffolded repository that people have worked in since."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import pytest

from tests.support import updating
from tests.support.template import (
    ANSWERS,
    FOLDER,
    Repository,
    answers_of,
    copier_command,
    copy,
)

INSIDE = f"template/{FOLDER}"
LIST = f"{FOLDER}/allowed-domains.txt"
PIN = f"{FOLDER}/claude.pin"
OVERRIDE = f"{FOLDER}/docker-compose.override.yml"
PERSONAL = f"{FOLDER}/allowed-domains.local.txt"
BROKEN = f"{FOLDER}/scripts/healthcheck.sh"


def release(template: Repository) -> None:
    template.commit("Improve", "v99.0.0")


def update(project: Repository, *arguments: str) -> str:
    """Update as people do, and return what Copier says. Questions keep their answers."""
    return copier_command(project, "update", "--defaults", *arguments).checked().err


def work_on(project: Repository) -> None:
    """Change what people change in a scaffolded project."""
    mine = project.read(LIST).replace("gist.github.com\n", "") + "mine.example.com\n*.mine.example.org\n"
    project.write(LIST, mine)
    project.write(OVERRIDE, "services: {mine: {image: x}}\n")
    project.write(PIN, project.read(PIN).replace("version ", "version mine-"))
    (project.path / PERSONAL).unlink()
    project.write(BROKEN, "# nothing\n")
    project.commit("Mine")


def improve(template: Repository) -> None:
    """Release a version that adds, changes and removes, partly where people have changed things."""
    template.write(f"{INSIDE}/scripts/new.sh", "#!/bin/sh\n")
    (template.path / INSIDE / "scripts/new.sh").chmod(0o755)
    (template.path / INSIDE / "scripts/trust-ca.sh").unlink()
    (template.path / INSIDE / "container").chmod(0o644)
    for name in ("docker-compose.override.yml", "allowed-domains.local.txt"):
        template.write(f"{INSIDE}/{name}", "# a new text\n")
    for name, old, new in (
        (f"{INSIDE}/launch.sh", "folder=", "# new\nfolder="),
        (
            "bootstrap/aidevcontainer/firewall/bundles.yml",
            "    - pypi.org\n",
            "    - pypi.org\n    - new.pypi.org\n",
        ),
        (f"{INSIDE}/claude.pin", "version ", "version theirs-"),
        ("copier.yml", "git_hook:\n", "later:\n  type: str\n  default: something\n\ngit_hook:\n"),
    ):
        text = template.read(name)
        assert old in text
        template.write(name, text.replace(old, new, 1))
    release(template)


class Updated(NamedTuple):
    """A project after an update to a version with changes of every kind."""

    project: Repository
    before: dict[str, Any]
    said: str


@pytest.fixture(scope="module")
def updated(trimmed: Repository, tmp_path_factory: pytest.TempPathFactory) -> Updated:
    folder = tmp_path_factory.mktemp("updated")
    template = trimmed.clone(folder / "template")
    project = Repository.create(folder / "my-project")
    copy(template, project, {"allowed_bundles": ["github", "pypi"], "more_domains": "api.example.com"})
    project.commit("Add aidevcontainer")
    before = answers_of(project)
    work_on(project)
    improve(template)
    return Updated(project, before, update(project))


def test_plain_update_brings_what_is_new(updated: Updated) -> None:
    """U-3: the plain command at the root adds, changes and deletes files, and changes their modes."""
    assert "aidevcontainer is updated" in updated.said
    assert "Warning" not in updated.said
    folder = updated.project.path / FOLDER
    assert os.access(folder / "scripts/new.sh", os.X_OK)
    assert not (folder / "scripts/trust-ca.sh").exists()
    assert (folder / "container").stat().st_mode & 0o111 == 0
    assert "# new\n" in updated.project.read(f"{FOLDER}/launch.sh")


def test_update_keeps_answers(updated: Updated) -> None:
    """U-3: answers stay, the version moves, and a question that is new gets its default."""
    expected = {**updated.before, "_commit": "v99.0.0", "later": "something"}
    assert answers_of(updated.project) == expected


def test_both_sides_of_the_list_survive(updated: Updated) -> None:
    """U-3: hosts that the user added stay, removed ones stay away, the template's new one comes."""
    lines = updated.project.read(LIST).splitlines()
    assert {"new.pypi.org", "pypi.org", "api.example.com"} <= set(lines)
    assert "gist.github.com" not in lines
    assert lines[-2:] == ["mine.example.com", "*.mine.example.org"]
    assert not [line for line in lines if line.startswith(("<<<<<<<", "=======", ">>>>>>>"))]


def test_own_files_are_never_touched(updated: Updated) -> None:
    """U-3: the user's own file stays byte for byte; a missing one comes back."""
    assert updated.project.read(OVERRIDE) == "services: {mine: {image: x}}\n"
    assert updated.project.read(PERSONAL) == "# a new text\n"


def test_conflicts_are_marked_in_the_file(updated: Updated) -> None:
    """U-3: where both changed a line, both versions stand in the file, and git knows."""
    text = updated.project.read(PIN)
    assert "<<<<<<< before updating" in text
    assert "version mine-" in text
    assert "version theirs-" in text
    assert [line for line in updated.project.changes() if line.startswith("UU")] == [f"UU {PIN}"]
    assert "conflict markers" in updated.said


def test_what_diverged_once_is_never_healed(updated: Updated) -> None:
    """U-3: a merge brings the template's changes, not its files: the newest version says nothing of them."""
    assert answers_of(updated.project)["_commit"] == "v99.0.0"
    assert updated.project.read(BROKEN) == "# nothing\n"


def test_afterwards_the_commands_are_named(updated: Updated) -> None:
    """U-3: what takes an update into use, and the command that shows it before."""
    for command in ("container up", "firewall reload", "hook status", "update"):
        assert f"./.aidevcontainer/{command} " in updated.said


@pytest.fixture
def scaffolded(trimmed: Repository, repository: Repository) -> Repository:
    """A project with the release, committed."""
    copy(trimmed, repository)
    repository.commit("Add aidevcontainer")
    return repository


def test_uncommitted_work_stops_the_update(scaffolded: Repository) -> None:
    """U-3: an update never mixes with work that is not committed."""
    scaffolded.write("half-done", "x\n")
    done = copier_command(scaffolded, "update", "--defaults")
    assert done.code == 1
    assert "dirty" in done.err


def test_answers_can_be_changed_with_an_update(scaffolded: Repository) -> None:
    """U-3: without a new version, new answers change what depends on them and nothing else."""
    scaffolded.write(PERSONAL, "mine.example.com\n")
    update(scaffolded, "--data", "skip_permissions=true", "--data", "allowed_bundles=[crates]")
    changed = {line[3:] for line in scaffolded.changes()}
    assert changed == {ANSWERS, LIST, f"{FOLDER}/claude-settings.json"}
    assert "bypassPermissions" in scaffolded.read(f"{FOLDER}/claude-settings.json")
    assert "static.crates.io" in scaffolded.read(LIST)
    assert "github.com" not in scaffolded.read(LIST)
    assert scaffolded.read(PERSONAL) == "mine.example.com\n"


def test_rejects_stop_the_next_update(next_release: Repository, repository: Repository) -> None:
    """U-3: with `-o rej` both sides appended leave a file that our command asks for; nothing is lost."""
    copy(next_release, repository)
    repository.write(LIST, repository.read(LIST) + "mine.example.com\n")
    repository.commit("Mine")
    hosts = f"{INSIDE}/allowed-domains.txt.jinja"
    next_release.write(hosts, next_release.read(hosts).rstrip("\n") + "\ntheirs.example.com\n")
    release(next_release)
    update(repository, "-o", "rej")
    assert repository.read(LIST).endswith("theirs.example.com\n")
    assert "+mine.example.com" in repository.read(f"{LIST}.rej")
    said = updating.update(repository, "--yes")
    assert said.code == 1
    assert f"{LIST}.rej" in said.all
    assert "Add the lines of the .rej files by hand" in said.all


def test_next_to_another_template(next_release: Repository, repository: Repository) -> None:
    """U-3: with an answers file of its own the update works, and the other template's is left alone."""
    theirs = "_commit: v3\n_src_path: gh:somebody/something\nproject_name: theirs\n"
    ours = ".copier-answers.aidevcontainer.yml"
    repository.write(ANSWERS, theirs)
    copy(next_release, repository, answers_file=ours)
    repository.commit()
    next_release.write(f"{INSIDE}/scripts/new.sh", "#!/bin/sh\n")
    release(next_release)
    update(repository, "-a", ours)
    assert (repository.path / FOLDER / "scripts/new.sh").exists()
    assert answers_of(repository, ours)["_commit"] == "v99.0.0"
    assert repository.read(ANSWERS) == theirs


def test_ignored_folder_is_said_to_be_lost_and_comes_back(
    next_release: Repository, repository: Repository
) -> None:
    """U-3: Copier removes a git-ignored folder on update: the copy warns, the update says the way back."""
    repository.write(".gitignore", f"{FOLDER}/\n")
    command = ["copy", "--defaults", "-d", "more_domains=a.b.org", str(next_release.path), "."]
    warned = copier_command(repository, *command).checked()
    assert "Git must not\nignore .aidevcontainer/" in warned.err
    repository.commit()
    release(next_release)
    said = update(repository)
    assert not (repository.path / LIST).exists()
    assert "aidevcontainer is updated" not in said
    assert "copier recopy --defaults" in said
    repository.write(".gitignore", "")
    copier_command(repository, "recopy", "--defaults").checked()
    assert "a.b.org" in repository.read(LIST)
