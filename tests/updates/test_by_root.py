"""An update that root runs in the repository of a user, whose template it is, too."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from tests.support.template import FOLDER, Repository, copy
from tests.support.updating import LIST, update

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root works in other people's repositories")
UID, GID = 1234, 5678


@pytest.mark.parametrize("conflict", [False, True])
def test_everything_stays_the_users(trimmed: Repository, conflict: bool) -> None:
    """US-005.2, U-3: git refuses neither repository, and leaves neither an index nor an object of root's."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        template, project = (
            trimmed.clone(Path(folder) / "template"),
            Repository.create(Path(folder) / "project"),
        )
        copy(template, project)
        project.write(LIST, f"# mine\n{project.read(LIST) if not conflict else ''}")
        project.commit("Add aidevcontainer")
        template.write(f"template/{FOLDER}/scripts/new/new.sh", "#!/bin/sh\n")
        if conflict:
            name = f"template/{FOLDER}/allowed-domains.txt.jinja"
            template.write(name, "# theirs\n")
        template.commit("Add a script", "v99.0.0")
        for path in (template.path.parent, *template.path.parent.rglob("*")):
            os.chown(path, UID, GID, follow_symlinks=False)
        done = update(project, "--yes")
        assert (done.code, "conflict" in done.all.lower()) == ((1, True) if conflict else (0, False)), done
        assert (project.path / FOLDER / "scripts/new/new.sh").is_file()
        below = list(Path(folder).rglob("*"))
        assert [path for path in below if (path.lstat().st_uid, path.lstat().st_gid) != (UID, GID)] == []
