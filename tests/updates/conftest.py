"""What several tests of updates stand on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.template import Repository, copy


@pytest.fixture(scope="module")
def original(trimmed: Repository, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A project with the release, committed. Shared: duplicate it."""
    project = Repository.create(tmp_path_factory.mktemp("original") / "my-project")
    copy(trimmed, project)
    project.commit("Add aidevcontainer")
    return project


@pytest.fixture
def project(original: Repository, tmp_path: Path) -> Repository:
    """A project of one's own."""
    shutil.copytree(original.path, tmp_path / "my-project", symlinks=True)
    return Repository(tmp_path / "my-project")
