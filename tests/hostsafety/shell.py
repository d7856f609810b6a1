"""A shell that stays open, on the host or in a container: starting one costs more than a plant."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

_MARK = "== this is done =="


class Shell:
    """Runs script after script, each in a shell of its own below this one, with a limit of time."""

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str] | None = None,
        become: Callable[[], None] | None = None,
    ) -> None:
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env,
            preexec_fn=become,
            text=True,
            errors="replace",
        )

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._process.communicate(timeout=20)

    def say(self, text: str) -> None:
        """Have the outermost shell itself do something that prints nothing."""
        assert self._process.stdin is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def run(self, script: str, place: Path, variables: Mapping[str, object], seconds: int = 10) -> str:
        """Run *script* in the folder *place*, whatever comes of it, and return all it said."""
        names = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in variables.items())
        command = f"{names} timeout {seconds} sh -c {shlex.quote(script)}"
        self.say(
            f"(cd {shlex.quote(str(place))} && {command} </dev/null 2>&1; "
            f'echo "(exit code $?)"); echo; echo "{_MARK}"\n'
        )
        return self._heard()

    def _heard(self) -> str:
        assert self._process.stdout is not None
        lines: list[str] = []
        for line in self._process.stdout:
            if line.strip() == _MARK:
                return "".join(lines)
            lines.append(line)
        raise AssertionError(f"the shell ended: {''.join(lines)}")
