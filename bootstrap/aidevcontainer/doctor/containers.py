"""Checks the two containers: their directory, their image, and the network namespace that they share."""

from __future__ import annotations

from collections.abc import Iterator

from aidevcontainer.doctor.context import AGENT, FIREWALL, Context, running
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, error, note, ok, warning
from aidevcontainer.engine import image, readiness
from aidevcontainer.engine.snapshot import Snapshot
from aidevcontainer.lifecycle import isolation, own_services

AREA = Area("containers")

_UP = "./.aidevcontainer/container up"
_OVERRIDE = ".aidevcontainer/docker-compose.override.yml"


@AREA.check(
    "running",
    "both containers are running",
    "A session has to start a stopped container first, which takes a few seconds.",
)
def _running(context: Context) -> Iterator[Remark]:
    words = {True: "is running", False: "is stopped"}
    states = [
        f"{name} {words[container.running] if container else 'was not created'}"
        for name, container in (("claude", context.claude), ("firewall", context.firewall))
    ]
    # A stopped project is fine, and so is a firewall that waits for its agent.
    if context.firewall and context.claude and context.claude.running and not context.firewall.running:
        yield error("The agent container is running without its firewall, so it has no network.", _UP)
    else:
        yield ok(", ".join(states))


@AREA.check(
    "namespace",
    "the agent container uses the firewall's current network",
    "After a restart of the firewall alone, the agent is in a dead network: not even listed hosts answer.",
)
def _namespace(context: Context) -> Iterator[Remark]:
    claude = running(context.claude, AGENT)
    firewall = running(context.firewall, FIREWALL)
    if not readiness.shares_namespace(claude, firewall):
        yield error("The firewall was restarted, and the agent container is still in its old network.", _UP)


@AREA.check(
    "directory",
    "the containers belong to this directory",
    "An agent that sees the files of another clone works on the wrong branch.",
)
def _directory(context: Context) -> Iterator[Remark]:
    claude = running(context.claude, AGENT)
    owner = claude.labels.get(readiness.WORKSPACE_LABEL) or "no directory (plain Compose started it)"
    if owner != context.root:
        yield error(f"The agent container belongs to {owner}.", _UP)


@AREA.check(
    "image",
    "the containers run the image of the current files",
    "Your changes of scripts, packages, pins or certificates do not apply yet.",
)
def _image(context: Context) -> Iterator[Remark]:
    claude = running(context.claude, AGENT)
    wanted = image.name(context.project, context.values)
    if context.project.waits_for_switch():
        yield note(
            "A newer image is ready. It applies once the last session ends.",
            "End all sessions, then open one: ./.aidevcontainer/claude",
        )
    elif context.values.get("AIDEVCONTAINER_IMAGE") and claude.image != wanted:
        yield note(
            f"The image's files have changed since the containers started from {claude.image}.",
            "./.aidevcontainer/container rebuild",
        )


@AREA.check(
    "isolation",
    "no setting weakens the isolation of the containers",
    "With such a setting the agent may pass the firewall, or change files that this machine obeys.",
)
def _isolation(context: Context) -> Iterator[Remark]:
    seen = Snapshot(context.claude, context.firewall)
    running = isolation.of_containers(context.client, seen)
    try:
        chosen = isolation.of_model(context.client, context.model, context.values)
    except SkippedError as reason:
        yield error(f"{reason}.", f"Correct the Compose files, then: {_UP}")
        chosen = []
    found = list(dict.fromkeys([*chosen, *running]))
    refused = isolation.unaccepted(found, context.values)
    for each in found:
        if each in refused:
            yield error(each.sentence, f"Remove it from {_OVERRIDE} or from the engine, then: {_UP}")
        else:
            yield note(each.sentence, f"If nobody needs it, remove it from {_OVERRIDE}")
    if not found:
        yield ok("nothing weakens the isolation")


@AREA.check(
    "services",
    "the services of your own Compose files run",
    "The agent cannot reach a service that is down.",
)
def _services(context: Context) -> Iterator[Remark]:
    running(context.firewall, FIREWALL)
    for sentence in own_services.down(context.client, context.name, context.model):
        what, _, fix = sentence.partition(": ")
        yield warning(f"{what}.", fix)
