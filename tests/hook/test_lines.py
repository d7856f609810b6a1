"""Lines for a hook manager: added to a file as a person is told to, and read as the manager reads it."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from aidevcontainer.hook import lines, managers
from aidevcontainer.hook.entry import PROGRAM
from aidevcontainer.hook.lines import ManagerLines

NAME = "post-checkout"
# As `pre-commit sample-config` prints it.
SAMPLE = """\
# See https://pre-commit.com for more information
# See https://pre-commit.com/hooks.html for more hooks
repos:
-   repo: https://github.com/pre-commit/pre-commit-hooks
    rev: v3.2.0
    hooks:
    -   id: trailing-whitespace
    -   id: end-of-file-fixer
"""
PRE_COMMIT = {
    "sample": SAMPLE,
    "trailing key": f"{SAMPLE}ci:\n    autofix_prs: false\n",
    "trailing comments": f"{SAMPLE}# the last one\n\n# of two\nfail_fast: true\n",
    "key in front": f"default_stages: [pre-commit]\n{SAMPLE}",
    "no line break": SAMPLE.rstrip("\n"),
    "indented": "repos:\n  - repo: meta\n    hooks:\n      - id: identity\nexclude: ^docs/\n",
    "deeper": "repos:\n      - repo: meta\n        hooks: [{id: identity}]\n\n",
    "flow": "repos: [{repo: meta, hooks: [{id: identity}]}]\nfail_fast: true\n",
    "flow on lines": "repos: [\n  {repo: meta, hooks: [{id: identity}]},\n]\n",
    "no repositories": "repos: []  # none yet\nfail_fast: true\n",
    "nothing below": "repos:\nfail_fast: true\n",
    "null": "fail_fast: true\nrepos: null\n",
    "comments alone": "# to be filled in\n",
    "other keys alone": "fail_fast: true\n",
    "old list": "- repo: meta\n  hooks:\n  - id: identity\n",
    "block text": "repos:\n- repo: local\n  hooks:\n  - entry: |\n      true\n      # no comment\nci: {}\n",
    "document": f"---\n{SAMPLE}...\n",
    "windows": SAMPLE.replace("\n", "\r\n"),
}
LEFTHOOK = {
    "nothing": "",
    "other hooks": "pre-commit:\n  commands:\n    lint:\n      run: npm run lint\n",
    "same hook": "post-checkout:\n  commands:\n    deps:\n      run: npm ci\n",
    "same hook first": "post-checkout:\n  commands:\n    deps:\n      run: npm ci\npre-push:\n  jobs: []\n",
    "options alone": "post-checkout:\n    parallel: true\npre-push: {}\n",
    "scripts": "post-checkout:\n  scripts:\n    'a.sh':\n      runner: bash\n\npre-push: {}\n",
    "jobs": "post-checkout:\n  jobs:\n    - run: npm ci\n\npre-push: {}\n",
    "jobs and commands": "post-checkout:\n  jobs:\n  - run: a\n  commands:\n    b:\n      run: b\n",
    "nothing below": "post-checkout:\n# later\npre-push: {}\n",
    "no commands": "post-checkout:\n  commands: {}\n",
    "flow": "post-checkout: {commands: {deps: {run: npm ci}}}\n",
    "block text": "pre-push:\n  commands:\n    a:\n      run: |+\n        true\n        # no comment\n\n",
}
SIMPLE = {
    "tabs": '{\n\t"name": "x",\n\t"simple-git-hooks": {\n\t\t"pre-commit": "npx lint-staged"\n\t}\n}\n',
    "empty": '{"simple-git-hooks": {}, "private": true}',
    "same hook": '{\n  "simple-git-hooks": {"post-checkout": "npm ci && echo \\"done\\""}\n}\n',
}


def advice(root: Path, manager: str, name: str, text: str) -> ManagerLines:
    """Returns the lines for a file with a text."""
    (root / name).parent.mkdir(exist_ok=True, parents=True)
    (root / name).write_bytes(text.encode())
    return lines.lines(manager, root, root / ".git/hooks")


def followed(root: Path, told: ManagerLines) -> str:
    """Does what a person is told to do with a file, and returns the new text."""
    assert told.problem == ""
    path = root / told.file
    before = path.read_bytes().decode().splitlines(keepends=True)
    place = re.fullmatch(
        r"(at the|after|in place of) (end|start|lines? (\d+)(?: to (\d+))?) of (.*)", told.where
    )
    assert place, told.where
    assert place[5] == told.file
    first = {"end": len(before), "start": 0}.get(place[2], int(place[3] or 0))
    last = int(place[4] or first) if place[1] == "in place of" else first
    start = first - 1 if place[1] == "in place of" else first
    path.write_bytes("".join([*before[:start], told.text, *before[last:]]).encode())
    assert told.present(root)
    return path.read_bytes().decode()


def ours(data: Any) -> Any:  # noqa: ANN401
    """Takes our entry out of what a manager reads, and returns it."""
    if isinstance(data, list):
        return data.pop()
    hook = data[NAME]
    jobs = hook.get("jobs") or []
    if jobs and jobs[-1].get("name") == "aidevcontainer":
        return jobs.pop()
    return hook["commands"].pop("aidevcontainer")


def without_empty(data: Any) -> Any:  # noqa: ANN401
    """Returns data without what is empty: `{}`, `[]` and nothing mean the same to the managers."""
    if isinstance(data, dict):
        kept = {key: without_empty(value) for key, value in data.items()}
        return {key: value for key, value in kept.items() if value not in (None, {}, [])}
    return data


@pytest.mark.parametrize("text", PRE_COMMIT.values(), ids=PRE_COMMIT)
def test_pre_commits_file_stays_what_it_was_with_one_more_hook(tmp_path: Path, text: str) -> None:
    """U-2: a line in the wrong place would fail everybody's commits."""
    told = advice(tmp_path, "pre-commit", ".pre-commit-config.yaml", text)
    found = yaml.safe_load(followed(tmp_path, told))
    [hook] = ours(found["repos"] if isinstance(found, dict) else found)["hooks"]
    assert (hook["id"], hook["stages"], hook["always_run"]) == ("aidevcontainer", [NAME], True)
    assert without_empty(found) == without_empty(yaml.safe_load(text) or {})


@pytest.mark.parametrize("name", ["lefthook.yml", ".lefthook.yaml", ".config/lefthook.yml"])
@pytest.mark.parametrize("text", LEFTHOOK.values(), ids=LEFTHOOK)
def test_lefthooks_file_stays_what_it_was_with_one_more_command(tmp_path: Path, name: str, text: str) -> None:
    """U-2: also where it has commands after a checkout already."""
    told = advice(tmp_path, "lefthook", name, text)
    assert told.file == name
    found = yaml.safe_load(followed(tmp_path, told))
    assert PROGRAM in ours(found)["run"]
    assert without_empty(found) == without_empty(yaml.safe_load(text) or {})


@pytest.mark.parametrize(
    "text", ['{"pre-push": {"jobs": [\n\t{"run": "a"}\n]}}', '{\n  "post-checkout": {}\n}\n']
)
def test_lefthooks_json(tmp_path: Path, text: str) -> None:
    """U-2: JSON stays JSON."""
    found = json.loads(followed(tmp_path, advice(tmp_path, "lefthook", "lefthook.json", text)))
    assert PROGRAM in ours(found)["run"]
    assert without_empty(found) == without_empty(json.loads(text))


@pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python reads no TOML")
@pytest.mark.parametrize(
    ("manager", "name", "text"),
    [
        ("lefthook", "lefthook.toml", "[pre-push]\nparallel = true"),
        ("lefthook", "lefthook.toml", "[post-checkout.commands.deps]\nrun = 'npm ci'\n"),
        ("pre-commit", "prek.toml", '[[repos]]\nrepo = "meta"\nhooks = [{ id = "identity" }]\n'),
        ("pre-commit", "prek.toml", "default_stages = ['pre-commit']\n"),
    ],
)
def test_toml(tmp_path: Path, manager: str, name: str, text: str) -> None:
    """U-2: a table at the end, also after a last line without a line break."""
    tomllib = importlib.import_module("tomllib")
    found = tomllib.loads(followed(tmp_path, advice(tmp_path, manager, name, text)))
    entry = ours(found["repos"] if manager == "pre-commit" else found)
    assert PROGRAM in json.dumps(entry)
    assert without_empty(found) == without_empty(tomllib.loads(text))


@pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python reads no TOML")
@pytest.mark.parametrize("text", ["repos = [{ repo = 'meta', hooks = [] }]\n", "repos = [\n"])
def test_toml_that_takes_no_table(tmp_path: Path, text: str) -> None:
    """U-2: a sentence instead of a broken file."""
    assert "not valid TOML" in advice(tmp_path, "pre-commit", "prek.toml", text).problem


@pytest.mark.parametrize("text", SIMPLE.values(), ids=SIMPLE)
def test_simple_git_hooks_gets_a_command(tmp_path: Path, text: str) -> None:
    """U-2: it deletes hooks that it does not know, so ours becomes one of its own."""
    told = advice(tmp_path, "simple-git-hooks", "package.json", text)
    assert told.after == "npx simple-git-hooks"
    found, before = json.loads(followed(tmp_path, told)), json.loads(text)
    command = found["simple-git-hooks"].pop(NAME)
    assert PROGRAM in command
    assert command.endswith(before["simple-git-hooks"].pop(NAME, ""))
    assert found == before


@pytest.mark.parametrize(
    ("manager", "name", "text", "reason"),
    [
        ("pre-commit", ".pre-commit-config.yaml", "repos:\n  - repo: [\n", "not valid YAML (line"),
        ("pre-commit", ".pre-commit-config.yaml", "repos: yes\n", "another entry"),
        ("pre-commit", ".pre-commit-config.yaml", "a: 1\n---\nb: 1\n", "not valid YAML"),
        ("lefthook", "lefthook.yml", "x: &x {commands: {}}\npost-checkout: *x\n", "line by line"),
        ("lefthook", "lefthook.yml", "- a\n", "cannot be in it"),
        ("simple-git-hooks", ".simple-git-hooks.js", "module.exports = {}\n", '"post-checkout": "hook='),
        ("git", ".git/hooks/post-checkout", "#!/usr/bin/env python3\nprint(1)\n", "not a shell script"),
    ],
)
def test_a_file_that_takes_no_line_gets_none(
    tmp_path: Path, manager: str, name: str, text: str, reason: str
) -> None:
    """U-2: the reason is said, and nothing is printed that would break the file."""
    told = advice(tmp_path, manager, name, text)
    assert reason in told.problem
    assert (told.text, told.present(tmp_path)) == ("", False)


@pytest.mark.parametrize(
    "text",
    [
        "true\n",
        "echo mine",
        '#!/usr/bin/env sh\n. "$(dirname -- "$0")/_/husky.sh"\n\necho mine\nexit 0\n',
        "#!/bin/sh\n# A comment\nexec npm run checkout\n",
        "echo one \\\n",
        "cat <<'END'\ntext\n",
    ],
)
def test_a_shell_hook_reaches_the_line(tmp_path: Path, text: str) -> None:
    """U-2: not behind an `exit`, in a text or in the middle of a command."""
    told = advice(tmp_path, "husky", f".husky/{NAME}", text)
    script = followed(tmp_path, told)
    program = tmp_path / ".git/hooks" / PROGRAM
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho ours\n")
    program.chmod(0o755)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    done = subprocess.run(
        ["sh", "-e"], input=script, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "ours\n" in done.stdout


def test_husky_in_a_folder_of_the_repository(tmp_path: Path) -> None:
    """U-2: the file that husky runs, as in a monorepo."""
    hooks = tmp_path / "web/.husky/_"
    assert lines.lines("husky", tmp_path, hooks).file == f"web/.husky/{NAME}"
    assert lines.lines("husky", tmp_path, tmp_path / ".git/hooks").file == f".husky/{NAME}"


@pytest.mark.parametrize("text", [f"# {PROGRAM}\n", f"repos: [\n# x\n  entry: {PROGRAM}\n"])
def test_a_comment_or_a_broken_file_calls_nothing(tmp_path: Path, text: str) -> None:
    """U-2: status must not say that the hook is installed."""
    told = advice(tmp_path, "pre-commit", ".pre-commit-config.yaml", text)
    assert not told.present(tmp_path)


@pytest.mark.parametrize(
    ("settings", "removes"),
    [
        ('{"simple-git-hooks": {"pre-commit": "true"}}', True),
        ('{"simple-git-hooks": {"preserveUnused": ["pre-push"]}}', True),
        ('{"simple-git-hooks": {"preserveUnused": ["post-checkout"]}}', False),
        ('{"simple-git-hooks": {"preserveUnused": true}}', False),
        ('{"devDependencies": {"simple-git-hooks": "1"}}', False),
        ("{", False),
    ],
)
def test_managers_that_remove_other_hooks_are_known(tmp_path: Path, settings: str, removes: bool) -> None:
    """U-2: ours would be gone after the next `npm install`, without a word."""
    (tmp_path / "package.json").write_text(settings)
    name = managers.manager(tmp_path, tmp_path / ".git/hooks")
    assert managers.removes_others(name, tmp_path) == removes


_LEVELS = "bcdefghijklmnopqrstu"
_BOMB = "a: &a [x]\n" + "".join(
    f"{each}: &{each} [{','.join([f'*{chr(ord(each) - 1)}'] * 9)}]\n" for each in _LEVELS
)
_MERGES = "a: &a {k: v}\n" + "".join(
    f"{each}: &{each} {{<<: [{','.join([f'*{chr(ord(each) - 1)}'] * 9)}]}}\n" for each in _LEVELS
)
HOSTILE = {
    "references": f"{_BOMB}repos: *u\npost-checkout: *u\n",
    "merges": f"{_MERGES}repos: *u\npost-checkout: *u\n",
    "itself": "repos: &r [*r]\npost-checkout: &p {commands: *p}\n",
    "deep": "[" * 60000,
    "deep object": '{"simple-git-hooks":' * 3000,
    "large": "repos: []\n" + "# x\n" * 100000,
    "no text": "\ufffd\0\x1b[2J: x\n",
}


@pytest.mark.parametrize("file", [".pre-commit-config.yaml", "lefthook.yml", "package.json", "prek.toml"])
@pytest.mark.parametrize("content", HOSTILE)
def test_a_hostile_file_is_answered_at_once(tmp_path: Path, file: str, content: str) -> None:
    """The file is the branch's, and the helpers read it on the host."""
    (tmp_path / file).write_text(HOSTILE[content])
    start = time.process_time()
    managers.manager(tmp_path, tmp_path / ".git/hooks")
    for name in managers.NAMES:
        told = lines.lines(name, tmp_path, tmp_path / ".git/hooks")
        assert told.text or told.problem
        told.present(tmp_path)
    assert time.process_time() - start < 10


@pytest.mark.parametrize("file", [".husky/post-checkout", "lefthook.yml", "package.json"])
def test_a_pipe_in_place_of_a_file_does_not_block(tmp_path: Path, file: str) -> None:
    """Nobody would ever write into it."""
    (tmp_path / file).parent.mkdir(exist_ok=True)
    os.mkfifo(tmp_path / file)
    managers.manager(tmp_path, tmp_path / ".git/hooks")
    for name in managers.NAMES:
        lines.lines(name, tmp_path, tmp_path / ".git/hooks")
