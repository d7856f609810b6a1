"""The image: what is in it, whom it trusts, who its users are, and what stops its build."""

from __future__ import annotations

import re

import pytest

from tests.support.docker import docker, inspect
from tests.support.fixtures import NewProject
from tests.support.internet import Internet
from tests.support.project import Project
from tests.support.run import Finished

pytestmark = pytest.mark.engine

TOOLS = "/usr/local/lib/aidevcontainer"


def image(project: Project) -> str:
    """Return the name of the image that the project's containers were made of."""
    return str(inspect(project.claude)["Config"]["Image"])


def in_image(project: Project, *options: str, script: str) -> Finished:
    """Run a shell script in a fresh container of the project's image, as root."""
    line = ("run", "--rm", "--user", "root", "--entrypoint", "sh", *options, image(project), "-euc", script)
    return docker(*line, check=False)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("iptables --version", "iptables v"),
        ("iptables -A OUTPUT -m set --match-set none dst -j DROP 2>&1 || true", "none"),
        ("ipset create a hash:net && ipset add a 10.0.0.0/8 && ipset test a 10.1.1.1 2>&1", "is in set"),
        ("ip -brief address show lo", "127.0.0.1/8"),
        ("dig -v 2>&1", "DiG"),
        ("curl --version", "https"),
        ("echo '{\"a\": [1, 2]}' | jq .a[1]", "2"),
    ],
    ids=lambda value: value.split()[0],
)
def test_the_firewalls_tools_work(project: Project, script: str, says: str) -> None:
    """US-002.1: iptables, ipset, iproute2, bind-tools, curl and jq are there and do their work."""
    done = in_image(project, "--cap-add", "NET_ADMIN", "--network", "none", script=script)
    assert done.code == 0, done.err
    assert says in done.out


def test_what_a_session_needs_is_there(project: Project) -> None:
    """US-002: bash, git, ssh and ripgrep are found by the agent, and Claude is the pinned version."""
    for command in (
        "bash --version",
        "git --version",
        "ssh -V",
        "rg --version",
        "date --date=@0 +%Z",
    ):
        assert project.inside("sh", "-c", command).code == 0, command
    pinned = re.search(r"^version (\S+)$", (project.scaffold / "claude.pin").read_text(), re.MULTILINE)
    assert pinned is not None
    assert project.inside("claude", "--version").out.startswith(pinned[1])


def test_time_zones_are_known(project: Project) -> None:
    """U-4: a zone's name means something in the container."""
    assert project.inside("env", "TZ=Asia/Kathmandu", "date", "+%z").out.strip() == "+0545"


@pytest.mark.parametrize(
    "fetch",
    [
        "curl --silent --show-error https://registry.npmjs.org/",
        "wget -q -O - https://registry.npmjs.org/",
    ],
    ids=["curl", "wget"],
)
def test_an_authority_of_the_projects_own_is_trusted(
    project: Project, internet: Internet, fetch: str
) -> None:
    """X-N1: programs trust a certificate from .aidevcontainer/ca/, and would not without it."""
    trusting = in_image(project, "--network", internet.network, script=fetch)
    assert "hello from listed" in trusting.out, trusting.err
    forget = "rm /usr/local/share/ca-certificates/*.crt; update-ca-certificates >/dev/null 2>&1; "
    doubting = in_image(project, "--network", internet.network, script=forget + fetch)
    assert "hello from listed" not in doubting.out


def test_git_trusts_it_too(project: Project, internet: Internet) -> None:
    """X-N1: git over HTTPS gets as far as the server's answer, which is no repository."""
    fetch = "git ls-remote https://github.com/some/repository"
    done = in_image(project, "--network", internet.network, script=fetch)
    assert "not valid" in done.err or "not found" in done.err, done.err
    assert "certificate" not in done.err


def test_a_file_that_is_no_certificate_stops_the_build(project: Project) -> None:
    """X-N1: a certificate in another format is named, with the command that converts it."""
    script = f"echo junk >/usr/local/share/ca-certificates/corp.crt; {TOOLS}/trust-ca.sh"
    done = in_image(project, script=script)
    assert done.code == 1
    assert "ca/corp.crt is not a PEM certificate" in done.err
    assert "openssl x509 -inform der" in done.err


@pytest.mark.parametrize(
    ("uid", "gid"), [(501, 20), (1000, 1000), (405, 100), (65534, 65534), (4294967294, 5353)]
)
def test_any_ids_become_the_agents(project: Project, uid: int, gid: int) -> None:
    """US-005.3: also ids that Alpine gave away already: macOS's staff (20), guest (405), nobody (65534)."""
    script = (
        f"{TOOLS}/add-users.sh {uid} {gid}; id -u claude; id -g claude; stat -c %u:%g /home/claude/.claude"
    )
    done = in_image(project, script=script)
    assert done.out.split() == [str(uid), str(gid), f"{uid}:{gid}"], done.err
    names = in_image(
        project, script=f"{TOOLS}/add-users.sh {uid} {gid}; cut -d: -f1,3 /etc/passwd"
    ).out.split()
    assert [name for name in names if name.endswith(f":{uid}")] == [f"claude:{uid}"]


@pytest.mark.parametrize(
    ("uid", "gid", "sentence"),
    [
        ("0", "0", "Claude never runs as root"),
        ("5353", "1000", "the firewall's own user"),
        ("me", "1000", "must be numbers"),
        ("", "", "must be numbers"),
        ("1000;id", "1000", "must be numbers"),
    ],
)
def test_ids_that_cannot_be(project: Project, uid: str, gid: str, sentence: str) -> None:
    """US-005.1, U-5: root, the resolver's user and what is no number are refused."""
    done = docker(
        *("run", "--rm", "--user", "root", "--entrypoint", f"{TOOLS}/add-users.sh", image(project), uid, gid),
        check=False,
    )
    assert done.code == 1
    assert sentence in done.err


def test_a_wrong_digest_stops_the_build(new_project: NewProject) -> None:
    """US-002: a download that is not the pinned one is not installed, and the build says why."""
    mine = new_project("digest")
    pin = (mine.scaffold / "claude.pin").read_text(encoding="utf-8")
    mine.write(".aidevcontainer/claude.pin", re.sub(r"(?m)^(x64|arm64) .{8}", r"\1 00000000", pin))
    done = mine.helper("container", "up")
    assert done.code == 1
    assert "does not have the pinned digest" in done.err
    assert "Wanted sha512 00000000" in done.err
    assert mine.compose("ps", "--quiet", "--all").out.strip() == ""


@pytest.mark.parametrize(
    ("registry", "sentence"),
    [
        ("https://registry.npmjs.org/status/404", "does not have Claude Code"),
        ("https://unlisted.example.net:9", "cannot be reached"),
        ("https://nowhere.example.net", "cannot be reached"),
    ],
)
def test_a_registry_that_does_not_deliver(
    project: Project, internet: Internet, registry: str, sentence: str
) -> None:
    """X-N1: the registry can be a mirror (NPM_REGISTRY); each way it may fail has its own sentence."""
    pin = "version 1.0.0\\nx64 00\\narm64 00\\n"
    script = f"printf '{pin}' >/tmp/pin; {TOOLS}/fetch-claude.sh /tmp/pin /tmp/payload; ls /tmp/payload"
    options = ("--network", internet.network, "--env", f"NPM_REGISTRY={registry}")
    done = in_image(project, *options, script=script)
    assert done.code == 1
    assert sentence in done.err


def test_a_package_that_alpine_does_not_have(new_project: NewProject) -> None:
    """U-1: a mistyped package stops the build and the sentence names the file to correct."""
    mine = new_project("package")
    mine.write(".aidevcontainer/packages.txt", "make\nno-such-package-anywhere  # mistyped\n")
    done = mine.helper("container", "up")
    assert done.code == 1
    assert "no-such-package-anywhere" in done.err
    assert ".aidevcontainer/packages.txt" in done.err


def test_extra_packages_are_installed(new_project: NewProject) -> None:
    """U-1: what packages.txt names is there for the agent."""
    mine = new_project("extra", data={"alpine_packages": "make"}, up=True)
    assert "GNU Make" in mine.inside("make", "--version").out
