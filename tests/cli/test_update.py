"""`./.aidevcontainer/update`: merges, and shows before it does what will change and after it what to type."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import helpers
from tests.support.template import (
    ANSWERS,
    FOLDER,
    Repository,
    Scaffold,
    answers_of,
    copier_command,
    copy,
    git_environment,
)
from tests.support.terminal import Terminal
from tests.support.updating import INSIDE, LIST, OVERRIDE, PERSONAL, PIN, Said, pin, replace, tree, update

SCRIPTS = f"{FOLDER}/scripts"
BASE, NEXT = "v1.1.0", "v2.0.0"


class Place(NamedTuple):
    """A template with the versions BASE and NEXT, and a project with BASE. Shared: duplicate it."""

    template: Repository
    project: Repository

    def duplicate(self, path: Path) -> Repository:
        """Return a copy of the project to work in."""
        shutil.copytree(self.project.path, path, symlinks=True)
        return Repository(path)


@pytest.fixture(scope="module")
def place(trimmed: Repository, tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("place")
    template = trimmed.clone(folder / "template")
    template.write(f"{INSIDE}/scripts/dropped.sh", "#!/bin/sh\n# dropped\n")
    template.write(f"{INSIDE}/claude.pin", pin("2.0.1"))
    template.commit("Base", BASE)
    project = Repository.create(folder / "my-project")
    project.write("README.md", "# Mine\n")
    copy(template, project, {"allowed_bundles": ["pypi"], "more_domains": "api.example.com"})
    project.commit("Add aidevcontainer")
    improve(template)
    return Place(template, project)


def improve(template: Repository) -> None:
    """Add, change, remove and rename, partly where the project changed something too."""
    template.write(f"{INSIDE}/scripts/new.sh", "#!/bin/sh\n")
    (template.path / INSIDE / "scripts/new.sh").chmod(0o755)
    (template.path / INSIDE / "container").chmod(0o644)
    (template.path / INSIDE / "scripts/dropped.sh").unlink()
    (template.path / INSIDE / "scripts/trust-ca.sh").unlink()
    template.git("mv", f"{INSIDE}/scripts/add-users.sh", f"{INSIDE}/scripts/make-users.sh")
    template.write(f"{INSIDE}/claude.pin", pin("2.0.10", "b"))
    replace(template, f"{INSIDE}/allowed-domains.txt.jinja", "{%", "{# later #}\n{%")
    list_template = template.read(f"{INSIDE}/allowed-domains.txt.jinja").rstrip("\n")
    template.write(f"{INSIDE}/allowed-domains.txt.jinja", list_template + "\ntheirs.example.com\n")
    for name in ("docker-compose.override.yml", "allowed-domains.local.txt"):
        template.write(f"{INSIDE}/{name}", "# a new text\n")
    replace(
        template,
        "bootstrap/aidevcontainer/firewall/bundles.yml",
        "    - pypi.org\n",
        "    - pypi.org\n    - new.pypi.org\n",
    )
    replace(template, "copier.yml", "git_hook:\n", "later:\n  type: str\n  default: something\n\ngit_hook:\n")
    replace(template, f"{INSIDE}/scripts/healthcheck.sh", "#!/bin/sh\n", "#!/bin/sh\n# new here\n")
    template.commit("Improve", NEXT)


def work_on(project: Repository) -> None:
    """Change what people change, in every kind of file."""
    project.write(LIST, project.read(LIST) + "mine.example.com\n")
    project.write(OVERRIDE, "services: {mine: {image: x}}\n")
    project.write(PIN, pin("2.0.9", "c"))
    project.write(f"{FOLDER}/packages.txt", "make\n")
    for name in ("trust-ca.sh", "add-users.sh", "healthcheck.sh", "end-session.sh"):
        project.write(f"{SCRIPTS}/{name}", project.read(f"{SCRIPTS}/{name}") + "# mine\n")
    (project.path / SCRIPTS / "wait-ready.sh").unlink()
    project.commit("Mine")
    project.write(PERSONAL, "personal.example.com\n")
    project.write(f"{FOLDER}/.env", "CLAUDE_UID=1000\n")


class Updated(NamedTuple):
    project: Repository
    said: Said


@pytest.fixture(scope="module")
def updated(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Updated:
    project = place.duplicate(tmp_path_factory.mktemp("updated") / "my-project")
    work_on(project)
    return Updated(project, update(project, "--yes", "--diff"))


def test_what_will_change_is_shown_by_file_and_kind(place: Place, updated: Updated) -> None:
    """U-3: what runs where, what opens and what Claude becomes, each with a line on what the file is."""
    out = updated.said.out
    assert out.startswith(f"{BASE} → {NEXT}: ")
    old, new = (place.template.git("rev-parse", "--short=12", f"{tag}^{{commit}}") for tag in (BASE, NEXT))
    for block in (
        "Runs inside the containers, partly as root: start, firewall, build:\n",
        "  new      scripts/new.sh  +1 -0\n",
        "  deleted  scripts/dropped.sh  +0 -2\n",
        "  changed  scripts/healthcheck.sh  +1 -0\n",
        "What the agent may reach:\n",
        "    opens new.pypi.org\n",
        "    Claude Code 2.0.9 → 2.0.10\n",
        f"  changed  requirements.txt  +1 -1\n    helpers {old} → {new}\n",
        "Runs on your machine: the commands:\n  changed  container  +0 -0  now not executable\n",
    ):
        assert block in out


def test_additions_deletions_renames_and_modes_arrive(updated: Updated) -> None:
    """U-3: exec bits come along, and folders that are links in the template bring additions and deletions."""
    folder = updated.project.path / FOLDER
    assert os.access(folder / "scripts/new.sh", os.X_OK)
    assert not os.access(folder / "container", os.X_OK)
    assert (folder / "scripts/make-users.sh").is_file()
    assert not (folder / "scripts/dropped.sh").exists()


def test_no_edit_is_lost(updated: Updated) -> None:
    """U-3: edits stay, also where the template changed, dropped or renamed a file; deleted stays deleted."""
    for name in ("trust-ca.sh", "add-users.sh", "healthcheck.sh", "end-session.sh"):
        assert updated.project.read(f"{SCRIPTS}/{name}").endswith("# mine\n"), name
    assert "# new here\n" in updated.project.read(f"{SCRIPTS}/healthcheck.sh")
    assert updated.project.read(f"{FOLDER}/packages.txt") == "make\n"
    assert not (updated.project.path / SCRIPTS / "wait-ready.sh").exists()


def test_a_file_that_the_template_dropped_and_you_changed_is_named(updated: Updated) -> None:
    """U-3: it stays, and a person hears of it."""
    assert (
        "Kept, because you changed them (the template dropped them): .aidevcontainer/scripts/add-users.sh, "
        ".aidevcontainer/scripts/trust-ca.sh" in updated.said.all
    )


def test_own_files_and_those_of_the_machine_are_untouched(updated: Updated) -> None:
    """U-3: files that are written once, and files that git ignores."""
    assert updated.project.read(OVERRIDE) == "services: {mine: {image: x}}\n"
    assert updated.project.read(PERSONAL) == "personal.example.com\n"
    assert updated.project.read(f"{FOLDER}/.env") == "CLAUDE_UID=1000\n"


def test_both_sides_appended_is_a_conflict_that_is_explained(updated: Updated) -> None:
    """U-3: which file, what the firewall does meanwhile, what to type; git lists it; the exit code tells."""
    text = updated.project.read(LIST)
    assert text.index("<<<<<<<") < text.index("mine.example.com") < text.index("theirs.example.com")
    assert [line for line in updated.project.changes() if line.startswith("UU")] == [f"UU {LIST}"]
    assert updated.said.code == 1
    assert f"git add {LIST}" in updated.said.all
    assert "the firewall refuses the allowlist and keeps the rules that are in force" in updated.said.all


def test_git_can_show_all_three_versions_of_a_conflict(updated: Updated) -> None:
    """U-3: `git checkout --ours` and merge tools work as after any merge."""
    ours = updated.project.git("show", f":2:{LIST}")
    theirs = updated.project.git("show", f":3:{LIST}")
    assert ours.endswith("mine.example.com")
    assert theirs.endswith("theirs.example.com")


def test_the_way_back_from_a_conflict_leads_back(updated: Updated, tmp_path: Path) -> None:
    """U-3: git has no merge to abort there; the command that is named gives the update up, and no other."""
    shutil.copytree(updated.project.path, tmp_path / "copy", symlinks=True)
    project = Repository(tmp_path / "copy")
    said = update(project, "--yes")
    assert "A merge is not finished here" in said.all
    assert "merge --abort" not in said.all
    advised = next(line for line in said.err.splitlines() if "git restore" in line)
    project.git(*advised[advised.index("git restore") :].split()[1:])
    assert {line[:2] for line in project.changes()} == {"??"}
    assert project.read(PERSONAL) == "personal.example.com\n"
    assert answers_of(project)["_commit"] == BASE


def test_of_two_pins_the_newer_wins(updated: Updated) -> None:
    """U-3: both moved Claude's version, by numbers and not by letters, and nobody has to decide."""
    assert updated.project.read(PIN) == pin("2.0.10", "b")


def test_answers_move_on_and_new_questions_get_their_default(updated: Updated) -> None:
    """U-3: the version is recorded, and the new question is named."""
    answers = answers_of(updated.project)
    assert (answers["_commit"], answers["later"], answers["allowed_bundles"]) == (NEXT, "something", ["pypi"])
    assert "New questions: later." in updated.said.all


def test_what_to_type_afterwards(updated: Updated) -> None:
    """U-3: rebuild and reload, not the hook's renewal, which did not change."""
    assert "./.aidevcontainer/container up " in updated.said.err
    assert "./.aidevcontainer/firewall reload " in updated.said.err
    assert "hook install" not in updated.said.err
    assert "The next command installs the new helpers first." in updated.said.err


def test_nothing_else_is_left_behind(updated: Updated) -> None:
    """U-3: no reject file, no draft."""
    names = [path.name for path in updated.project.path.rglob("*") if ".git" not in path.parts]
    assert [name for name in names if name.endswith(".rej") or name.endswith(str(os.getpid()))] == []


def test_check_tells_and_touches_nothing(place: Place, tmp_path: Path) -> None:
    """U-3: for a program, with an exit code of its own; every byte and git's index stay."""
    project = place.duplicate(tmp_path / "p")
    before = tree(project)
    said = update(project, "--check", "--json")
    assert said.code == 3
    found = said.json()
    assert (found["from"], found["to"], found["applied"], found["conflicts"]) == (BASE, NEXT, False, [])
    new = next(change for change in found["changes"] if change["path"].endswith("new.sh"))
    assert (new["change"], new["security"]) == ("new", True)
    assert found["questions"] == ["later"]
    assert update(project, "--check", "-q") == (3, "", "")
    assert tree(project) == before


def test_diff_shows_every_line(updated: Updated) -> None:
    """U-3: to look at each line before it is there."""
    assert "--- /dev/null\n+++ b/.aidevcontainer/scripts/new.sh\n" in updated.said.out
    assert "+#!/bin/sh\n" in updated.said.out


def test_up_to_date_and_only_an_answer(place: Place, tmp_path: Path) -> None:
    """U-3: nothing to do is said; an answer can change without another version."""
    project = place.duplicate(tmp_path / "p")
    said = update(project, "--check", "--to", BASE)
    assert said.code == 0
    assert f"No changes: this project is at {BASE}." in said.out
    assert update(project, "--yes", "-q", "--to", BASE, "-d", "skip_permissions=true") == (0, "", "")
    assert {line[3:] for line in project.changes()} == {ANSWERS, f"{FOLDER}/claude-settings.json"}


def test_odd_place(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """U-3: in a folder of a repository, odd names, answers file of its own, a relative address, a git that
    ignores, signs and hooks: all of that at once."""
    config = tmp_path / "gitconfig"
    config.write_text("[core]\nexcludesFile = /ignore\nhooksPath = /hooks\n[commit]\ngpgSign = true\n")
    project = Repository.create(tmp_path / "whole")
    inner = Repository(project.path / "sub folder/the 'app'")
    inner.path.mkdir(parents=True)
    shutil.copytree(place.template.path, project.path.parent / "template")
    ours = ".copier-answers.aidevcontainer.yml"
    inner.write(ANSWERS, "_src_path: gh:somebody/else\n_commit: v1\n")
    with monkeypatch.context() as patch:
        patch.chdir(inner.path)
        command = ["copy", "--defaults", "-a", ours, "--vcs-ref", BASE, "../../../template", "."]
        copier_command(inner, *command).checked()
    replace(inner, LIST, "github.com\n", "mine.example.com\n")
    inner.write(PIN, "version mine\n")
    project.commit("Scaffold")
    (tmp_path / "ignore").write_text("*.pin\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    said = update(inner, "--yes")
    assert "conflict" in said.all
    assert answers_of(inner, ours)["_commit"] == NEXT
    assert answers_of(inner, ours)["_src_path"] == "../../../template"
    assert project.read("sub folder/the 'app'/.copier-answers.yml").startswith("_src_path: gh:somebody")
    assert project.git("diff", "--name-only", "--diff-filter=U") == f"sub folder/the 'app'/{PIN}"
    assert "Until then no image is built." in said.all


def test_a_template_without_tags(trimmed: Repository, tmp_path: Path) -> None:
    """U-3: the newest commit counts, and is named as git describes it."""
    template = Repository.create(tmp_path / "template")
    shutil.copytree(trimmed.path, template.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git"))
    template.commit("One")
    project = Repository.create(tmp_path / "project")
    copy(template, project)
    project.commit()
    template.write(f"{INSIDE}/scripts/new.sh", "#!/bin/sh\n")
    template.commit("Two")
    said = update(project, "--yes")
    assert said.code == 0, said
    assert (project.path / SCRIPTS / "new.sh").exists()
    assert answers_of(project)["_commit"] in template.git("log", "--format=%H", "-1")


@pytest.mark.parametrize(
    "arguments", [(), ("--json",), ("--ask",), ("--bogus",), ("--check", "-d", "nonsense")]
)
def test_wrong_usage_is_two(place: Place, arguments: tuple[str, ...]) -> None:
    """U-3: without a terminal nothing is asked, and nothing is done that was not agreed to."""
    said = update(place.project, *arguments)
    assert said.code == 2
    assert place.project.changes() == []


def test_help_names_every_option(place: Place) -> None:
    """U-2: with examples, and the exit codes."""
    said = update(place.project, "--help")
    assert said.code == 0
    for option in ("--check", "--diff", "--to", "--ask", "--data", "--yes", "--json", "--quiet"):
        assert option in said.out
    assert "Examples:\n" in said.out
    assert all(len(line) <= 110 for line in said.out.splitlines())


class OnTerminal(NamedTuple):
    project: Repository
    environment: dict[str, str]


@pytest.fixture
def on_terminal(published: Repository, scaffold: Scaffold, tmp_path: Path) -> OnTerminal:
    """A whole project behind its newest version, which asks one thing more, on a machine of its own."""
    template = published.clone(tmp_path / "template")
    project = scaffold.duplicate(tmp_path / "my project")
    for name in (ANSWERS, f"{FOLDER}/project.json"):
        replace(project, name, str(published.path), str(template.path))
    project.write("src/deep/x", "x")
    (project.path / "link").symlink_to(f"{FOLDER}/update")
    project.commit("Work")
    question = "later:\n  type: str\n  help: How much later?\n  default: something\n\n"
    replace(template, "copier.yml", "git_hook:\n", question + "git_hook:\n")
    template.write(f"{INSIDE}/scripts/new.sh", "#!/bin/sh\n")
    template.commit("Ask", NEXT)
    helpers.install(tmp_path / "cache", project.read(f"{FOLDER}/requirements.txt").splitlines()[-1])
    environment = {**git_environment(), "TERM": "xterm-256color", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    return OnTerminal(project, environment)


def test_on_a_terminal(on_terminal: OnTerminal) -> None:
    """U-3: from a subdirectory and through a link; asks only what is new, and once before anything changes;
    Ctrl+C at either question leaves every byte as it was."""
    project, environment = on_terminal
    before = tree(project)
    deep = project.path / "src/deep"
    with Terminal(
        ["/bin/sh", "-c", "exec ../../link"], rows=60, columns=110, cwd=deep, env=environment
    ) as terminal:
        terminal.wait_for("How much later", 60)
        terminal.key("ctrl-c")
        assert terminal.wait() == 130
    command = ["/bin/sh", "-c", 'exec "$0"', str(project.path / FOLDER / "update")]
    with Terminal(command, rows=60, columns=110, cwd=Path("/"), env=environment) as terminal:
        terminal.wait_for("How much later", 60)
        terminal.send("now")
        terminal.key("enter")
        assert "What is this project called" not in terminal.wait_for("Update this project", 60)
        assert tree(project) == before
        terminal.send("y")
        terminal.wait_for("To review: git diff", 30)
        assert terminal.wait() == 0
    assert answers_of(project)["later"].endswith("now")
    assert (project.path / SCRIPTS / "new.sh").is_file()
