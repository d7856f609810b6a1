"""The stand-in for Alpine: what Dockerfile and scripts find in it, and what it refuses as Alpine would."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aidevcontainer.util.errors import Problem
from machine import base, layer, registry, table
from machine.placing import Placing
from tests.support.docker import docker

ROOT = Path(__file__).resolve().parents[2]
TRIPLET = "x86_64-linux-gnu"


@pytest.fixture
def placing() -> Placing:
    return Placing(table.load(TRIPLET), TRIPLET, ["flock"])


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("usr/bin/git", "usr/lib/stand-in/bin/git"),
        ("usr/sbin/dnsmasq", "usr/lib/stand-in/bin/dnsmasq"),
        ("usr/bin/flock", "usr/lib/stand-in/bin/flock"),
        ("usr/bin/ls", None),
        ("usr/lib64/ld-linux-x86-64.so.2", "lib64/ld-linux-x86-64.so.2"),
        ("usr/lib/ld-linux-aarch64.so.1", "lib/ld-linux-aarch64.so.1"),
        (f"usr/lib/{TRIPLET}/libssl.so.3", f"usr/lib/{TRIPLET}/libssl.so.3"),
        (f"usr/lib/{TRIPLET}/gconv/IBM.so", None),
        (f"usr/lib/{TRIPLET}/xtables/libxt_set.so", f"usr/lib/{TRIPLET}/xtables/libxt_set.so"),
        ("usr/lib/git-core/git-remote-http", "usr/lib/git-core/git-remote-http"),
        ("usr/lib/python3.13/test/big.py", None),
        ("usr/share/doc/git/README", None),
        ("etc/passwd", None),
    ],
)
def test_places(placing: Placing, path: str, place: str | None) -> None:
    assert placing.place(path) == place


def test_the_dockerfiles_packages_are_all_in_the_table() -> None:
    """A package that the image needs and the stand-in lacks would fail every build on a stand-in."""
    names = {package.name for package in table.load(TRIPLET)}
    dockerfile = (ROOT / "template/.aidevcontainer/Dockerfile").read_text()
    wanted = dockerfile.split("install-packages.sh \\\n", 1)[1].split("&&", 1)[0].replace("\\", " ").split()
    assert "dnsmasq" in wanted
    assert set(wanted) <= names


def test_a_path_comes_once(tmp_path: Path) -> None:
    """The engine refuses an archive that names a path twice; the first one counts."""
    with tarfile.open(tmp_path / "layer.tar", "w") as archive:
        made = layer.Layer(archive)
        made.file("bin/tool", b"first", 0o755)
        made.file("./bin/tool", b"second")
        made.link("bin/tool", "elsewhere")
    with tarfile.open(tmp_path / "layer.tar") as archive:
        assert archive.getnames() == ["bin/tool"]
        content = archive.extractfile("bin/tool")
        assert content is not None
        assert content.read() == b"first"
        assert archive.getmember("bin/tool").mode == 0o755


def test_hard_links_follow_what_they_are_linked_to(placing: Placing) -> None:
    entries = io.BytesIO()
    with tarfile.open(fileobj=entries, mode="w") as archive:
        program = tarfile.TarInfo("./usr/bin/git")
        program.size = 3
        archive.addfile(program, io.BytesIO(b"git"))
        linked = tarfile.TarInfo("./usr/lib/git-core/git")
        linked.type, linked.linkname = tarfile.LNKTYPE, "./usr/bin/git"
        archive.addfile(linked)
    entries.seek(0)
    target = io.BytesIO()
    with tarfile.open(fileobj=entries) as source, tarfile.open(fileobj=target, mode="w") as archive:
        made = layer.Layer(archive)
        for entry in source:
            made.member(source, entry, placing)
    target.seek(0)
    with tarfile.open(fileobj=target) as archive:
        assert archive.getmember("usr/lib/git-core/git").linkname == "usr/lib/stand-in/bin/git"


def test_a_damaged_package_is_named(tmp_path: Path) -> None:
    if not shutil.which("dpkg-deb"):
        return
    deb = tmp_path / "broken.deb"
    deb.write_bytes(b"!<arch>\nnonsense")
    with pytest.raises(Problem, match=r"broken\.deb is damaged"):
        layer.contents(deb, "usr/bin/x")


def test_a_wrong_root_file_system_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIDEVCONTAINER_MINIROOTFS", "/nowhere/rootfs.tar.gz")
    with pytest.raises(Problem, match=r"names /nowhere/rootfs\.tar\.gz, which is not a file"):
        base.ensure(pytest.fail)


def test_the_usual_base_is_what_the_dockerfile_says() -> None:
    compose = (ROOT / "template/.aidevcontainer/docker-compose.yml.jinja").read_text()
    assert registry.base_image().startswith("docker.io/library/alpine:")
    assert registry.base_image() in compose or "alpine:" not in compose


@pytest.fixture(scope="module")
def box(stand_in: str) -> Iterator[str]:
    """A container of the stand-in with the packages of the image and a few more."""
    name = "aidevcontainer-test-stand-in"
    docker("rm", "--force", name, check=False)
    docker(
        "run",
        "--detach",
        "--name",
        name,
        "--network",
        "none",
        "--cap-add",
        "NET_ADMIN",
        stand_in,
        "sleep",
        "600",
    )
    yield name
    docker("rm", "--force", name)


@pytest.fixture(scope="module")
def stand_in(engine: object) -> str:  # noqa: ARG001 -- needs it running
    """The stand-in, whatever base the other tests use."""
    try:
        return base.ensure(print)
    except Problem as problem:
        pytest.skip(str(problem))


def sh(box: str, script: str) -> tuple[int, str]:
    done = docker("exec", box, "sh", "-c", script, check=False)
    return done.code, (done.out + done.err).strip()


def add(box: str, *names: str) -> None:
    code, said = sh(box, f"apk add --no-cache {' '.join(names)}")
    assert code == 0, said


def test_it_says_what_it_is(stand_in: str) -> None:
    labels = json.loads(docker("inspect", "--format", "{{json .Config.Labels}}", stand_in).out)
    assert labels == {"aidevcontainer.base": "stand-in"}


def test_programs_appear_only_with_their_package(box: str) -> None:
    """A package forgotten in the Dockerfile must be missing in the image, as on Alpine."""
    assert sh(box, "jq --version")[0] == 127
    add(box, "jq")
    assert sh(box, "jq --version")[0] == 0
    assert sh(box, "apk info -e jq") == (0, "jq")


def test_unknown_packages_are_refused_as_apk_does(box: str) -> None:
    before = sh(box, "cat /etc/apk/world")
    code, said = sh(box, "apk add --no-cache no-such-thing less")
    assert code != 0
    assert "no-such-thing (no such package):" in said
    assert "stand-in for Alpine and has only these packages: bash bind-tools " in said
    assert "required by: world[no-such-thing]" in said
    assert sh(box, "cat /etc/apk/world") == before, "and nothing of the same command was installed"


@pytest.mark.parametrize(
    ("package", "proof"),
    [
        ("bash", "/bin/bash -c '[[ a == a ]]'"),
        ("tini", "/sbin/tini -s -- true"),
        ("setpriv", "[ $(setpriv --reuid 1 --regid 1 --clear-groups id -u) = 1 ]"),
        ("iproute2", "ip -V | grep iproute2"),
        ("bind-tools", "dig -v"),
        ("dnsmasq", "dnsmasq --version | grep -w ipset"),
        (
            "git",
            "git init -q /tmp/r && git -C /tmp/r -c user.name=a -c user.email=b commit -q --allow-empty -m c",
        ),
        ("openssh-client-default", "ssh -V"),
        ("ripgrep", "rg --version"),
        ("zstd", "echo x | zstd | zstd -d | grep x"),
        ("tzdata", "[ $(TZ=Asia/Tokyo date +%z) = +0900 ]"),
        ("python3 openssl", "python3 -c 'import ssl, sqlite3, asyncio' && openssl version"),
        ("make", "make --version"),
        ("ipset", "ipset create s hash:net,port timeout 9 && ipset add s 192.0.2.1,tcp:443"),
        (
            "ipset iptables",
            "ipset create t hash:ip && iptables -A OUTPUT -m set --match-set t dst "
            "-m owner --uid-owner 1 -j ACCEPT",
        ),
        ("iptables", "ip6tables -A OUTPUT -j REJECT --reject-with adm-prohibited"),
    ],
)
def test_packages_work(box: str, package: str, proof: str) -> None:
    add(box, *package.split())
    code, said = sh(box, proof)
    assert code == 0, said


def test_its_accounts_are_alpines(box: str) -> None:
    """US-005.3: the ids that collide with a host's are there to collide: macOS's staff is dialout here."""
    assert sh(box, "grep ^dialout: /etc/group")[1].startswith("dialout:x:20:")
    assert sh(box, "grep ^users: /etc/group")[1].startswith("users:x:100:")
    assert sh(box, ". /etc/os-release; echo $ID") == (0, "alpine")


def test_added_certificates_are_trusted(box: str) -> None:
    """X-N1: the bundle is written anew from the distribution's and the added certificates."""
    add(box, "ca-certificates")
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    sh(box, "mkdir -p /usr/local/share/ca-certificates; printf added >/usr/local/share/ca-certificates/a.crt")
    assert sh(box, "update-ca-certificates")[0] == 0
    assert sh(box, f"grep -c -x added {bundle}") == (0, "1")
    assert int(sh(box, f"grep -c BEGIN {bundle}")[1]) > 50


def test_shell_tools_are_busyboxs(box: str) -> None:
    """Scripts are written for Alpine's small tools; Debian's large ones would hide what fails there."""
    for tool in ("ls", "sed", "awk", "tar", "timeout", "sha512sum"):
        assert sh(box, f"readlink -f $(which {tool})")[1].endswith("/bin/busybox"), tool
    assert sh(box, "for tool in flock pgrep nohup comm getent; do which $tool || exit 1; done")[0] == 0


def test_nc_speaks_udp_and_ping_needs_no_root(box: str) -> None:
    """Probes of the firewall are made of these, and have to work where nothing refuses them."""
    add(box, "setpriv")
    echo = "nc -u -l -p 4000 -s 127.0.0.1 >/tmp/heard & sleep 0.3; echo hello | nc -u -w 1 127.0.0.1 4000"
    assert sh(box, f"{echo}; grep hello /tmp/heard")[0] == 0
    as_somebody = "setpriv --reuid 1000 --regid 1000 --clear-groups --bounding-set=-all"
    code, said = sh(box, f"{as_somebody} ping -c 1 -W 2 127.0.0.1")
    assert code == 0, said
    assert " 0% packet loss" in said
