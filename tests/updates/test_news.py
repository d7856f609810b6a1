"""Whether the template has newer versions: found out in the background, shown by `container status`."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aidevcontainer.project import record as template_record
from aidevcontainer.updates import news as template_news
from aidevcontainer.updates.news import SWITCH, News
from aidevcontainer.util import versions
from aidevcontainer.util.errors import Problem
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject, Machine
from tests.hostside.start import both_run, nothing_runs
from tests.support.template import ANSWERS, FOLDER, Repository

__all__ = ["machine", "project"]

TAGS = [
    "v1.0.0",
    "v1.1",
    "1.1.1",
    "v1.10.0",
    "v2.0.0rc1",
    "v2.0.0.dev3",
    "v1.1.post1",
    "latest",
    "v1.2.0-beta",
]


@pytest.mark.parametrize(
    ("current", "newer"),
    [
        ("v1.0.0", ["v1.1", "v1.1.post1", "1.1.1", "v1.10.0"]),
        ("1.1", ["v1.1.post1", "1.1.1", "v1.10.0"]),
        ("v1.1.0-3-g0123abc", ["v1.1.post1", "1.1.1", "v1.10.0"]),
        ("v1.10.0rc1", ["v1.10.0"]),
        ("v1.10", []),
        ("v2.0.0rc1", []),
        ("0123abc", ["v1.0.0", "v1.1", "v1.1.post1", "1.1.1", "v1.10.0"]),
    ],
)
def test_newer_versions_are_those_that_copier_would_take(current: str, newer: list[str]) -> None:
    """U-3, X-L2: PEP 440, released ones only, whatever else is tagged."""
    assert versions.newer(TAGS, current) == newer


@pytest.mark.parametrize("text", ["", "latest", "v", "1.x", "v1.0.0 ", "HEAD", "1.0-", "--upload-pack=x"])
def test_what_is_no_version(text: str) -> None:
    """X-L2: is compared with nothing."""
    assert versions.parse(text) is None


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the machine's cache and switches out."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in (SWITCH, "CI"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache/aidevcontainer/template"


@pytest.fixture
def template(tmp_path: Path, undisturbed_git_and_copier: None) -> Repository:  # noqa: ARG001
    """A template's repository with one version."""
    made = Repository.create(tmp_path / "template")
    made.commit("One", "v1.0.0")
    return made


def record(root: Path, source: str, version: str = "v1.0.0", confirmed: str | None = None) -> Path:
    """Have a project made from a template."""
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    (root / ANSWERS).write_text(f"_commit: {version}\n_src_path: {source}\nallowed_bundles: []\n")
    known = {"template": confirmed or source, "answers_file": ANSWERS}
    (root / FOLDER / "project.json").write_text(json.dumps(known))
    return root


def test_versions_behind(template: Repository, tmp_path: Path) -> None:
    """X-L2: counted, with the newest; nothing is said before anybody asked."""
    root = str(record(tmp_path / "project", str(template.path)))
    assert template_news.remembered(root) is None
    template_news.refresh(root)
    assert template_news.remembered(root) == News("v1.0.0", "", 0)
    template.commit("Two", "v1.1.0")
    template.commit("Three", "v1.2.0")
    template_news.refresh(root)
    news = template_news.remembered(root)
    assert news == News("v1.0.0", "v1.2.0", 2)
    assert news.sentence() == "2 versions behind (v1.0.0, newest v1.2.0)"


def test_template_without_tags_is_compared_by_its_commit(tmp_path: Path, template: Repository) -> None:
    """U-3, X-L2: as Copier updates from the last commit then."""
    template.git("tag", "--delete", "v1.0.0")
    commit = template.git("rev-parse", "--short", "HEAD")
    root = str(record(tmp_path / "project", str(template.path), commit))
    template_news.refresh(root)
    assert template_news.remembered(root) == News(commit, "", 0)
    template.commit("Two")
    template_news.refresh(root)
    news = template_news.remembered(root)
    assert news is not None
    assert news.newest == template.git("rev-parse", "HEAD")[:7]
    assert news.sentence().startswith("newer commits exist (")


def test_relative_address_is_relative_to_the_project(tmp_path: Path, template: Repository) -> None:  # noqa: ARG001
    """U-3, X-L2: from whichever directory the command is called."""
    root = str(record(tmp_path / "project", "../template"))
    assert template_news.refresh(root)["tags"] == ["v1.0.0"]


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("gh:someone/thing", "https://github.com/someone/thing"),
        ("gl:someone/thing", "https://gitlab.com/someone/thing"),
        ("git+https://example.com/x.git", "https://example.com/x.git"),
        ("git@example.com:x.git", "git@example.com:x.git"),
        ("ssh://git@example.com/x.git", "ssh://git@example.com/x.git"),
        ("/abs/path", "/abs/path"),
        ("../up", "/srv/up"),
    ],
)
def test_addresses_as_git_takes_them(source: str, address: str) -> None:
    """X-L2: with Copier's short forms."""
    found = template_record.Record(ANSWERS, source, "v1", {})
    assert template_record.address("/srv/project", found) == address


def test_address_that_an_agent_wrote_is_not_asked(tmp_path: Path, template: Repository) -> None:
    """X-S1: the answers file is the agent's to write, and an address can carry what it stole."""
    root = str(record(tmp_path / "project", "https://evil.example.com/?secret", confirmed=str(template.path)))
    with pytest.raises(Problem, match="not the one that this project was made from"):
        template_news.refresh(root)


@pytest.mark.parametrize("version", ["--upload-pack=x", "", "a b", "$(x)"])
def test_version_that_is_an_option_is_refused(tmp_path: Path, template: Repository, version: str) -> None:
    """X-S1: it ends up on a command line."""
    root = str(record(tmp_path / "project", str(template.path), json.dumps(version)))
    with pytest.raises(Problem, match="does not contain _commit"):
        template_record.read(root)


def trap(path: Path, kind: str) -> None:
    """Put what an agent could put there."""
    path.unlink()
    lines = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to("elsewhere.yml")
    else:
        path.write_text(
            "\n".join(["allowed_bundles: []", "a0: &a0 [x]", *lines]) if kind == "bomb" else "#" * 200_000
        )


@pytest.mark.parametrize("kind", ["pipe", "link", "bomb", "big"])
def test_answers_that_are_a_trap(tmp_path: Path, kind: str) -> None:
    """X-S1: the host neither waits, nor fills its memory, nor follows a link."""
    root = record(tmp_path / "project", "/x")
    (root / "elsewhere.yml").write_text((root / ANSWERS).read_text())
    trap(root / ANSWERS, kind)
    with pytest.raises(Problem, match="is not valid YAML"):
        template_record.read(str(root))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "is missing"),
        ("a: [", "is not valid YAML"),
        ("_src_path: x\n", r"another Copier template \(x\)"),
        ("", "another"),
    ],
)
def test_answers_that_are_no_answers(tmp_path: Path, text: str | None, reason: str) -> None:
    """U-3, X-L2: missing, damaged, another template's."""
    root = record(tmp_path / "project", "/x")
    (root / ANSWERS).unlink()
    if text is not None:
        (root / ANSWERS).write_text(text)
    with pytest.raises(Problem, match=reason):
        template_record.read(str(root))
    assert template_news.remembered(str(root)) is None


def test_keys_that_are_no_text(tmp_path: Path) -> None:
    """U-3: YAML reads `on` as a truth and `1` as a number, which are no reason to fail."""
    root = record(tmp_path / "project", "/x")
    (root / ANSWERS).write_text((root / ANSWERS).read_text() + "on: x\n1: y\n")
    assert template_record.read(str(root)).source == "/x"


@pytest.mark.parametrize("source", ["ext::sh -c touch% $TRACE", "ext::sh -c touch% $TRACE@b:c"])
@pytest.mark.usefixtures("undisturbed_git_and_copier")
def test_transport_that_runs_programs_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """X-S1: git's own default is to refuse it as well, which a configuration can change."""
    settings = tmp_path / "gitconfig"
    settings.write_text("[protocol]\n\tallow = always\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("TRACE", str(tmp_path / "trace"))
    root = str(record(tmp_path / "project", source))
    with pytest.raises(Problem, match="cannot be asked"):
        template_news.refresh(root)
    assert list(tmp_path.glob("trace*")) == []


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody reads what is said."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    yield


def awaited(path: Path, true: Callable[[dict[str, object]], bool]) -> bool:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        files = list(path.glob("*.json"))
        if files and true(json.loads(files[0].read_text())):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.usefixtures("on_terminal")
def test_look_in_background_asks_once_a_day(template: Repository, tmp_path: Path, own_cache: Path) -> None:
    """X-L2: in a process of its own; what was found before stays meanwhile."""
    root = str(record(tmp_path / "project", str(template.path)))
    template_news.look_in_background(root, {})
    assert awaited(own_cache, lambda found: found.get("tags") == ["v1.0.0"])
    (file,) = own_cache.glob("*.json")
    template.commit("Two", "v1.1.0")
    before = file.stat().st_mtime_ns
    template_news.look_in_background(root, {})
    assert file.stat().st_mtime_ns == before
    yesterday = time.time() - 90_000
    os.utime(file, (yesterday, yesterday))
    template_news.look_in_background(root, {})
    assert template_news.remembered(root) is not None
    assert awaited(own_cache, lambda found: found.get("tags") == ["v1.0.0", "v1.1.0"])


@pytest.mark.usefixtures("on_terminal")
@pytest.mark.parametrize("variables", [{SWITCH: "1"}, {"CI": "true"}])
def test_look_in_background_can_be_turned_off(
    template: Repository, tmp_path: Path, own_cache: Path, variables: dict[str, str]
) -> None:
    """X-L2: by a person, and in CI always."""
    template_news.look_in_background(str(record(tmp_path / "project", str(template.path))), variables)
    assert not own_cache.exists()


@pytest.mark.usefixtures("on_terminal")
def test_look_in_background_never_fails(tmp_path: Path, own_cache: Path) -> None:
    """X-L2: no answers, an address that is not confirmed, a cache that cannot be written."""
    template_news.look_in_background(str(tmp_path), {})
    template_news.look_in_background(str(record(tmp_path / "project", "/x", confirmed="/y")), {})
    assert not own_cache.exists()
    (tmp_path / "cache").touch()
    template_news.look_in_background(str(record(tmp_path / "project", "/x")), {})


def test_without_a_terminal_nothing_is_asked(template: Repository, tmp_path: Path, own_cache: Path) -> None:
    """X-L2: a script's `status` starts nothing that outlives it."""
    template_news.look_in_background(str(record(tmp_path / "project", str(template.path))), {})
    assert not own_cache.exists()


@pytest.fixture
def stopped(machine: Machine, project: FakeProject) -> FakeProject:
    """A project on a fake engine, and a cache that both sides share."""
    machine.install_docker()
    project.complete()
    nothing_runs(project)
    return project


def template_row(shown: str) -> str:
    (line,) = (line for line in shown.splitlines() if line.startswith("template "))
    return line.partition(" ")[2].strip()


def test_status_tells_that_the_template_is_newer(stopped: FakeProject, template: Repository) -> None:
    """X-L2: in words and for programs, with the command; the version alone where nothing is newer."""
    root = str(record(stopped.root, str(template.path)))
    for name in ("v1.1.0", "v1.2.0"):
        assert template_row(stopped.in_venv("cli.container", "status").out) == "v1.0.0"
        template.commit("More", name)
    template_news.refresh(root)
    both_run(stopped)
    shown = stopped.in_venv("cli.container", "status").out
    behind = "2 versions behind (v1.0.0, newest v1.2.0), update with ./.aidevcontainer/update"
    assert template_row(shown) == behind
    found = json.loads(stopped.in_venv("cli.container", "status", "--json").out)
    assert found["template"] == {"version": "v1.0.0", "newest": "v1.2.0", "behind": 2}


def test_status_on_a_terminal_starts_the_look_and_does_not_wait(
    stopped: FakeProject, template: Repository, own_cache: Path
) -> None:
    """X-L2: its own streams are closed, so that whoever waits for their end waits for status alone."""
    record(stopped.root, str(template.path))
    leader, terminal = pty.openpty()
    machine = stopped.machine
    done = subprocess.run(
        [stopped.folder / "container", "status"],
        cwd=stopped.root,
        env=machine.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
        timeout=60,
        check=True,
    )
    os.close(terminal)
    os.close(leader)
    assert template_row(done.stdout) == "v1.0.0"
    assert awaited(own_cache, lambda found: found.get("tags") == ["v1.0.0"])
