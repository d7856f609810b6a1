"""What an agent can do to the resolver that it shares a network with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .docker import docker, inspect
from .firewall import Firewall
from .internet import Internet

_ADDRESSES = "addresses = ['127.0.0.1'] + [f'127.0.53.{n}' for n in range(1, 6)]\n"

# What keeps a resolver from confirming, starting or answering. Each takes what it can get, all the time.
DISTURBANCES = {
    "holds UDP and takes TCP": """
import socket, time
held, taken = {}, 0
while True:
    for address in addresses:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            if (address, kind) in held: continue
            one = socket.socket(socket.AF_INET, kind)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((address, 53))
                if kind == socket.SOCK_STREAM: one.listen(100)
                held[address, kind] = one
                print('taken', address, kind.name, flush=True)
            except OSError: one.close()
    time.sleep(0.001)
""",
    "floods it": """
import socket, threading
print('taken', flush=True)
question = b'\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\3www\\7example\\3net\\0\\0\\1\\0\\1'
def pour():
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    while True:
        try: one.sendto(question, ('127.0.0.1', 53))
        except OSError: pass
def hold():
    open_ones = []
    while True:
        try: open_ones.append(socket.create_connection(('127.0.0.1', 53), 1))
        except OSError: open_ones = open_ones[50:]
for work in (pour, pour, hold): threading.Thread(target=work).start()
""",
}


@contextmanager
def disturbed(firewall: Firewall, internet: Internet, script: str) -> Iterator[str]:
    """Run a program as the agent, with nothing that the agent does not have."""
    image = inspect(internet.servers["unlisted"].container)["Config"]["Image"]
    name = f"{firewall.name}-disturber"
    rights = ["--cap-drop=ALL", "--security-opt=no-new-privileges:true", f"--user={firewall.ids[0]}"]
    place = ["--network", f"container:{firewall.name}", "--entrypoint=python3"]
    docker("run", "--detach", "--name", name, *rights, *place, image, "-c", _ADDRESSES + script)
    try:
        yield name
    finally:
        docker("rm", "--force", name)
