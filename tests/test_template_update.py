"""`copier update`, typed at the root of a scaffolded repository that people have worked in since."""

from __future__ import annotations

import os

import pytest

from tests.support.template import ANSWERS, FOLDER, Repository, answers_of, copier_command, copy

INSIDE = f"template/{FOLDER}"
LIST = f"{FOLDER}/allowed-domains.txt"


@pytest.fixture
def scaffolded(next_release: Repository, repository: Repository) -> Repository:
    """A project with the first release, committed."""
    copy(next_release, repository, {"allowed_bundles": ["github", "pypi"], "more_domains": "api.example.com"})
    repository.commit("Add aidevcontainer")
    return repository


def release(template: Repository) -> None:
    template.commit("Improve", "v99.0.0")


def update(project: Repository, *arguments: str) -> str:
    """Update as people do, and return what Copier says. Questions keep their answers."""
    return copier_command(project, "update", "--defaults", *arguments).checked().err


def test_plain_update_brings_what_is_new(next_release: Repository, scaffolded: Repository) -> None:
    """U-3: the plain command changes, adds, deletes files and their modes, and keeps the answers."""
    next_release.write(f"{INSIDE}/scripts/new.sh", "#!/bin/sh\n")
    (next_release.path / INSIDE / "scripts/new.sh").chmod(0o755)
    (next_release.path / INSIDE / "scripts/trust-ca.sh").unlink()
    (next_release.path / INSIDE / "container").chmod(0o644)
    next_release.write("bootstrap/project.py", next_release.read("bootstrap/project.py") + "# new\n")
    release(next_release)
    before = answers_of(scaffolded)
    said = update(scaffolded)
    assert "aidevcontainer is updated" in said
    assert "Warning" not in said
    folder = scaffolded.path / FOLDER
    assert os.access(folder / "scripts/new.sh", os.X_OK)
    assert not (folder / "scripts/trust-ca.sh").exists()
    assert (folder / "container").stat().st_mode & 0o111 == 0
    assert scaffolded.read(f"{FOLDER}/bootstrap/project.py").endswith("# new\n")
    assert answers_of(scaffolded) == {**before, "_commit": "v99.0.0"}


def test_update_without_news_changes_nothing(scaffolded: Repository) -> None:
    """U-3: an update to the same version is a no-op: nothing rendered depends on the moment."""
    update(scaffolded)
    assert scaffolded.changes() == []


def test_both_sides_of_the_list_survive(next_release: Repository, scaffolded: Repository) -> None:
    """U-3: hosts that the user added stay, removed ones stay away, the template's new one comes."""
    mine = scaffolded.read(LIST).replace("gist.github.com\n", "") + "mine.example.com\n*.mine.example.org\n"
    scaffolded.write(LIST, mine)
    scaffolded.commit("Mine")
    bundles = next_release.read("bootstrap/bundles.yml")
    next_release.write(
        "bootstrap/bundles.yml", bundles.replace("    - pypi.org\n", "    - pypi.org\n    - new.pypi.org\n")
    )
    release(next_release)
    update(scaffolded)
    lines = scaffolded.read(LIST).splitlines()
    assert {"mine.example.com", "*.mine.example.org", "new.pypi.org", "pypi.org", "api.example.com"} <= set(
        lines
    )
    assert "gist.github.com" not in lines
    assert lines[-2:] == ["mine.example.com", "*.mine.example.org"]


def test_own_files_are_never_touched(next_release: Repository, scaffolded: Repository) -> None:
    """U-3: the override file and the personal list stay byte for byte; missing, they come back."""
    override, personal = f"{FOLDER}/docker-compose.override.yml", f"{FOLDER}/allowed-domains.local.txt"
    scaffolded.write(override, "services: {mine: {image: x}}\n")
    (scaffolded.path / personal).unlink()
    scaffolded.commit("Mine")
    for name in ("docker-compose.override.yml", "allowed-domains.local.txt"):
        next_release.write(f"{INSIDE}/{name}", "# a new text\n")
    release(next_release)
    update(scaffolded)
    assert scaffolded.read(override) == "services: {mine: {image: x}}\n"
    assert scaffolded.read(personal) == "# a new text\n"
    scaffolded.write(personal, "mine.example.com\n")
    scaffolded.commit("Updated")
    update(scaffolded)
    assert scaffolded.read(personal) == "mine.example.com\n"


def test_conflicts_are_marked_in_the_file(next_release: Repository, scaffolded: Repository) -> None:
    """U-3: where both changed a line, both versions stand in the file, and git knows."""
    name = f"{FOLDER}/claude.pin"
    original = scaffolded.read(name)
    scaffolded.write(name, original.replace("version ", "version mine-"))
    scaffolded.commit("Mine")
    next_release.write(f"{INSIDE}/claude.pin", original.replace("version ", "version theirs-"))
    release(next_release)
    said = update(scaffolded)
    text = scaffolded.read(name)
    assert "<<<<<<< before updating" in text
    assert "version mine-" in text
    assert "version theirs-" in text
    assert f"UU {name}" in scaffolded.changes()
    assert "conflict markers" in said


def test_answers_can_be_changed_with_an_update(scaffolded: Repository) -> None:
    """U-3: a new answer takes effect without a new version."""
    update(scaffolded, "--data", "skip_permissions=true", "--data", "allowed_bundles=[crates]")
    assert "bypassPermissions" in scaffolded.read(f"{FOLDER}/claude-settings.json")
    assert "static.crates.io" in scaffolded.read(LIST)
    assert "pypi.org" not in scaffolded.read(LIST)


def test_new_question_gets_its_default(next_release: Repository, scaffolded: Repository) -> None:
    """U-3: a question that a later version adds does not get in the way of --defaults."""
    next_release.write(
        "copier.yml", next_release.read("copier.yml") + "\nlater:\n  type: str\n  default: something\n"
    )
    release(next_release)
    update(scaffolded)
    assert answers_of(scaffolded)["later"] == "something"


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
    warned = copier_command(
        repository, "copy", "--defaults", "-d", "more_domains=a.b.org", str(next_release.path), "."
    )
    assert "Git must not ignore .aidevcontainer/" in warned.checked().err
    repository.commit()
    release(next_release)
    said = update(repository)
    assert not (repository.path / LIST).exists()
    assert "aidevcontainer is updated" not in said
    assert "copier recopy --defaults" in said
    repository.write(".gitignore", "")
    copier_command(repository, "recopy", "--defaults").checked()
    assert "a.b.org" in repository.read(LIST)


def test_uncommitted_work_stops_the_update(next_release: Repository, scaffolded: Repository) -> None:
    """U-3: an update never mixes with work that is not committed."""
    scaffolded.write("README.md", "half done\n")
    release(next_release)
    done = copier_command(scaffolded, "update", "--defaults")
    assert done.code == 1
    assert "dirty" in done.err
    assert scaffolded.read("README.md") == "half done\n"
