"""What stops an update, before anything is touched: the reason, and a command that helps."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from aidevcontainer.project.record import Record
from aidevcontainer.updates import apply, rehearsal
from aidevcontainer.updates.file_changes import Change, File
from aidevcontainer.updates.rehearsal import UpdateOutcome
from aidevcontainer.util import files
from aidevcontainer.util.errors import Problem
from tests.support.template import ANSWERS, FOLDER, Repository
from tests.support.updating import LIST, Said, replace, tree, update

MARKED = "<<<<<<< before updating\nours: 1\n=======\ntheirs: 1\n>>>>>>> after updating\n"


def refused(project: Repository, *arguments: str) -> Said:
    """Try to update, and return what was said. Not a byte may have changed."""
    before = tree(project) if (project.path / ".git").exists() else {}
    said = update(project, "--yes", *arguments)
    assert said.code in (1, 2), said
    assert "Traceback" not in said.all
    assert before == (tree(project) if before else {})
    return said


def unfinished_merge(project: Repository) -> None:
    for branch, text in (("theirs", "a\n"), ("main", "b\n")):
        project.git("checkout", "--quiet", "-B", branch, "HEAD")
        project.write("README.md", text)
        project.commit()
        project.git("checkout", "--quiet", "HEAD~")
    project.git("checkout", "--quiet", "main")
    with contextlib.suppress(Exception):
        project.git("merge", "theirs")


def unfinished_stash_pop(project: Repository) -> None:
    project.write("README.md", "a\n")
    project.commit()
    project.write("README.md", "b\n")
    project.git("stash")
    project.write("README.md", "c\n")
    project.commit()
    with contextlib.suppress(Exception):
        project.git("stash", "pop")


def submodule(project: Repository) -> Repository:
    """Commit a submodule into the project, and return it."""
    other = Repository.create(project.path.parent / "other")
    other.write("a", "1\n")
    other.commit()
    project.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.path), "sub")
    project.commit()
    return Repository(project.path / "sub")


def moved_submodule(project: Repository) -> None:
    sub = submodule(project)
    sub.write("a", "2\n")
    sub.commit()


def without_git(project: Repository) -> None:
    shutil.rmtree(project.path / ".git")


def without_commit(project: Repository) -> None:
    without_git(project)
    Repository.create(project.path)


def ignored(project: Repository) -> None:
    project.git("rm", "--quiet", "--cached", "-r", FOLDER)
    project.write(".gitignore", f"/{FOLDER}/\n")
    project.commit()


def answers_ignored(project: Repository) -> None:
    project.git("rm", "--quiet", "--cached", ANSWERS)
    project.write(".gitignore", ".copier-*\n")
    project.commit()


def recorded(old: str, new: str, name: str = ANSWERS) -> Callable[[Repository], None]:
    """Change a line of the answers file, and commit it."""

    def change(project: Repository) -> None:
        text = project.read(name)
        line = next(line for line in text.splitlines() if line.lstrip().startswith(old))
        project.write(name, text.replace(line, new))
        project.commit()

    return change


def moved(address: str) -> Callable[[Repository], None]:
    """Have the project be made from a template that is not there any more."""

    def change(project: Repository) -> None:
        recorded('"template"', f'"template": "{address}"', f"{FOLDER}/project.json")(project)
        recorded("_src_path", f"_src_path: {address}")(project)

    return change


def committed(name: str, text: str) -> Callable[[Repository], None]:
    def change(project: Repository) -> None:
        project.write(name, text)
        project.commit()

    return change


STATES: dict[str, tuple[Callable[[Repository], object], tuple[str, ...]]] = {
    "dirty": (
        lambda project: project.write(LIST, "mine\n"),
        (f"not committed: {LIST}.", "git stash --include-untracked"),
    ),
    "untracked": (lambda project: project.write("new file", "x"), ("not committed: new file.", "git commit")),
    "unfinished merge": (unfinished_merge, ("merge is not finished here: README.md", "git merge --abort")),
    "unfinished stash pop": (
        unfinished_stash_pop,
        (
            "merge is not finished here: README.md",
            f"git restore --source=HEAD --staged --worktree {FOLDER} {ANSWERS}",
        ),
    ),
    "moved submodule": (moved_submodule, ("not committed: sub.",)),
    "rej": (
        lambda project: project.write(f"{LIST}.rej", "x"),
        (f"{LIST}.rej", "Add the lines of the .rej files by hand"),
    ),
    "markers committed": (
        committed(f"{FOLDER}/Dockerfile", f"FROM x\n{MARKED}"),
        (f"{FOLDER}/Dockerfile still has the conflict markers",),
    ),
    "ignored folder": (ignored, ("Git ignores .aidevcontainer/docker-compose.yml", "git check-ignore -v")),
    "answers not in git": (answers_ignored, (f"git add --force {ANSWERS}",)),
    "no repository": (without_git, ("is not in a git repository", "git init")),
    "no commit": (without_commit, ("has no commit yet", "git commit")),
    "foreign answers": (
        committed(ANSWERS, "_src_path: gh:some/body\n_commit: v1\n"),
        ("another Copier template (gh:some/body)", "copier copy -a .copier-answers.aidevcontainer.yml"),
    ),
    "answers in conflict": (
        committed(ANSWERS, MARKED),
        (f"{ANSWERS} contains conflict markers", "git commit"),
    ),
    "answers nested": (committed(ANSWERS, "[" * 50000), (f"{ANSWERS} is not valid YAML",)),
    "answers broken": (committed(ANSWERS, "a: [\n"), (f"{ANSWERS}, line 2, is not valid YAML",)),
    "answers gone": (
        lambda project: (project.path / ANSWERS).unlink(),
        (f"git checkout HEAD -- {ANSWERS}",),
    ),
    "no version": (recorded("_commit", "_commit:"), ("does not contain _commit", f"git log -p -- {ANSWERS}")),
    "relative path": (
        moved("../gone"),
        (
            "no template at the recorded address, ../gone (relative to this project)",
            "update --source ADDRESS",
        ),
    ),
    "absolute path": (
        moved("/gone/away"),
        ("no template at the recorded address, /gone/away.", "update --source ADDRESS"),
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_state_that_stops_an_update(project: Repository, state: str) -> None:
    """U-3: the reason is a sentence with a way out, and nothing was touched."""
    prepare, sentences = STATES[state]
    prepare(project)
    said = refused(project)
    for sentence in sentences:
        assert sentence in said.all


def test_work_within_a_submodule_stops_nothing(project: Repository) -> None:
    """U-3: neither a commit nor a stash of this repository would take it away."""
    sub = submodule(project)
    sub.write("a", "2\n")
    sub.write("untracked", "x\n")
    assert project.changes() == [" M sub"]
    said = update(project, "--yes")
    assert said.code == 0, said
    assert sub.read("untracked") == "x\n"


UNKNOWN = "_commit: v0.9.0"


@pytest.mark.parametrize(
    ("change", "arguments", "sentence", "code"),
    [
        (("_commit", UNKNOWN), (), "no longer has the version that this project was made from, v0.9.0", 1),
        (("_commit", "_commit: 3f2a1b"), (), "no longer has the version", 1),
        (("git_hook", "git_hook: false"), ("--to", "v7"), "The template has no version v7.", 2),
        (("git_hook", "git_hook: false"), ("--to", "v1.0.0"), "Copier cannot merge backwards", 1),
        (
            ("git_hook", "git_hook: false"),
            ("-d", "more_domains=https://x.org"),
            "Write only the host: x.org",
            2,
        ),
        (("git_hook", "git_hook: false"), ("-d", "allowed_bundles=[x]"), "'x' is not in", 2),
        (("git_hook", "git_hook: false"), ("--source", "file:///gone.git"), "cannot be read: ", 1),
        (("git_hook", "git_hook: false"), ("--source", "/tmp"), "/tmp is not a git repository", 1),
    ],
)
def test_what_only_the_template_can_tell(
    project: Repository, change: tuple[str, str], arguments: tuple[str, ...], sentence: str, code: int
) -> None:
    """U-3: Copier's own errors come as sentences, answers that cannot be as wrong usage."""
    recorded(*change)(project)
    said = refused(project, *arguments)
    assert sentence in said.all
    assert said.code == code


def test_another_address_than_the_templates_own_needs_a_persons_word(
    project: Repository, next_release: Repository
) -> None:
    """X-S1, U-3: the agent can write the answers file, and the template's code runs on the host."""
    written = project.read(f"{FOLDER}/project.json")
    assert '"template"' in written
    next_release.write(f"template/{FOLDER}/scripts/evil.sh", "# evil\n")
    next_release.commit("Evil", "v99.0.0")
    recorded("_src_path", f"_src_path: {next_release.path}")(project)
    said = refused(project)
    assert f"update --source '{next_release.path}'" in said.all
    assert update(project, "--yes", "--source", str(next_release.path)).code == 0
    assert (project.path / FOLDER / "scripts/evil.sh").exists()


def test_a_template_that_would_run_programs(project: Repository, next_release: Repository) -> None:
    """U-3: --trust is never given by us."""
    replace(next_release, "copier.yml", "_subdirectory:", "_tasks: [touch /tmp/never]\n_subdirectory:")
    next_release.commit("Run", "v99.0.0")
    said = refused(project, "--source", str(next_release.path))
    assert "wants to run programs on your machine (tasks)" in said.all
    assert "copier update --trust" in said.all


def test_ctrl_c_leaves_everything_as_it_was(project: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """U-3: also in the middle of a merge."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rehearsal, "_run", interrupted)
    before = tree(project)
    said = update(project, "--yes")
    assert said.code == 130
    assert tree(project) == before


def outcome(*changes: Change) -> UpdateOutcome:
    answers = Record(ANSWERS, "x", "v1", {})
    return UpdateOutcome(list(changes), [], {}, {}, answers, answers)


@pytest.fixture
def three(tmp_path: Path) -> UpdateOutcome:
    """A change, a deletion and a new file in new folders; the first two files are there."""
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "a").write_text("old")
    (tmp_path / FOLDER / "b").write_text("gone soon")
    (tmp_path / FOLDER / "b").chmod(0o755)
    return outcome(
        Change(f"{FOLDER}/a", File(b"old"), File(b"new")),
        Change(f"{FOLDER}/b", File(b"gone soon", executable=True), None),
        Change(f"{FOLDER}/c/d", None, File(b"x", executable=True)),
    )


def test_a_full_disk_puts_everything_back(
    three: UpdateOutcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """U-3: half an update is worse than none."""
    write = files.write

    def full(path: str, content: bytes | str, mode: int | None = None) -> None:
        if content == b"x":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        write(path, content, mode)

    monkeypatch.setattr(files, "write", full)
    with pytest.raises(Problem, match=r"No space left on device.*put back as it was"):
        apply.apply(tmp_path, three)
    assert {path.name for path in (tmp_path / FOLDER).rglob("*")} == {"a", "b"}
    assert (tmp_path / FOLDER / "a").read_text() == "old"
    assert os.access(tmp_path / FOLDER / "b", os.X_OK)


def test_a_link_in_the_way_is_replaced_and_not_followed(three: UpdateOutcome, tmp_path: Path) -> None:
    """X-S1: the agent can write at the repository's root, where the answers file lies."""
    outside = tmp_path / "outside"
    outside.write_text("mine")
    drafts = [tmp_path / FOLDER / f".{name}.{os.getpid()}" for name in ("a", "b", "c")]
    for draft in drafts:
        draft.symlink_to(outside)
    apply.apply(tmp_path, three)
    assert outside.read_text() == "mine"


def test_an_edit_made_while_the_question_waits_is_not_overwritten(
    three: UpdateOutcome, tmp_path: Path
) -> None:
    """U-3: the answer may come hours after the question."""
    (tmp_path / FOLDER / "b").write_text("edited")
    with pytest.raises(Problem, match=f"{FOLDER}/b was changed in the meantime"):
        apply.apply(tmp_path, three)
    assert (tmp_path / FOLDER / "a").read_text() == "old"
    (tmp_path / FOLDER / "b").write_text("gone soon")
    apply.apply(tmp_path, three)
    assert {path.name for path in (tmp_path / FOLDER).rglob("*")} == {"a", "c", "d"}
    assert os.access(tmp_path / FOLDER / "c/d", os.X_OK)
