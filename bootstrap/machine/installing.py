"""Unpacks Debian's packages of an engine below the cache directory, without installing them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from aidevcontainer.util import removal
from aidevcontainer.util.errors import Problem
from machine import apt, releases, sources
from machine.options import PROGRAM
from machine.releases import Release

_COMPLETE = "complete"
_AGAIN = f"{PROGRAM} --remove-engine"
_MOST_SHOWN = 5
_IPTABLES = [
    f"{family}{action}" for family in ("iptables", "ip6tables") for action in ("", "-restore", "-save")
]
_PLUGINS = "usr/libexec/docker/cli-plugins"

# Only builtins, because every session starts with it. DOCKER_CONFIG names the folder of the plugins, unless
# the user has a configuration.
_CLIENT = """\
#!/bin/sh
if [ "${{DOCKER_HOST:-}}" = "unix://{home}/docker.sock" ]; then
  # The file has no line break at its end, which `read` takes for a failure.
  read -r pid 2>/dev/null <"{home}/dockerd.pid" || :
  if [ -z "${{pid:-}}" ] || [ ! -d "/proc/$pid" ]; then
    echo "{stopped}" >&2
    exit 1
  fi
fi
DOCKER_CONFIG=${{DOCKER_CONFIG:-{home}/config}} exec "{program}" "$@"
"""


def installed(home: Path) -> bool:
    """Returns whether a folder holds a complete engine."""
    return (home / _COMPLETE).exists()


def install(home: Path, release: Release, say: Callable[[str], None]) -> None:
    """Downloads a release into `home`: programs in `bin`, Debian's files in `root`. Raises Problem."""
    debian = sources.detect("A private engine is")
    remove(home)
    home.mkdir(parents=True)
    say(
        f"Downloading the engine, Docker {release.name}, from {debian.mirror} (about {release.megabytes} MB)."
    )
    root = home / "root"
    for deb in _download(home / "debian", debian, release):
        apt.extract(deb, root)
    shutil.rmtree(home / "debian")
    _write_programs(home, root, debian.triplet)
    # The machine may have one for another engine, which dockerd would read.
    (home / "daemon.json").write_text("{}\n")
    (home / _COMPLETE).touch()


def remove(home: Path) -> None:
    """Removes a folder with an engine, and first releases what the engine mounted there.

    Raises Problem with what stays and the commands that remove it.
    """
    # First, so that after an interruption the rest does not count as an engine.
    (home / _COMPLETE).unlink(missing_ok=True)
    removal.release(str(home))
    stuck = removal.tree(str(home))
    if stuck:
        shown = "\n".join(f"  {each.sentence()}" for each in stuck[:_MOST_SHOWN])
        more = f"\n  and {len(stuck) - _MOST_SHOWN} more" if len(stuck) > _MOST_SHOWN else ""
        raise Problem(
            f"Not everything of the private engine could be removed:\n{shown}{more}\nThen: {_AGAIN}"
        )


def write_client(home: Path, start: str) -> None:
    """Writes the `docker` that reaches the engine in `home`; `start` is the command that starts it again."""
    stopped = f"The private engine is stopped, as after a reboot. Start it: {start}"
    path = home / "bin/docker"
    path.write_text(_CLIENT.format(home=home, stopped=stopped, program=_program(home / "root", "docker")))
    path.chmod(0o755)


def _download(folder: Path, debian: sources.Debian, release: Release) -> Iterator[Path]:
    suites = dict.fromkeys([*release.packages, debian.suite])
    archives = {suite: apt.archive(debian, suite, folder) for suite in suites}
    for suite, names in release.packages.items():
        yield from archives[suite].download(names)
    native = archives[debian.suite]
    needed = native.closure(releases.NATIVE)
    libraries = [name for name in needed if name.startswith("lib") and name not in releases.OF_THE_MACHINE]
    yield from native.download(dict.fromkeys([*releases.NATIVE, *libraries]))


def _write_programs(home: Path, root: Path, triplet: str) -> None:
    programs, plugins = home / "bin", home / "config/cli-plugins"
    programs.mkdir()
    plugins.mkdir(parents=True)
    libraries = f"{root}/usr/lib/{triplet}:{root}/lib/{triplet}"
    for name in ("containerd", "containerd-shim-runc-v2", "docker-init", "docker-proxy", "runc"):
        (programs / name).symlink_to(_program(root, name))
    _script(programs / "dockerd", f"LD_LIBRARY_PATH={libraries}", _program(root, "dockerd"))
    for name in _IPTABLES:
        extensions = f"XTABLES_LIBDIR={root}/usr/lib/{triplet}/xtables"
        _script(programs / name, f"LD_LIBRARY_PATH={libraries} {extensions}", _iptables(root), name)
    for plugin in (root / _PLUGINS).iterdir():
        # Debian ships one of them without the executable bit.
        plugin.chmod(0o755)
        (plugins / plugin.name).symlink_to(plugin)


def _iptables(root: Path) -> Path:
    return _program(root, "xtables-nft-multi")


def _program(root: Path, name: str) -> Path:
    for folder in ("usr/sbin", "usr/bin", "sbin", "bin"):
        if (root / folder / name).exists():
            return root / folder / name
    raise Problem(f"Debian's packages of the engine do not have the program {name}. Please report this.")


def _script(path: Path, variables: str, program: Path, *arguments: str) -> None:
    words = " ".join(str(word) for word in (program, *arguments))
    path.write_text(f'#!/bin/sh\n{variables} exec {words} "$@"\n')
    path.chmod(0o755)
