"""A project whose repository names hosts, for the tests of suggestions and of the choice."""

from __future__ import annotations

from pathlib import Path

import pytest

from aidevcontainer.firewall.allowlist import Lists
from aidevcontainer.project.paths import Project

FILES = {
    "web/package-lock.json": '{"funding": "https://funding.dev", "resolved": "https://npm.corp.dev/a.tgz"}',
    ".npmrc": "# registry=https://old.corp.dev/\n@corp:registry=https://user:pw@packages.corp.dev:8443/npm/\n",
    "requirements.txt": "--index-url https://pypi.corp.dev/simple\nrequests\n",
    "Dockerfile": "FROM --x registry.corp.dev/base\nRUN curl -f https://get.corp.dev/x\nFROM alpine\n",
    ".github/workflows/ci.yml": "# see https://docs.corp.dev\n    - run: wget https://ci.corp.dev/tool\n",
    ".gitmodules": '[submodule "a"]\n\turl = git@git.corp.dev:a/b.git\n',
    "node_modules/x/.npmrc": "registry=https://evil.corp.dev/\n",
    "Cargo.toml": '[dependencies]\na = { git = "https://listed.corp.dev/a" }\n',
}


@pytest.fixture
def lists(tmp_path: Path) -> Lists:
    """Returns the lists of a project whose repository names hosts."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / ".aidevcontainer").mkdir()
    (tmp_path / ".aidevcontainer/allowed-domains.txt").write_text("listed.corp.dev\n*.crates.io\npypi.org\n")
    return Lists(Project(str(tmp_path)))
