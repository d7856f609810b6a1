"""What a start reminds of."""

from __future__ import annotations

import json
from pathlib import Path

from aidevcontainer.hook import manage
from aidevcontainer.lifecycle import reminders
from tests.support.template import FOLDER, Repository


def scaffolded(repository: Repository, git_hook: object = True) -> Path:
    repository.write(f"{FOLDER}/project.json", json.dumps({"git_hook": git_hook}))
    repository.write(f"{FOLDER}/docker-compose.yml", "services: {}\n")
    return repository.path


def test_hook_that_the_project_wants_is_mentioned_until_it_is_there(repository: Repository) -> None:
    """U-2: every clone is told how to install the hook, once it is there no more, when it is old again."""
    root = scaffolded(repository)
    assert "To install it in this clone: ./.aidevcontainer/hook install" in reminders.collect(root)[0]
    manage.locate(root).install()
    assert reminders.collect(root) == []
    repository.write(".git/hooks/post-checkout", "#!/bin/sh\n# aidevcontainer post-checkout hook 0\n")
    assert "To renew it" in reminders.collect(root)[0]


def test_hook_that_nobody_wants_is_not_mentioned(repository: Repository) -> None:
    """U-2: no answer, no or nonsense: silence."""
    for answer in (False, "yes", None):
        assert reminders.collect(scaffolded(repository, answer)) == []
    repository.write(f"{FOLDER}/project.json", "{broken")
    assert reminders.collect(repository.path) == []


def test_ignored_folder_is_mentioned(repository: Repository) -> None:
    """U-3: who git-ignores the folder is told before an update deletes it."""
    root = scaffolded(repository, False)
    repository.write(".gitignore", f"{FOLDER}/\n")
    (sentence,) = reminders.collect(root)
    assert sentence.startswith("Git ignores .aidevcontainer/, so `copier update` would delete it.")
    repository.git("add", "--force", FOLDER)
    assert reminders.collect(root) == []


def test_directory_without_git_is_no_problem(tmp_path: Path) -> None:
    """U-1: a directory that is not a repository has nothing to be reminded of."""
    folder = Repository(tmp_path / "plain")
    assert reminders.collect(scaffolded(folder)) == []
