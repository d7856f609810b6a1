"""What `container doctor` says of the project's files."""

from __future__ import annotations

import os
import shlex
import subprocess

import pytest

from aidevcontainer.doctor import files
from tests.hostside.doctor import look, problem, problems, skipped
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject
from tests.support.deep_tree import dug

__all__ = ["machine", "project"]


@pytest.fixture
def complete(project: FakeProject) -> FakeProject:
    """A project with what a start reads."""
    project.complete()
    (project.folder / "scripts/entrypoint.sh").write_text("#!/bin/sh\n")
    (project.folder / "scripts/entrypoint.sh").chmod(0o755)
    (project.folder / "ca/README.md").write_text("x\n")
    return project


def ids_of(project: FakeProject) -> dict[str, str]:
    found = project.root.stat()
    return {"CLAUDE_UID": str(found.st_uid or 4321), "CLAUDE_GID": str(found.st_gid or 4321)}


def test_sound_files_have_no_findings(complete: FakeProject) -> None:
    """X-L2: silence where nothing is wrong."""
    for name in ("complete", "moved", "executable", "line-endings", "merged"):
        assert problems(f"files.{name}", complete) == []


def test_missing_files_are_named_with_what_brings_them_back(complete: FakeProject) -> None:
    """X-L2: a folder that somebody tidied up."""
    (complete.folder / "Dockerfile").unlink()
    (complete.folder / "scripts/entrypoint.sh").unlink()
    found = problem("files.complete", complete)
    assert found.level == "error"
    assert found.fix == "git checkout -- .aidevcontainer/Dockerfile .aidevcontainer/scripts/entrypoint.sh"


def test_settings_that_are_no_file(complete: FakeProject) -> None:
    """X-L2: as Docker makes one of a missing mount. What reads it says so instead of failing."""
    (complete.folder / ".env").mkdir()
    assert problem("files.complete", complete).what == ".aidevcontainer/.env is not a file."
    assert "cannot be read" in skipped("files.moved", complete)


def test_moved_project_is_a_note(complete: FakeProject) -> None:
    """X-L1, X-L2: with what removes the old place's containers."""
    (complete.folder / ".env").write_text(
        "AIDEVCONTAINER_WORKSPACE=/old\nCOMPOSE_PROJECT_NAME=old-12345678\n"
    )
    found = problem("files.moved", complete)
    assert found.level == "note"
    assert "was /old" in found.what
    assert "docker compose -p old-12345678 down" in found.fix


def test_file_system_that_does_not_tell_case(complete: FakeProject) -> None:
    """X-S1, X-L2: the folder is there under another spelling too; a folder of its own is another one."""
    other = complete.root / ".AIDEVCONTAINER"
    other.mkdir()
    assert problems("files.case", complete) == []
    other.rmdir()
    assert problems("files.case", complete) == []
    other.symlink_to(complete.folder)
    found = problem("files.case", complete)
    assert found.level == "note"
    assert "case-sensitive volume" in found.fix


@pytest.mark.parametrize(("name", "value"), [("CLAUDE_UID", "0"), ("CLAUDE_GID", "staff")])
def test_impossible_ids_are_errors(complete: FakeProject, name: str, value: str) -> None:
    """US-005.1, X-L2: in the sentence that a start would use."""
    found = problem("files.ids", complete, **{name: value})
    assert found.level == "error"
    assert name in found.what


@pytest.mark.skipif(os.getuid() != 0, reason="only root has no ids of its own")
def test_root_is_told_whose_ids_to_give(complete: FakeProject) -> None:
    """US-005.1, X-L2: the agent never runs as root."""
    os.chown(complete.root, 1234, 567)
    found = problem("files.ids", complete, CLAUDE_UID="")
    assert found.fix == "CLAUDE_UID=1234 CLAUDE_GID=567 ./.aidevcontainer/claude"


def test_foreign_files_are_counted_and_handed_over(complete: FakeProject) -> None:
    """US-005.3, X-L2: down to the folder that all of them are in."""
    uid = complete.root.stat().st_uid
    found = problem("files.owner", complete, CLAUDE_UID=str(uid + 17), CLAUDE_GID="5")
    assert found.level == "warning"
    assert f"do not belong to user id {uid + 17}" in found.what
    assert found.fix == f"sudo chown -R {uid + 17}:5 {shlex.quote(str(complete.root))}"


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_fix_for_foreign_files_touches_no_more_than_need_be(complete: FakeProject) -> None:
    """US-005.3, X-L2: also links are looked at, not followed."""
    ids = {"CLAUDE_UID": "1234", "CLAUDE_GID": "567"}
    subprocess.run(["chown", "-R", "1234:567", str(complete.root)], check=True)
    (complete.root / "elsewhere").symlink_to("/etc/passwd")
    os.lchown(complete.root / "elsewhere", 1234, 567)
    assert problems("files.owner", complete, **ids) == []
    (complete.root / "a b/c").mkdir(parents=True)
    (complete.root / "a b/c/root's").touch()
    os.chown(complete.root / "a b", 1234, 567)
    found = problem("files.owner", complete, **ids)
    assert found.what.startswith("2 of ")
    subprocess.run(found.fix.replace("sudo ", ""), shell=True, check=True)  # noqa: S602 -- as a person would
    assert problems("files.owner", complete, **ids) == []


def test_walk_ends(complete: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """X-L2: however big the repository is."""
    monkeypatch.setattr(files, "_MOST_FILES", 7)
    assert "7 of 7 files" in problem("files.owner", complete, CLAUDE_UID="77777").what


def test_walk_goes_as_deep_as_an_agent_does(complete: FakeProject) -> None:
    """X-L2: deeper than Python may recurse."""
    with dug(complete.root, 1200):
        what = problem("files.owner", complete, CLAUDE_UID="77777").what
    assert int(what.partition(" ")[0]) > 1200


def test_lost_bits_and_line_endings_are_mended_by_their_fix(complete: FakeProject) -> None:
    """X-L2: what a zip archive or another system's git does to a repository."""
    helper, script = complete.folder / "claude", complete.folder / "scripts/entrypoint.sh"
    helper.chmod(0o644)
    script.write_bytes(b"#!/bin/sh\r\nexit 0\r\n")
    script.chmod(0o644)
    for name in ("files.executable", "files.line-endings"):
        found = problem(name, complete)
        assert found.level == "error"
        assert ".aidevcontainer/scripts/entrypoint.sh" in found.what
        subprocess.run(found.fix, shell=True, check=True, cwd=complete.root)  # noqa: S602 -- as a person would
        assert problems(name, complete) == []
    assert os.access(helper, os.X_OK)
    assert script.read_bytes() == b"#!/bin/sh\nexit 0\n"


def test_traces_of_an_update_are_found(complete: FakeProject) -> None:
    """U-3, X-L2: markers in any file of the folder and in the answers, and what Copier could not put in."""
    marked = "a\n<<<<<<< before updating\nb\n=======\nc\n>>>>>>> after updating\n"
    (complete.folder / "allowed-domains.txt").write_text(marked)
    (complete.root / ".copier-answers.yml").write_text(marked)
    (complete.folder / "claude.pin.rej").write_text("@@ -1 +1 @@\n")
    # A heading that is underlined is no conflict.
    (complete.folder / "README.md").write_text("Title\n=======\n")
    found = {each.what.split(":")[0].split(" has ")[0]: each for each in problems("files.merged", complete)}
    assert {name: each.level for name, each in found.items()} == {
        ".aidevcontainer/allowed-domains.txt": "error",
        ".aidevcontainer/claude.pin.rej": "warning",
        ".copier-answers.yml": "error",
    }
    assert found[".aidevcontainer/claude.pin.rej"].fix.endswith("rm .aidevcontainer/claude.pin.rej")


def test_what_is_no_ordinary_file_is_passed_over(complete: FakeProject) -> None:
    """X-L2: a pipe would keep the reader waiting for ever."""
    os.mkfifo(complete.folder / "scripts/pipe")
    for name in ("files.merged", "files.executable", "files.line-endings"):
        assert problems(name, complete) == []


def test_ids_are_shown_where_they_are_right(complete: FakeProject) -> None:
    """X-L2: with --all, a person sees whose files the agent writes."""
    (shown,) = look("files.ids", complete.root, {**complete.machine.environment, **ids_of(complete)}).findings
    assert "the agent works as" in shown.what or shown.level == "note"
