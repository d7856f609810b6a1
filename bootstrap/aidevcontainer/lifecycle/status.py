"""The state of a project's containers, for people and for programs."""

from __future__ import annotations

from typing import Any, NamedTuple

from aidevcontainer.bridge import switch
from aidevcontainer.engine import compose_model, image, snapshot, volumes
from aidevcontainer.engine.compose_model import ComposeModel
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.snapshot import Snapshot
from aidevcontainer.engine.socket_api import Container
from aidevcontainer.firewall import status as policy_in_force
from aidevcontainer.git import notices
from aidevcontainer.lifecycle import isolation, own_services
from aidevcontainer.project import authorities, env_file, record
from aidevcontainer.project.paths import Project
from aidevcontainer.updates import news
from aidevcontainer.util import light_json, table
from aidevcontainer.util.errors import Problem

_BASE_LABEL = '{{index .Config.Labels "aidevcontainer.base"}}'
_DEFAULT_BASE = "alpine"
_OFF = "off"
_STATES = {
    "stopped": "stopped. Start: ./.aidevcontainer/container up",
    "paused": "paused. Resume: ./.aidevcontainer/container up",
    "starting": "starting",
    "ready": "ready: ./.aidevcontainer/claude opens a session at once",
    "closed": "the network is closed: ./.aidevcontainer/container logs firewall",
    "stale": "the firewall was restarted, the agent was not: ./.aidevcontainer/container up",
}


class ProjectStatus(NamedTuple):
    """A project at one moment. The names are the JSON's; `state` is one of `_STATES`.

    `waiting`: a change applies once the last session ends. `authorities` are those of `ca/` that the image
    trusts, `certificates` sentences about files there that do less than a person might expect. `template` has
    `version`, `newest` and `behind` as of the last look at the template, or nothing.
    """

    project: str
    root: str
    state: str
    claude: str
    firewall: str
    bridge: str
    policy: dict[str, Any]
    image: str
    base: str
    claude_version: str
    ids: str
    limits: dict[str, float]
    rebuild_due: bool
    waiting: bool
    template_version: str
    template: dict[str, Any]
    planted: list[str]
    down: list[str]
    weaknesses: list[str]
    authorities: list[dict[str, str]]
    certificates: list[str]


def collect(docker: Docker) -> ProjectStatus:
    """Asks the engine and the firewall. Raises Problem."""
    project = docker.project
    recorded = env_file.read(project.env_file)
    news.look_in_background(project.root, docker.variables)
    known = news.remembered(project.root)
    name = project.name()
    seen = snapshot.take(docker, name)
    files = _files(docker, seen, recorded)
    policy = _policy(docker, seen)
    waiting = project.waits_for_switch()
    used = seen.image or recorded.get("AIDEVCONTAINER_IMAGE", "")
    trusted = authorities.of(project)
    return ProjectStatus(
        project=name,
        root=project.root,
        state=_state(seen, policy),
        claude=_container(seen.agent),
        firewall=_container(seen.firewall),
        bridge=_bridge(docker, name, recorded),
        policy=policy,
        image=used,
        base=_base(docker, used, recorded),
        claude_version=seen.label(volumes.LABEL) or image.claude_version(project),
        ids=f"{recorded.get('CLAUDE_UID', '?')}:{recorded.get('CLAUDE_GID', '?')}",
        limits=_limits(seen.agent),
        template_version=_template_version(seen, project),
        rebuild_due=bool(used) and used != image.name(project, recorded) and not waiting,
        waiting=waiting,
        template=known._asdict() if known else {},
        planted=notices.look(project),
        down=own_services.down(docker, name, files.model) if seen.runs and files.model else [],
        weaknesses=files.weaknesses,
        authorities=[each._asdict() for each in trusted.trusted],
        certificates=trusted.remarks(),
    )


def describe(status: ProjectStatus) -> str:
    """Returns the status as text for a person."""
    passing = policy_in_force.by_address(status.policy)
    return table.text(
        [
            ("project", f"{status.project}, {status.root}"),
            ("state", _STATES[status.state]),
            ("claude", status.claude),
            ("firewall", ", ".join([status.firewall, *_policy_words(status.policy)])),
            *([("by address", passing)] if passing else []),
            *([("bridge", status.bridge)] if status.bridge != _OFF else []),
            ("image", _image_words(status)),
            ("ids", status.ids),
            *_authorities(status),
            *([("limits", _limits_words(status.limits))] if status.limits else []),
            *(("warning", str(warning)) for warning in status.policy.get("warnings", [])),
            *(("planted", sentence) for sentence in status.planted),
            *(("service", sentence) for sentence in status.down),
            *(("weak", sentence) for sentence in status.weaknesses),
            *_due(status),
        ]
    )


class _Files(NamedTuple):
    """The Compose files, None where Compose does not accept them, and sentences about the isolation."""

    model: ComposeModel | None
    weaknesses: list[str]


def _files(docker: Docker, seen: Snapshot, recorded: dict[str, str]) -> _Files:
    running = isolation.of_containers(docker, seen)
    try:
        model = compose_model.read(docker)
    except Problem as problem:
        return _Files(None, [str(problem), *isolation.sentences(running)])
    return _Files(model, isolation.sentences([*running, *isolation.of_model(docker, model, recorded)]))


def _authorities(status: ProjectStatus) -> list[tuple[str, str]]:
    names = ", ".join(f"{each['name']} ({each['file']})" for each in status.authorities)
    rows = [("trusts", f"added authorities: {names}")] if names else []
    return rows + [("warning", remark) for remark in status.certificates]


def _due(status: ProjectStatus) -> list[tuple[str, str]]:
    rows = []
    if status.rebuild_due:
        rows.append(("rebuild", "the image's files changed: ./.aidevcontainer/container rebuild"))
    if status.waiting:
        rows.append(("waiting", "the change applies once the last session ends"))
    behind = news.News(**status.template).sentence() if status.template else ""
    if behind:
        rows.append(("template", f"{behind}, update with ./.aidevcontainer/update"))
    elif status.template_version:
        rows.append(("template", status.template_version))
    return rows


def _state(seen: Snapshot, policy: dict[str, Any]) -> str:
    if not seen.runs:
        return "paused" if seen.is_paused else "stopped"
    if not seen.shares_namespace:
        return "stale"
    found = str(policy.get("state", "starting"))
    return found if found in _STATES else "starting"


def _policy(docker: Docker, seen: Snapshot) -> dict[str, Any]:
    """Returns the firewall's own status, empty when it does not answer."""
    if seen.firewall is None or not seen.firewall_runs:
        return {}
    return light_json.fields(docker.execute(seen.firewall.id, "cat", "/run/aidevcontainer/status.json").out)


def _limits(agent: Container | None) -> dict[str, float]:
    """Returns the limits of the agent's container: bytes of memory, processes, processors; 0: unlimited."""
    if agent is None:
        return {}
    host = agent.details.get("HostConfig") or {}
    return {
        "memory": host.get("Memory") or 0,
        # Some engines write -1 for no limit.
        "processes": max(host.get("PidsLimit") or 0, 0),
        "processors": (host.get("NanoCpus") or 0) / 1e9,
    }


def _limits_words(limits: dict[str, float]) -> str:
    memory, processes, processors = limits["memory"], limits["processes"], limits["processors"]
    return ", ".join(
        (
            f"{memory / (1 << 30):.3g} GiB of memory" if memory else "all memory",
            f"{processes:.0f} processes" if processes else "any number of processes",
            f"{processors:.3g} processors" if processors else "all processors",
        )
    )


def _template_version(seen: Snapshot, project: Project) -> str:
    # The label has the version that made the running container; the files may have moved on.
    return seen.label("aidevcontainer.template") or record.version(project.root)


def _bridge(docker: Docker, name: str, recorded: dict[str, str]) -> str:
    if not recorded.get(switch.ON):
        return _OFF
    broker = docker.container(switch.container_name(name))
    return f"{_container(broker)}, see ./.aidevcontainer/container bridge status"


def _container(container: Container | None) -> str:
    if container is None:
        return "not created"
    if container.running:
        return f"running since {_minute(container.started)}"
    return "paused" if container.paused else "stopped"


def _minute(timestamp: str) -> str:
    date, _, time = timestamp.partition("T")
    return f"{date} {time[:5]} UTC"


def _policy_words(policy: dict[str, Any]) -> list[str]:
    if not policy:
        return []
    source = "the built-in defaults" if policy.get("source") == "defaults" else "allowed-domains.txt"
    words = [str(policy.get("state", "")), f"{policy.get('entries', 0)} entries from {source}"]
    github = policy.get("github")
    if isinstance(github, dict) and github.get("fetched"):
        words.append(f"GitHub's {github.get('prefixes')} ranges as of {github['fetched']}")
    return words + ([str(policy["error"])] if policy.get("error") else [])


def _image_words(status: ProjectStatus) -> str:
    if not status.image:
        return "not built"
    return f"{status.image}, base {status.base}, Claude Code {status.claude_version}"


def _base(docker: Docker, used: str, recorded: dict[str, str]) -> str:
    result = docker.run("image", "inspect", "--format", _BASE_LABEL, used) if used else None
    label = result.out.strip() if result and result.code == 0 else ""
    return label if label not in ("", "<no value>") else recorded.get("ALPINE_IMAGE", _DEFAULT_BASE)
