"""Downloads and unpacks Debian packages with a private apt directory, without a change to the system.

With an empty dpkg status, apt takes every dependency for missing, and so names all of them. Needs no root.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from aidevcontainer.util.errors import Problem
from machine.sources import KEYRING, Debian

# apt still reads the system's proxy settings. Hooks in that configuration would change the system.
CONFIGURATION = """\
Dir::Etc::SourceList "{home}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "{home}/state";
Dir::State::status "{home}/state/status";
Dir::Cache "{home}/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
APT::Sandbox::User "";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
"""


class Archive(NamedTuple):
    """One suite of Debian. `home` holds apt's state, `architecture` is Debian's name for it."""

    home: Path
    suite: str
    mirror: str
    architecture: str

    def update(self) -> None:
        """Downloads the suite's list of packages (about 9 MB). Raises Problem."""
        for folder in ("state/lists/partial", "cache/archives/partial", "debs"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        (self.home / "state/status").touch()
        options = f"arch={self.architecture} target=Packages signed-by={KEYRING}"
        (self.home / "sources.list").write_text(f"deb [{options}] {self.mirror} {self.suite} main\n")
        (self.home / "apt.conf").write_text(
            CONFIGURATION.format(home=self.home, architecture=self.architecture)
        )
        self._get("update", "--error-on=any")

    def closure(self, names: Iterable[str]) -> list[str]:
        """Returns the names of packages and of everything that they depend on. Raises Problem."""
        plan = self._get("install", "--simulate", *names)
        return re.findall(r"^Inst (\S+)", plan, re.MULTILINE)

    def download(self, names: Iterable[str]) -> list[Path]:
        """Returns the .deb files of exactly these packages; downloads only missing ones. Raises Problem."""
        wanted = list(names)
        self._get("download", *wanted)
        found = {path.name.split("_")[0]: path for path in sorted((self.home / "debs").glob("*.deb"))}
        return [found[name] for name in wanted]

    def _get(self, *arguments: str) -> str:
        command = ["apt-get", "-q", f"-c={self.home}/apt.conf", *arguments]
        done = subprocess.run(command, cwd=self.home / "debs", capture_output=True, text=True, check=False)
        if done.returncode:
            raise Problem(
                f"Debian's packages ({self.suite}) could not be downloaded from {self.mirror}:\n"
                f"{_complaints(done.stderr)}\n"
                "Check that apt works on this machine, and try again: apt-get update"
            )
        return done.stdout


def archive(debian: Debian, suite: str, home: Path) -> Archive:
    """Returns an updated archive of a suite on this machine's mirror, kept in `home`. Raises Problem."""
    made = Archive(home / suite, suite, debian.mirror, debian.architecture)
    made.home.mkdir(parents=True, exist_ok=True)
    made.update()
    return made


def extract(deb: Path, target: Path) -> None:
    """Unpacks the files of a package below a folder. Raises Problem."""
    done = subprocess.run(
        ["dpkg-deb", "-x", str(deb), str(target)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Problem(f"{deb.name} could not be unpacked into {target}: {done.stderr.strip()}")


def _complaints(output: str) -> str:
    lines = [line for line in output.splitlines() if line.startswith(("E:", "W:", "Err:"))]
    return "\n".join(f"  {line}" for line in lines or output.splitlines()[-3:])
