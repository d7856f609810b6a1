"""What people may answer, and that no answer can break out of the file that it is rendered into."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.firewall_list import rules, sentences
from tests.support.questions import complaint, render

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
HOSTILE = [
    'it\'s "quoted" `tick` $HOME ${HOME} $(id) \\ end',
    "{{ 7 * 7 }} {% raw %} {# #}",
    "- !!python/object/apply:os.system [id]",
    ": # & * ! | > % @",
    "-rf /",
    "--privileged",
    "../../etc/passwd",
    "Ünïcode 项目 🚀",
    "null",
    "123",
    "x" * 80,
]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "api.example.com",
        "API.Example.COM",
        "api.example.com,*.example.org; db.example.net:5432\n10.1.0.0/16",
        "postgres postgres:5432 my_service:80",
        "10.1.2.3 10.1.2.3:5432 10.1.0.0/16:5432",
        "2606:4700::1 2606:4700::/32 [2606:4700::1]:443 [2606:4700::/32]:443",
        "xn--mnchen-3ya.de",
        "ssh.github.com:443/tcp registry.corp.dev:5000/tls *.corp.dev+private git.corp.dev:80/http+private",
    ],
)
def test_hosts_that_are_accepted(answer: str) -> None:
    """U-1, X-F3: names, wildcards, ports, services, addresses, networks, apart by spaces, commas or lines."""
    assert complaint("more_domains", answer) == ""


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("https://pypi.org/simple/", "Write only the host: pypi.org."),
        ("git@github.com:me/it.git", "Write only the host"),
        ("pypi.org/simple", "Write only the host"),
        ("*", "would open everything"),
        ("*.com", "too wide"),
        ("*.com:443/tls", "too wide"),
        ("db:5432/tcp", "addresses and services pass by address. Write db:5432."),
        ("10.0.0.0/8+private", "Write 10.0.0.0/8."),
        ("ssh.example.org:443/ssh", "/tls, /http or /tcp"),
        ("example.org:65001/tls", "the ports from 65000 to 65199"),
        ("*.co.uk", "too wide"),
        ("*.s3.eu-west-1.amazonaws.com", "anybody can rent a name"),
        ("*.10.1.2.3", "addresses have no names below them"),
        ("*.10.1.2.3:443", "addresses have no names below them"),
        ("api.*.com", "a star can only come first"),
        ("0.0.0.0/0", "is not a host"),
        ("10.0.0.0/4", "at least 8"),
        ("10.0.0.0/33", "at most 32"),
        ("10.1.2", "four numbers"),
        ("10.1.2.256", "from 0 to 255"),
        ("010.1.2.3", "without leading zeros"),
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("2606:4700::1::2", "not an IPv6 address"),
        ("[2606:4700::1]", "brackets"),
        ("example.com:0", "from 1 to 65535"),
        ("example.com:65536", "from 1 to 65535"),
        ("example.com:https", "from 1 to 65535"),
        ("münchen.de", "xn--"),
        ("localhost", "the container itself"),
        ("example..com", "not a host name"),
        ("-example.com", "not a host name"),
        ("example.com # the API", "write comments in allowed-domains.txt"),
        ("good.example.com bad_-", "'bad_-' is not a host name"),
        ("$(id)", "not a host name"),
        ("{{ 7 }}", "not a host name"),
        ("a" * 254, "too long"),
    ],
)
def test_hosts_that_are_refused_with_a_sentence(answer: str, sentence: str) -> None:
    """U-1: what is wrong with an answer is said, with what to write instead."""
    said = complaint("more_domains", answer)
    assert sentence in said
    assert said.endswith(".")
    assert "\n" not in said


@pytest.mark.parametrize(
    "answer", ["", "nodejs npm", "g++,py3-pip\ngtk+3.0", "go~1.25 python3>=3.12 jq=1.8.1-r0"]
)
def test_packages_that_are_accepted(answer: str) -> None:
    """U-1: names of Alpine packages, also with a version."""
    assert complaint("alpine_packages", answer) == ""


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("build-essential", "called build-base in Alpine"),
        ("nodejs --root", "'--root' is not the name of an Alpine package"),
        ("$(id)", "not the name of an Alpine package"),
        ("a|b", "not the name of an Alpine package"),
        ("node@edge", "not the name of an Alpine package"),
        ("ünï", "not the name of an Alpine package"),
    ],
)
def test_packages_that_are_refused_with_a_sentence(answer: str, sentence: str) -> None:
    """U-1: an option, a command or a name from elsewhere never reaches the package manager."""
    assert sentence in complaint("alpine_packages", answer)


@pytest.mark.parametrize("answer", ["", "  ", "x" * 81, "two\nlines", "bell\a", "\u2028", "\ud800"])
def test_names_that_are_refused(answer: str) -> None:
    """U-1: a project's name is one visible line."""
    assert complaint("project_name", answer).endswith(".")


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_are_accepted(name: str) -> None:
    """U-1: people's folders have all kinds of names, and none of them has to be renamed."""
    assert complaint("project_name", name) == ""


NAMES = st.text(min_size=1, max_size=80).filter(lambda name: not complaint("project_name", name))


@settings(max_examples=40, deadline=None)
@given(NAMES)
@example("-")
@example("}} {{")
@example("B")
@example("bridge")
@example("${X:-y}")
@example("'; touch /tmp/x; '")
def test_no_name_breaks_the_compose_file(name: str) -> None:
    """U-1, FR-7: whatever the name, the Compose file is the same document but for a harmless form of it."""
    document = yaml.safe_load(render("docker-compose.yml", {"project_name": name}))
    plain = yaml.safe_load(render("docker-compose.yml", {"project_name": "plain"}))
    slug = document["name"].removeprefix("aidevcontainer-")
    assert SLUG.fullmatch(slug)
    assert len(slug) <= 40
    # Not what merely begins so, or a path: aidevcontainer-b and /run/aidevcontainer-bridge.
    named = re.compile(rf"(?<![/\w])aidevcontainer-{slug}(?![a-z0-9-])")
    assert json.loads(named.sub("aidevcontainer-plain", json.dumps(document))) == plain


@settings(max_examples=30, deadline=None)
@given(NAMES)
def test_no_name_adds_lines_to_the_readme(name: str) -> None:
    """U-1: a name stays on its line."""
    assert render("README.md", {"project_name": name}).count("\n") == render(
        "README.md", {"project_name": "x"}
    ).count("\n")


# Close to what is allowed, so that many examples are accepted and there is something to prove.
LABELS = st.sampled_from(["example", "com", "a-b", "_x", "x--y", "7", "K"])
NAMED = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
IPV4 = st.lists(st.sampled_from(["10", "1", "255", "0", "192"]), min_size=4, max_size=4).map(".".join)
GROUPS = st.lists(st.sampled_from(["2606", "0", "ff02", "a", ""]), min_size=2, max_size=8)
IPV6 = GROUPS.map(":".join).map("26::{}".format) | GROUPS.map(":".join)
HOSTS = NAMED | NAMED.map("*.{}".format) | IPV4 | IPV4.map("{}/16".format) | IPV6 | IPV6.map("{}/32".format)
PORTS = st.sampled_from(["", "", ":443", ":65535", ":0443", ":443/tcp", ":5000/tls", ":65001/http"])
PRIVATE = st.sampled_from(["", "", "", "+private"])
SOUND = st.tuples(HOSTS, PORTS, PRIVATE).map("".join) | IPV6.map("[{}]:8443".format)
TYPOS = st.tuples(
    SOUND, st.sampled_from(["", "/", ".", "-", "*", "]", ":", "0x1f", "é", "\x00"]), st.text(max_size=3)
).map("".join)
LISTS = SOUND | st.lists(SOUND, max_size=3).map(" ".join) | TYPOS


@settings(max_examples=150, deadline=None)
@given(LISTS)
@example("10.1.0.0/16:5432")
@example("[2606:4700::/32]:8443")
@example("a.0x1")
@example("*.7.7.7.7")
@example("1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:: 1::8")
@example("example.com\u2028evil.com")
@example("example.com\x0bevil.com")
def test_the_firewall_reads_every_accepted_answer(answer: str) -> None:
    """X-F3, FR-3: what the question accepts, the firewall accepts, every entry of it and nothing besides."""
    if complaint("more_domains", answer):
        return
    text = render("allowed-domains.txt", {"project_name": "x", "allowed_bundles": [], "more_domains": answer})
    assert sentences(text) == ""
    without = {
        rule[:3]
        for rule in rules(render("allowed-domains.txt", {"project_name": "x", "allowed_bundles": []}))
    }
    added = {rule[:3] for rule in rules(text)} - without
    assert len(added) <= len(set(re.findall(r"[^\s,;]+", answer.lower())))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
@example("nodejs\x85npm")
def test_packages_are_single_words_on_lines_of_their_own(answer: str) -> None:
    """U-1: packages.txt holds comments and names, and nothing that a shell or apk could take for more."""
    if complaint("alpine_packages", answer):
        return
    lines = render("packages.txt", {"project_name": "x", "alpine_packages": answer}).splitlines()
    for line in lines:
        assert line.startswith("# ") or re.fullmatch(r"[A-Za-z0-9_.][A-Za-z0-9_.+<>=~-]*", line)


def test_permission_prompts_stay_unless_unasked() -> None:
    """U-1: no makes Claude ask, whatever its default is; yes ends that, and the question about it, too."""
    asked = json.loads(render("claude-settings.json", {"skip_permissions": False, "project_name": "x"}))
    assert asked == {"permissions": {"defaultMode": "default"}}
    unasked = json.loads(render("claude-settings.json", {"skip_permissions": True, "project_name": "x"}))
    assert unasked["permissions"] == {"defaultMode": "bypassPermissions"}
    assert unasked["skipDangerousModePermissionPrompt"] is True
