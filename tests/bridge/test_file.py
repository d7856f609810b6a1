"""`bridge.yaml`: what it may say, and what a person is told about everything else."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from aidevcontainer.bridge import file
from aidevcontainer.bridge.broker import declaration
from aidevcontainer.bridge.broker.reserved import RESERVED
from aidevcontainer.bridge.file import BridgeFile, BridgeFileError
from aidevcontainer.bridge.plain_file import MOST_BYTES
from aidevcontainer.project.paths import Project
from tests.support.scaffold import ROOT

WHOLE = """\
version: "1"
default_container: app
containers:
  app:
    service: php
    paths: {/workspace: /var/www/html, /workspace/docs: /docs}
    environment: [APP_ENV]
  db: shop-db-1
  other: {service: web, project: second}
commands:
  php:
  composer: {exec: 'php -d "memory_limit=-1" composer.phar', user: 1000:1000}
  psql:
    container: db
    exec: [psql, -U, app user, "8080", ""]
    workdir: /
    environment: [PGPASSWORD, PGDATABASE, PGPASSWORD]
  jest: {container: other, paths: {/workspace/js: /app}}
"""

NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,20}", fullmatch=True).filter(
    lambda n: n not in RESERVED
)
ALIASES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,10}", fullmatch=True)
CONTAINERS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}", fullmatch=True)
WORDS = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=20)
FOLDERS = st.lists(st.from_regex(r"[A-Za-z0-9_ -]{1,8}", fullmatch=True), max_size=3)
PLACES = st.fixed_dictionaries(
    {},
    optional={
        "workdir": FOLDERS.map(lambda parts: "/" + "/".join(parts)),
        "paths": st.dictionaries(
            FOLDERS.map(lambda parts: "/".join(["/workspace", *parts])),
            FOLDERS.map(lambda parts: "/" + "/".join(parts)),
            max_size=3,
        ),
        "environment": st.lists(st.from_regex(r"APP_[A-Z0-9_]{0,8}", fullmatch=True), max_size=3),
        "user": st.from_regex(r"[a-z0-9_]{1,8}(:[a-z0-9_]{1,8})?", fullmatch=True),
    },
)


def read(text: str) -> BridgeFile:
    return file.parse(text.encode("utf-8", "surrogatepass"))


def refusal(text: str | bytes) -> str:
    with pytest.raises(BridgeFileError) as caught:
        file.parse(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return str(caught.value)


def with_command(body: str) -> str:
    return f"version: '1'\ncontainers: {{app: shop-app-1}}\ncommands:\n{body}"


def test_a_whole_file_means_what_it_says() -> None:
    """B-3: aliases, defaults of a container, words of exec as a shell would split them, or as a list."""
    found = read(WHOLE)
    assert list(found.commands) == ["php", "composer", "psql", "jest"]
    php, composer, psql, jest = found.commands.values()
    assert php.target == file.Target("app", service="php")
    assert php.exec == ("php",)
    assert php.options.paths == (("/workspace", "/var/www/html"), ("/workspace/docs", "/docs"))
    assert composer.exec == ("php", "-d", "memory_limit=-1", "composer.phar")
    assert composer.options == php.options._replace(user="1000:1000")
    assert psql.target == file.Target("db", container="shop-db-1")
    assert psql.exec == ("psql", "-U", "app user", "8080", "")
    assert psql.options == file.RunOptions(workdir="/", environment=("PGPASSWORD", "PGDATABASE"))
    assert jest.target == file.Target("other", service="web", project="second")
    assert jest.line == 18


def test_text_stays_text() -> None:
    """B-3: YAML's habits (no is false, 1.10 is 1.1, 010 is 8) do not reach names, users and words."""
    found = read(with_command("  on: {exec: [no, 1.10, 010, ~x]}\n  2to3: {user: 007}\n"))
    assert found.commands["on"].exec == ("no", "1.10", "010", "~x")
    assert found.commands["2to3"].options.user == "007"
    words = "[yes, 0o17, 2026-01-01, 1_000, .inf, 0x1F, 'null', null]"
    assert read(with_command(f"  x: {{exec: {words}}}\n")).commands["x"].exec == (
        *("yes", "0o17", "2026-01-01", "1_000", ".inf", "0x1F", "null", ""),
    )


def test_a_single_container_is_the_default() -> None:
    """B-3: with one container there is nothing to choose."""
    assert read(with_command("  php:\n")).commands["php"].target.container == "shop-app-1"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("[]", "line 1: the file must have keys"),
        ("version: '1'\n", "line 1: 'containers' is missing"),
        (
            "version: '2'\ncontainers: {a: b}\ncommands: {x: }\n",
            "line 1: version '2' is not supported, only '1'",
        ),
        (
            "version: '1'\ncontainers: {a: b}\ncommands: {}\n",
            "line 3: 'commands' must have at least one entry",
        ),
        ("version: '1'\ncontainer: {a: b}\n", "line 2: 'container' is not a key of the file. Did you mean"),
        ("version: '1'\nversion: '1'\n", "line 2: 'version' is repeated. It is already set in line 1"),
        (
            "version: '1'\ncontainers: {a: b, c: d}\ncommands:\n  x:\n",
            "line 4: the command 'x' needs a 'container', because",
        ),
        (
            "version: '1'\ndefault_container: ap\ncontainers: {app: b}\ncommands: {x: }\n",
            "line 2: 'ap' is not one of the 'containers'. Did you mean 'app'",
        ),
        (
            "version: '1'\ncontainers:\n  a: {name: b, service: c}\ncommands: {x: }\n",
            "line 3: the container 'a'",
        ),
        ("version: '1'\ncontainers:\n  a: {}\ncommands: {x: }\n", "needs either 'name' or 'service'"),
        (
            "version: '1'\ncontainers:\n  a: {name: b, project: c}\ncommands: {x: }\n",
            "'project' is allowed only beside 'service'",
        ),
        ("version: '1'\ncontainers: {a: ../b}\ncommands: {x: }\n", "'../b' cannot be the name of"),
        ("version: '1'\ncontainers: {a: }\ncommands: {x: }\n", "'' cannot be the name of the container 'a'"),
        ("version: '1'\n  bad: indent\n", "line 2: this is not valid YAML: expected <block end>"),
        ("a: &x 1\nb: *x\n", "line 1: anchors and aliases"),
        ("a: 1\nb: *x\n", "line 2: anchors and aliases"),
        ("a: [x, &y {b: c}]\n", "line 1: anchors and aliases"),
        ("a: b\n&x c: d\n", "line 2: anchors and aliases"),
        ("a: ! b\n", "line 1: tags"),
        ("a: !!str b\n", "line 1: tags"),
        ("a: {<<: {b: c}}\n", "line 1: 'a' is not a key"),
        ("a: !!python/object:os.system x\n", "line 1: tags"),
        ("? {a: b}\n: c\n", "line 1: a key must be a plain word"),
        ("version: '1'\n---\nversion: '1'\n", "line 2: a second document"),
        ("a: {b: {c: {d: {e: {f: {g: h}}}}}}", "nested too deeply"),
        ("<<<<<<< before\nversion: '1'\n", "line 1: a merge left its conflict markers"),
        ('a: "\\UFFFFFFFF"\n', "not valid YAML"),
        ('a: "x\\0"\n', "line 1: there is a control character"),
        ("a: b\n\x07\n", "line 2: it contains the character U+0007"),
    ],
)
def test_a_broken_file_is_refused_with_line_and_reason(body: str, sentence: str) -> None:
    """B-3: as a whole; the sentence names the line."""
    assert sentence in refusal(body)
    assert refusal(body).startswith("bridge.yaml")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (
            "  bash:\n",
            "the agent container needs its own 'bash'. Choose another name, "
            "such as 'project-bash' with 'exec: bash'",
        ),
        ("  test: {exec: make test}\n", "needs its own 'test'"),
        ("  ../x:\n", "'../x' cannot be a command's name"),
        ("  -x:\n", "'-x' cannot be a command's name"),
        ("  x: {exec: 'a \"b'}\n", "'exec' of the command 'x' has an open quote"),
        ("  x: {exec: ''}\n", "'exec' of the command 'x' must be a program"),
        ("  x: {exec: []}\n", "'exec' of the command 'x' must be a program"),
        ("  x: {exec: ['']}\n", "'exec' of the command 'x' must be a program"),
        ("  x: {exec: [[a]]}\n", "a word of 'exec' of the command 'x' must be a text"),
        ("  x: {exce: a}\n", "'exce' is not a key of the command 'x'. Did you mean 'exec'"),
        ("  x: {workdir: app}\n", "'workdir' of the command 'x': 'app' is not absolute"),
        ("  x: {workdir: /app/../etc}\n", "is not in its plain form"),
        ("  x: {paths: {/workspace: app}}\n", "the folder for '/workspace': 'app' is not absolute"),
        ("  x: {paths: {/workspaces: /app}}\n", "'/workspaces' must be /workspace or a folder below it"),
        ("  x: {paths: {/workspace/..: /app}}\n", "'/workspace/..' must be /workspace or a folder"),
        ("  x: {paths: /app}\n", "'paths' of the command 'x' must be pairs such as '/workspace: /app'"),
        ("  x: {environment: APP_ENV}\n", "must be a list of names, such as [APP_ENV]"),
        ("  x: {environment: [A-B]}\n", "'A-B' is not the name of a variable"),
        ("  x: {environment: [LD_PRELOAD]}\n", "LD_PRELOAD cannot be passed on"),
        ("  x: {user: 'a b'}\n", "'a b' is not a user"),
        ("  x: y\n", "the command 'x' must have keys (container, exec"),
        ("  x: {container: [a]}\n", "a container's name must be a text"),
    ],
)
def test_a_wrong_command_is_told_what_is_wrong(command: str, sentence: str) -> None:
    """B-3: nothing of the file comes into force, and the sentence says what would be right."""
    said = refusal(with_command(command))
    assert said.startswith("bridge.yaml line 4: ")
    assert sentence in said


@settings(deadline=None)
@given(
    containers=st.dictionaries(ALIASES, CONTAINERS, min_size=1, max_size=3),
    commands=st.dictionaries(NAMES, st.tuples(st.lists(WORDS, max_size=3), PLACES), min_size=1, max_size=5),
    data=st.data(),
)
def test_what_is_written_is_what_is_read(
    containers: dict[str, str], commands: dict[str, tuple[list[str], dict[str, object]]], data: st.DataObject
) -> None:
    """B-3: any file of the format, through the parser and to the broker, keeps every word."""
    alias = data.draw(st.sampled_from(sorted(containers)))
    content = {
        "version": "1",
        "containers": containers,
        "commands": {
            name: {"container": alias, "exec": ["run", *words], **place}
            for name, (words, place) in commands.items()
        },
    }
    found = read(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    made = [each.in_container(each.target.container) for each in found.commands.values()]
    for command, (name, (words, place)) in zip(made, commands.items(), strict=False):
        assert (command.name, command.container) == (name, containers[alias])
        assert command.exec == ("run", *words)
        assert command.workdir == place.get("workdir", "")
        assert dict(command.paths) == place.get("paths", {})
    whole = declaration.Declaration(tuple(made), "project")
    assert declaration.decode(declaration.encode(whole)) == whole


@settings(deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))
    )
)
def test_any_bytes_are_a_file_or_a_sentence(content: bytes) -> None:
    """B-3: no content of any kind ends in anything but a sentence."""
    try:
        file.parse(content)
    except BridgeFileError as error:
        assert str(error).startswith("bridge.yaml")


@settings(deadline=None)
@given(position=st.integers(0, len(WHOLE)), junk=st.text(max_size=8), cut=st.integers(0, 12))
def test_a_damaged_file_is_a_file_or_a_sentence(position: int, junk: str, cut: int) -> None:
    """B-3: the same for what is nearly right, which comes further into the parser."""
    text = WHOLE[:position] + junk + WHOLE[position + cut :]
    try:
        read(text)
    except BridgeFileError as error:
        assert str(error).startswith("bridge.yaml")


@pytest.mark.parametrize(
    "bomb", ["[" * 60000, "{a: " * 15000, "? " * 30000, "- " * 30000, "a: '" + "x" * 60000]
)
def test_a_bomb_costs_nothing(bomb: str) -> None:
    """B-3: what nests without end, or has no end, is refused at once."""
    started = time.process_time()
    refusal(bomb)
    # Hundreds of times what it takes, and far from what one of them takes that is really read.
    assert time.process_time() - started < 5


def test_a_large_file_is_refused() -> None:
    """B-3: whatever it says."""
    assert "larger than 64 KiB" in refusal(b"#" * (MOST_BYTES + 1))


@pytest.mark.parametrize("page", ["README.md", "docs/bridge.md", "template/.aidevcontainer/README.md.jinja"])
def test_examples_are_valid(page: str) -> None:
    """B-3, US-006: what the pages show can be put into force as it stands there."""
    examples = re.findall(r"```yaml\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    assert [sorted(read(example).commands)[:2] for example in examples] == [["composer", "php"]]


@pytest.fixture
def place(tmp_path: Path) -> Project:
    """A project without the file."""
    (tmp_path / ".aidevcontainer").mkdir()
    return Project(str(tmp_path))


def test_no_file_is_no_bridge(place: Project) -> None:
    """B-2: off unless asked for."""
    assert file.load(place) is None


def test_a_file_is_found(place: Project) -> None:
    """B-3: in the folder that the agent can only read."""
    Path(file.path(place)).write_text(WHOLE)
    assert file.load(place) == read(WHOLE)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: path.symlink_to("/etc/hostname"), "symbolic link"),
        (lambda path: path.symlink_to("gone"), "symbolic link"),
        (lambda path: path.mkdir(), "not a plain file"),
        (lambda path: os.mkfifo(path), "not a plain file"),
    ],
)
def test_only_a_file_is_a_file(place: Project, make: object, sentence: str) -> None:
    """B-2: a link could lead to what the agent may write, and a pipe would make the helper wait for it."""
    make(Path(file.path(place)))  # type: ignore[operator]
    with pytest.raises(BridgeFileError, match=sentence):
        file.load(place)
