"""What `container doctor` says of the template: its record, drift of the files, newer versions."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aidevcontainer.doctor import drift, pristine
from aidevcontainer.doctor.context import Context
from aidevcontainer.doctor.finding import OK, Finding
from aidevcontainer.project import record as template_record
from aidevcontainer.project.paths import Project
from tests.hostside.doctor import look
from tests.support.template import ANSWERS, FOLDER, Repository, Scaffold

Copy = Callable[[], Repository]


@pytest.fixture(scope="module")
def warm_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One cache for all tests here, since rendering takes seconds."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder / "aidevcontainer"


@pytest.fixture
def scaffolded(scaffold: Scaffold, warm_cache: Path, tmp_path: Path) -> Repository:  # noqa: ARG001
    """A project with default answers, as Copier wrote it."""
    return scaffold.duplicate(tmp_path / "my-project")


def found(project: Repository, name: str, **variables: str) -> list[Finding]:
    """Do one check and return all that is worse than ok. It has to be possible."""
    outcome = look(f"template.{name}", project.path, {**os.environ, **variables})
    assert not outcome.skipped
    return [each for each in outcome.findings if each.level != OK]


def answer(project: Repository, name: str, value: str) -> None:
    lines = [
        f"{name}: {json.dumps(value)}" if line.startswith(f"{name}:") else line
        for line in project.read(ANSWERS).splitlines()
    ]
    project.write(ANSWERS, "\n".join([*lines, ""]))


def test_fresh_scaffold_has_no_findings(scaffolded: Repository) -> None:
    """X-L2: silence where nothing is wrong."""
    for name in ("record", "source", "unchanged", "behind"):
        assert found(scaffolded, name) == []


def damage(project: Repository) -> dict[str, str]:
    """Change files in every way there is, and return what is to be said of each."""
    folder = project.path / FOLDER
    (folder / "Dockerfile").write_text(project.read(f"{FOLDER}/Dockerfile") + "USER root\n")
    (folder / "docker-compose.yml").unlink()
    (folder / "scripts/init-firewall.sh").chmod(0o644)
    (folder / "claude.md").write_text("A file of the user's own.\n")
    (folder / "scripts/firewall/more.awk").touch()
    (folder / "scripts/more.sh").touch()
    (folder / "compose.yaml").write_text("services: {}\n")
    (folder / "container").unlink()
    (folder / "container").symlink_to("/bin/true")
    shutil.rmtree(folder / "scripts/bin")
    (folder / "scripts/bin").symlink_to("/tmp")
    return {
        "Dockerfile": "differs from",
        "docker-compose.yml": "is missing",
        "scripts/init-firewall.sh": "is not executable",
        "scripts/firewall/more.awk": "is not the template's",
        "scripts/more.sh": "is not the template's",
        "compose.yaml": "is not the template's",
        "container": "is a link to /bin/true",
        "scripts/bin": "is a link to /tmp",
    }


def mend(findings: list[Finding]) -> None:
    """Do what the fixes say, as a person would."""
    for each in findings:
        command = each.fix.split("If it is not yours: ")[-1]
        subprocess.run(command, shell=True, check=True)  # noqa: S602


def test_every_kind_of_drift_is_reported_and_mended_by_its_fix(scaffolded: Repository) -> None:
    """X-L2: changed, missing, too many, links, lost bits; and the file is as it was after the fix."""
    expected = damage(scaffolded)
    findings = found(scaffolded, "unchanged")
    said = {each.what.split()[0].split("/", 1)[1]: each for each in findings}
    assert sorted(said) == sorted(expected)
    for name, words in expected.items():
        assert f"{FOLDER}/{name} {words}" in said[name].what
        assert said[name].level == "warning"
        assert "v1.0.0" in said[name].what
    mend(findings)
    # What a link had hidden.
    rest = found(scaffolded, "unchanged")
    assert [each.what.split(",")[0] for each in rest] == [f"{FOLDER}/scripts/bin/git is missing"]
    mend(rest)
    assert found(scaffolded, "unchanged") == []


def test_a_persons_own_files_may_differ(scaffolded: Repository) -> None:
    """X-L2: what is there to be changed, and what one machine leaves behind."""
    for name in (*drift.OWN, "ca/company.crt", "ca/host-0123.crt", ".env", "bridge.yaml"):
        scaffolded.write(f"{FOLDER}/{name}", "changed\n")
    scaffolded.write(f"{FOLDER}/scripts/bridge/install.sh", "")
    assert found(scaffolded, "unchanged") == []


def test_own_files_are_those_of_the_template(scaffold: Scaffold) -> None:
    """X-L2: a misspelt name would leave a file out that nobody looks at then."""
    for name in drift.OWN:
        assert (scaffold.project.path / FOLDER / name).is_file()


def test_render_follows_the_answers(scaffolded: Repository) -> None:
    """X-L2: what other answers would have written is no drift."""
    answer(scaffolded, "project_name", "Something else")
    (drifted,) = found(scaffolded, "unchanged")
    assert "docker-compose.yml differs" in drifted.what


def test_render_is_kept_and_the_old_ones_go(scaffolded: Repository, warm_cache: Path) -> None:
    """X-L2: the second look renders nothing; a cache does not grow for ever."""
    found(scaffolded, "unchanged")
    record = template_record.read(str(scaffolded.path))
    nothing = Context(Project(str(scaffolded.path)), {"PATH": "/nowhere"})
    kept = pristine.folder(nothing, record)
    for number in range(6):
        (warm_cache / f"pristine/old-{number}").mkdir()
    answer(scaffolded, "project_name", "Another name")
    found(scaffolded, "unchanged")
    left = sorted(path.name for path in (warm_cache / "pristine").iterdir())
    assert len(left) == 5
    assert Path(kept).parent == warm_cache / "pristine"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [("_commit", "v77.0.0", "v77.0.0 cannot be rendered"), ("_src_path", "/not/there", "cannot be rendered")],
)
def test_unreachable_template_is_a_note(scaffolded: Repository, name: str, value: str, reason: str) -> None:
    """X-L2: offline, moved, or a version that was withdrawn: nothing is broken here."""
    answer(scaffolded, name, value)
    known = template_record.read(str(scaffolded.path)).source
    scaffolded.write(f"{FOLDER}/project.json", json.dumps({"template": known, "answers_file": ANSWERS}))
    (note,) = found(scaffolded, "unchanged")
    assert note.level == "note"
    assert reason in note.what
    assert f"git ls-remote {shlex.quote(known)}" in note.fix


def test_another_template_in_the_answers_is_an_error(scaffolded: Repository, tmp_path: Path) -> None:
    """X-S1: an agent can write the answers file, and the next update would bring its code."""
    evil = Repository.create(tmp_path / "evil")
    evil.write("copier.yml", "x: {type: str, default: '{{ 1/0 }}'}\n")
    evil.commit("Evil", "v9.9.9")
    answer(scaffolded, "_src_path", str(evil.path))
    (error,) = found(scaffolded, "source")
    assert error.level == "error"
    assert str(evil.path) in error.what
    assert error.fix.startswith(f"git checkout -- {ANSWERS}")
    for name in ("unchanged", "behind"):
        outcome = look(f"template.{name}", scaffolded.path, dict(os.environ))
        assert outcome.skipped == "the template's address is not confirmed"


def test_missing_record_is_a_warning(scaffolded: Repository) -> None:
    """U-3, X-L2: and the others pass over what they cannot know."""
    (scaffolded.path / ANSWERS).unlink()
    (warning,) = found(scaffolded, "record")
    assert warning.level == "warning"
    assert f"git checkout HEAD -- {ANSWERS}" in warning.fix
    assert look("template.unchanged", scaffolded.path, dict(os.environ)).skipped


def test_newer_version_is_a_note(scaffolded: Repository, published: Repository, tmp_path: Path) -> None:
    """X-L2: asked for at once, since a person waits for the answer."""
    template = published.clone(tmp_path / "template")
    answer(scaffolded, "_src_path", str(template.path))
    known = {"template": str(template.path), "answers_file": ANSWERS}
    scaffolded.write(f"{FOLDER}/project.json", json.dumps(known))
    template.commit("Two", "v1.1.0")
    (note,) = found(scaffolded, "behind")
    assert note.what == "The template: 1 version behind (v1.0.0, newest v1.1.0)."
    assert note.fix == "./.aidevcontainer/update"


def test_settings_of_a_person_change_no_render(
    scaffolded: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X-L2: neither Copier's defaults of theirs, nor a trust that lets templates run programs."""
    settings = tmp_path / "settings.yml"
    settings.write_text("defaults: {git_hook: true}\ntrust: ['/']\n")
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(settings))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cold"))
    answers = [line for line in scaffolded.read(ANSWERS).splitlines() if "git_hook" not in line]
    scaffolded.write(ANSWERS, "\n".join([*answers, ""]))
    assert found(scaffolded, "unchanged") == []
