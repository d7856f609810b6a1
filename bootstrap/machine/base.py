"""Makes a stand-in for Alpine where no image registry answers: Debian's programs under Alpine's names.

It is for trying out and for tests. It starts from Alpine's own root file system if the caller has that file,
else from Debian's BusyBox and musl. A label tells `container status` that it is a stand-in.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

from aidevcontainer.util import cache, lock
from aidevcontainer.util.errors import Problem
from machine import apt, busybox, sources
from machine.layer import Layer
from machine.placing import STORE, Placing
from machine.table import Package, load

LABEL = "aidevcontainer.base=stand-in"
REPOSITORY = "aidevcontainer-stand-in"
# Its dnsmasq, iptables and BusyBox are closest to current Alpine's. The image brings its own libraries, so
# the machine's release does not matter.
SUITE = "trixie"
_OWN = Path(__file__).parent / "standin"
_SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Dependencies of maintainer scripts, which never run here.
_UNUSED = (
    "perl",
    "libperl",
    "debconf",
    "dpkg",
    "passwd",
    "adduser",
    "python3-",
    "libpython3-stdlib",
    "media-types",
    "git-man",
)


def ensure(say: Callable[[str], None], rootfs: Path | None = None) -> str:
    """Returns the tag of the stand-in image in the reachable engine, and makes the image if it is missing.

    `rootfs` is Alpine's minirootfs archive; the default is AIDEVCONTAINER_MINIROOTFS. Raises Problem.
    """
    chosen = rootfs or _given()
    tag = f"{REPOSITORY}:{_version(chosen)}"
    with lock.held("stand-in", lambda: say("Waiting for another run, which is making the stand-in base.")):
        if not _has(tag):
            archive = _archive(tag, chosen, say)
            say("Loading the stand-in base into the engine.")
            _import(archive, tag)
    return tag


def remove() -> None:
    """Removes the archive that `ensure` keeps on disk. Images stay in their engine."""
    shutil.rmtree(cache.path("stand-in"), ignore_errors=True)


def _given() -> Path | None:
    named = os.environ.get("AIDEVCONTAINER_MINIROOTFS")
    if named and not Path(named).is_file():
        raise Problem(f"AIDEVCONTAINER_MINIROOTFS names {named}, which is not a file. Correct or unset it.")
    return Path(named) if named else None


def _version(rootfs: Path | None) -> str:
    digest = hashlib.sha256(SUITE.encode())
    own = [path for path in sorted(_OWN.rglob("*")) if path.is_file()]
    code = sorted(Path(__file__).parent.glob("*.py"))
    for path in [*own, *(p for p in code if p.stem in {"base", "busybox", "layer", "placing"})]:
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    if rootfs:
        digest.update(rootfs.read_bytes())
    return f"{'minirootfs' if rootfs else 'busybox'}-{digest.hexdigest()[:12]}"


def _has(tag: str) -> bool:
    return (
        subprocess.run(["docker", "image", "inspect", tag], capture_output=True, check=False).returncode == 0
    )


def _archive(tag: str, rootfs: Path | None, say: Callable[[str], None]) -> Path:
    folder = Path(cache.path("stand-in"))
    kept = folder / f"{tag.rpartition(':')[2]}.tar"
    if not kept.exists():
        debian = sources.detect("The stand-in base is")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        say("Downloading the stand-in base's packages from Debian (about 55 MB).")
        _write(kept, rootfs, debian, folder)
    return kept


def _write(target: Path, rootfs: Path | None, debian: sources.Debian, folder: Path) -> None:
    packages = load(debian.triplet)
    placing = Placing(packages, debian.triplet, [] if rootfs else busybox.LACKING.values())
    debs = _download(packages, [] if rootfs else busybox.PACKAGES, debian, folder)
    unfinished = target.with_suffix(".new")
    with tarfile.open(unfinished, "w", format=tarfile.GNU_FORMAT) as archive:
        layer = Layer(archive)
        _write_own(layer, packages)
        if rootfs:
            layer.rootfs(rootfs)
        else:
            busybox.write(layer, debs, debian.triplet)
        for deb in debs.values():
            layer.package(deb, placing)
    unfinished.replace(target)
    shutil.rmtree(folder / SUITE)


def _download(
    packages: list[Package], extra: list[str], debian: sources.Debian, folder: Path
) -> dict[str, Path]:
    archive = apt.archive(debian, SUITE, folder)
    wanted = sorted({name for package in packages for name in package.debian} | set(extra))
    names = [name for name in archive.closure(wanted) if name in wanted or not name.startswith(_UNUSED)]
    return dict(zip(names, archive.download(names), strict=False))


def _write_own(layer: Layer, packages: list[Package]) -> None:
    layer.file("sbin/apk", (_OWN / "apk.sh").read_bytes(), 0o755)
    layer.file(
        f"{STORE}/bin/update-ca-certificates", (_OWN / "update-ca-certificates.sh").read_bytes(), 0o755
    )
    for package in packages:
        layer.file(f"{STORE}/packages/{package.name}", _recipe(package).encode())


def _recipe(package: Package) -> str:
    lines = [f"program {path} {name}" for path, name in package.programs.items()]
    if package.account:
        lines.append(f"account {' '.join(package.account)}")
    return "".join(f"{line}\n" for line in lines)


def _import(archive: Path, tag: str) -> None:
    changes = [f"LABEL {LABEL}", f"ENV PATH={_SEARCH_PATH}", 'CMD ["/bin/sh"]']
    options = [word for change in changes for word in ("--change", change)]
    done = subprocess.run(
        ["docker", "import", *options, str(archive), tag], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Problem(f"The stand-in base could not be loaded into the engine: {done.stderr.strip()}")
