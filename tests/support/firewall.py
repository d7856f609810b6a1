"""A firewall with an agent behind it, without Compose: from a project's image, up in a second."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest

from aidevcontainer.firewall import journal
from aidevcontainer.firewall.control import JOURNALS
from aidevcontainer.firewall.journal import Connection
from aidevcontainer.firewall.refusals import Refusal

from .docker import docker, execute, inspect, put
from .internet import Internet
from .project import Project
from .run import Finished

SCRIPTS = "/usr/local/lib/aidevcontainer"
POLICY = "/workspace/.aidevcontainer"
STATUS = "/run/aidevcontainer/status.json"
# Finds the processes of a reload, also those that continue once the policy is in force.
BEHIND = ("pgrep", "-f", r"prove|resolve\.sh|init-firewall")
# As in the Compose file.
_ADDED = ("NET_ADMIN", "NET_RAW")
_RIGHTS = ["--security-opt=no-new-privileges:true"]
_RIGHTS += [f"--cap-drop={name}" for name in ("AUDIT_WRITE", "FSETID", "MKNOD", "SETFCAP", "SYS_CHROOT")]
_SYSCTL = "--sysctl=net.ipv4.ip_unprivileged_port_start"
_AGENTS_RIGHTS = ["--cap-drop=ALL", "--security-opt=no-new-privileges:true"]
# Other tests unpack Claude. A file that cannot run means that there is nothing to unpack.
_NO_CLAUDE = {"unpack-claude.sh": b""}

_PROGRAMS = "/broken"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def echo(server: str, port: int | str, over: str = "tcp") -> str:
    """Returns a shell command that has an echo server repeat `hello`. Not every image has a full netcat."""
    talk = f"exec 3<>/dev/{over}/{server}/{port} && echo hello >&3 && timeout 2 head -n 1 <&3"
    return f"bash -c '{talk}'"


def listen(address: str, port: int) -> str:
    """Returns a shell command that starts a server for `ask`, with a program that every image has."""
    place = f"--listen-address={address} --port={port} --bind-interfaces"
    options = "-C /dev/null --keep-in-foreground --no-resolv --no-hosts --pid-file= --address=/hello/7.7.7.7"
    return f"(dnsmasq {options} {place} >/dev/null 2>&1 &) ; sleep 0.3"


def ask(address: str, port: int) -> str:
    """Returns a shell command that prints 7.7.7.7 when the server of `listen` is reached."""
    return f"dig +tcp +short +time=1 +tries=1 -p {port} @{address} hello"


def programs(folder: Path, names: str, script: str) -> Path:
    """Puts programs (*names*, by spaces) that do *script* into *folder*, for `new_firewall`; return it."""
    # Also for the agent, whom the proof runs programs as.
    folder.chmod(0o755)
    for name in names.split():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return folder


def without_nf_tables(folder: Path) -> Path:
    """Puts programs into *folder* that answer as where the kernel has legacy tables alone; return it."""
    names = " ".join(
        f"{family}{action}" for family in ("iptables", "ip6tables") for action in ("", "-restore")
    )
    return programs(folder, names, "echo 'Failed to initialize nft: Protocol not supported' >&2; exit 1")


@dataclass(frozen=True)
class Lack:
    """Limits of a firewall: missing rights, room for its state (`16k`), options of `docker create`.

    `first_port` is the first port that the agent may listen on.
    """

    rights: tuple[str, ...] = ()
    room: str = ""
    options: tuple[str, ...] = ()
    first_port: int = 54


@dataclass(frozen=True)
class Firewall:
    """`name` is the firewall's container, `agent` the one that shares its network."""

    name: str
    image: str
    network: str
    ids: tuple[int, int]
    environment: Mapping[str, str] = field(default_factory=dict)
    lack: Lack = Lack()

    @property
    def agent(self) -> str:
        """Returns the agent's container."""
        return f"{self.name}-agent"

    def create(self, listed: Sequence[str] | None, programs: Path | None) -> None:
        """Makes the container, with the list if any; what is in *programs* comes first on the PATH."""
        variables = {"CLAUDE_UID": str(self.ids[0]), "CLAUDE_GID": str(self.ids[1]), **self.environment}
        if programs:
            variables["PATH"] = f"{_PROGRAMS}:{_PATH}"
        options = [f"--env={name}={value}" for name, value in variables.items()]
        options += [f"--cap-add={name}" for name in _ADDED if name not in self.lack.rights]
        if self.lack.room:
            small = (
                f"--opt={option}" for option in ("type=tmpfs", "device=tmpfs", f"o=size={self.lack.room}")
            )
            docker("volume", "create", *small, self.name)
        options += [
            "--user=root",
            "--tmpfs=/run",
            f"{_SYSCTL}={self.lack.first_port}",
            f"--volume={self.name}:/var/lib/aidevcontainer",
            *self.lack.options,
        ]
        place = ["--name", self.name, "--network", self.network]
        docker("create", *place, *_RIGHTS, *options, self.image, f"{SCRIPTS}/entrypoint.sh")
        put(self.name, SCRIPTS, _NO_CLAUDE)
        if programs:
            docker("cp", str(programs), f"{self.name}:{_PROGRAMS}")
        if listed is not None:
            self.write_list(*listed)

    def start(self) -> None:
        """Starts both; does not wait for the firewall, as Compose would."""
        docker("start", self.name)
        self.start_agent()

    def start_agent(self) -> None:
        """Starts the container that shares the firewall's network."""
        place = ["--name", self.agent, "--network", f"container:{self.name}"]
        docker("create", *place, *_AGENTS_RIGHTS, self.image)
        # A firewall that lacks memory may have ended already: Compose's would be restarted, too.
        for _ in range(5):
            if docker("start", self.agent, check=False).code == 0:
                return
            docker("start", self.name)
        docker("start", self.agent)

    def write_list(self, *lines: str) -> None:
        """Replaces the list of allowed hosts."""
        put(
            self.name,
            "/workspace",
            {".aidevcontainer/allowed-domains.txt": "".join(f"{x}\n" for x in lines).encode()},
        )

    def remove(self) -> None:
        """Removes the containers and the state volume."""
        docker("rm", "--force", "--volumes", self.agent, self.name, check=False)
        docker("volume", "rm", "--force", self.name, check=False)

    def root(self, *command: str, timeout: float = 60) -> Finished:
        """Runs *command* in the firewall's container."""
        return execute(self.name, *command, timeout=timeout)

    def inside(self, *command: str) -> Finished:
        """Runs *command* as the agent; a command that takes longer than 3 s ends with exit code 143."""
        return execute(self.agent, "timeout", "3", *command)

    def reload(self) -> Finished:
        """Has the list read again."""
        return self.root(f"{SCRIPTS}/init-firewall.sh")

    def fill_run(self) -> None:
        """Leaves /run without room for another policy: after a reload, because its end makes room."""
        fill = "head -c 99999999 /dev/zero >/run/filler || :"
        self.root("flock", "/run/aidevcontainer/lock", "sh", "-c", fill).checked()

    def wait_ready(self, seconds: int = 30) -> Finished:
        """Waits until the firewall is ready, or says that it is closed."""
        return self.root(f"{SCRIPTS}/wait-ready.sh", str(seconds))

    def status(self) -> dict[str, Any]:
        """Returns the status file."""
        found: dict[str, Any] = json.loads(self.root("cat", STATUS).checked().out)
        return found

    def log(self) -> str:
        """Returns everything the firewall said so far."""
        done = docker("logs", self.name)
        return done.out + done.err

    def blocked(self) -> set[str]:
        """Returns what was refused, such as `198.41.0.4,tcp:443`."""
        saved = self.root("ipset", "save").checked().out.splitlines()
        return {line.split()[2] for line in saved if line.startswith("add blocked-")}

    def refusals(self) -> list[Refusal]:
        """Returns what the helpers would show as refused."""
        return journal.refusals(self._journals("refused"))

    def passed(self) -> list[Connection]:
        """Returns what the helpers would show as passed."""
        return journal.connections(self._journals("passed"))

    def _journals(self, kind: str) -> str:
        return self.root(JOURNALS, kind).checked().out

    def running(self) -> bool:
        """Returns whether the firewall's container runs."""
        return bool(inspect(self.name)["State"]["Running"])


class NewFirewall(Protocol):
    """Makes a firewall that is removed at the end."""

    def __call__(
        self,
        *listed: str,
        defaults: bool = False,
        network: str | None = None,
        environment: Mapping[str, str] | None = None,
        programs: Path | None = None,
        ready: bool = True,
        start: bool = True,
        lack: Lack = Lack(),
    ) -> Firewall: ...


@pytest.fixture(scope="module")
def new_firewall(project: Project, internet: Internet) -> Iterator[NewFirewall]:
    """Returns a factory of firewalls. With *ready* each has proved itself before the factory returns it."""
    image = inspect(project.firewall)["Config"]["Image"]
    ids = (project.user.uid, project.user.gid)
    with ExitStack() as stack:

        def create(
            *listed: str,
            defaults: bool = False,
            network: str | None = None,
            environment: Mapping[str, str] | None = None,
            programs: Path | None = None,
            ready: bool = True,
            start: bool = True,
            lack: Lack = Lack(),
        ) -> Firewall:
            name = f"aidevcontainer-test-firewall-{secrets.token_hex(4)}"
            made = Firewall(name, image, network or internet.network, ids, environment or {}, lack)
            stack.callback(made.remove)
            made.create(None if defaults else listed, programs)
            if start:
                made.start()
            if start and ready:
                made.wait_ready().checked()
            return made

        yield create
