"""What a project's two containers hold at a moment: memory, processes, descriptors, sets, rules, disk."""

from __future__ import annotations

import re
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.docker import docker, execute, inspect
from tests.support.project import Project

# Memory that is a program's own (pages of files are given back on demand), and processor time in nanoseconds,
# of both kinds of control groups.
_CGROUP = r"""
cd /sys/fs/cgroup
memory=$(sed -n 's/^total_rss //p' memory/memory.stat 2>/dev/null || true)
[ -n "$memory" ] || memory=$(sed -n 's/^anon //p' memory.stat)
if [ -e cpuacct/cpuacct.usage ]; then read -r cpu <cpuacct/cpuacct.usage; else
  cpu=$(sed -n 's/^usage_usec \(.*\)/\1000/p' cpu.stat)
fi
echo "$memory $cpu"
"""
# Processes, those among them that ended and were not waited for, and open descriptors; without the one that
# counts, which is why no other program helps.
_COUNT = r"""
processes=0 zombies=0 descriptors=0
for folder in /proc/[0-9]*; do
  [ "${folder#/proc/}" != "$$" ] || continue
  processes=$((processes + 1))
  while read -r name value; do
    case $name$value in State:Z*) zombies=$((zombies + 1)) ;; esac
  done 2>/dev/null <"$folder/status"
  for file in "$folder"/fd/*; do [ ! -L "$file" ] || descriptors=$((descriptors + 1)); done
done
echo "$processes $zombies $descriptors"
"""
# What comes and goes (a health check, a program that ends) is in few of the readings, a leak is in all.
_READINGS = 9
_SECONDS_APART = 0.2


PROCESSES, DESCRIPTORS, RULES = "processes", "descriptors", "sets, their entries, and rules"
FIREWALL_MEMORY, AGENT_MEMORY = "memory of the firewall", "memory of the agent's container"
DISK, LOG = "disk", "log"
# Kinds with their unit, and in each what there is by name.
Holdings = dict[tuple[str, str], dict[str, float]]


@dataclass(frozen=True)
class Idle:
    """Of one container: its programs' own memory in MB, and processor seconds since its start."""

    memory: float
    processor: float


def of_container(container: str) -> Idle:
    """Return what a container holds now. What asking costs is part of its processor time."""
    memory, processor = execute(container, "sh", "-c", _CGROUP, check=True).out.split()
    return Idle(int(memory) / 1e6, int(processor) / 1e9)


def counts(container: str) -> tuple[int, int, int]:
    """Return processes, zombies and descriptors of a container: each what most of several readings say."""
    found = []
    for _ in range(_READINGS):
        found.append(execute(container, "sh", "-c", _COUNT, check=True).out.split())
        time.sleep(_SECONDS_APART)
    processes, zombies, descriptors = (
        statistics.mode(int(each[index]) for each in found) for index in range(3)
    )
    return processes, zombies, descriptors


def holdings(project: Project) -> Holdings:
    """Return everything that may leak."""
    return {
        (PROCESSES, ""): {**_processes(project), "helpers on the host": _helpers(project)},
        (DESCRIPTORS, ""): {part: counts(name)[2] for part, name in _parts(project)},
        (RULES, ""): _firewall(project),
        (FIREWALL_MEMORY, "MB"): {"firewall": of_container(project.firewall).memory},
        (AGENT_MEMORY, "MB"): {"agent": of_container(project.claude).memory},
        (DISK, "MB"): _disk(project),
        (LOG, "MB"): {part: _log(name) for part, name in _parts(project)},
    }


def _parts(project: Project) -> list[tuple[str, str]]:
    return [("firewall", project.firewall), ("agent", project.claude)]


def _processes(project: Project) -> dict[str, float]:
    found: dict[str, float] = {}
    for part, container in _parts(project):
        processes, zombies, _ = counts(container)
        found[part] = processes
        found[f"zombies of the {part}"] = zombies
        found[f"commands in the {part} that the engine remembers"] = len(inspect(container)["ExecIDs"] or [])
    return found


def _log(container: str) -> float:
    said = docker("logs", container)
    return (len(said.out) + len(said.err)) / 1e6


def _firewall(project: Project) -> dict[str, float]:
    saved = project.in_firewall("ipset", "save", check=True).out
    rules = [project.in_firewall(f"{tables}-save").out for tables in ("iptables", "ip6tables")]
    return {
        "sets": len(re.findall(r"^create ", saved, re.MULTILINE)),
        "entries": len(re.findall(r"^add ", saved, re.MULTILINE)),
        "rules": sum(len(re.findall(r"^-A ", text, re.MULTILINE)) for text in rules),
    }


def _disk(project: Project) -> dict[str, float]:
    layers = {f"layer of the {part}": _layer(name) for part, name in _parts(project)}
    return {
        **layers,
        "/run": _folder(project.firewall, "/run"),
        "state of the firewall": _folder(project.firewall, "/var/lib/aidevcontainer"),
        "unpacked Claude": _folder(project.firewall, "/opt/claude"),
        "state of Claude": _folder(project.claude, "/home/claude/.claude"),
        "cache on the host": _host_folder(project.user.home / ".cache/aidevcontainer"),
        ".aidevcontainer": _host_folder(project.scaffold),
    }


def _layer(container: str) -> float:
    return int(docker("inspect", "--size", "--format", "{{.SizeRw}}", container).out) / 1e6


def _folder(container: str, path: str) -> float:
    # Something may vanish while it is being counted, which is no reason to fail.
    return int(execute(container, "du", "-sk", path).out.split()[0]) * 1024 / 1e6


def _host_folder(path: Path) -> float:
    # Some of the cache is shared by links, and counted where it is.
    return sum(file.lstat().st_size for file in path.rglob("*") if not file.is_symlink()) / 1e6


def _helpers(project: Project) -> int:
    listed = project.run("ps", "-axww", "-o", "args").out.splitlines()
    return sum(str(project.scaffold) in line for line in listed)


def sessions_ended(project: Project) -> bool:
    """Return whether no command runs in the agent's container any more."""
    return not inspect(project.claude)["ExecIDs"]
