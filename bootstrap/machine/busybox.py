"""Replaces Alpine's root file system: Debian's BusyBox, musl, and the account files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from machine.layer import Layer, contents
from machine.placing import STORE

# Not busybox-static, whose shell prefers its own applets to installed programs.
PACKAGES = [
    *("busybox", "coreutils", "iputils-ping", "libc-bin", "musl"),
    *("netbase", "netcat-traditional", "procps", "util-linux"),
]
_SAME = [
    *("cksum", "comm", "flock", "getconf", "getent", "mountpoint", "nice", "nohup"),
    *("pgrep", "pkill", "pmap", "printenv", "pwdx", "split"),
]
# Alpine's names and Debian's programs: Debian's BusyBox lacks them, or has less of them (nc without UDP, ping
# for root only).
LACKING = {**dict(zip(_SAME, _SAME, strict=False)), "nc": "nc.traditional", "ping": "ping", "ping6": "ping"}
_FOLDERS = [
    *("bin", "dev", "home", "lib/apk", "media", "mnt", "opt", "proc", "run", "sbin", "srv", "sys"),
    *("usr/local/bin", "usr/local/share", "var/cache/apk", "var/lib", "var/log"),
]
_LINKS = {
    "etc/mtab": "/proc/mounts",
    "etc/ssl/cert.pem": "certs/ca-certificates.crt",
    "var/run": "/run",
}
_OWN = Path(__file__).parent / "standin"
_ETC = _OWN / "etc"
_APPLETS = _OWN / "applets.txt"


def write(layer: Layer, debs: Mapping[str, Path], triplet: str) -> None:
    """Adds the parts of Alpine's root file system; `debs` has a file for each of PACKAGES."""
    for folder in _FOLDERS:
        layer.folder(folder)
    layer.folder("root", 0o700)
    layer.folder("tmp", 0o1777)
    layer.folder("var/tmp", 0o1777)
    _write_applets(layer, contents(debs["busybox"], "usr/bin/busybox"))
    for name, program in LACKING.items():
        layer.link(f"usr/bin/{name}", f"/{STORE}/bin/{program}")
    _write_musl(layer, debs["musl"], triplet)
    _write_accounts(layer)
    # Programs that name a protocol or service look it up.
    for path in ("etc/protocols", "etc/services"):
        layer.file(path, contents(debs["netbase"], path))
    layer.file("etc/ssl/certs/ca-certificates.crt", contents(debs["ca-certificates"], ".crt"))
    for path, target in _LINKS.items():
        layer.link(path, target)


def _write_applets(layer: Layer, busybox: bytes) -> None:
    layer.file("bin/busybox", busybox, 0o755)
    for path in _APPLETS.read_text(encoding="utf-8").splitlines():
        if not path.startswith("#"):
            layer.link(path, "/bin/busybox")


def _write_musl(layer: Layer, deb: Path, triplet: str) -> None:
    architecture = triplet.split("-", 1)[0]
    loader = f"ld-musl-{architecture}.so.1"
    layer.file(f"lib/{loader}", contents(deb, f"usr/lib/{architecture}-linux-musl/libc.so"), 0o755)
    layer.link(f"lib/libc.musl-{architecture}.so.1", loader)


def _write_accounts(layer: Layer) -> None:
    for path in sorted(_ETC.rglob("*")):
        if path.is_file():
            mode = 0o640 if path.name == "shadow" else 0o644
            layer.file(f"etc/{path.relative_to(_ETC)}", path.read_bytes(), mode)
