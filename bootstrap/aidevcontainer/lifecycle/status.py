"""What there is to know of a project's containers, for people and for programs."""

from __future__ import annotations

from typing import Any, NamedTuple

from aidevcontainer.bridge import switch
from aidevcontainer.engine import image, readiness
from aidevcontainer.engine.docker_cli import Docker
from aidevcontainer.engine.socket_api import Container
from aidevcontainer.git import notices
from aidevcontainer.project import env_file as envfile
from aidevcontainer.project import record
from aidevcontainer.updates import news as template_news
from aidevcontainer.util import light_json

_BASE_LABEL = '{{index .Config.Labels "aidevcontainer.base"}}'
_DEFAULT_BASE = "alpine"
_OFF = "off"


class Status(NamedTuple):
    """A snapshot. `state` is one of stopped, starting, ready, closed, stale; the names are the JSON's.

    `waiting`: the containers follow the files once no session runs.
    `template` has `version`, `newest` and `behind` as of the last look at the template, or nothing.
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
    rebuild_due: bool
    waiting: bool
    template_version: str
    template: dict[str, Any]
    planted: list[str]


def collect(docker: Docker) -> Status:
    """Ask the engine and the firewall. Raises Problem."""
    values = envfile.read(docker.project.env_file)
    template_news.look_behind(docker.project.root, docker.variables)
    news = template_news.remembered(docker.project.root)
    name = docker.project.name()
    claude, firewall = (docker.container(each) for each in readiness.container_names(name))
    policy = _policy(docker, firewall)
    waiting = docker.project.waits_for_switch()
    used = claude.image if claude else values.get("AIDEVCONTAINER_IMAGE", "")
    return Status(
        project=name,
        root=docker.project.root,
        state=_state(claude, firewall, policy),
        claude=_words(claude),
        firewall=_words(firewall),
        bridge=_bridge(docker, name, values),
        policy=policy,
        image=used,
        base=_base(docker, used, values),
        claude_version=_version(claude, docker),
        ids=f"{values.get('CLAUDE_UID', '?')}:{values.get('CLAUDE_GID', '?')}",
        template_version=_template(claude, docker),
        rebuild_due=bool(used) and used != image.name(docker.project, values) and not waiting,
        waiting=waiting,
        template=news._asdict() if news else {},
        planted=notices.look(docker.project),
    )


def describe(status: Status) -> str:
    """Return the snapshot as text for a person."""
    rows = [
        ("project", f"{status.project}, {status.root}"),
        ("state", _STATES[status.state]),
        ("claude", status.claude),
        ("firewall", ", ".join([status.firewall, *_policy_words(status.policy)])),
        *([("bridge", status.bridge)] if status.bridge != _OFF else []),
        ("image", _image_words(status)),
        ("ids", status.ids),
        *(("warning", str(warning)) for warning in status.policy.get("warnings", [])),
    ]
    rows += [("planted", sentence) for sentence in status.planted]
    if status.rebuild_due:
        rows.append(("rebuild", "the image's files changed since: ./.aidevcontainer/container rebuild"))
    if status.waiting:
        rows.append(
            ("waiting", "the containers follow the files with the next session that opens when none runs")
        )
    behind = template_news.News(**status.template).sentence() if status.template else ""
    if behind:
        rows.append(("template", f"{behind}, update with ./.aidevcontainer/update"))
    elif status.template_version:
        rows.append(("template", status.template_version))
    return "\n".join(f"{title:<9} {text}" for title, text in rows)


_STATES = {
    "stopped": "stopped. Start: ./.aidevcontainer/container up",
    "starting": "starting",
    "ready": "ready: ./.aidevcontainer/claude opens a session at once",
    "closed": "the network is closed: ./.aidevcontainer/container logs firewall",
    "stale": "the firewall was restarted, the agent not: ./.aidevcontainer/container up",
}


def _state(claude: Container | None, firewall: Container | None, policy: dict[str, Any]) -> str:
    if not (claude and claude.running and firewall and firewall.running):
        return "stopped"
    if not readiness.shares_namespace(claude, firewall):
        return "stale"
    found = str(policy.get("state", "starting"))
    return found if found in _STATES else "starting"


def _policy(docker: Docker, firewall: Container | None) -> dict[str, Any]:
    """Return what the firewall says of itself, empty when it does not answer."""
    if firewall is None or not firewall.running:
        return {}
    return light_json.fields(docker.execute(firewall.id, "cat", "/run/aidevcontainer/status.json").out)


def _version(claude: Container | None, docker: Docker) -> str:
    label = claude.labels.get("aidevcontainer.claude", "") if claude else ""
    return label or image.claude_version(docker.project)


def _template(claude: Container | None, docker: Docker) -> str:
    # What runs was made by the version of its label, whatever the files are by now.
    label = claude.labels.get("aidevcontainer.template", "") if claude else ""
    return label or record.version(docker.project.root)


def _bridge(docker: Docker, name: str, values: dict[str, str]) -> str:
    if not values.get(switch.ON):
        return _OFF
    broker = docker.container(switch.container_name(name))
    return f"{_words(broker)}, see ./.aidevcontainer/container bridge status"


def _words(container: Container | None) -> str:
    if container is None:
        return "not created"
    return f"running since {_minute(container.started)}" if container.running else "stopped"


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


def _image_words(status: Status) -> str:
    if not status.image:
        return "not built"
    return f"{status.image}, base {status.base}, Claude Code {status.claude_version}"


def _base(docker: Docker, used: str, values: dict[str, str]) -> str:
    result = docker.run("image", "inspect", "--format", _BASE_LABEL, used) if used else None
    label = result.out.strip() if result and result.code == 0 else ""
    return label if label not in ("", "<no value>") else values.get("ALPINE_IMAGE", _DEFAULT_BASE)
