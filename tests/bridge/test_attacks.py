"""Attacks on the broker's socket: each costs its own request, is refused with a sentence, and is logged."""

from __future__ import annotations

import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aidevcontainer.bridge.broker import broker as program
from aidevcontainer.bridge.broker import intake, journal, protocol
from aidevcontainer.bridge.broker.protocol import Request, Size
from tests.support.broker import Broker, Talk, request, running
from tests.support.wait import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the broker runs in a container")

REQUEST = request("tool", "-c", "echo ran")


@pytest.fixture(scope="module", name="broker")
def one_broker() -> Iterator[Broker]:
    """One for all attacks: it is to outlive them."""
    with running() as found:
        yield found


@pytest.fixture(autouse=True)
def alive(broker: Broker) -> Iterator[None]:
    """After the attack the broker serves, with nothing of it left."""
    broker.engine.started.clear()
    yield
    answer = broker.run("tool", "-c", "echo alive")
    assert (answer.code, answer.out) == (0, b"alive\n")
    until(lambda: not broker.children(), broker.children)


def framed(content: bytes) -> bytes:
    """Return a REQUEST frame of any content."""
    return protocol.frame(protocol.REQUEST, content)


VALID = protocol.request_frame(REQUEST)[protocol.HEADER :]
BYTES = {
    "http": b"GET /v1.45/containers/json HTTP/1.1\r\nHost: x\r\n\r\n",
    "zeros": bytes(64),
    "ones": b"\xff" * 64,
    "unknown kind": bytes([99, 0, 0, 0]) + bytes(4),
    "padding": bytes([protocol.REQUEST, 1, 0, 0]) + bytes(4),
    "huge frame": bytes([protocol.REQUEST, 0, 0, 0]) + struct.pack(">I", 2**32 - 1),
    "input first": protocol.frame(protocol.STDIN, b"x"),
    "signal first": protocol.frame(protocol.SIGNAL, b"KILL"),
    "end first": protocol.frame(protocol.END_OF_INPUT),
    "answer from a client": protocol.frame(protocol.EXIT, bytes(4)),
    "empty request": framed(b""),
    "other version": framed(b"\x02" + VALID[1:]),
    "terminal of two": framed(VALID[:1] + b"\x02" + VALID[2:]),
    "cut": framed(VALID[:-1]),
    "longer": framed(VALID + b"x"),
    "one byte above the limit": bytes([protocol.REQUEST, 0, 0, 0])
    + struct.pack(">I", protocol.LONGEST_REQUEST + 1),
    "the longest, of zeros": framed(bytes(protocol.LONGEST_REQUEST)),
    "many arguments": framed(VALID[:6] + b"\0\0\0\4tool\0\0\0\x0a/workspace" + b"\xff\xff\xff\xff"),
    "zero byte": framed(VALID.replace(b"echo ran", b"echo\0ran")),
    "zero in the name": framed(VALID.replace(b"tool", b"to\0l")),
}


@pytest.mark.parametrize("data", BYTES.values(), ids=BYTES.keys())
def test_bytes_that_are_no_request(broker: Broker, data: bytes) -> None:
    """B-2: malformed in every field."""
    answer = broker.talk().send(data).end()
    assert answer.code == 126
    assert answer.refusal
    until(lambda: broker.logged(answer.refusal), broker.log)
    assert not broker.engine.started


def reading(broker: Broker) -> Talk:
    """Return the connection of a command that reads its input."""
    return broker.ask("tool", "-c", "echo start; cat").until(b"start\n")


ORDERS = {
    "second request": protocol.request_frame(REQUEST),
    "more input than allowed": protocol.frame(protocol.STDIN, b"x" * protocol.WINDOW) * 8,
    "input after its end": protocol.frame(protocol.END_OF_INPUT) + protocol.frame(protocol.STDIN, b"x"),
    "unknown signal": protocol.frame(protocol.SIGNAL, b"KILL"),
    "signal with shell": protocol.frame(protocol.SIGNAL, b"TERM;id"),
    "signal with zeros": protocol.frame(protocol.SIGNAL, b"TERM\0\0\0\0"),
    "signal of nothing": protocol.frame(protocol.SIGNAL),
    "more input than a frame": protocol.frame(protocol.STDIN, bytes(protocol.WINDOW + 1)),
    "a whole connection again": protocol.request_frame(REQUEST) + protocol.frame(protocol.END_OF_INPUT),
    "size of five": protocol.frame(protocol.RESIZE, b"12345"),
    "size of three": protocol.frame(protocol.RESIZE, b"123"),
    "garbage": b"garbage!" * 4,
    "flood of signals": protocol.frame(protocol.SIGNAL, b"USR1") * 5000,
}


@pytest.mark.parametrize("data", ORDERS.values(), ids=ORDERS.keys())
def test_orders_to_a_running_command(broker: Broker, data: bytes) -> None:
    """B-2: the command ends with its request."""
    talk = reading(broker)
    if data == ORDERS["more input than allowed"]:
        # One that does not read: what is sent and what is allowed cannot meet.
        talk = broker.ask("tool", "-c", "echo start; sleep 300").until(b"start\n")
    answer = talk.send(data).end()
    assert answer.code in (None, 126, 138), answer
    if answer.refusal:
        assert broker.logged(answer.refusal)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "undeclared",
        "Tool",
        "tool ",
        " tool",
        "tool\n",
        "./tool",
        "bin/tool",
        "../bin/tool",
        "tool/..",
        "-c",
        "sh",
        "/bin/sh",
        "app",
        "x" * 100000,
        "tool\u200b",
        "*",
        "\x1b[2J",
    ],
)
def test_names_that_are_not_declared(broker: Broker, name: str) -> None:
    """B-2: neither paths, nor options, nor programs and containers that are there, nor other forms."""
    answer = broker.run(name, "-c", "echo ran") if name else broker.ask(name).end()
    assert (answer.code, answer.out) == (127, b"")
    assert "is not declared" in answer.refusal
    assert not broker.engine.started


def test_a_name_that_is_no_utf_8(broker: Broker) -> None:
    """B-2: nor is it taken for another one."""
    answer = broker.talk().send(protocol.request_frame(request(b"tool\xff"))).end()
    assert "is not declared" in answer.refusal


@pytest.mark.parametrize(
    "directory",
    [
        b"",
        b"/",
        b"/etc",
        b"workspace",
        b"./",
        b"/workspacex",
        b"/workspace/..",
        b"/workspace/../etc",
        b"/workspace/a/../../etc",
        b"/workspace/./a",
        b"/workspace//a",
        b"/workspace/",
        b"//workspace",
        b"/\xff",
        b"/workspace/\xff/..",
        b"-",
        b"~",
        b"/workspace\n/etc",
    ],
)
def test_folders_that_are_none_of_the_workspace(broker: Broker, directory: bytes) -> None:
    """B-2: refused by their text, before anything starts."""
    answer = broker.run("tool", "-c", "pwd", directory=directory)
    assert (answer.code, answer.out) == (126, b"")
    assert "cannot run in" in answer.refusal
    assert not broker.engine.started


def test_links_out_of_the_mapped_folder(broker: Broker) -> None:
    """B-2: the target would follow them; to a folder outside, to one that begins alike, by several steps."""
    beside = broker.folder / "code-beside"
    beside.mkdir()
    (broker.code / "out").symlink_to("/")
    (broker.code / "beside").symlink_to(beside)
    (broker.code / "deep").mkdir()
    (broker.code / "deep" / "up").symlink_to("../..")
    for name in (b"out", b"out/etc", b"beside", b"deep/up"):
        answer = broker.run("tool", "-c", "echo ran", directory=b"/workspace/" + name)
        assert (answer.code, answer.out) == (126, b"")
        assert "leads out of" in answer.refusal
    (broker.code / "within").symlink_to("deep")
    assert broker.run("tool", "-c", "echo ran", directory=b"/workspace/within").out == b"ran\n"


TRICKS = [
    b"",
    b"-",
    b"--",
    b"-c",
    b"$(echo x)",
    b"`id`",
    b"; id",
    b"\n",
    b"\n\n",
    b"a\nb\n",
    b"'",
    b'"',
    b"\\",
]
TRICKS += [b"%s%n", b"*", b"~", b"=", b"%", b"\\0101", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\x01 no program"]


@pytest.mark.parametrize("words", [TRICKS[:19], TRICKS, [b"x" * 131_000] * 3], ids=["utf-8", "bytes", "long"])
def test_arguments_stay_arguments(broker: Broker, words: list[bytes]) -> None:
    """B-2: nothing of what they say is obeyed on the way."""
    script = 'for word; do printf "[%s]" "$word"; done'
    answer = broker.run("tool", "-c", script, "x", *words)
    assert answer.out == b"".join(b"[" + word + b"]" for word in words)


@pytest.mark.parametrize(
    "name", [b"OTHER", b"PATH", b"LD_PRELOAD", b"", b"SHARED=x", b"SHARED\n", b"shared", b"BASH_FUNC_x%%"]
)
def test_variables_that_the_file_does_not_list(broker: Broker, name: bytes) -> None:
    """B-2: the request is refused, rather than run without."""
    answer = broker.run("tool", "-c", "env", environment=((name, b"x"),))
    assert (answer.code, answer.out) == (126, b"")
    assert "the environment of 'tool' in bridge.yaml does not list" in answer.refusal


def test_the_mark_cannot_be_set(broker: Broker) -> None:
    """B-2: a command could pass for another one's, and be ended in its stead."""
    answer = broker.run("tool", "-c", "env", environment=((b"AIDEVCONTAINER_BRIDGE_RUN", b"x"),))
    assert "in bridge.yaml does not list 'AIDEVCONTAINER_BRIDGE_RUN'" in answer.refusal


@pytest.mark.parametrize(
    "more, said",
    [
        ({"Config": {"Labels": {"aidevcontainer.role": "firewall"}}}, "is one of the agent's own containers"),
        ({"HostConfig": {"Privileged": True}}, "is privileged"),
        ({"Mounts": [{"Source": "/var/run/docker.sock"}]}, "the container engine's socket"),
        ({"Mounts": [{"Source": "/data"}, {"Source": "/"}]}, "the container engine's socket"),
        ({"Mounts": [{"Source": "/var/run/"}]}, "the container engine's socket"),
        ({"Mounts": [{"Source": "/run/user/1000"}]}, "the container engine's socket"),
        ({"HostConfig": {"CapAdd": ["NET_RAW", "CAP_SYS_ADMIN"]}}, "the capability SYS_ADMIN"),
        ({"HostConfig": {"CapAdd": ["ALL"]}}, "the capability ALL"),
        ({"HostConfig": {"CapAdd": ["DAC_READ_SEARCH"]}}, "the capability DAC_READ_SEARCH"),
        ({"HostConfig": {"PidMode": "host"}}, "shares the machine's processes"),
        ({"HostConfig": {"PidMode": "container:other"}}, "shares another container's processes"),
        ({"HostConfig": {"DeviceCgroupRules": ["b 8:* rwm"]}}, "may open the machine's disks"),
        *(
            ({"HostConfig": {"Devices": [{"PathOnHost": name}]}}, f"has the device {name}")
            for name in ("/dev/sda", "/dev/nvme0n1p2", "/dev/mapper/root", "/dev/mem", "/dev")
        ),
        ({"Name": "/another"}, "there is no container gone"),
    ],
)
def test_containers_that_would_lead_out(broker: Broker, more: dict[str, Any], said: str) -> None:
    """B-2: also where the declaration names them; and an id's beginning is no name."""
    broker.engine.add("gone", **more)
    answer = broker.run("gone", "-c", "echo ran")
    del broker.engine.containers["gone"]
    assert (answer.code, answer.out) in ((126, b""), (127, b""))
    assert said in answer.refusal
    assert not broker.engine.started


@pytest.mark.parametrize(
    ("labels", "runs"),
    [
        ({"service": "web", "project": "shop", "project.working_dir": "/home/me/shop"}, True),
        ({"service": "web", "project": "shop", "project.working_dir": "/home/me/shop/deploy"}, True),
        ({"service": "web", "project": "shop", "project.working_dir": "/home/me/shop-2"}, False),
        ({"service": "web", "project": "bank", "project.working_dir": "/home/me/shop"}, False),
        ({"service": "vault", "project": "shop", "project.working_dir": "/home/me/shop"}, False),
        ({}, False),
    ],
)
def test_service_is_known_by_its_labels_and_not_by_its_name(
    broker: Broker, labels: dict[str, str], runs: bool
) -> None:
    """B-2: how Compose will call a container stands in files of the agent's, who may write another's."""
    named = {f"com.docker.compose.{name}": value for name, value in labels.items()}
    broker.engine.add("web", Config={"Labels": named})
    answer = broker.run("web", "-c", "echo ran")
    del broker.engine.containers["web"]
    assert (answer.out == b"ran\n") == runs
    assert runs or "is not the service 'web' of this project" in answer.refusal


def test_containers_that_are_given_harmless_devices(broker: Broker) -> None:
    """B-1: a graphics card, or a capability that matters inside alone, keeps no command from running."""
    devices = [{"PathOnHost": name} for name in ("/dev/dri", "/dev/fuse", "/dev/snd", "/dev/null")]
    broker.engine.add("gone", HostConfig={"Devices": devices, "CapAdd": ["SYS_PTRACE"], "PidMode": ""})
    answer = broker.run("gone", "-c", "echo ran")
    del broker.engine.containers["gone"]
    assert answer.code == 0


def test_descriptors_that_come_along(broker: Broker) -> None:
    """B-2: a socket can carry open files; none is kept, and the request is one like any other."""
    with (broker.folder / "passed").open("wb") as file:
        for _ in range(20):
            talk = broker.talk()
            socket.send_fds(talk.connection, [protocol.request_frame(REQUEST)], [file.fileno()] * 200)
            assert talk.end().out == b"ran\n"
        running = reading(broker)
        for _ in range(20):
            size = protocol.size_frame(Size(10, 10))
            socket.send_fds(running.connection, [size], [file.fileno()] * 200)
        held = [path.readlink() for path in Path(f"/proc/{broker.serving()}/fd").iterdir()]
        assert file.name not in map(str, held)
        assert running.send(protocol.frame(protocol.END_OF_INPUT)).end().code == 0


def test_more_words_than_a_program_can_have(broker: Broker) -> None:
    """B-2: half a million fit into a request; the sentence comes, and others are served meanwhile."""
    many = protocol.request_frame(request("tool", "-c", "echo ran", *[""] * 500_000))
    talks = [broker.talk().send(many) for _ in range(3)]
    assert broker.run("tool", "-c", "echo on").out == b"on\n"
    for talk in talks:
        answer = talk.end()
        assert (answer.code, answer.out) == (0, b"ran\n") or answer.code in (None, 126, 127)


def test_a_flood_of_sizes_is_one_size(broker: Broker) -> None:
    """B-2: only the last of many counts, and the command goes on."""
    talk = reading(broker)
    talk.send(*(protocol.size_frame(Size(10, number)) for number in range(20_000)))
    assert talk.send(protocol.frame(protocol.END_OF_INPUT)).end().code == 0


def test_a_replayed_request_is_a_request(broker: Broker) -> None:
    """B-2: what was recorded gives nothing that a new one would not: the command runs once more."""
    recorded = protocol.request_frame(REQUEST)
    marks = set()
    for _ in range(2):
        answer = broker.talk().send(recorded).end()
        assert (answer.code, answer.out) == (0, b"ran\n")
        marks.add(str(broker.engine.started[-1]["Env"]))
    assert len(marks) == 2
    broker.declare(broker.command("other", "sh"))
    broker.process.send_signal(signal.SIGHUP)
    until(lambda: broker.run("other", "-c", "true").code == 0, broker.log)
    assert "is not declared" in broker.talk().send(recorded).end().refusal
    broker.declare(broker.command("tool", "sh"))
    broker.process.send_signal(signal.SIGHUP)


def test_half_requests_and_silence_keep_nobody_out(broker: Broker) -> None:
    """B-2: while they wait others are served, and they end by themselves."""
    half = protocol.request_frame(REQUEST)[:-3]
    talks = [broker.talk().send(half if number % 2 else b"") for number in range(60)]
    assert broker.run("tool", "-c", "echo on").out == b"on\n"
    started = time.monotonic()
    answers = [talk.end() for talk in talks]
    assert {answer.code for answer in answers} == {126}
    assert all("was not complete within" in answer.refusal for answer in answers)
    assert time.monotonic() - started < 4 * intake.REQUEST_WITHIN


def test_a_flood_of_connections(broker: Broker) -> None:
    """B-2: more than there is room for are refused at once, with the reason."""
    talks = [broker.talk() for _ in range(program.AT_ONCE + 40)]
    refused = [talk.end() for talk in talks[program.AT_ONCE :]]
    assert {answer.code for answer in refused} == {126}
    assert all("which is the limit" in answer.refusal for answer in refused)
    for talk in talks:
        talk.close()
    until(lambda: not broker.children(), broker.children)


def test_large_requests_take_turns(broker: Broker) -> None:
    """B-2: many at once of the largest that may come, and no more than a few in memory."""
    large = protocol.request_frame(
        Request(b"nobody", b"/", (b"x" * (protocol.LONGEST_REQUEST - 100),), (), None)
    )
    talks = [broker.talk() for _ in range(12)]
    for talk in talks:
        talk.connection.settimeout(30)
        talk.send(large)
    assert {talk.end().code for talk in talks} <= {126, 127}


def test_a_flood_of_refusals_does_not_fill_the_disk(broker: Broker) -> None:
    """B-2: the log lets through a burst, then a few a second, and lines of a bounded length."""
    before, started = len(broker.log()), time.monotonic()
    for _ in range(200):
        broker.talk().send(protocol.request_frame(request("x" * 50_000))).end()
    passed = time.monotonic() - started
    lines = broker.log_path.read_text().splitlines()[before:]
    assert len(lines) <= journal.BURST + journal.PER_SECOND * (passed + 1) * 2
    assert max(map(len, lines)) < 4096
