"""The repository's own Compose project, as its files describe it.

The files may come from a stranger's branch. They are read as YAML nodes instead of values: aliases stay
references, so a few lines that name each other cannot grow into gigabytes, and no tag creates an object.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml

from aidevcontainer.bridge import plain_file
from aidevcontainer.bridge.plain_file import FileError
from aidevcontainer.git import layout
from aidevcontainer.project import env_file

# In the order in which Compose looks, each with the override files that Compose adds.
_FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES = {
    "compose": ("compose.override.yaml", "compose.override.yml"),
    "docker-compose": ("docker-compose.override.yml", "docker-compose.override.yaml"),
}
_MOST_BYTES = 262144
_DEEPEST = 20  # merges (`<<`) that lead to merges
_MOST_VALUES = 1000  # of one list
_MOST_FILES = 50
_DEEPEST_FILES = 10  # files that include files
_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(?::?-([^${}]*))?\}|\$([A-Za-z_][A-Za-z0-9_]*)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


class BindMount(NamedTuple):
    """A folder of the host in a service's container. `source` is absolute."""

    source: str
    target: str


class Service(NamedTuple):
    """A service. A field is empty where the files leave it out or have it in a form that is not read here."""

    name: str
    file: str
    container: str
    image: str
    dockerfile: str
    mounts: tuple[BindMount, ...]


class ComposeProject(NamedTuple):
    """All services by name. `problems` are sentences about files that were not read."""

    name: str
    services: dict[str, Service]
    problems: tuple[str, ...]


def read(root: str) -> ComposeProject:
    """Returns the Compose project of a folder, without services where there is no file. Never raises."""
    reader = _Reader(root)
    for file in _files(root):
        reader.add(os.path.join(root, file), root, _DEEPEST_FILES)
    return ComposeProject(_project_name(root, reader.name), reader.services, tuple(reader.problems))


def container_name(root: str, service: str, project: str) -> str:
    """Returns the name that Compose gives a service's first container, whether it exists or not."""
    found = read(root)
    if project and project != found.name:
        return f"{project}-{service}-1"
    own = found.services.get(service)
    return (own.container if own else "") or f"{found.name}-{service}-1"


class _Reader:
    """Reads files and those that they include or extend, none of them outside of the repository."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.name = ""
        self.services: dict[str, Service] = {}
        self.problems: list[str] = []
        self._tops: dict[str, yaml.Node | None] = {}
        self._nodes: dict[str, dict[str, yaml.Node]] = {}
        self._added: set[str] = set()

    def add(self, path: str, folder: str, depth: int) -> None:
        """Adds a file's services. Relative paths in it start at `folder`."""
        if path in self._added:
            return
        self._added.add(path)
        top = self._top(path)
        for included, directory in _includes(top, os.path.dirname(path)):
            if depth:
                self.add(included, directory or os.path.dirname(included), depth - 1)
        if depth == _DEEPEST_FILES:
            # An included file's project has its own name, which Compose ignores.
            self.name = _text(_get(top, "name")) or self.name
        for name in self._services_in(path):
            service = self._service(path, folder, name, _DEEPEST)
            if service:
                self.services[name] = _merged(self.services.get(name), service)

    def _service(self, path: str, folder: str, name: str, depth: int) -> Service | None:
        node = self._services_in(path).get(name)
        if node is None or not depth:
            return None
        own = _service(name, node, folder, os.path.relpath(path, self.root))
        extended = _get(node, "extends")
        if extended is None:
            return own
        file = _text(_get(extended, "file"))
        other = os.path.normpath(os.path.join(folder, file)) if file else path
        base_folder = os.path.dirname(other) if file else folder
        base = self._service(
            other, base_folder, _text(_get(extended, "service")) or _text(extended), depth - 1
        )
        return _merged(base, own)._replace(name=own.name, file=own.file) if base else own

    def _services_in(self, path: str) -> dict[str, yaml.Node]:
        if path not in self._nodes:
            self._nodes[path] = dict(_named_services(self._top(path)))
        return self._nodes[path]

    def _top(self, path: str) -> yaml.Node | None:
        if path not in self._tops:
            try:
                self._tops[path] = self._read(path)
            except FileError as error:
                self._tops[path] = None
                line = f" line {error.line}" if error.line else ""
                shown = os.path.relpath(path, self.root)
                self.problems.append(f"{shown}{line} was not read: {error.reason}.")
        return self._tops[path]

    def _read(self, path: str) -> yaml.Node | None:
        if len(self._tops) >= _MOST_FILES:
            raise FileError(0, f"there are more than {_MOST_FILES} files")
        if not layout.within(os.path.realpath(path), os.path.realpath(self.root)):
            raise FileError(0, "it is outside of the repository")
        return _top(path)


def _includes(top: yaml.Node | None, folder: str) -> Iterator[tuple[str, str]]:
    """Yields the files that a file includes, each with the folder of its relative paths or nothing."""
    included = _get(top, "include")
    for item in included.value[:_MOST_VALUES] if isinstance(included, yaml.SequenceNode) else ():
        paths = _get(item, "path") if isinstance(item, yaml.MappingNode) else item
        directory = _text(_get(item, "project_directory"))
        nodes = paths.value[:_MOST_VALUES] if isinstance(paths, yaml.SequenceNode) else [paths]
        found = [os.path.normpath(os.path.join(folder, text)) for text in map(_text, nodes) if text]
        at = os.path.normpath(os.path.join(folder, directory)) if directory else ""
        # The first of several decides where all of them are.
        yield from ((path, at or os.path.dirname(found[0])) for path in found)


def _named_services(top: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    services = _get(top, "services")
    for key, node in services.value if isinstance(services, yaml.MappingNode) else ():
        name = _text(key)
        if _NAME.fullmatch(name):
            yield name, node


def _files(root: str) -> list[str]:
    variables = _variables(root)
    chosen = variables.get("COMPOSE_FILE", "")
    if chosen:
        return [name for name in chosen.split(variables.get("COMPOSE_PATH_SEPARATOR") or ":") if name]
    first = next((name for name in _FILES if os.path.lexists(os.path.join(root, name))), "")
    overrides = _OVERRIDES[first.rpartition(".")[0]] if first else ()
    second = next((name for name in overrides if os.path.lexists(os.path.join(root, name))), "")
    return [name for name in (first, second) if name]


def _project_name(root: str, name: str) -> str:
    chosen = _variables(root).get("COMPOSE_PROJECT_NAME") or name
    plain = re.sub(r"[^a-z0-9_-]", "", (chosen or os.path.basename(root)).lower())
    return plain.lstrip("_-")


def _variables(root: str) -> dict[str, str]:
    # `.env` can be anything: a virtual environment, a link, a pipe. Only a plain file counts.
    try:
        data = plain_file.read(os.path.join(root, ".env"), _MOST_BYTES)
    except FileError:
        return {}
    return env_file.parse(data.decode("utf-8", "surrogateescape"))


def _top(path: str) -> yaml.Node | None:
    data = plain_file.read(path, _MOST_BYTES)
    try:
        found: yaml.Node | None = yaml.compose(data.decode("utf-8", "replace"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise FileError(int(mark.line) + 1 if mark else 0, "it is not valid YAML") from error
    return found


def _service(name: str, node: yaml.Node, folder: str, file: str) -> Service:
    container = _text(_get(node, "container_name"))
    return Service(
        name=name,
        file=file,
        container=container if _NAME.fullmatch(container) else "",
        image=_text(_get(node, "image")),
        dockerfile=_dockerfile(_get(node, "build"), folder),
        mounts=tuple(_mounts(_get(node, "volumes"), folder)),
    )


def _merged(old: Service | None, new: Service) -> Service:
    if old is None:
        return new
    return Service(
        name=new.name,
        file=old.file,
        container=new.container or old.container,
        image=new.image or old.image,
        dockerfile=new.dockerfile or old.dockerfile,
        mounts=old.mounts + new.mounts,
    )


def _dockerfile(build: yaml.Node | None, root: str) -> str:
    if build is None:
        return ""
    short = isinstance(build, yaml.ScalarNode)
    context = _text(build if short else _get(build, "context")) or "."
    name = _text(_get(build, "dockerfile")) or "Dockerfile"
    return os.path.normpath(os.path.join(root, context, name))


def _mounts(volumes: yaml.Node | None, root: str) -> Iterator[BindMount]:
    items = volumes.value if isinstance(volumes, yaml.SequenceNode) else []
    for item in items[:_MOST_VALUES]:
        source, target = _mount(item)
        if source.startswith((".", "/", "~")) and target.startswith("/"):
            yield BindMount(os.path.normpath(os.path.join(root, source)), os.path.normpath(target))


def _mount(item: yaml.Node) -> tuple[str, str]:
    if isinstance(item, yaml.ScalarNode):
        source, _, rest = _text(item).partition(":")
        return source, rest.partition(":")[0]
    if _text(_get(item, "type")) != "bind":
        return "", ""
    return _text(_get(item, "source")), _text(_get(item, "target"))


def _get(node: yaml.Node | None, key: str, depth: int = 0) -> yaml.Node | None:
    """Returns the value of a key, also one that `<<` merges in."""
    if not isinstance(node, yaml.MappingNode) or depth > _DEEPEST:
        return None
    for name, value in node.value:
        if isinstance(name, yaml.ScalarNode) and name.value == key:
            return value if isinstance(value, yaml.Node) else None
    merged = next((value for name, value in node.value if _is_merge(name)), None)
    parents = merged.value[:1] if isinstance(merged, yaml.SequenceNode) else [merged]
    return _get(parents[0], key, depth + 1) if parents else None


def _is_merge(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value == "<<"


def _text(node: yaml.Node | None) -> str:
    """Returns a scalar's text with variables at their defaults, empty where it is not printable."""
    if not isinstance(node, yaml.ScalarNode):
        return ""
    text = node.value.replace("${PWD}", ".").replace("$PWD", ".")
    text = _VARIABLE.sub(lambda found: found.group(1) or "", text)
    return text if text.isprintable() else ""
