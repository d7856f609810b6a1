"""`copier copy`: what it writes, what it leaves alone, whom it refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path

import copier
import pytest
import yaml

from tests.support.questions import configuration
from tests.support.run import run
from tests.support.template import ANSWERS, FOLDER, Repository, answers_of, copier_command, copy

OURS = ".copier-answers.aidevcontainer.yml"
HOSTILE = 'it\'s "a" {{ 7*7 }} {% x %} $(id) `id` ${HOME} \\ ünï 项目'
PROGRAMS = ["claude", "container", "hook", "hooks/post-checkout", "scripts/install-packages.sh"]


def files(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }


@pytest.fixture(scope="module")
def scaffolded(published: Repository, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A project with default answers, not committed yet. Shared: look, do not touch."""
    made = Repository.create(tmp_path_factory.mktemp("scaffolded") / "my-project")
    made.write("README.md", "# My project\n")
    made.commit("Start")
    copy(published, made)
    return made


def test_copy_needs_no_trust() -> None:
    """U-1: nobody has to pass --trust, so the template has nothing that would need it."""
    assert {"_tasks", "_migrations", "_jinja_extensions"}.isdisjoint(configuration())


def test_copy_writes_one_folder_and_one_file(scaffolded: Repository) -> None:
    """U-1: .aidevcontainer/ and the answers file appear, and nothing else in the repository changes."""
    changes = scaffolded.changes()
    assert {line[3:].split("/")[0].strip('"') for line in changes} == {FOLDER, ANSWERS}
    assert all(line.startswith("??") for line in changes)
    assert files(scaffolded.path / FOLDER) >= {
        "Dockerfile",
        "README.md",
        "allowed-domains.txt",
        "allowed-domains.local.txt",
        "claude.pin",
        "docker-compose.yml",
        "docker-compose.override.yml",
        "packages.txt",
        "scripts/default-domains.txt",
        "bootstrap/session.py",
        *PROGRAMS,
    }


def test_copy_leaves_out_what_only_clones_need(scaffolded: Repository) -> None:
    """U-1: no private engine, bootstrapper, source of lists or template syntax ends up in a project."""
    names = files(scaffolded.path / FOLDER)
    assert not [
        name for name in names if name.startswith("bootstrap/machine") or name.endswith((".jinja", ".pyc"))
    ]
    assert names.isdisjoint({"bootstrap/__main__.py", "bootstrap/bundles.yml"})


def test_copied_programs_can_be_run(scaffolded: Repository) -> None:
    """U-4: helpers and scripts keep their executable bit, and nothing is a link out of the project."""
    folder = scaffolded.path / FOLDER
    for name in PROGRAMS:
        assert os.access(folder / name, os.X_OK), name
    assert not [path for path in folder.rglob("*") if path.is_symlink()]


def test_what_is_personal_is_ignored_by_git(published: Repository, repository: Repository) -> None:
    """US-005.2: nothing of this machine or person can be committed by accident."""
    copy(published, repository)
    for name in (".env", "allowed-domains.local.txt", "ca/host-0.crt", "bootstrap/__pycache__/x.pyc"):
        repository.write(f"{FOLDER}/{name}", "x")
    repository.write(f"{FOLDER}/ca/team.crt", "x")
    repository.commit()
    tracked = set(repository.git("ls-files").splitlines())
    assert {name for name in tracked if name.endswith((".env", ".local.txt", ".pyc", "host-0.crt"))} == set()
    assert f"{FOLDER}/ca/team.crt" in tracked


def test_answers_are_remembered_and_nothing_besides(published: Repository, scaffolded: Repository) -> None:
    """U-3: the answers file holds questions, source and version, nothing computed or private."""
    assert answers_of(scaffolded) == {
        "_commit": published.git("describe", "--tags"),
        "_src_path": str(published.path),
        "project_name": "my-project",
        "allowed_bundles": ["github", "npm"],
        "more_domains": "",
        "alpine_packages": "",
        "git_hook": False,
        "skip_permissions": False,
    }


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
    listed = [
        line
        for line in repository.read(f"{FOLDER}/allowed-domains.txt").splitlines()
        if not line.startswith("#")
    ]
    assert {"pypi.org", "api.example.com", "*.example.org", "db:5432"} <= set(listed)
    assert "github.com" not in listed
    assert listed.count("api.example.com") == 1
    packages = [
        line for line in repository.read(f"{FOLDER}/packages.txt").splitlines() if not line.startswith("#")
    ]
    assert packages == ["nodejs", "npm"]
    assert json.loads(repository.read(f"{FOLDER}/project.json")) == {
        "answers_file": ANSWERS,
        "git_hook": True,
    }
    settings = json.loads(repository.read(f"{FOLDER}/claude-settings.json"))
    assert settings["permissions"]["defaultMode"] == "bypassPermissions"
    assert yaml.safe_load(repository.read(f"{FOLDER}/docker-compose.yml"))["name"].startswith(
        "aidevcontainer-it-s-a-7-7"
    )
    assert answers_of(repository)["project_name"] == HOSTILE


@pytest.mark.parametrize("name", ["-rf", "naïve 项目", "{{ x }}"])
def test_any_folder_name_will_do(published: Repository, tmp_path: Path, name: str) -> None:
    """U-1: the project is called after its folder, whatever that is called, in a git repository or not."""
    (tmp_path / name).mkdir()
    folder = Repository(tmp_path / name)
    copy(published, folder)
    assert answers_of(folder)["project_name"] == name
    assert yaml.safe_load(folder.read(f"{FOLDER}/docker-compose.yml"))["services"].keys() == {
        "firewall",
        "claude",
    }


def test_first_copy_says_the_next_command_and_no_warning(
    published: Repository, repository: Repository
) -> None:
    """U-1: on the command line the copy ends with what to type next, without anything that alarms."""
    done = copier_command(repository, "copy", "--defaults", str(published.path), ".").checked()
    assert "./.aidevcontainer/claude " in done.err
    assert "hook install" not in done.err
    assert "Warning" not in done.err + done.out


def test_next_commands_fit_the_place_and_the_answers(published: Repository, repository: Repository) -> None:
    """U-1: the folder where it is another one, the hook's command where wanted, the update's with -a."""
    target = repository.path / "a project"
    command = ["copy", "--defaults", "-a", OURS, "-d", "git_hook=yes", str(published.path), str(target)]
    done = copier_command(repository, *command).checked()
    assert f"cd '{target}'" in done.err
    assert "./.aidevcontainer/hook install" in done.err
    assert f"copier update -a {OURS}" in done.err


def test_answers_from_a_file(published: Repository, repository: Repository, tmp_path: Path) -> None:
    """U-1: a team can prepare the answers in a data file."""
    answers = tmp_path / "answers.yml"
    answers.write_text("allowed_bundles: [crates]\nmore_domains: a.example.com\n", encoding="utf-8")
    copier_command(
        repository, "copy", "--defaults", "--data-file", str(answers), str(published.path), "."
    ).checked()
    assert "static.crates.io" in repository.read(f"{FOLDER}/allowed-domains.txt")


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"more_domains": "https://x.org"}, "Write only the host: x.org."),
        ({"alpine_packages": "--root"}, "not the name of an Alpine package"),
        ({"allowed_bundles": ["nonsense"]}, "'nonsense' is not in"),
        ({"project_name": "a\nb"}, "one line"),
    ],
)
def test_wrong_answers_write_nothing(
    published: Repository, repository: Repository, answers: dict[str, object], sentence: str
) -> None:
    """U-1: answers given ahead are checked like typed ones, before the first file."""
    with pytest.raises(ValueError, match=sentence.replace(".", r"\.")):
        copy(published, repository, answers)
    assert repository.changes() == []


def test_copying_again_keeps_answers_and_own_files(published: Repository, repository: Repository) -> None:
    """U-3: `copier copy` over our own scaffold is no accident, and the user's own files survive it."""
    copy(published, repository, {"allowed_bundles": ["go"]})
    own = {
        "docker-compose.override.yml": "services: {db: {image: x}}\n",
        "allowed-domains.local.txt": "mine.example.com\n",
    }
    for name, text in own.items():
        repository.write(f"{FOLDER}/{name}", text)
    repository.commit()
    done = copier_command(repository, "copy", "--defaults", "--overwrite", str(published.path), ".").checked()
    assert "Warning" not in done.err
    assert repository.changes() == []
    assert answers_of(repository)["allowed_bundles"] == ["go"]
    for name, text in own.items():
        assert repository.read(f"{FOLDER}/{name}") == text


@pytest.fixture
def generated(repository: Repository) -> Repository:
    """A repository that another template generated."""
    repository.write(ANSWERS, "_commit: v3\n_src_path: gh:somebody/something\nproject_name: theirs\n")
    repository.commit()
    return repository


def test_other_templates_repository_is_refused_whole(published: Repository, generated: Repository) -> None:
    """U-1: before anything is written, with a command that works as printed."""
    done = copier_command(generated, "copy", "--defaults", "--overwrite", str(published.path), ".")
    assert done.code == 1
    assert "gh:somebody/something" in done.err
    assert "Traceback" not in done.err
    assert not (generated.path / FOLDER).exists()
    assert generated.changes() == []
    command = f"copier copy -a {OURS} {published.path} ."
    assert command in done.err
    theirs = generated.read(ANSWERS)
    copier_command(generated, *command.split()[1:], "--defaults").checked()
    assert generated.read(ANSWERS) == theirs
    assert answers_of(generated, OURS)["project_name"] == "my-project"


def test_refusal_does_not_ask_first(published: Repository, generated: Repository) -> None:
    """U-1: nobody answers six questions to be refused afterwards: it needs no terminal and no --defaults."""
    done = copier_command(generated, "copy", str(published.path), ".")
    assert "generated by another Copier template" in done.err


@pytest.mark.parametrize("content", ["", "[]\n", "some: thing\n"])
def test_odd_answers_files_are_refused_too(
    published: Repository, repository: Repository, content: str
) -> None:
    """U-1: an answers file that is not ours is somebody's, whatever is in it."""
    repository.write(ANSWERS, content)
    repository.commit()
    if content == "some: thing\n":
        with pytest.raises(copier.errors.UserMessageError, match="another Copier template"):
            copy(published, repository, overwrite=True)
    else:
        assert (
            copier_command(repository, "copy", "--defaults", "--overwrite", str(published.path), ".").code
            == 1
        )
    assert repository.changes() == []


def test_glob_characters_in_the_path_do_not_hide_another_template(
    published: Repository, tmp_path: Path
) -> None:
    """U-1: the check finds the other template's file in a folder called a[b]*, too."""
    folder = Repository.create(tmp_path / "a[b]*")
    folder.write(ANSWERS, "_src_path: x\n")
    with pytest.raises(copier.errors.UserMessageError, match="another Copier template"):
        copy(published, folder)


def test_works_from_a_clone_without_tags(
    published: Repository, repository: Repository, tmp_path: Path
) -> None:
    """U-1: a clone without tags, as some mirrors make them, gives its latest commit."""
    clone = tmp_path / "clone"
    run(
        ["git", "clone", "--quiet", "--no-tags", str(published.path), str(clone)], env=dict(os.environ)
    ).checked()
    copy(Repository(clone), repository)
    assert answers_of(repository)["_commit"] == published.git("rev-parse", "--short", "HEAD")
