"""What happens in a project's container: the shell that starts a command there, and what ends it.

The engine can start a command in a container and cannot signal it, takes arguments as JSON, hence no bytes
beyond UTF-8, and follows symbolic links out of any folder. A POSIX shell in the container makes up for all
three. Everything a caller chose reaches the shell as an argument, never as a part of its program.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from aidevcontainer.bridge.broker.declaration import WORKSPACE, Command

ROLE_LABEL = "aidevcontainer.role"
# Marks the processes of a command: all that it starts inherits the variable.
MARK = "AIDEVCONTAINER_BRIDGE_RUN"
REPORTS = {
    "top": "{container} has no folder {top}: correct paths in .aidevcontainer/bridge.yaml",
    "folder": "{container} has no folder {folder}, which is the one you are in: has it the same files?",
    "outside": "the folder you are in leads out of {top} in {container}",
    "program": "there is no program '{program}' in {container}",
}
NOT_THERE = frozenset({"program"})

_COMPOSE = ("service", "project", "project.working_dir")
_SOCKETS = ("docker.sock", "podman.sock", "containerd.sock", "crio.sock")
# Where engines have them; a mount of a folder above has the socket in it, read-only or not.
_HOLDING = re.compile(r"/|/var|(/var)?/run(/(docker|podman|containerd|crio|user(/\d+(/docker|/podman)?)?))?")
# With one of them root in the container is as good as root on the machine.
_MIGHTY = frozenset({"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "DAC_READ_SEARCH", "BPF"})
# Disks, by any of their names, and memory: whoever may open one has the machine's files. Others (/dev/dri,
# /dev/fuse) are what containers are given devices for.
_MIGHTY_DEVICES = re.compile(
    r"/dev(/((sd|sg|hd|vd|xvd|nvme|mmcblk|md|dm-|loop|zram|nbd|rbd|bcache)\w*|(disk|mapper|block)(/.*)?|k?mem|port)?)?"
)

# Words that are no UTF-8 come with octal escapes, marked by %; the others by =.
_DECODE = r"""
bridge_decoded() {
  case $1 in
    =*) bridge_word=${1#=} ;;
    *) bridge_word=$(printf '%b.' "${1#%}") && bridge_word=${bridge_word%.} ;;
  esac
}
bridge_left=$1
shift
while [ "$bridge_left" -gt 0 ]; do
  bridge_decoded "$1"
  export "$bridge_word"
  shift
  bridge_left=$((bridge_left - 1))
done
bridge_left=$#
while [ "$bridge_left" -gt 0 ]; do
  bridge_decoded "$1"
  shift
  set -- "$@" "$bridge_word"
  bridge_left=$((bridge_left - 1))
done
"""

# $1 and $2: the folder that the workspace's is mapped to, and the one to be in; empty: where we are.
_START = r"""
bridge_no() { printf '%s no %s\n' "$AIDEVCONTAINER_BRIDGE_RUN" "$1"; exit 126; }
if [ -n "$2" ]; then
  cd -P -- "$1" 2>/dev/null || bridge_no top
  bridge_top=${PWD%/}
  cd -P -- "$2" 2>/dev/null || bridge_no folder
  case $PWD/ in "$bridge_top"/*) ;; *) bridge_no outside ;; esac
  unset OLDPWD
fi
shift 2
command -v "$1" >/dev/null 2>&1 || bridge_no program
printf '%s %s\n' "$AIDEVCONTAINER_BRIDGE_RUN" "$$"
exec "$@"
"""

_SIGNAL = 'kill "-$1" "-$2" 2>/dev/null || kill "-$1" "$2"'

# $1: the mark, $2: the session or 0; then signals. Whatever carries the mark, or is of the session, gets the
# signals one after the other, and two seconds later is killed. Without grep only the session is known.
# Debian's BusyBox looks no further than the first variable without -z, and Alpine's knows no -z.
_END = r"""
mark=$1
session=$2
shift 2

marked() { # the variable with its value
  { grep -lszF "$1" /proc/[0-9]*/environ || grep -lsF "$1" /proc/[0-9]*/environ; } 2>/dev/null
}

of_session() { # the fields of /proc/PID/stat behind the name: state, parent, group, session
  [ "$session" != 0 ] || return 0
  for file in /proc/[0-9]*/stat; do
    { read -r line <"$file"; } 2>/dev/null || continue
    line=${line##*) }
    set -f
    set -- $line
    set +f
    [ "${4:-}" != "$session" ] || [ "$1" = Z ] || echo "$file"
  done
}

send() { # signal; succeeds while somebody is there
  known=
  for file in $(marked "AIDEVCONTAINER_BRIDGE_RUN=$mark"; of_session); do
    pid=${file#/proc/}
    pid=${pid%/*}
    kill "-$1" "$pid" 2>/dev/null || continue
    known="$known $pid"
    [ "$1" = KILL ] || [ "$1" = 0 ] || kill -CONT "$pid" 2>/dev/null
  done
  [ -n "$known" ]
}

alive() { # whether one of those found last is there, without another look at all processes
  for pid in $known; do
    ! kill -0 "$pid" 2>/dev/null || return 0
  done
  return 1
}

pause() {
  sleep 0.1 2>/dev/null || sleep 1
}

for signal in "$@"; do
  send "$signal" || exit 0
done
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  pause
  alive || send 0 || exit 0
done
for _ in 1 2 3 4 5 6 7 8 9 10; do
  send KILL || exit 0
  pause
done
exit 1
"""


class Place(NamedTuple):
    """Where in a container a command runs: `folder` below `top`. Both empty: the container's own folder."""

    top: bytes
    folder: bytes


def obstacle(inspected: dict[str, Any], engine_socket: str = "") -> str:
    """Return why no command may run in a container that the engine describes so, empty if it may.

    A command in a container that commands the engine or the machine would hand both to the agent.
    """
    name = str(inspected.get("Name", "")).lstrip("/")
    if ROLE_LABEL in (inspected.get("Config", {}).get("Labels") or {}):
        return f"{name} belongs to the agent's own containers"
    reason = _might(inspected.get("HostConfig", {}))
    if reason:
        return f"{name} {reason}"
    for mount in inspected.get("Mounts") or []:
        if _holds_socket(str(mount.get("Source", "")), engine_socket):
            return f"{name} has the container engine's socket, and with it the agent would have it"
    return ""


def stranger(inspected: dict[str, Any], command: Command) -> str:
    """Return why a container is not the service that a command was declared for, empty if it is.

    The name of one that did not exist yet comes from files that the agent can write.
    """
    labels = inspected.get("Config", {}).get("Labels") or {}
    of_compose = {name: str(labels.get(f"com.docker.compose.{name}", "")) for name in _COMPOSE}
    folder = of_compose["project.working_dir"]
    fits = (
        command.service in ("", of_compose["service"])
        and command.project in ("", of_compose["project"])
        and (not command.folders or any(_below(folder, each) for each in command.folders))
    )
    if fits or not command.service:
        return ""
    name = str(inspected.get("Name", "")).lstrip("/")
    return f"{name} is not the service '{command.service}' of this project; bridge reload looks for it again"


def _below(path: str, folder: str) -> bool:
    return f"{path}/".startswith(f"{folder.rstrip('/')}/")


def _might(host: dict[str, Any]) -> str:
    if host.get("Privileged"):
        return "is privileged, and with it the agent would be"
    mighty = _MIGHTY.intersection(str(each).replace("CAP_", "") for each in host.get("CapAdd") or ())
    if mighty:
        return f"has the capability {min(mighty)}, and with it the agent would command the machine"
    if host.get("PidMode") == "host":
        return "sees the machine's processes, and with it the agent would have their files"
    if str(host.get("PidMode", "")).startswith("container:"):
        return "shares another container's processes, and with it the agent would have that one's files"
    # `b 8:* rwm`: whoever may make a device node has the disk.
    if any(str(rule).lstrip()[:1] in ("a", "b") for rule in host.get("DeviceCgroupRules") or []):
        return "may open the machine's disks, and with it the agent would have the machine's files"
    devices = [str(each.get("PathOnHost", "")) for each in host.get("Devices") or []]
    for device in filter(_MIGHTY_DEVICES.fullmatch, devices):
        return f"has the device {device}, and with it the agent would have the machine's files"
    return ""


def _holds_socket(source: str, engine_socket: str) -> bool:
    known = source.endswith(_SOCKETS) or _HOLDING.fullmatch(source.rstrip("/") or source)
    return bool(known or (engine_socket and f"{engine_socket}/".startswith(f"{source.rstrip('/')}/")))


def down(inspected: dict[str, Any]) -> str:
    """Return a sentence when the container does not run, else an empty one."""
    status = str(inspected.get("State", {}).get("Status", "unknown"))
    name = str(inspected.get("Name", "")).lstrip("/")
    return "" if status == "running" else f"the container {name} does not run ({status})"


def place(command: Command, directory: bytes) -> Place | None:
    """Return where a command runs for a caller in *directory*, None where nothing was declared for it."""
    if not _within_workspace(directory):
        return None
    for source, target in sorted(command.paths, key=lambda pair: -len(pair[0].rstrip("/"))):
        prefix = source.rstrip("/").encode()
        if directory == prefix or directory.startswith(prefix + b"/"):
            top = target.rstrip("/").encode() or b"/"
            return Place(top, top.rstrip(b"/") + directory[len(prefix) :] or b"/")
    if command.workdir:
        return Place(command.workdir.encode(), command.workdir.encode())
    return None if command.paths else Place(b"", b"")


def start(
    place: Place, arguments: tuple[bytes, ...], environment: tuple[tuple[bytes, bytes], ...]
) -> list[str]:
    """Return the command line that starts *arguments* in their place, in UTF-8 whatever they are.

    *environment* is what the engine cannot be given, as its values are no UTF-8. The first line that comes
    back is the mark and a number, the process's in its container, or the mark, `no`, and a key of
    :data:`REPORTS`.
    """
    words = (*place, *arguments)
    if not environment and all(map(_plain, words)):
        return ["sh", "-c", _START, "bridge", *(word.decode() for word in words)]
    variables = [_marked(name + b"=" + value) for name, value in environment]
    encoded = [*variables, *map(_marked, words)]
    return ["sh", "-c", _DECODE + _START, "bridge", str(len(variables)), *encoded]


def signal(name: str, process: int) -> list[str]:
    """Return the command line that signals a command's process group."""
    return ["sh", "-c", _SIGNAL, "bridge", name, str(process)]


def end(mark: str, process: int, *signals: str) -> list[str]:
    """Return the command line that ends whatever carries the mark, two seconds after the signals by force."""
    return ["sh", "-c", _END, "bridge", mark, str(process), *signals]


def is_plain(text: bytes) -> bool:
    """Tell whether the engine's API can carry a text."""
    return _plain(text)


def body(**fields: object) -> bytes:
    """Return JSON for the engine."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def _within_workspace(directory: bytes) -> bool:
    workspace = WORKSPACE.encode()
    if directory != workspace and not directory.startswith(workspace + b"/"):
        return False
    return not {b"", b".", b".."}.intersection(directory.split(b"/")[1:])


def _plain(word: bytes) -> bool:
    try:
        word.decode()
    except UnicodeDecodeError:
        return False
    return True


def _marked(word: bytes) -> str:
    if _plain(word):
        return "=" + word.decode()
    return "%" + "".join(chr(byte) if 0 < byte < 0x80 and byte != 0x5C else f"\\0{byte:03o}" for byte in word)
