"""What an agent can do to the resolver that it shares a network with."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from .docker import docker
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


# Begins 5,000 connections to a host, ends each at once unless `kept`, and prints how many connections the
# network's table has then.
FILL = """
import socket, time
open_ones = []
for _ in range(5000):
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex((target, 5432))
    if kept: open_ones.append(one)
    else: one.close()
print('begun', open('/proc/sys/net/netfilter/nf_conntrack_count').read(), flush=True)
time.sleep(60)
"""

# Begins 5,000 connections to a host that passes by name, sends half a hello on each, and keeps them.
HALF_HELLOS = """
import socket, time
open_ones = []
for _ in range(5000):
    one = socket.socket()
    one.settimeout(1)
    try:
        one.connect((target, 443))
        one.sendall(b'\\x16\\3\\1')
        open_ones.append(one)
    except OSError: one.close()
print('begun', len(open_ones), flush=True)
time.sleep(60)
"""


@contextmanager
def disturbed(firewall: Firewall, internet: Internet, script: str) -> Iterator[str]:
    """Run a program as the agent, with nothing that the agent does not have."""
    with program(f"container:{firewall.name}", internet, script, str(firewall.ids[0])) as name:
        yield name


@contextmanager
def program(network: str, internet: Internet, script: str, user: str) -> Iterator[str]:
    """Run a Python program in a network. `target` is the address of a listed host."""
    name = f"aidevcontainer-test-program-{secrets.token_hex(4)}"
    rights = ["--cap-drop=ALL", "--security-opt=no-new-privileges:true", f"--user={user}"]
    place = ["--network", network, "--ulimit=nofile=10000:10000", "--entrypoint=python3"]
    known = f"target = '{internet.servers['listed'].address}'\n{_ADDRESSES}"
    docker("run", "--detach", "--name", name, *rights, *place, internet.image, "-c", known + script)
    try:
        yield name
    finally:
        docker("rm", "--force", name)
