"""The command lines that run in a project's container: one starts a command there, others signal and end it.

The engine can start a command and cannot signal it, takes arguments as JSON, so only UTF-8, and follows
symbolic links out of any folder. A POSIX shell in the container closes all three gaps. Everything that a
caller chose reaches the shell as an argument, never as a part of its program.
"""

from __future__ import annotations

from aidevcontainer.bridge.broker.work_folder import WorkFolder

# Marks the processes of a command: everything that it starts inherits the variable.
MARK = "AIDEVCONTAINER_BRIDGE_RUN"
REPORTS = {
    "top": "{container} has no folder {top}. Correct the paths in .aidevcontainer/bridge.yaml",
    "folder": "{container} has no folder {folder}, the one you are in. Check that it has the same files",
    "outside": "the folder you are in leads out of {top} in {container}",
    "program": "there is no program '{program}' in {container}",
}

# Words that are not UTF-8 arrive with octal escapes, marked by %. The others are marked by =.
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

# $1 is the mapped folder, $2 the folder below it to run in. Both are empty for the container's own folder.
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

# $1 is the mark, $2 the session or 0, and signals follow. Every process with the mark or of the session gets
# the signals one after the other, and KILL two seconds later. Without grep only the session is known.
# Debian's BusyBox reads only the first variable without -z, and Alpine's does not have -z.
_END = r"""
mark=$1
session=$2
shift 2

marked() { # the environments that hold the mark
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

send() { # signal; succeeds while a process is left
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

alive() { # succeeds while one of the processes found last is left, and searches for no others
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


def start(
    folder: WorkFolder, arguments: tuple[bytes, ...], environment: tuple[tuple[bytes, bytes], ...]
) -> list[str]:
    """Returns the command line that starts `arguments` in a folder. It is UTF-8, whatever the arguments are.

    `environment` has the variables that the engine cannot take, because their values are not UTF-8. The first
    line of output is the mark and the process's number in its container, or the mark, `no` and a key of
    REPORTS.
    """
    words = (*folder, *arguments)
    if not environment and all(map(is_utf8, words)):
        return ["sh", "-c", _START, "bridge", *(word.decode() for word in words)]
    variables = [_marked(name + b"=" + value) for name, value in environment]
    encoded = [*variables, *map(_marked, words)]
    return ["sh", "-c", _DECODE + _START, "bridge", str(len(variables)), *encoded]


def signal(name: str, process: int) -> list[str]:
    """Returns the command line that signals a command's process group."""
    return ["sh", "-c", _SIGNAL, "bridge", name, str(process)]


def end(mark: str, process: int, *signals: str) -> list[str]:
    """Returns the command line that ends every process with the mark, after two seconds by force."""
    return ["sh", "-c", _END, "bridge", mark, str(process), *signals]


def is_utf8(text: bytes) -> bool:
    """Returns whether the engine's API can carry a text."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _marked(word: bytes) -> str:
    if is_utf8(word):
        return "=" + word.decode()
    return "%" + "".join(chr(byte) if 0 < byte < 0x80 and byte != 0x5C else f"\\0{byte:03o}" for byte in word)
