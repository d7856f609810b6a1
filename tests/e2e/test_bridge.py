"""The bridge on a real engine: an agent's container, a broker, and containers of the project's own."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.support.bridge import Bridge
from tests.support.docker import docker, execute, inspect
from tests.support.terminal import Terminal
from tests.support.wait import until

pytestmark = pytest.mark.engine

# Talks to the broker's socket past the client, as an agent may: argv[1] is what it sends, in hex.
TALK = """\
import socket, sys
talk = socket.socket(socket.AF_UNIX)
talk.connect("/run/aidevcontainer-bridge/socket")
talk.sendall(bytes.fromhex(sys.argv[1]))
talk.settimeout(10)
sys.stdout.buffer.write(talk.recv(65536))
"""


@pytest.fixture(autouse=True)
def nothing_left(bridge: Bridge) -> Iterator[None]:
    """After the test nothing runs in the project's containers that was not there before."""
    yield
    until(lambda: not bridge.left(), bridge.left)


def test_a_command_runs_as_if_it_were_here(bridge: Bridge) -> None:
    """B-1: streams apart, exit code, the folder mapped, the declared variables and no other."""
    bridge.project.write("src/deep/file.txt", "seen\n")
    script = 'cat file.txt; pwd; echo "$SHARED-$SECRET"; echo wrong >&2; exit 7'
    done = bridge.run("tool", "-c", script, at="/workspace/src/deep", SHARED="yes", SECRET="no")
    assert done.code == 7
    assert done.out == "seen\n/code/src/deep\nyes-\n"
    assert done.err == "wrong\n"


def test_signals_deaths_and_missing_programs_have_exit_codes(bridge: Bridge) -> None:
    """B-1: 128 + n after a signal, 127 where there is no program, with a sentence."""
    assert bridge.run("tool", "-c", "kill -TERM $$").code == 143
    done = bridge.run("lacking")
    assert (done.code, done.err) == (127, f"bridge: there is no program 'no-such-program' in {bridge.app}\n")


def test_arguments_arrive_as_they_are(bridge: Bridge) -> None:
    """B-1: empty, with blanks, newlines, shell's own characters, options, no UTF-8, and long."""
    words = [b"", b"a b", b"x\n\ny\n", b"$(id) `id` ;&|*'\"\\", b"--", b"-e", b"%s", "\u00e4\u20ac".encode()]
    assert sent(bridge, "words", *words) == b"".join(b"[" + word + b"]" for word in words)
    broken = [*words, b"\xff\xfe\\0101%\n", b"=", b"%", b"\xe4"]
    assert sent(bridge, "words", *broken) == b"".join(b"[" + word + b"]" for word in broken)
    # The longest that Linux takes for one argument, and in sum nearly its 2 MiB.
    many = "import subprocess; subprocess.call(['tool', '-c', 'echo $# ${#14}', 'x'] + ['y' * 131071] * 14)"
    assert bridge.run("python3", "-c", many).out == "14 131071\n"


def sent(bridge: Bridge, command: str, *words: bytes) -> bytes:
    """Return the output of a command in the agent's container whose words may be any bytes.

    Docker's own client takes UTF-8 only, hence the detour.
    """
    start = "import os, sys; os.execvp(sys.argv[1], [sys.argv[1], *map(bytes.fromhex, sys.argv[2:])])"
    line = ["docker", "exec", bridge.project.claude, "python3", "-c", start, command]
    hexadecimal = [word.hex() for word in words]
    return subprocess.run([*line, *hexadecimal], capture_output=True, timeout=30, check=True).stdout


def test_output_comes_while_the_command_runs(bridge: Bridge) -> None:
    """B-1: a command that streams is seen line by line, and killing the session ends it over there."""
    line = ["docker", "exec", bridge.project.claude, "tool", "-c", "while :; do echo tick; sleep 0.2; done"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert [process.stdout.readline() for _ in range(3)] == ["tick\n"] * 3
        assert bridge.left()
        # Ending the docker client does not end what it started in the agent's container: that is done there.
        bridge.run("sh", "-c", "kill -9 $(pgrep -f '[b]ridge.*tick')")
        process.communicate(timeout=20)


def test_large_data_passes_both_ways_without_loss(bridge: Bridge) -> None:
    """B-1: 48 MB through standard input and back, the same digest."""
    data = os.urandom(1 << 20) * 48
    line = ["docker", "exec", "--interactive", bridge.project.claude, "copy"]
    done = subprocess.run(line, input=data, capture_output=True, timeout=60, check=True)
    assert hashlib.sha256(done.stdout).digest() == hashlib.sha256(data).digest()
    counted = bridge.run("tool", "-c", "wc -c; echo end >&2", input=data[: 1 << 20])
    assert (counted.out.strip(), counted.err) == (str(1 << 20), "end\n")


def test_fifty_commands_at_once(bridge: Bridge) -> None:
    """B-1: each gets its own input, output and exit code."""
    script = """
        cd /workspace; mkdir many
        for i in $(seq 50); do (echo "in $i" | tool -c "cat; exit $i" >many/$i; echo $? >>many/$i) & done
        wait
        for i in $(seq 50); do tr '\\n' ' ' <many/$i; done
    """
    done = bridge.run("sh", "-c", script, timeout=120)
    assert done.out == "".join(f"in {i} {i} " for i in range(1, 51)), done.err


def test_a_terminal_is_a_terminal(bridge: Bridge) -> None:
    """B-1: an interactive program with its size, its keys, resizes and Ctrl+C."""
    line = ["docker", "exec", "--interactive", "--tty", bridge.project.claude, "tool", "-i"]
    with Terminal(line, rows=31, columns=90) as terminal:
        terminal.wait_for(r"/code #")
        terminal.send("stty size; tty\r")
        terminal.wait_for(r"31 90\s+/dev/pts/")
        terminal.resize(25, 77)
        terminal.send("stty size\r")
        terminal.wait_for("25 77")
        terminal.send("sleep 1000\r")
        until(lambda: "sleep 1000" in bridge.left(), bridge.left)
        terminal.key("ctrl-c")
        until(lambda: "sleep 1000" not in bridge.left(), bridge.left)
        terminal.send("exit 5\r")
        assert terminal.wait() == 5


def test_a_closed_window_ends_the_command(bridge: Bridge) -> None:
    """B-1: with the terminal's session gone, nothing is left, not even what runs in the background."""
    script = (
        "tool -c 'trap \"\" HUP TERM; (setsid sleep 1001 &); sleep 1002 & wait' & echo $! >/tmp/started; wait"
    )
    docker("exec", "--detach", bridge.project.claude, "sh", "-c", script)
    until(lambda: {"sleep 1001", "sleep 1002"} <= set(bridge.left()), bridge.left)
    bridge.run("sh", "-c", "kill -9 $(head -n 1 /tmp/started)").checked()
    until(lambda: not {"sleep 1001", "sleep 1002"} & set(bridge.left()), bridge.left)


def test_a_terminal_that_hangs_up_ends_the_command(bridge: Bridge) -> None:
    """B-1: as when tmux or ssh in the agent's container goes; also one that is deaf to SIGHUP."""
    done = bridge.run("python3", "-c", HANG_UP)
    assert (done.out, done.err) == ("129\n", "")


# Runs a command on a terminal and takes the terminal away.
HANG_UP = """\
import os, pty
child, terminal = pty.fork()
if not child:
    os.execvp("tool", ["tool", "-c", "trap '' HUP TERM; echo up; while :; do sleep 1004; done"])
said = b""
while b"up" not in said:
    said += os.read(terminal, 100)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_jobs_of_a_shell(bridge: Bridge) -> None:
    """B-1: stopped, in the background, back in front: the terminal is the shell's or the command's."""
    line = ["docker", "exec", "--interactive", "--tty", bridge.project.claude, "bash", "--norc"]
    with Terminal(line, rows=30, columns=90) as terminal:
        terminal.wait_for(r"\$")
        terminal.send("PS1='now> '; tool -c 'echo be''gun; read x; echo got $x; sleep 1005; read x'\r")
        terminal.wait_for("begun")
        bridge.run("pkill", "-TSTP", "-f", "bin/[t]ool").checked()
        terminal.wait_for("Stopped")
        terminal.send("clear; stty -a | grep -ow -e -echo -e echo\r")
        terminal.wait_for("(?m)^echo$")
        # In the background nothing is read; in front again it has each key, and shows it once.
        terminal.send("clear; bg\r")
        terminal.wait_for("&")
        terminal.send("fg\r")
        terminal.wait_for("(?m)^tool")
        time.sleep(0.5)
        terminal.send("word\r")
        assert terminal.wait_for("got word").count("word") == 2
        # The key goes to the command, as with `docker exec`, and nothing over there has jobs.
        terminal.key("ctrl-z")
        terminal.key("ctrl-c")
        terminal.wait_for("now>$")
        assert "Stopped" not in terminal.screen()
        terminal.send("clear; stty -a | grep -ow -e -echo -e echo; exit 6\r")
        assert terminal.wait() == 6


@pytest.mark.parametrize("name, code", [("TERM", 143), ("INT", 130), ("HUP", 129)])
def test_signals_reach_the_command(bridge: Bridge, name: str, code: int) -> None:
    """B-1: as signals, which it may handle; what it does not handle ends it and its children."""
    done = bridge.run("sh", "-c", signalling(name, "trap 'echo heard; exit 9' " + name))
    assert (done.out, done.code) == ("ready\nheard\n", 9)
    done = bridge.run("sh", "-c", signalling(name, ":"))
    assert (done.out, done.code) == ("ready\n", code)


def signalling(name: str, prepare: str) -> str:
    """Return shell that starts a command, signals it once it says that it is ready, and ends as it does."""
    # By Python, as a shell without job control starts what is in the background deaf to INT.
    there = f"{prepare}; echo ready; while :; do sleep 0.1; done"
    return f"""
        cd /workspace; mkfifo .ready; trap 'rm -f .ready' EXIT
        python3 -c '
import os, signal, subprocess, sys
child = subprocess.Popen(["tool", "-c", sys.argv[1]], stdout=subprocess.PIPE, restore_signals=True)
os.write(1, child.stdout.readline())
child.send_signal(signal.SIG{name})
os.write(1, child.stdout.read())
code = child.wait()
sys.exit(code if code >= 0 else 128 - code)' "{there}"
    """


def test_what_happens_meanwhile_costs_a_stream_nothing(bridge: Bridge) -> None:
    """B-1: one that is steady and one that is silent, while file and firewall are put into force anew."""
    steady = "i=0; until [ -e go ]; do echo $i; i=$((i + 1)); sleep 0.02; done; echo end"
    silent = "until [ -e go ]; do sleep 0.1; done; head -c 3000000 /dev/zero"
    start = ["docker", "exec", bridge.project.claude, "tool", "-c"]
    with (
        subprocess.Popen([*start, steady], stdout=subprocess.PIPE, text=True) as first,
        subprocess.Popen([*start, silent], stdout=subprocess.PIPE) as second,
    ):
        try:
            bridge.project.helper("container", "bridge", "reload").checked()
            bridge.project.reload()
            assert bridge.run("tool", "-c", "echo on").out == "on\n"
        finally:
            bridge.run("touch", "/workspace/go").checked()
        lines, zeros = first.communicate(timeout=30)[0].split(), second.communicate(timeout=30)[0]
        bridge.run("rm", "/workspace/go").checked()
    assert lines == [*map(str, range(len(lines) - 1)), "end"]
    assert (len(lines) > 10, zeros == bytes(3_000_000)) == (True, True)
    assert (first.returncode, second.returncode) == (0, 0)


def test_a_reader_that_has_enough_ends_the_command(bridge: Bridge) -> None:
    """B-1: as a pipe would."""
    done = bridge.run("bash", "-c", "set -o pipefail; tool -c 'yes' | head -n 1")
    assert (done.out, done.code) == ("y\n", 141)


def test_a_target_that_dies_says_so(bridge: Bridge) -> None:
    """B-1: half-way, while it is gone, and after it came back; nothing else is started anew for it."""
    line = ["docker", "exec", bridge.project.claude, "limp", "-c", "echo up; sleep 100"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        docker("kill", bridge.fragile)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 137
    assert f"bridge: the container {bridge.fragile} is not running (exited), and 'limp' ended with it" in said
    done = bridge.run("limp", "-c", "true")
    assert (done.code, done.err) == (127, f"bridge: the container {bridge.fragile} is not running (exited)\n")
    done = bridge.run("absent")
    assert done.code == 127
    assert f"there is no container {bridge.app}-absent" in done.err
    docker("start", bridge.fragile)
    assert bridge.run("limp", "-c", "pwd").out == "/tmp\n"


def test_a_broker_that_is_started_anew(bridge: Bridge) -> None:
    """B-1: it ends what it ran, or the next does where it was killed; the next command works."""
    for action in (("restart", bridge.broker), ("kill", bridge.broker)):
        line = ["docker", "exec", bridge.project.claude, "tool", "-c", "echo up; sleep 1003"]
        with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stdout.readline() == "up\n"
            docker(*action)
            _, said = process.communicate(timeout=30)
        assert process.returncode == 127
        assert "bridge: the broker stopped" in said
        docker("start", bridge.broker)
        until(lambda: bridge.run("nothing").code == 0, bridge.log)
        until(lambda: "sleep 1003" not in bridge.left(), bridge.left)


def test_what_is_refused(bridge: Bridge) -> None:
    """B-2: an undeclared name, other folders, the agent's own containers; said and logged."""
    undeclared = bridge.run("python3", "-c", AS, "undeclared")
    assert undeclared.code == 127
    assert "'undeclared' is not declared in .aidevcontainer/bridge.yaml" in undeclared.err
    assert "'tool' cannot run in /tmp" in bridge.run("tool", at="/tmp").err
    own = bridge.run("own", "-c", "id")
    assert (own.code, own.out) == (126, "")
    assert "is one of the agent's own containers" in own.err
    reasons = [str(line.get("reason")) for line in bridge.log()]
    for said in ("'undeclared' is not declared", "cannot run in /tmp", "the agent's own containers"):
        assert any(said in reason for reason in reasons), reasons


# The client under another name than any that is declared.
AS = """\
import sys
sys.path.append("/usr/local/lib/aidevcontainer/bridge")
from aidevcontainer.bridge.broker import client
sys.exit(client.main(sys.argv[1].encode(), []))
"""


def test_links_do_not_lead_out_of_the_mapped_folder(bridge: Bridge) -> None:
    """B-2: the agent makes a link in the workspace, and the target would follow it."""
    bridge.run("sh", "-c", "ln -sfn /etc out; mkdir -p hop; ln -sfn ../../.. hop/up").checked()
    for folder in ("out", "hop/up/etc"):
        # A folder of this name exists here, too, so that the client starts in it by its textual name.
        done = bridge.run("python3", "-c", STRAY, f"/workspace/{folder}")
        assert done.code == 126, done.out
        assert "the folder you are in leads out of /code" in done.err


# The client as a liar: it claims to be in a folder that it is not in.
STRAY = """\
import os, sys
sys.path.append("/usr/local/lib/aidevcontainer/bridge")
from aidevcontainer.bridge.broker import client
os.getcwdb = lambda: os.fsencode(sys.argv[1])
sys.exit(client.main(b"tool", [b"-c", b"pwd"]))
"""


def test_the_agent_cannot_touch_what_makes_the_bridge(bridge: Bridge) -> None:
    """B-2: neither socket, commands, declaration nor bridge.yaml; and the engine's socket is nowhere."""
    script = """
        for path in socket declaration bin/tool bin/new variables/tool; do
          (echo x >/run/aidevcontainer-bridge/$path) 2>/dev/null && echo "wrote $path"
          rm -f /run/aidevcontainer-bridge/$path 2>/dev/null && [ $path != bin/new ] && echo "removed $path"
        done
        mv /run/aidevcontainer-bridge /run/x 2>/dev/null && echo moved
        (echo x >>/workspace/.aidevcontainer/bridge.yaml) 2>/dev/null && echo "wrote bridge.yaml"
        rm -f /workspace/.aidevcontainer/bridge.yaml 2>/dev/null && echo "removed bridge.yaml"
        (echo x >/usr/local/lib/aidevcontainer/bridge-client) 2>/dev/null && echo "wrote client"
        find / -xdev -name '*.sock' 2>/dev/null
        ls /run/engine.sock /var/run/docker.sock 2>/dev/null
        exit 0
    """
    assert bridge.run("sh", "-c", script).out == ""
    assert bridge.run("nothing").code == 0


def test_the_broker_has_the_socket_and_nothing_else(bridge: Bridge) -> None:
    """B-2: no network, no capability, no way to gain one, none of the workspace, a root that is read-only."""
    found = inspect(bridge.broker)
    host = found["HostConfig"]
    assert (host["NetworkMode"], host["CapDrop"], host["CapAdd"] or []) == ("none", ["ALL"], [])
    assert (host["ReadonlyRootfs"], host["Privileged"]) == (True, False)
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert {mount["Destination"] for mount in found["Mounts"]} == {
        "/run/aidevcontainer-bridge",
        "/run/engine.sock",
    }
    status = execute(bridge.broker, "cat", "/proc/1/status", check=True).out
    assert re.search(r"^CapBnd:\t0+$", status, re.M)


def test_hostile_bytes_on_the_socket_cost_only_themselves(bridge: Bridge) -> None:
    """B-2: garbage is refused with a sentence, and the broker goes on."""
    done = bridge.run("python3", "-c", TALK, b"GET /containers/json HTTP/1.1\r\n\r\n".hex())
    assert "a connection must begin with a request" in done.out
    started = time.monotonic()
    half = bridge.run("python3", "-c", TALK, "10000000")
    assert "not complete within" in half.out
    assert time.monotonic() - started < 20
    assert bridge.run("nothing").code == 0
