"""The container engine and Compose: there, new enough, and set up so that ids, mounts and limits work."""

from __future__ import annotations

import re
import time
from calendar import timegm
from collections.abc import Iterator

from aidevcontainer.doctor.context import Context
from aidevcontainer.doctor.finding import Area, Remark, SkippedError, error, note, ok, warning
from aidevcontainer.engine import diagnosis
from aidevcontainer.util import programs, versions

AREA = Area("engine")

# What the tests ran on; and the Compose that knows `depends_on.restart`, which older ones refuse.
_OLDEST_ENGINE = (20, 10)
_OLDEST_COMPOSE = (2, 17)
_MOST_SKEW = 30  # seconds
_ENFORCING = "/sys/fs/selinux/enforce"
_GIB = 1 << 30
_OVERRIDE = ".aidevcontainer/docker-compose.override.yml"
_UP = "./.aidevcontainer/container up"
_LIMITS = (("MemoryLimit", "memory"), ("PidsLimit", "number of processes"), ("CpuCfsQuota", "processor time"))


@AREA.check(
    "answers",
    "docker is installed and its engine answers",
    "Both containers are the engine's: without it there is no session.",
)
def _answers(context: Context) -> Iterator[Remark]:
    if programs.find("docker", context.variables.get("PATH", "")) is None:
        yield error("There is no 'docker' on the PATH.", _last_sentence(diagnosis.NO_DOCKER))
        return
    try:
        found = context.info
    except SkippedError as reason:
        first, _, rest = str(reason).partition(". ")
        yield error(f"{first.rstrip('.')}.", rest or "docker info shows what the engine says")
        return
    private = " (the private engine in the cache)" if context.private else ""
    yield ok(
        f"Docker {found['ServerVersion']} on {found.get('OperatingSystem', 'an unknown system')}{private}"
    )


@AREA.check(
    "version",
    "the engine is new enough",
    "Older engines were never tried with the firewall, and some start containers that lack part of it.",
)
def _version(context: Context) -> Iterator[Remark]:
    version = str(context.info["ServerVersion"])
    if versions.numbers(version) < _OLDEST_ENGINE:
        yield warning(
            f"The engine is Docker {version}; 20.10 is the oldest one that was tried.",
            f"Update Docker: {diagnosis.INSTALL}",
        )


@AREA.check(
    "compose",
    "docker compose is there and new enough",
    "Compose starts both containers, in the right order; an old one refuses the scaffolded file.",
)
def _compose(context: Context) -> Iterator[Remark]:
    done = context.docker("compose", "version", "--short")
    version = done.out.strip().lstrip("v")
    if done.code or not version[:1].isdigit():
        yield error("Docker Compose v2 is missing.", _last_sentence(diagnosis.NO_COMPOSE))
    elif versions.numbers(version) < _OLDEST_COMPOSE:
        yield error(
            f"Compose is {version}, and 2.17 is the oldest one that understands the scaffolded file.",
            _last_sentence(diagnosis.NO_COMPOSE),
        )
    else:
        yield ok(f"Compose {version}")


@AREA.check(
    "ids",
    "ids in containers are those of the host (neither rootless nor userns-remap)",
    "With shifted ids the agent cannot write your files, or leaves files that are not yours.",
)
def _ids(context: Context) -> Iterator[Remark]:
    options = _security(context)
    if "rootless" in options:
        yield warning(
            "The engine runs rootless: ids in containers are shifted into your subordinate ids.",
            "Use the system's engine: docker context use default",
        )
    if "userns" in options:
        yield warning(
            "The engine remaps user ids (userns-remap).",
            f"In {_OVERRIDE}, set 'userns_mode: host' for claude and firewall, then: {_UP}",
        )


@AREA.check(
    "selinux",
    "SELinux lets containers read the mounts",
    "Mounts without a label are refused inside: an empty /workspace, a list that cannot be read.",
)
def _selinux(context: Context) -> Iterator[Remark]:
    if "selinux" not in _security(context) or _first_line(_ENFORCING) != "1":
        return
    if "label=disable" in _content(context.path("docker-compose.override.yml")).replace(":", "="):
        return
    yield warning(
        "SELinux is enforcing, and the engine labels containers.",
        f"In {_OVERRIDE}, set 'security_opt: [label=disable]' for claude and firewall, then: {_UP}",
    )


@AREA.check(
    "limits",
    "limits of memory, processes and processor time take effect",
    "A build inside that runs wild would take the whole machine with it.",
)
def _limits(context: Context) -> Iterator[Remark]:
    # Podman and others say nothing of them: only a clear no counts.
    missing = [title for key, title in _LIMITS if context.info.get(key) is False]
    version = context.info.get("CgroupVersion", "?")
    if missing:
        yield warning(
            f"The engine cannot limit {', '.join(missing)} (cgroup v{version}).",
            "Boot with cgroup v2 (kernel parameters systemd.unified_cgroup_hierarchy=1 cgroup_enable=memory)",
        )
    else:
        yield ok(f"cgroup v{version}, all limits take effect")


@AREA.check(
    "memory",
    "there is memory enough for Claude, and its limit is below what there is",
    "Short of memory, the kernel ends processes: Claude, or the firewall's resolver.",
)
def _memory(context: Context) -> Iterator[Remark]:
    total = int(context.info.get("MemTotal") or 0)
    limit = _bytes(context.values.get("AIDEVCONTAINER_MEMORY", "8g"))
    if 0 < total < 2 * _GIB:
        yield warning(
            f"The engine has {total / _GIB:.1f} GiB of memory; Claude and a build need 2 GiB and more.",
            "Give the machine more, or on macOS: Docker Desktop, Settings, Resources",
        )
    elif 0 < total < limit:
        half = max(total // _GIB * 3 // 4, 1)
        yield note(
            f"The agent may use {limit / _GIB:.0f} GiB, and the engine has {total / _GIB:.1f} GiB.",
            f"AIDEVCONTAINER_MEMORY={half}g {_UP}",
        )


@AREA.check(
    "clock",
    "the engine's clock agrees with the host's",
    "With a wrong clock certificates are not yet or no longer valid, and sign-in fails.",
)
def _clock(context: Context) -> Iterator[Remark]:
    engine = _moment(str(context.info.get("SystemTime", "")))
    if engine is None:
        raise SkippedError("the engine does not tell its time")
    skew = abs(time.time() - engine)
    # The answer may be as old as a slow engine took for it.
    if skew > _MOST_SKEW:
        yield warning(
            f"The engine's clock is {skew:.0f} s off the host's, as after a virtual machine's sleep.",
            "Restart Docker (Docker Desktop: Restart; Linux: sudo timedatectl set-ntp true on its machine)",
        )


def _security(context: Context) -> set[str]:
    options = context.info.get("SecurityOptions") or []
    return {part[5:] for each in options for part in str(each).split(",") if part.startswith("name=")}


def _last_sentence(text: str) -> str:
    return text.split(". ", 1)[-1].split("here. ", 1)[-1]


def _first_line(path: str) -> str:
    return _content(path).split("\n", 1)[0].strip()


def _content(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d+)([bkmg]?)b?", text.strip().lower())
    return int(found[1]) << {"": 0, "b": 0, "k": 10, "m": 20, "g": 30}[found[2]] if found else 0


def _moment(text: str) -> float | None:
    try:
        return float(timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))) + _offset(text)
    except ValueError:
        return None


def _offset(text: str) -> float:
    # Go writes the engine's own zone where that is not UTC.
    found = re.search(r"([+-])(\d\d):(\d\d)$", text)
    if not found:
        return 0.0
    seconds = int(found[2]) * 3600 + int(found[3]) * 60
    return float(-seconds if found[1] == "+" else seconds)
