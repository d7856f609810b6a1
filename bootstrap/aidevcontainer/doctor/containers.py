"""The two containers: of this directory, of the current image, and in one living network namespace."""

from __future__ import annotations

from collections.abc import Iterator

from aidevcontainer.doctor.context import Context, running
from aidevcontainer.doctor.finding import Area, Remark, error, note, ok
from aidevcontainer.engine import image, readiness

AREA = Area("containers")

_UP = "./.aidevcontainer/container up"


@AREA.check(
    "running",
    "both containers run",
    "A session starts what does not run, which takes a few seconds more.",
)
def _running(context: Context) -> Iterator[Remark]:
    words = {True: "runs", False: "is stopped"}
    states = [
        f"{name} {words[container.running] if container else 'was not created'}"
        for name, container in (("claude", context.claude), ("firewall", context.firewall))
    ]
    # Nothing is wrong with a project at rest, nor with one whose firewall waits for its agent.
    if context.firewall and context.claude and context.claude.running and not context.firewall.running:
        yield error("The agent's container runs without its firewall, and has no network.", _UP)
    else:
        yield ok(", ".join(states))


@AREA.check(
    "namespace",
    "the agent's container is in the network that the firewall guards now",
    "After the firewall restarted alone, the agent sits in a dead network: not even listed hosts answer.",
)
def _namespace(context: Context) -> Iterator[Remark]:
    claude = running(context.claude, "the agent's container")
    firewall = running(context.firewall, "the firewall")
    if not readiness.shares_namespace(claude, firewall):
        yield error("The firewall was restarted, and the agent's container is still in its old network.", _UP)


@AREA.check(
    "directory",
    "the containers belong to this very directory",
    "An agent that sees another clone's files would work on the wrong branch.",
)
def _directory(context: Context) -> Iterator[Remark]:
    claude = running(context.claude, "the agent's container")
    owner = claude.labels.get(readiness.WORKSPACE_LABEL) or "no directory (plain Compose started it)"
    if owner != context.root:
        yield error(f"The agent's container belongs to {owner}.", _UP)


@AREA.check(
    "image",
    "the containers run the image that the files lead to",
    "What you changed in scripts, packages, pins or certificates is not in force yet.",
)
def _image(context: Context) -> Iterator[Remark]:
    claude = running(context.claude, "the agent's container")
    wanted = image.name(context.project, context.values)
    if context.project.waits_for_switch():
        yield note(
            "A newer image waits for the moment when no session runs.",
            "End the sessions, then open one: ./.aidevcontainer/claude",
        )
    elif context.values.get("AIDEVCONTAINER_IMAGE") and claude.image != wanted:
        yield note(
            f"The image's files changed since the containers were started from {claude.image}.",
            "./.aidevcontainer/container rebuild",
        )
