"""The helpers' packages: installed once, whatever the machine offers for it, and said aloud."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bootstrap import handover, interpreter, venv
from bootstrap.problem import Problem

# Stands in for an interpreter: makes environments and installs packages as told by the variables FAKE_*.
_PYTHON = """#!/bin/sh
echo "$*" >>"$FAKE_LOG"
make() {
  mkdir -p "$1/bin" && cp "$0" "$1/bin/python"
}
case "$*" in
  *" virtualenv "*) [ "$FAKE_VIRTUALENV" ] || { echo "No module named virtualenv" >&2; exit 1; }; make "$5" ;;
  *"--without-pip"*) make "$5" ;;
  *" venv "*) [ -z "$FAKE_NO_ENSUREPIP" ] || { echo "ensurepip is not available" >&2; exit 1; }; make "$4" ;;
  *" pip "*) [ -z "$FAKE_NO_PIP" ] || { echo "No module named pip" >&2; exit 1; }
    [ -z "$FAKE_NO_NETWORK" ] || { echo "ERROR: No matching distribution found for plumbum" >&2; exit 1; }
    sleep "${FAKE_SECONDS:-0}" ;;
esac
"""
# Where uv is used at all, it does what it is told or fails as a whole.
_UV = """#!/bin/sh
echo "uv $*" >>"$FAKE_LOG"
[ -z "$FAKE_UV_FAILS" ] || { echo "invalid peer certificate" >&2; exit 2; }
[ "$1" = venv ] || exit 0
mkdir -p "$5/bin" && printf '#!/bin/sh\\n' >"$5/bin/python" && chmod +x "$5/bin/python"
"""


class Shop:
    """A machine whose interpreter is a stand-in."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.patch = monkeypatch
        self.said: list[str] = []
        self.requirements = folder / "requirements.txt"
        self.requirements.write_text("plumbum==2.0.2\nquestionary==2.1.1\n")
        for name, text in (("python3", _PYTHON), ("uv", _UV)):
            (folder / name).write_text(text)
        (folder / "python3").chmod(0o755)
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        monkeypatch.setenv("FAKE_LOG", str(folder / "log"))
        monkeypatch.setenv("PATH", f"{folder}:{os.defpath}")
        monkeypatch.setattr(interpreter, "real", lambda: str(folder / "python3"))

    def ensure(self) -> Path:
        """Ask for the environment."""
        return venv.ensure(self.requirements, self.said.append)

    def log(self) -> list[str]:
        """Return how the interpreters and uv were called."""
        path = self.folder / "log"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A machine with venv and pip, without uv."""
    return Shop(tmp_path, monkeypatch)


def installations(shop: Shop) -> list[str]:
    return [line for line in shop.log() if " install " in line]


def test_made_once_and_said_aloud(shop: Shop) -> None:
    """U-2: the first start installs, tells what and where; the next ones say nothing."""
    first = shop.ensure()
    assert os.access(first, os.X_OK)
    assert len(shop.said) == 1
    assert "plumbum, questionary" in shop.said[0]
    assert str(shop.folder / "cache" / "aidevcontainer") in shop.said[0]
    assert shop.ensure() == first
    assert len(installations(shop)) == len(shop.said) == 1


def test_other_requirements_are_another_environment(shop: Shop) -> None:
    """U-3: an update of the template that pins other versions never meets the old packages."""
    first = shop.ensure()
    shop.requirements.write_text("plumbum==2.0.3\n")
    assert shop.ensure() != first


def test_uv_where_it_is_there(shop: Shop) -> None:
    """U-2: uv is faster."""
    (shop.folder / "uv").chmod(0o755)
    shop.ensure()
    assert [line.split()[1] for line in shop.log()] == ["venv", "pip"]


def test_pip_where_uv_fails(shop: Shop) -> None:
    """X-N1: uv may not trust a company's proxy where pip does."""
    (shop.folder / "uv").chmod(0o755)
    shop.patch.setenv("FAKE_UV_FAILS", "1")
    assert shop.ensure().exists()


@pytest.mark.parametrize("variable", ["FAKE_VIRTUALENV", ""])
def test_without_ensurepip_other_ways_are_tried(shop: Shop, variable: str) -> None:
    """U-2: Debian has the installer in a package of its own; virtualenv or an outer pip do as well."""
    shop.patch.setenv("FAKE_NO_ENSUREPIP", "1")
    if variable:
        shop.patch.setenv(variable, "1")
    assert shop.ensure().exists()
    assert ("virtualenv" if variable else "--without-pip") in "\n".join(shop.log())


def test_nothing_works_without_an_installer(shop: Shop) -> None:
    """U-2: the sentence names the package that is missing."""
    shop.patch.setenv("FAKE_NO_ENSUREPIP", "1")
    shop.patch.setenv("FAKE_NO_PIP", "1")
    version = ".".join(map(str, sys.version_info[:2]))
    with pytest.raises(Problem, match=f"sudo apt install python{version}-venv"):
        shop.ensure()


def test_nothing_works_without_a_network(shop: Shop) -> None:
    """X-N1: the reason, and the two variables that help; nothing half-made is left."""
    shop.patch.setenv("FAKE_NO_NETWORK", "1")
    with pytest.raises(Problem) as caught:
        shop.ensure()
    text = str(caught.value)
    assert "No matching distribution found for plumbum" in text
    assert "HTTPS_PROXY or PIP_INDEX_URL" in text
    assert list((shop.folder / "cache" / "aidevcontainer").glob("venv-*/bin")) == []


def test_interrupted_installation_is_begun_anew(shop: Shop) -> None:
    """U-2: a machine switched off in the middle must not leave an environment that looks ready."""
    python = shop.ensure()
    (python.parents[1] / "complete").unlink()
    shop.ensure()
    assert len(installations(shop)) == 2


def test_environment_of_a_vanished_interpreter_is_made_anew(shop: Shop) -> None:
    """U-2: an upgrade of the system takes the interpreter away under the environment."""
    python = shop.ensure()
    python.unlink()
    python.symlink_to(shop.folder / "gone")
    assert os.access(shop.ensure(), os.X_OK)
    assert len(installations(shop)) == 2


def test_two_at_once_install_once(shop: Shop) -> None:
    """U-2: two terminals, one first start."""
    shop.patch.setenv("FAKE_SECONDS", "0.3")
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(shop.ensure())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert len(installations(shop)) == 1
    assert any("Waiting for another helper" in text for text in shop.said)


@pytest.mark.parametrize(
    ("module", "arguments", "says", "answers"),
    [
        ("container_command", ["status"], True, False),
        ("container_command", ["-q", "up"], False, False),
        ("container_command", ["status", "--json"], True, True),
        ("container_command", ["shell", "--", "ls", "-q", "--json"], True, False),
        ("cold", ["-q", "--json"], True, False),
    ],
)
def test_quiet_and_json_hold_before_the_packages_are_there(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    module: str,
    arguments: list[str],
    says: bool,
    answers: bool,
) -> None:
    """U-2: what a helper was told holds from its first line on; a session's words are Claude's."""

    def ensure(_: Path, say: Callable[[str], None]) -> Path:
        say("Installing.")
        raise Problem("No network. Try: this")

    monkeypatch.setattr(venv, "ensure", ensure)
    assert handover.run(module, arguments) == 1
    out, err = capsys.readouterr()
    assert ("Installing." in err) == says
    assert "aidevcontainer: No network. Try: this\n" in err
    assert (json.loads(out)["error"] if answers else out) == ("No network. Try: this" if answers else "")
