"""`copier copy`: what it writes, what it leaves alone, whom it refuses."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import copier
import pytest
import yaml

from tests.support.questions import configuration
from tests.support.template import (
    ANSWERS,
    FOLDER,
    Repository,
    Scaffold,
    answers_of,
    copier_command,
    copy,
)

OURS = ".copier-answers.aidevcontainer.yml"
HOSTILE = 'it\'s "a" {{ 7*7 }} {% x %} $(id) `id` ${HOME} \\ ünï 项目'
PROGRAMS = ["claude", "container", "hook", "install.sh", "scripts/install-packages.sh"]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def entries(project: Repository, name: str) -> list[str]:
    """Return the lines of a list without its comments."""
    return [line for line in project.read(f"{FOLDER}/{name}").splitlines() if line and line[0] != "#"]


def test_copy_needs_no_trust() -> None:
    """U-1: nobody has to pass --trust, so the template has nothing that would need it."""
    assert {"_tasks", "_migrations", "_jinja_extensions"}.isdisjoint(configuration())


def test_no_editor_is_served(scaffold: Scaffold) -> None:
    """U-5: no devcontainer.json, nothing of VS Code, and Alpine alone below everything."""
    written = files(scaffold.project.path)
    assert not [name for name in written if "devcontainer.json" in name or ".vscode" in name]
    recipe = scaffold.project.read(f"{FOLDER}/Dockerfile")
    assert re.findall(r"(?m)^FROM (\S+)", recipe) == ["${ALPINE_IMAGE}", "base", "base"]
    assert re.findall(r"(?m)^ARG ALPINE_IMAGE=(.*):", recipe) == ["docker.io/library/alpine"]


def test_ids_can_be_chosen(scaffold: Scaffold) -> None:
    """US-005.1, FR-7: 501 unless told otherwise, and the Compose file says how, and what Linux mostly has."""
    recipe = scaffold.project.read(f"{FOLDER}/Dockerfile")
    assert re.findall(r"(?m)^ARG CLAUDE_([UG]ID)=(\d+)", recipe) == [("UID", "501"), ("GID", "501")]
    head = scaffold.project.read(f"{FOLDER}/docker-compose.yml").partition("\nservices:")[0]
    assert "CLAUDE_UID=$(id -u) CLAUDE_GID=$(id -g) docker compose up -d" in head
    assert "1000" in head


def test_copy_writes_one_folder_and_one_file(scaffold: Scaffold) -> None:
    """U-1: .aidevcontainer/ and the answers file appear, and nothing else in the repository changes."""
    changes = scaffold.project.changes()
    assert {line[3:].split("/")[0].strip('"') for line in changes} == {FOLDER, ANSWERS}
    assert all(line.startswith("??") for line in changes)
    assert files(scaffold.project.path / FOLDER) >= {
        "Dockerfile",
        "README.md",
        "allowed-domains.txt",
        "allowed-domains.local.txt",
        "claude.pin",
        "docker-compose.yml",
        "docker-compose.override.yml",
        "packages.txt",
        "scripts/default-domains.txt",
        "requirements.txt",
        *PROGRAMS,
    }


def test_copy_leaves_out_what_only_clones_need(scaffold: Scaffold) -> None:
    """U-1, X-H1: no Python of ours, no template syntax and none of the bridge's code ends up in a project."""
    names = files(scaffold.project.path / FOLDER)
    assert not [name for name in names if name.endswith((".jinja", ".py", ".pyc"))]
    assert not [name for name in names if "bridge" in name]


def test_scaffold_is_small(scaffold: Scaffold) -> None:
    """X-H1: at most 80 files, 4,500 lines and 220 KB, so that people can read what they commit."""
    folder = scaffold.project.path
    contents = [(folder / name).read_bytes() for name in files(folder) if not name.startswith(".git/")]
    assert len(contents) <= 80
    assert sum(content.count(b"\n") for content in contents) <= 4_500
    assert sum(map(len, contents)) <= 220_000


def test_helpers_are_pinned_to_the_templates_commit(published: Repository, scaffold: Scaffold) -> None:
    """X-H1: one line that every Python developer knows."""
    commit = published.git("rev-parse", "HEAD")
    assert entries(scaffold.project, "requirements.txt") == [
        f"aidevcontainer @ git+file://localhost{published.path}@{commit}"
    ]


def test_copied_programs_can_be_run(scaffold: Scaffold) -> None:
    """U-4: helpers and scripts keep their executable bit, and nothing is a link out of the project."""
    folder = scaffold.project.path / FOLDER
    assert [name for name in PROGRAMS if not os.access(folder / name, os.X_OK)] == []
    assert [path for path in folder.rglob("*") if path.is_symlink()] == []


def test_copy_ends_with_the_next_command_and_no_warning(scaffold: Scaffold) -> None:
    """U-1: the last lines say what to type next; nothing before them alarms a newcomer."""
    assert "./.aidevcontainer/claude " in scaffold.said
    assert "hook install" not in scaffold.said
    assert "Warning" not in scaffold.said


def test_answers_are_remembered_and_nothing_besides(published: Repository, scaffold: Scaffold) -> None:
    """U-3: the answers file holds questions, source and version, nothing computed or private."""
    assert answers_of(scaffold.project) == {
        "_commit": published.git("describe", "--tags"),
        "_src_path": str(published.path),
        "project_name": "my-project",
        "allowed_bundles": ["github", "npm"],
        "more_domains": "",
        "alpine_packages": "",
        "git_hook": False,
        "skip_permissions": False,
    }


def test_what_is_personal_is_ignored_by_git(scaffold: Scaffold, tmp_path: Path) -> None:
    """US-005.2: nothing of this machine or person can be committed by accident."""
    project = scaffold.duplicate(tmp_path / "p")
    for name in (".env", "allowed-domains.local.txt", "ca/host-0.crt", "scripts/bridge/x.py"):
        project.write(f"{FOLDER}/{name}", "x")
    project.write(f"{FOLDER}/ca/team.crt", "x")
    project.commit()
    tracked = project.git("ls-files").splitlines()
    assert [name for name in tracked if name.endswith((".env", ".local.txt", ".pyc", "host-0.crt"))] == []
    assert f"{FOLDER}/ca/team.crt" in tracked


def test_answers_reach_the_files(published: Repository, repository: Repository) -> None:
    """U-1: each answer has its effect, also a name that tries to break every format at once."""
    answers = {
        "project_name": HOSTILE,
        "allowed_bundles": ["pypi"],
        "more_domains": "API.example.com, *.example.org\ndb:5432 api.example.com",
        "alpine_packages": "nodejs, npm nodejs",
        "git_hook": True,
        "skip_permissions": True,
    }
    copy(published, repository, answers)
    listed = entries(repository, "allowed-domains.txt")
    assert {"pypi.org", "api.example.com", "*.example.org", "db:5432"} <= set(listed)
    assert "github.com" not in listed
    assert listed.count("api.example.com") == 1
    assert entries(repository, "packages.txt") == ["nodejs", "npm"]
    assert json.loads(repository.read(f"{FOLDER}/project.json")) == {
        "answers_file": ANSWERS,
        "git_hook": True,
        "template": str(published.path),
    }
    settings = json.loads(repository.read(f"{FOLDER}/claude-settings.json"))
    assert settings["permissions"]["defaultMode"] == "bypassPermissions"
    compose = yaml.safe_load(repository.read(f"{FOLDER}/docker-compose.yml"))
    assert compose["name"].startswith("aidevcontainer-it-s-a-7-7")
    assert answers_of(repository)["project_name"] == HOSTILE


def test_any_folder_will_do(published: Repository, tmp_path: Path) -> None:
    """U-1: the project is called after its folder, whatever that is called, in a git repository or not."""
    folder = Repository(tmp_path / "-rf {{ x }} it's naïve [a]* 项目")
    folder.path.mkdir()
    copy(published, folder)
    assert answers_of(folder)["project_name"] == folder.path.name
    compose = yaml.safe_load(folder.read(f"{FOLDER}/docker-compose.yml"))
    assert compose["name"] == "aidevcontainer-rf-x-it-s-na-ve-a"


def test_next_commands_fit_the_place_and_the_answers(published: Repository, repository: Repository) -> None:
    """U-1: answers from a file; the messages name folder, hook and answers file where needed."""
    target = repository.path / "a project"
    repository.write("answers.yml", "git_hook: true\nallowed_bundles: [crates]\n")
    command = ["copy", "--defaults", "-a", OURS, "--data-file", "answers.yml", str(published.path)]
    done = copier_command(repository, *command, str(target)).checked()
    assert f"cd '{target}'" in done.err
    assert "./.aidevcontainer/hook install" in done.err
    assert f"copier update -a {OURS}" in done.err
    assert "static.crates.io" in entries(Repository(target), "allowed-domains.txt")


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"more_domains": "https://x.org"}, r"Write only the host: x\.org\."),
        ({"allowed_bundles": ["nonsense"]}, "'nonsense' is not in"),
    ],
)
def test_wrong_answers_write_nothing(
    published: Repository, repository: Repository, answers: dict[str, object], sentence: str
) -> None:
    """U-1: answers given ahead are checked like typed ones, before the first file."""
    with pytest.raises(ValueError, match=sentence):
        copy(published, repository, answers)
    assert repository.changes() == []


def test_copying_again_keeps_answers_and_own_files(
    published: Repository, scaffold: Scaffold, tmp_path: Path
) -> None:
    """U-3: `copier copy` over our own scaffold is no accident, and the user's own files survive it."""
    project = scaffold.duplicate(tmp_path / "renamed")
    override, personal = f"{FOLDER}/docker-compose.override.yml", f"{FOLDER}/allowed-domains.local.txt"
    project.write(override, "services: {db: {image: x}}\n")
    project.write(personal, "mine.example.com\n")
    project.commit()
    done = copier_command(project, "copy", "--defaults", "--overwrite", str(published.path), ".").checked()
    assert "Warning" not in done.err
    assert project.changes() == []
    assert answers_of(project)["project_name"] == "my-project"
    assert project.read(personal) == "mine.example.com\n"


def test_other_templates_repository_is_refused_whole(published: Repository, repository: Repository) -> None:
    """U-1: before a question is asked or anything is written, with a command that works as printed."""
    theirs = "_commit: v3\n_src_path: gh:somebody/something\nproject_name: theirs\n"
    repository.write(ANSWERS, theirs)
    repository.commit()
    done = copier_command(repository, "copy", str(published.path), ".")
    assert done.code == 1
    assert "gh:somebody/something" in done.err
    assert "Traceback" not in done.err
    assert not (repository.path / FOLDER).exists()
    assert repository.changes() == []
    command = f"copier copy -a {OURS} {published.path} ."
    assert command in done.err
    copier_command(repository, *command.split()[1:], "--defaults").checked()
    assert repository.read(ANSWERS) == theirs
    assert answers_of(repository, OURS)["project_name"] == "my-project"


def test_odd_paths_do_not_hide_another_template(published: Repository, tmp_path: Path) -> None:
    """U-1: the check finds the other file in a folder called a[b]*, and knows it by what it lacks."""
    folder = Repository.create(tmp_path / "a[b]*")
    folder.write(ANSWERS, "some: thing\n")
    with pytest.raises(copier.errors.UserMessageError, match="another Copier template"):
        copy(published, folder, overwrite=True)
    assert {path.name for path in folder.path.iterdir()} == {".git", ANSWERS}
