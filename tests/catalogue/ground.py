"""Where the attacks take place: a guarded container, an unguarded one of the same image, and a world.

The world is one container that owns every address attacked, such as a cloud's metadata or a public resolver.
It is on no network of the engine: a cable (a veth pair) leads to each of the two. So it needs no address
range of this machine, several runs do not disturb each other, and no packet can get any further.
"""

from __future__ import annotations

import ipaddress
import json
import secrets
from contextlib import ExitStack
from dataclasses import dataclass

import trustme

from tests.support.docker import docker, execute, inspect, put
from tests.support.firewall import Firewall
from tests.support.internet import SOURCE, Internet, Server
from tests.support.project import Project

from . import cotenant

LISTED = (
    "listed.example.net",
    "*.wild.example.net",
    "listed.example.net:5432",
    "github.com",
    "api.github.com",
)
WORLD = {
    "METADATA": "169.254.169.254",
    "ECS": "169.254.170.2",
    "ALIBABA": "100.100.100.200",
    "AZURE": "168.63.129.16",
    "ORACLE": "192.0.0.192",
    "GOOGLE_DNS": "8.8.8.8",
    "CLOUDFLARE_DNS": "1.1.1.1",
    "QUAD9_DNS": "9.9.9.9",
    "WORLD": "45.33.32.156",
    "TEN": "10.0.0.1",
    "DOCKER0": "172.17.0.1",
    "ROUTER": "192.168.1.1",
    "DOCUMENTED": "203.0.113.7",
}
WORLD6 = {
    "METADATA6": "fd00:ec2::254",
    "GOOGLE_DNS6": "2001:4860:4860::8888",
    "WORLD6": "2600:3c01::f03c:91ff:fe18:bb2f",
    "NAT64": "64:ff9b::808:808",
    "SIX_TO_FOUR": "2002:808:808::1",
}
REBOUND = {
    "rebound.example.net": WORLD["METADATA"],
    "rebound-ten.example.net": WORLD["TEN"],
    "rebound-azure.example.net": WORLD["AZURE"],
    "rebound-cgnat.example.net": WORLD["ALIBABA"],
    "rebound-six.example.net": WORLD6["METADATA6"],
    "rebound-docker.example.net": WORLD["DOCKER0"],
}
NAMES = {
    "dns.google": WORLD["GOOGLE_DNS"],
    "cloudflare-dns.com": WORLD["CLOUDFLARE_DNS"],
    "metadata.google.internal": WORLD["METADATA"],
    "host.docker.internal": WORLD["DOCKER0"],
    "169-254-169-254.sslip.io": WORLD["METADATA"],
}
_PORTS = {
    "https": [443],
    "http": [80],
    "tcp": [22, 25, 465, 587, 853, 1433, 1883, 3306, 3389, 5432, 6379, 8443, 9418, 11211, 27017],
    "udp": [69, 123, 161, 443, 500, 853, 1194, 5353, 51820],
    "dns": True,
}
# Docker 20.10 has every interface that comes later begin without IPv6, also where the network has it.
SIXTH = ("--sysctl=net.ipv6.conf.default.disable_ipv6=0",)
_UNGUARDED = ("NET_ADMIN", "NET_RAW", "SYS_ADMIN", "SYS_PTRACE", "MKNOD")


@dataclass(frozen=True)
class Ground:
    """`outside` and `world` are containers, `places` what probes may refer to as variables.

    `guarded` are the addresses of all packets that get out of a guarded container.
    """

    internet: Internet
    firewall: Firewall
    project: Project
    outside: str
    world: Server
    cotenant: Server
    host: str
    places: dict[str, str]
    guarded: frozenset[str]

    def hearers(self) -> list[Server]:
        """Return all servers that no attack may reach."""
        return [self.world, self.internet.servers["unlisted"]]


def start(internet: Internet, firewall: Firewall, project: Project, stack: ExitStack) -> Ground:
    """Build it around *firewall*; *stack* takes it down."""
    name = f"aidevcontainer-test-catalogue-{secrets.token_hex(4)}"
    outside, host = f"{name}-outside", f"{name}-host"
    image = internet.image
    servers = (f"{name}-world", f"{name}-cotenant")
    stack.callback(docker, "rm", "--force", "--volumes", outside, host, *servers, check=False)
    world = _world(f"{name}-world", image)
    _unguarded(outside, firewall.image, internet, project)
    for number, container in enumerate([firewall.name, outside]):
        _cable(container, world.container, firewall.image, number)
    gateway = str(internet.subnet[1])
    port = _host(host, image, gateway)
    stack.callback(internet.restore)
    shared = cotenant.start(servers[1], image, internet)
    for container in (outside, firewall.agent):
        cotenant.equip(container, internet)
    cotenant.move(internet, {k: [v] for k, v in {**REBOUND, **NAMES}.items()}, firewall.agent)
    places = {
        **_places(internet),
        **cotenant.places(internet),
        "GATEWAY": gateway,
        "HOST_PORT": port,
        **_sides(outside, firewall.name),
    }
    guarded = _addresses(firewall.name) | _addresses(project.firewall)
    return Ground(internet, firewall, project, outside, world, shared, host, places, guarded)


def _world(name: str, image: str) -> Server:
    # Not `--privileged`, nor later: older engines then want rights that the machine itself may lack.
    options = ["--network=none", "--sysctl=net.ipv6.conf.all.disable_ipv6=0", "--cap-add=NET_ADMIN"]
    docker("create", "--name", name, *options, image)
    leaf = trustme.CA().issue_cert("world.example.com", *WORLD.values())
    programs = {f"server/{path.name}": path.read_bytes() for path in (SOURCE / "server").glob("*.py")}
    certificate = {"certificate.pem": leaf.private_key_and_cert_chain_pem.bytes()}
    config = {"config.json": json.dumps({"name": "world", **_PORTS}).encode()}
    empty = {"journal.jsonl": b"", "settings/answers": _answers()}
    put(name, "/srv", {**programs, **certificate, **config, **empty})
    docker("start", name)
    own = [f"ip addr add {address}/32 dev lo" for address in WORLD.values()]
    own += [f"ip -6 addr add {address}/128 dev lo" for address in WORLD6.values()]
    docker("exec", "--user=root", name, "sh", "-ec", "\n".join(own))
    return Server("world", name, WORLD["WORLD"], WORLD6["WORLD6"])


def _answers() -> bytes:
    return json.dumps({"example.com": [WORLD["WORLD"]], "listed.example.net": [WORLD["WORLD"]]}).encode()


def _unguarded(name: str, image: str, internet: Internet, project: Project) -> None:
    rights = [f"--cap-add={right}" for right in _UNGUARDED]
    rights += ["--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined", "--user=root"]
    rights += SIXTH if internet.subnet6 else ()
    docker("run", "--detach", "--name", name, "--network", internet.network, *rights, image)
    docker("cp", f"{project.path}/.", f"{name}:/workspace")
    resolver = internet.servers["resolver"].address
    execute(name, "sh", "-c", f"echo nameserver {resolver} >/etc/resolv.conf", check=True)


def _cable(container: str, world: str, image: str, number: int) -> None:
    """Lay a cable from *container*, which sends everything it has no other route for into it.

    Where the engine gives it no IPv6, neither does the cable, and attacks over IPv6 are left out.
    """
    four, six = f"11.11.{number}", f"2a10:7778:{number}:"
    script = f"""
        ip link add cable type veth peer name cable{number} netns 1
        ip addr add {four}.2/30 dev cable; ip link set cable up; ip route replace default via {four}.1
        ip -6 addr add {six}:2/64 dev cable nodad && ip -6 route replace default via {six}:1 || true"""
    # In the world's process namespace, process 1 is the world's.
    places = [f"--network=container:{container}", f"--pid=container:{world}", "--cap-add=NET_ADMIN"]
    docker("run", "--rm", *places, "--user=root", "--entrypoint=sh", image, "-ec", script)
    end = f"""
        ip addr add {four}.1/30 dev cable{number}; ip link set cable{number} up
        ip -6 addr add {six}:1/64 dev cable{number} || true"""
    docker("exec", "--user=root", world, "sh", "-ec", end)


def _host(name: str, image: str, gateway: str) -> str:
    """Serve on the host's own address at the network's gateway; return the port."""
    port = str(40000 + secrets.randbelow(20000))
    serve = ("python3", "-m", "http.server", port, "--bind", gateway)
    docker("run", "--detach", "--name", name, "--network=host", image, *serve)
    knock = f"until curl -s -o /dev/null http://{gateway}:{port}/; do sleep 0.1; done"
    execute(name, "timeout", "20", "sh", "-c", knock, check=True)
    return port


def _sides(unguarded: str, guarded: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for side, container in (("UNGUARDED", unguarded), ("GUARDED", guarded)):
        network = next(iter(inspect(container)["NetworkSettings"]["Networks"].values()))
        found |= {side: network["IPAddress"], f"{side}6": network["GlobalIPv6Address"]}
    return found


def _addresses(container: str) -> frozenset[str]:
    listed = json.loads(execute(container, "ip", "-j", "address", check=True).out)
    return frozenset(each["local"] for link in listed for each in link["addr_info"])


def _places(internet: Internet) -> dict[str, str]:
    servers = internet.servers
    found = {name.upper(): server.address for name, server in servers.items()}
    found |= {f"{name.upper()}6": server.address6 or "" for name, server in servers.items()}
    number = ipaddress.IPv4Address(servers["unlisted"].address)
    octets = str(number).split(".")
    spelled = {
        "NUMBER": str(int(number)),
        "HEX": hex(int(number)),
        "OCTAL": ".".join(f"0{int(part):o}" for part in octets),
        "SHORT": f"{octets[0]}.{octets[1]}.{int(octets[2]) * 256 + int(octets[3])}",
        "MIXED": f"{int(octets[0]):#x}.{octets[1]}.{octets[2]}.{octets[3]}",
        "SIBLING": servers["unlisted"].container,
        "BROADCAST": str(internet.subnet[-1]),
    }
    return {**found, **spelled, **WORLD, **WORLD6}
