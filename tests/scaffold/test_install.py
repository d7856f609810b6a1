"""install.sh: once per machine and version, complete or not at all, and a sentence for each way to fail."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.run import Finished, run
from tests.support.scaffold import ROOT
from tests.support.template import Repository

SCRIPT = ROOT / "template/.aidevcontainer/install.sh"
REQUIREMENT = "aidevcontainer==1.0"
NOWHERE = "http://127.0.0.1:9/simple"


class Shop:
    """A machine with a folder of wheels in place of an index, and a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.requirements = folder / "requirements.txt"
        self.target = folder / "cache/helpers/one"
        self.wheels = folder / "wheels"
        self.programs = folder / "programs"
        for path in (self.wheels, self.programs, folder / "home"):
            path.mkdir()
        self.ask(REQUIREMENT)
        python = Path(sys.executable).resolve().parent
        self.variables = {
            "PATH": f"{self.programs}:{python}:{os.defpath}",
            "HOME": str(folder / "home"),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
        }
        wheel(self.wheels, "1.0")

    def ask(self, requirement: str) -> None:
        """Pins something, as Copier would."""
        self.requirements.write_text(f"# The helpers\n{requirement}\n")

    def install(self, **variables: str) -> Finished:
        return run(self.command, env={**self.variables, **variables})

    @property
    def command(self) -> list[str]:
        return ["sh", str(SCRIPT), str(self.requirements), str(self.target), "aidevcontainer"]

    def start(self, **variables: str) -> subprocess.Popen[str]:
        """Starts an installation in a process group of its own, as a terminal would."""
        return subprocess.Popen(
            self.command,
            env={**self.variables, **variables},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # A run in the background may have been told to ignore it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def replace(self, name: str, text: str) -> None:
        """Puts a program first on the PATH."""
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def complete(self) -> bool:
        return (self.target / "complete").exists()

    def left(self) -> list[str]:
        """Returns what lies beside and below the target."""
        return sorted(path.name for path in self.target.parent.iterdir())


def wheel(
    folder: Path, version: str, module: str = "", requires: str = "", name: str = "aidevcontainer"
) -> None:
    """Makes a wheel by hand, so that no build and no index is needed."""
    about = f"{name}-{version}.dist-info"
    needs = f"Requires-Dist: {requires}\n" if requires else ""
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}/__init__.py", module)
        file.writestr(
            f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
        )
        file.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{about}/RECORD", "")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def imported(shop: Shop) -> str:
    """Returns where the installed module lies, as the launcher finds it."""
    package = (shop.target / "complete").read_text().strip()
    assert (shop.target / package / "__init__.py").is_file()
    return package


def test_installs_once_and_says_so_in_one_line(shop: Shop) -> None:
    """X-H1: the first command tells what it does and where; the next one finds it done."""
    done = shop.install().checked()
    assert done.err == f"Installing aidevcontainer into {shop.target}, once for this machine and version.\n"
    assert imported(shop).endswith("site-packages/aidevcontainer")
    assert shop.left() == ["one"]
    again = shop.install(PATH=os.defpath, PIP_FIND_LINKS="/nowhere").checked()
    assert again.err == ""


SHELLS = [words for words in ("dash", "bash --posix", "busybox sh") if shutil.which(words.split()[0])]


@pytest.mark.parametrize("shell", SHELLS)
def test_installs_in_every_shell(shop: Shop, shell: str) -> None:
    """X-H1: sh is dash, bash or BusyBox, depending on the machine."""
    run([*shell.split(), *shop.command[1:]], env=shop.variables).checked()
    imported(shop)


# Everything that a person's shell may have set and that once broke an installation, or could. In groups,
# since each installation takes seconds.
ELSEWHERE = {
    "where pip installs": "PIP_USER=1 PIP_TARGET=/tmp/x PIP_PREFIX=/tmp/x PIP_ROOT=/tmp/x PIP_SRC=/nowhere "
    "PIP_PYTHON=/nowhere PIP_CONFIG_FILE=/nowhere PIP_CONSTRAINT=/nowhere PIP_REQUIREMENT=/nowhere",
    "how pip installs": "PIP_REQUIRE_VIRTUALENV=1 PIP_ISOLATED=1 PIP_NO_BINARY=:all: PIP_REQUIRE_HASHES=1 "
    "PIP_PLATFORM=win32 PIP_DRY_RUN=1 PIP_NO_DEPS=1 PIP_USE_FEATURE=none PIP_QUIET=3 PIP_LOG=/proc/nowhere/x",
    "pip for the user alone": "PIP_USER=1",
    "Python": "PYTHONHOME=/nowhere PYTHONUSERBASE=/nowhere PYTHONPLATLIBDIR=none PYTHONEXECUTABLE=/nowhere "
    "PYTHONSTARTUP=/nowhere PYTHONWARNINGS=error PYTHONINSPECT=1 PYTHONVERBOSE=1",
    "environments": "VIRTUAL_ENV=/nowhere CONDA_PREFIX=/nowhere TMPDIR=/nowhere",
}
UV_ELSEWHERE = {
    "where uv installs": "UV_PYTHON=3.8 UV_SYSTEM_PYTHON=1 UV_PROJECT=/nowhere UV_CACHE_DIR=/proc/x "
    "UV_MANAGED_PYTHON=1 UV_NO_INDEX=1 UV_DEFAULT_INDEX=http://127.0.0.1:9/simple UV_HTTP_TIMEOUT=none",
    "how uv installs": "UV_REQUIRE_HASHES=1 UV_NO_BINARY=1 UV_EXCLUDE_NEWER=2000-01-01 PIP_USER=1 "
    "UV_CONFIG_FILE=/nowhere UV_CONSTRAINT=/nowhere UV_BUILD_CONSTRAINT=/nowhere UV_OVERRIDE=/nowhere",
}


def variables(words: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in words.split())


@pytest.mark.parametrize("group", ELSEWHERE)
def test_variables_that_send_packages_elsewhere_change_nothing(shop: Shop, group: str) -> None:
    """X-H1: pip would fail, or install elsewhere and report success."""
    shop.install(**variables(ELSEWHERE[group])).checked()
    imported(shop)


@pytest.mark.parametrize("group", UV_ELSEWHERE)
def test_variables_that_mislead_uv_change_nothing(shop: Shop, group: str) -> None:
    """X-H1: where uv fails, pip installs."""
    (shop.programs / "uv").symlink_to(UV)
    own = {"UV_OFFLINE": "1", "UV_FIND_LINKS": str(shop.wheels)}
    shop.install(**{**own, **variables(UV_ELSEWHERE[group])}).checked()
    imported(shop)


def test_modules_of_a_persons_path_are_not_imported(shop: Shop, tmp_path: Path) -> None:
    """X-H1, X-S1: what `PYTHONPATH` leads to may be the repository's, or another pip."""
    evil = tmp_path / "evil"
    evil.mkdir()
    for name in ("pip", "venv", "sitecustomize", "usercustomize", "aidevcontainer", "ssl"):
        (evil / f"{name}.py").write_text("raise SystemExit('the wrong module')\n")
    shop.install(PYTHONPATH=str(evil)).checked()
    imported(shop)


def test_an_index_that_is_closed_is_named(shop: Shop, tmp_path: Path) -> None:
    """X-N1: as a variable and as a setting; the network has nothing to do with it."""
    del shop.variables["PIP_FIND_LINKS"]
    said = failed(shop)
    assert "pip's setting no-index (PIP_NO_INDEX or pip.conf) closes every package index" in said
    assert "No matching distribution found for aidevcontainer==1.0" in said
    del shop.variables["PIP_NO_INDEX"]
    settings = tmp_path / "home/.config/pip"
    settings.mkdir(parents=True)
    (settings / "pip.conf").write_text("[global]\nno-index = true\nrequire-virtualenv = true\n")
    assert "pip's setting no-index (PIP_NO_INDEX or pip.conf)" in failed(shop)


def test_settings_of_pip_count_only_where_they_lead_to_an_index(shop: Shop, tmp_path: Path) -> None:
    """X-H1, X-N1: a company's index is kept, a person's `user = true` is not."""
    settings = tmp_path / "home/.config/pip"
    settings.mkdir(parents=True)
    (settings / "pip.conf").write_text(
        f"[global]\nno-index = true\nfind-links = {shop.wheels}\nrequire-hashes = true\n"
        "[install]\nuser = true\ntarget = /tmp/x\n"
    )
    del shop.variables["PIP_NO_INDEX"], shop.variables["PIP_FIND_LINKS"]
    shop.install(PIP_INDEX_URL=NOWHERE).checked()
    imported(shop)


def test_two_at_once_install_once(shop: Shop) -> None:
    """X-H1: two terminals, one first start."""
    started = [shop.start() for _ in range(3)]
    said = "".join(process.communicate(timeout=240)[1] for process in started)
    assert [process.returncode for process in started] == [0, 0, 0]
    assert said.count("Installing aidevcontainer") == 1
    assert shop.left() == ["one"]


@pytest.fixture
def interrupted(shop: Shop) -> Iterator[tuple[Shop, subprocess.Popen[str]]]:
    """An installation that is in the middle of its work."""
    process = shop.start()
    deadline = time.monotonic() + 120
    while not (shop.target / "bin").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not shop.complete()
    yield shop, process
    process.wait(120)


def test_ctrl_c_leaves_nothing(interrupted: tuple[Shop, subprocess.Popen[str]]) -> None:
    """X-H1: and the next command starts again from nothing."""
    shop, process = interrupted
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(120) in (130, -signal.SIGINT)
    assert "one" not in shop.left()
    shop.install().checked()
    imported(shop)


def test_a_killed_installation_is_not_taken_for_a_complete_one(
    interrupted: tuple[Shop, subprocess.Popen[str]],
) -> None:
    """X-H1: a machine that is switched off cleans up nothing, and the kernel forgets the lock."""
    shop, process = interrupted
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(120)
    assert "one.lock" in shop.left()
    assert not shop.complete()
    shop.install().checked()
    imported(shop)
    assert "one.lock" not in shop.left()


def test_an_environment_whose_python_is_gone_is_made_again(shop: Shop) -> None:
    """X-H1: an upgrade of the system takes the interpreter away under it."""
    shop.install().checked()
    (shop.target / "bin/python").unlink()
    shop.install().checked()
    assert os.access(shop.target / "bin/python", os.X_OK)


def test_an_empty_note_is_not_a_complete_installation(shop: Shop) -> None:
    """X-H1: a power failure can leave one behind."""
    shop.install().checked()
    (shop.target / "complete").write_text("")
    shop.install().checked()
    imported(shop)


def test_takers_of_a_dead_holders_lock_install_one_after_the_other(
    interrupted: tuple[Shop, subprocess.Popen[str]],
) -> None:
    """X-H1: those who waited for it and those who come later share one lock."""
    shop, process = interrupted
    waiting = shop.start()
    assert waiting.stderr
    assert "Waiting for another installation" in waiting.stderr.readline()
    os.killpg(process.pid, signal.SIGKILL)
    started = [waiting, *(shop.start() for _ in range(3))]
    said = "".join(process.communicate(timeout=240)[1] for process in started)
    assert [process.returncode for process in started] == [0] * 4, said
    assert said.count("Installing aidevcontainer") == 1
    assert shop.left() == ["one"]


def test_several_indexes_of_a_persons_settings_are_kept(shop: Shop, tmp_path: Path) -> None:
    """X-N1: pip's settings have them on lines of their own."""
    settings = tmp_path / "home/.config/pip"
    settings.mkdir(parents=True)
    lines = f"[global]\nno-index = true\nfind-links =\n    /nowhere/it's\n    {shop.wheels}\n"
    (settings / "pip.conf").write_text(lines)
    del shop.variables["PIP_NO_INDEX"], shop.variables["PIP_FIND_LINKS"]
    shop.install(PIP_INDEX_URL=NOWHERE).checked()


UV = Path(sys.prefix) / "bin/uv"


def test_uv_obeys_nothing_of_the_repository(shop: Shop, tmp_path: Path) -> None:
    """X-S1, X-H1: the agent can write uv's settings there, and what is installed runs on the host."""
    (shop.programs / "uv").symlink_to(UV)
    repository = tmp_path / "repository"
    evil = repository / "evil"
    evil.mkdir(parents=True)
    wheel(shop.wheels, "4.0", "import helper\n", requires="helper")
    wheel(shop.wheels, "1.0", name="helper")
    wheel(evil, "99.0", "raise SystemExit('the agent was here')\n", name="helper")
    (repository / "uv.toml").write_text(f'find-links = ["{evil}"]\n')
    shop.ask("aidevcontainer==4.0")
    variables = {**shop.variables, "UV_OFFLINE": "1", "UV_FIND_LINKS": str(shop.wheels)}
    control = run([str(UV), "pip", "compile", str(shop.requirements)], cwd=repository, env=variables)
    assert "helper==99.0" in control.out
    run(shop.command, cwd=repository, env=variables).checked()
    assert (shop.target / imported(shop)).parent.joinpath("helper-1.0.dist-info").is_dir()


def failed(shop: Shop, **variables: str) -> str:
    """Installs in vain and returns the sentence; nothing counts as done, and there is no traceback."""
    done = shop.install(**variables)
    assert done.code == 1, done
    assert not shop.complete()
    assert "Traceback" not in done.err
    (sentence,) = [line for line in done.err.splitlines() if line.startswith("aidevcontainer: ")]
    return sentence


def test_no_network(shop: Shop) -> None:
    """X-H1, X-N1: with the two variables that help."""
    del shop.variables["PIP_NO_INDEX"], shop.variables["PIP_FIND_LINKS"]
    said = failed(shop, PIP_INDEX_URL=NOWHERE, PIP_RETRIES="1")
    assert "the network does not answer" in said
    assert "HTTPS_PROXY" in said
    assert "PIP_INDEX_URL" in said


def test_missing_source(shop: Shop, tmp_path: Path) -> None:
    """X-H1: the address that git cannot read, and how to look."""
    shop.ask(f"aidevcontainer @ git+file://localhost{tmp_path}/gone@{'1' * 40}")
    said = failed(shop)
    assert "cannot be read" in said
    assert f"git ls-remote 'file://{tmp_path}/gone'" in said


def test_missing_commit(shop: Shop, tmp_path: Path) -> None:
    """X-H1: a template whose history was rewritten."""
    made = Repository.create(tmp_path / "template")
    made.write("README.md", "x\n")
    made.commit()
    shop.ask(f"aidevcontainer @ git+file://localhost{made.path}@{'1' * 40}")
    said = failed(shop)
    assert "the pinned commit is not in the template's repository" in said
    assert said.endswith("copier update")


def test_refused_access(shop: Shop) -> None:
    """X-H1: a private template, asked for without the right to read it."""
    shop.replace(
        "git", 'case "$*" in *clone*) echo "fatal: Authentication failed for x" >&2; exit 128 ;; esac'
    )
    shop.ask(f"aidevcontainer @ git+https://code.example.com/a/b@{'1' * 40}")
    assert "refused access (https://code.example.com/a/b)" in failed(shop)


def test_no_git(shop: Shop) -> None:
    """X-H1: a source in git needs git."""
    for name in (
        "sh",
        "sed",
        "tail",
        "grep",
        "env",
        "tr",
        "rm",
        "mkdir",
        "ln",
        "readlink",
        "mv",
        "id",
        "cut",
    ):
        (shop.programs / name).symlink_to(shutil.which(name) or "")
    python = Path(sys.executable).resolve()
    (shop.programs / "python3").symlink_to(python)
    shop.ask(f"aidevcontainer @ git+https://code.example.com/a/b@{'1' * 40}")
    assert "git is not installed" in failed(shop, PATH=str(shop.programs), AIDEVCONTAINER_PYTHON=str(python))


def test_a_requirement_of_a_strangers_form_is_refused(shop: Shop) -> None:
    """X-H1: two requirements must never share a folder, and options of pip are not requirements."""
    for form in ("a,b", "a;b", "$(id)", "--index-url=x y", "'"):
        shop.ask(f"aidevcontainer @ git+https://code.example.com/{form}")
        assert "has a character that a pinned requirement does not need" in failed(shop)


def test_other_lines_than_the_pin_are_refused(shop: Shop) -> None:
    """X-H1: pip would obey them, and the folder is named after the pin alone."""
    for line in ("--extra-index-url=https://code.example.com/simple", "plumbum==99", "-r other.txt"):
        shop.ask(f"{line}\n{REQUIREMENT}")
        assert "has other lines than the one that pins the helpers" in failed(shop)
    shop.ask(f"\n# A comment\n   \n{REQUIREMENT}\n")
    shop.install().checked()


def test_a_module_that_cannot_be_imported_is_not_complete(shop: Shop) -> None:
    """X-H1: only an import tells whether an installation works."""
    wheel(shop.wheels, "2.0", "raise ImportError('broken')\n")
    shop.ask("aidevcontainer==2.0")
    assert "broken" in failed(shop)


def test_a_dependency_that_is_not_there(shop: Shop) -> None:
    """X-H1: half of the packages are none."""
    wheel(shop.wheels, "3.0", requires="no-such-package==1")
    shop.ask("aidevcontainer==3.0")
    assert "no-such-package" in failed(shop)


def test_old_pythons_are_passed_over(shop: Shop) -> None:
    """U-4: python3 may be an old one, or a version manager's shim with nothing behind it."""
    shop.replace("python3", "exit 1")
    shop.replace("python3.13", "echo 'no version set' >&2; exit 126")
    (shop.programs / "python3.12").symlink_to(Path(sys.executable).resolve())
    shop.install().checked()


def test_no_python(shop: Shop) -> None:
    """U-4: one sentence and the command that helps."""
    for name in ("python3", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14", "uv"):
        shop.replace(name, "exit 1")
    script = shop.requirements.with_name("install.sh")
    script.write_text(SCRIPT.read_text().replace("/usr/bin/python3", "/nowhere/python3"))
    done = run(["sh", str(script), *shop.command[2:]], env=shop.variables)
    assert done.code == 1
    assert "Python 3.10 or newer was not found" in done.err
    assert "sudo apt install python3" in done.err


def test_no_place_to_write(shop: Shop) -> None:
    """U-2: a cache that nobody may write."""
    shop.target = Path("/dev/null/helpers/one")
    done = shop.install()
    assert done.code == 1
    assert "Point XDG_CACHE_HOME to a place that you can write" in done.err


@pytest.mark.skipif(os.getuid() != 0 or sys.platform != "linux", reason="only root can make a small disk")
def test_full_disk(shop: Shop) -> None:
    """X-H1: says so, and frees what it took."""
    disk = shop.target.parent
    disk.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=True)
    try:
        assert "the disk is full" in failed(shop)
        assert "one" not in shop.left()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    "line", ["aidevcontainer==1\x1b]0;owned\x07", "aidevcontainer\x1b[2J\x08", "x\x1b[J"]
)
def test_a_branch_cannot_speak_to_the_terminal(shop: Shop, line: str) -> None:
    """A checked out branch has another requirement, and the refusal quotes it."""
    shop.ask(line)
    done = shop.install()
    assert done.code == 1
    assert done.err.startswith("aidevcontainer: ")
    assert "\x1b" not in done.err
    assert "\x07" not in done.err
