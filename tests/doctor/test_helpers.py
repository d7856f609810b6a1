"""What `container doctor` says of the helpers: who decides which code runs on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest
from jinja2 import Environment, FileSystemLoader

from aidevcontainer.doctor import helpers
from aidevcontainer.project import helpers_pin
from tests.hostside.doctor import problem, problems, skipped
from tests.hostside.fixtures import machine, project
from tests.hostside.machine import FakeProject
from tests.support.scaffold import ROOT
from tests.support.template import FOLDER, Scaffold

__all__ = ["machine", "project"]

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TEMPLATE = "https://git.example.com/some/tool.git"
PIN = f"aidevcontainer @ git+{TEMPLATE}@{COMMIT}"
COMMENTS = "# The helpers behind the commands.\n\n"


@pytest.fixture
def pinned(project: FakeProject) -> FakeProject:
    """A project whose template and pin agree."""
    (project.folder / "project.json").write_text(json.dumps({"template": TEMPLATE}))
    write(project, COMMENTS + PIN + "\n")
    return project


def write(project: FakeProject, text: str) -> None:
    (project.folder / "requirements.txt").write_bytes(text.encode())


def test_the_templates_own_pin_has_no_findings(pinned: FakeProject) -> None:
    """X-L2: silence where nothing is wrong."""
    assert problems("helpers.pin", pinned) == []


@pytest.mark.parametrize(
    "line",
    [
        f"aidevcontainer @ git+https://evil.example.com/some/tool.git@{COMMIT}",
        f"aidevcontainer @ git+https://git.example.com/some/tool.git.evil@{COMMIT}",
        f"aidevcontainer @ git+https://git.example.com/some/tool.git@evil.example.com/x@{COMMIT}",
        f"aidevcontainer @ git+file://localhost/workspace/evil@{COMMIT}",
    ],
)
def test_another_source_is_an_error(pinned: FakeProject, line: str) -> None:
    """X-S1: its code would run on the host with the next command."""
    write(pinned, f"{COMMENTS}{line}\n")
    found = problem("helpers.pin", pinned)
    assert found.level == "error"
    assert line.removeprefix("aidevcontainer @ ").removesuffix(f"@{COMMIT}") in found.what
    assert TEMPLATE in found.what
    assert found.fix == "git checkout -- .aidevcontainer/requirements.txt"


@pytest.mark.parametrize(
    "line",
    [
        "aidevcontainer==1.2.3",
        f"aidevcontainer @ git+{TEMPLATE}@main",
        f"aidevcontainer @ git+{TEMPLATE}",
        f"aidevcontainer @ git+{TEMPLATE}@{COMMIT[:12]}",
        f"{PIN}#subdirectory=evil",
        f"{PIN} --config-settings=x=y",
        f"  {PIN}",
        f"aidevcontainer @ git+${{EVIL}}@{COMMIT}",
        "aidevcontainer @ file:///workspace/evil",
    ],
)
def test_what_is_no_commit_is_an_error(pinned: FakeProject, line: str) -> None:
    """X-S1: a name or a branch can be something else tomorrow."""
    write(pinned, f"{COMMENTS}{line}\n")
    found = problem("helpers.pin", pinned)
    assert found.level == "error"
    assert f"'{line.strip()}'" in found.what


@pytest.mark.parametrize(
    "more",
    [
        "evil\n",
        "--extra-index-url https://evil.example.com/simple\n",
        "-r /workspace/evil.txt\n",
        f"aidevcontainer-evil @ git+{TEMPLATE}@{COMMIT}\n",
        "# coding: utf-7\n",
        "# seemingly a comment\x0cevil\n",
        "# seemingly a comment\u2028evil\n",
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_pip_would_obey_besides_is_an_error(pinned: FakeProject, more: str, first: bool) -> None:
    """X-S1: the launchers look at one line of the file, and pip at all of them."""
    write(pinned, f"{more}{PIN}\n" if first else f"{PIN}\n{more}")
    assert problem("helpers.pin", pinned).level == "error"


@pytest.mark.parametrize(("text", "count"), [("", 0), (COMMENTS, 0), (f"{PIN}\n{PIN}\n", 2)])
def test_there_is_one_pin(pinned: FakeProject, text: str, count: int) -> None:
    write(pinned, text)
    assert (
        problem("helpers.pin", pinned).what
        == f"requirements.txt has {count} pins of the helpers instead of one."
    )


def test_a_pin_that_cannot_be_read_is_an_error(pinned: FakeProject) -> None:
    """X-L2: and the other check has nothing to compare with."""
    (pinned.folder / "requirements.txt").unlink()
    assert problem("helpers.pin", pinned).what == "requirements.txt is missing."
    (pinned.folder / "requirements.txt").mkdir()
    assert problem("helpers.pin", pinned).what == "requirements.txt cannot be read (Is a directory)."
    assert skipped("helpers.installed", pinned) == "the pin cannot be read"


def test_without_a_recorded_template_nothing_is_compared(pinned: FakeProject) -> None:
    (pinned.folder / "project.json").unlink()
    assert skipped("helpers.pin", pinned) == "project.json does not name the template"


class Installed(NamedTuple):
    """What pip leaves behind of an installation."""

    record: str | None

    def read_text(self, name: str) -> str | None:
        return self.record if name == "direct_url.json" else None


def install(monkeypatch: pytest.MonkeyPatch, record: str | None) -> None:
    monkeypatch.setattr(helpers, "distribution", lambda _: Installed(record))


def test_installed_helpers_are_the_pinned_ones(pinned: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """X-H1: from whatever address, as a clone's helpers serve its projects."""
    address = {"url": "file:///clone", "vcs_info": {"vcs": "git", "commit_id": COMMIT}}
    install(monkeypatch, json.dumps(address))
    assert problems("helpers.installed", pinned) == []
    address["vcs_info"] = {"vcs": "git", "commit_id": COMMIT[::-1]}
    install(monkeypatch, json.dumps(address))
    found = problem("helpers.installed", pinned)
    assert found.level == "error"
    assert found.what == "Commit 76543210fedc of the helpers runs, but 0123456789ab is pinned."


@pytest.mark.parametrize("record", [None, "{}", '{"url": "file:///clone", "dir_info": {"editable": true}}'])
def test_an_installation_without_a_commit_is_passed_over(
    pinned: FakeProject, monkeypatch: pytest.MonkeyPatch, record: str | None
) -> None:
    install(monkeypatch, record)
    assert skipped("helpers.installed", pinned) == "this installation does not record its commit"


def test_pin_of_a_fresh_scaffold(scaffold: Scaffold) -> None:
    """X-H1: what Copier renders is what the check expects."""
    root = scaffold.project.path
    pin = helpers_pin.parse((root / FOLDER / "requirements.txt").read_text())
    template = json.loads((root / FOLDER / "project.json").read_text())["template"]
    assert pin.address == helpers_pin.address(template, str(root))


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("gh:someone/thing", "git+https://github.com/someone/thing"),
        ("gl:/someone/thing.git", "git+https://gitlab.com/someone/thing.git"),
        ("https://git.example.com/x", "git+https://git.example.com/x"),
        ("git+https://git.example.com/x", "git+https://git.example.com/x"),
        ("ssh://git@git.example.com:22/x", "git+ssh://git@git.example.com:22/x"),
        ("git@git.example.com:some/x.git", "git+ssh://git@git.example.com/some/x.git"),
        ("git@git.example.com:/some/x.git", "git+ssh://git@git.example.com/some/x.git"),
        ("file:///some/x", "git+file://localhost/some/x"),
        ("file://localhost/some/x", "git+file://localhost/some/x"),
        ("/some where/x:y@z", "git+file://localhost/some%20where/x%3Ay%40z"),
        ("../x", "git+file://localhost/nowhere/x"),
        ("~/x", f"git+file://localhost{Path('~').expanduser()}/x"),
    ],
)
def test_addresses_are_spelled_as_the_template_does(template: str, address: str) -> None:
    """X-H1: compared with bootstrap/questions/source.jinja, which wrote the pin."""
    assert helpers_pin.address(template, "/nowhere/project") == address
    if template != "../x":
        assert rendered(template) == address


def rendered(source: str) -> str:
    """Returns what the macro of the template makes of an address, with Copier's own filters."""
    extensions = ["jinja2_ansible_filters.AnsibleCoreFiltersExtension"]
    environment = Environment(loader=FileSystemLoader(ROOT), extensions=extensions)  # noqa: S701 -- not HTML
    text = "{% from 'bootstrap/questions/source.jinja' import repository %}{{ repository(source) }}"
    return environment.from_string(text).render(source=source)
