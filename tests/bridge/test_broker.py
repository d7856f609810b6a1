"""The broker in front of an engine that is none: streams, limits, and the end of everything it starts."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from aidevcontainer.bridge.broker import protocol, work_folder
from aidevcontainer.bridge.broker.declaration import BrokerCommand
from aidevcontainer.bridge.broker.journal import RateLimit
from tests.support.broker import Broker
from tests.support.wait import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the broker runs in a container")


def carrying(text: str) -> list[str]:
    """Return the processes of this machine whose command line holds a text."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def test_streams_and_exit_code(broker: Broker) -> None:
    """B-1: output and errors apart, input to its end, the exit code, and that of a signal."""
    answer = broker.run("tool", "-c", "cat; echo wrong >&2; exit 9", input=b"in\0put")
    assert answer == (9, b"in\0put", b"wrong\n", "")
    assert broker.run("tool", "-c", "kill -KILL $$").code == 137


def test_the_folder_is_mapped(broker: Broker) -> None:
    """B-1: below the mapped folder, by bytes that are no UTF-8 as well."""
    folder = os.fsencode(broker.code) + b"/sub/\xff dir"
    Path(os.fsdecode(folder)).mkdir(parents=True)
    assert broker.run("tool", "-c", "pwd", directory=b"/workspace/sub/\xff dir").out == folder + b"\n"
    missing = broker.run("tool", directory=b"/workspace/none")
    assert missing.code == 126
    assert "app has no folder" in missing.refusal


def test_the_longest_path_wins() -> None:
    """B-1, B-3: whatever the order in the file; without a fitting one `workdir`, or nothing."""
    paths = (("/workspace", "/all"), ("/workspace/web", "/srv"), ("/workspace/web/api/", "/"))
    command = BrokerCommand("x", "app", ("x",), paths=paths)
    for directory, place in {
        b"/workspace": (b"/all", b"/all"),
        b"/workspace/webx": (b"/all", b"/all/webx"),
        b"/workspace/web": (b"/srv", b"/srv"),
        b"/workspace/web/a": (b"/srv", b"/srv/a"),
        b"/workspace/web/api/v1": (b"/", b"/v1"),
    }.items():
        assert work_folder.find(command, directory) == place
    assert work_folder.find(BrokerCommand("x", "app", ("x",)), b"/workspace/a") == (b"", b"")
    part = BrokerCommand("x", "app", ("x",), paths=paths[1:])
    assert work_folder.find(part, b"/workspace/other") is None
    fallback = BrokerCommand("x", "app", ("x",), paths=paths[1:], workdir="/tmp")
    assert work_folder.find(fallback, b"/workspace/other") == (b"/tmp", b"/tmp")


def test_variables_of_any_bytes(broker: Broker) -> None:
    """B-1: those that the file lists."""
    for value in (b"plain", b"\xff\n'$(id)`\\0101", b""):
        answer = broker.run("tool", "-c", 'printf %s "$SHARED"', environment=((b"SHARED", value),))
        assert (answer.code, answer.out) == (0, value)


def test_a_reader_that_does_not_read_costs_little(broker: Broker) -> None:
    """B-1: memory stays bounded, the command stops, and others run."""
    talk = broker.ask("tool", "-c", "echo start; exec cat /dev/zero").until(b"start\n")
    time.sleep(0.5)
    serving = broker.serving()
    status = Path(f"/proc/{serving}/status").read_text()
    resident = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
    assert resident < 48 * 1024, "KiB"
    assert broker.run("tool", "-c", "echo other").out == b"other\n"
    talk.close()
    until(lambda: not broker.children(), broker.children)


def test_input_that_nobody_reads_does_not_hold_up_a_signal(broker: Broker) -> None:
    """B-1: a whole window of it waits, and the signal gets through."""
    talk = broker.ask("tool", "-c", "echo start; sleep 300; echo no").until(b"start\n")
    talk.send(protocol.frame(protocol.STDIN, b"x" * protocol.WINDOW))
    talk.send(protocol.frame(protocol.SIGNAL, b"TERM"))
    assert talk.end().code == 143


def test_a_client_that_vanishes_ends_its_command(broker: Broker) -> None:
    """B-1: with what it started, in other sessions and deaf to every signal but one, too."""
    nap = f"{os.getpid()}.125"
    script = f"trap '' HUP TERM; (setsid sleep {nap} &); sleep {nap} & echo start; wait"
    talk = broker.ask("tool", "-c", script).until(b"start\n")
    until(lambda: len(carrying(f"sleep\0{nap}")) == 2, lambda: carrying(nap))
    talk.close()
    until(lambda: not carrying(f"sleep\0{nap}"), lambda: carrying(nap))


@pytest.mark.parametrize("how", ["served", "broker"])
def test_what_is_killed_leaves_nothing(broker: Broker, how: str) -> None:
    """B-1: the process that serves a command, and the whole broker, whose successor ends what it left."""
    nap = f"{os.getpid()}.25{len(how)}"
    talk = broker.ask("tool", "-c", f"echo start; exec sleep {nap}").until(b"start\n")
    serving = broker.serving()
    if how == "broker":
        broker.process.kill()
        broker.process.wait()
    os.kill(serving, signal.SIGKILL)
    assert talk.end().code is None
    if how == "broker":
        broker.start()
    until(lambda: not carrying(f"sleep\0{nap}"), lambda: carrying(nap))
    assert broker.run("tool", "-c", "echo on").out == b"on\n"


def test_the_end_of_the_broker_ends_its_commands(broker: Broker) -> None:
    """B-1: as `docker stop` asks for it."""
    nap = f"{os.getpid()}.375"
    talk = broker.ask("tool", "-c", f"echo start; exec sleep {nap}").until(b"start\n")
    broker.stop()
    assert talk.end().code is None
    assert not carrying(f"sleep\0{nap}")


def test_a_change_takes_effect_and_breaks_nothing(broker: Broker) -> None:
    """B-3: what runs goes on under the declaration that it began with; a broken one changes nothing."""
    talk = broker.ask("tool", "-c", "echo start; cat").until(b"start\n")
    broker.declare(broker.command("other", "sh"))
    broker.process.send_signal(signal.SIGHUP)
    until(lambda: broker.run("other", "-c", "true").code == 0, broker.log)
    assert "is not declared" in broker.run("tool").refusal
    assert [path.name for path in (broker.folder / "bin").iterdir()] == ["other"]
    (broker.folder / "declaration").write_text("broken")
    broker.process.send_signal(signal.SIGHUP)
    until(lambda: broker.logged("the declaration was refused"), broker.log)
    assert broker.run("other", "-c", "true").code == 0
    assert talk.send(protocol.frame(protocol.STDIN, b"on"), protocol.frame(protocol.END_OF_INPUT)).end() == (
        0,
        b"start\non",
        b"",
        "",
    )


def test_targets_that_are_not_there(broker: Broker) -> None:
    """B-1: gone, stopped, or the engine itself: a sentence and 127."""
    assert broker.run("gone") == (
        127,
        b"",
        b"",
        "there is no container gone. Start the services of its project",
    )
    broker.engine.add("gone", status="exited")
    assert broker.run("gone").refusal == "the container gone is not running (exited)"
    (broker.folder / "engine").unlink()
    answer = broker.run("tool")
    assert answer.code == 127
    assert "the container engine does not answer" in answer.refusal


def test_a_container_without_a_shell(broker: Broker) -> None:
    """B-1: its commands run, in one folder and with plain arguments, and say what they lack."""
    broker.engine.shell = False
    broker.declare(broker.command("bare", "/bin/echo"))
    broker.process.send_signal(signal.SIGHUP)
    until(lambda: broker.run("bare", "hi").code == 0, broker.log)
    answer = broker.run("bare", "hi")
    assert answer.out == b"hi\n"
    assert (
        answer.err == b"bridge: app has no sh, so 'bare' gets no signals and may run on when you cancel it\n"
    )
    assert "so commands run only in" in broker.run("bare", directory=b"/workspace/sub").refusal
    assert "so arguments must be UTF-8" in broker.run("bare", b"\xff").refusal


def test_the_log_has_a_limit_and_says_what_it_left_out() -> None:
    """B-2: a burst, then a few a second."""
    limit = RateLimit(burst=3, per_second=2.0)
    assert [limit.take(0.0) for _ in range(5)] == [(True, 0)] * 3 + [(False, 0)] * 2
    assert limit.take(0.4) == (False, 0)
    assert limit.take(0.6) == (True, 3)
