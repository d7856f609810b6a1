"""The one list of hosts."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.support.firewall_list import rules, sentences
from tests.support.questions import complaint, render
from tests.support.scaffold import ROOT

LISTS = ROOT / "bootstrap/aidevcontainer/firewall"
REQUIRED = {
    "github.com",
    "registry.npmjs.org",
    "api.anthropic.com",
    "sentry.io",
    "statsig.anthropic.com",
    "statsig.com",
    "claude.ai",
    "platform.claude.com",
    "claude.com",
    "downloads.claude.ai",
    "mcp-proxy.anthropic.com",
}
ASKED_FOR = {
    "github",
    "npm",
    "pypi",
    "crates",
    "go",
    "rubygems",
    "maven",
    "alpine",
    "debian",
    "dockerhub",
    "registries",
}


def bundles() -> list[dict[str, Any]]:
    loaded = yaml.safe_load((LISTS / "bundles.yml").read_text(encoding="utf-8"))
    assert isinstance(loaded, list)
    return loaded


def keys() -> list[str]:
    return [bundle["key"] for bundle in bundles()]


def test_bundles_are_complete_and_named_once() -> None:
    """U-1: every bundle has a key of its own, a title that fits a narrow terminal, and hosts."""
    assert len(set(keys())) == len(keys())
    assert set(keys()) >= ASKED_FOR
    for bundle in bundles():
        assert set(bundle) == {"key", "title", "default", "hosts"}
        assert len(bundle["title"]) <= 60
        assert bundle["default"] in ("always", True, False)
        assert len(set(bundle["hosts"])) == len(bundle["hosts"]) > 0


@pytest.mark.parametrize("bundle", bundles(), ids=keys())
def test_hosts_are_what_the_questions_would_accept(bundle: dict[str, Any]) -> None:
    """US-003.2: no bundle opens what the questions would refuse: nothing malformed or rentable."""
    assert complaint("more_domains", " ".join(bundle["hosts"])) == ""


def test_no_host_where_anybody_can_rent_room() -> None:
    """US-003.2: no listed host serves whatever a stranger uploads; one bucket is Docker's own."""
    own = {"docker-images-prod.6aa30f8b08e16409b46e0173d6de2f56.r2.cloudflarestorage.com"}
    rentable = yaml.safe_load((LISTS / "risky_hosts.yml").read_text(encoding="utf-8"))["rentable"]
    github = {bundle["key"]: bundle["hosts"] for bundle in bundles()}["github"]
    for bundle in bundles():
        for host in set(bundle["hosts"]) - own - set(github) - {"pkg-containers.githubusercontent.com"}:
            assert not any(host == domain or host.endswith(f".{domain}") for domain in rentable), host


def test_defaults_hold_what_the_specification_names() -> None:
    """US-003.2: the built-in defaults and a list made with default answers allow the required hosts."""
    for name in ("scripts/default-domains.txt", "allowed-domains.txt"):
        text = render(name, {"project_name": "x"})
        assert set(text.splitlines()) >= REQUIRED, name


def test_nothing_chosen_still_lets_claude_code_work() -> None:
    """US-003.2: unchoosing every bundle leaves the hosts of Claude Code and nothing else."""
    text = render("allowed-domains.txt", {"project_name": "x", "allowed_bundles": []})
    hosts = {line for line in text.splitlines() if line and not line.startswith("#")}
    assert hosts == set(bundles()[0]["hosts"])


def test_the_firewall_reads_every_bundle() -> None:
    """FR-3: the firewall's own reader accepts the list with everything chosen and keeps every host of it."""
    text = render("allowed-domains.txt", {"project_name": "x", "allowed_bundles": keys()})
    assert sentences(text) == ""
    expected = {host.removeprefix("*.").split(":")[0] for bundle in bundles() for host in bundle["hosts"]}
    assert {rule.value for rule in rules(text)} >= expected


def test_the_firewall_reads_the_built_in_defaults() -> None:
    """US-003.1: the list for projects without one is sound."""
    assert sentences(render("scripts/default-domains.txt", {"project_name": "x"})) == ""


def test_no_list_stands_beside_its_own_source() -> None:
    """US-003.2: what is rendered exists in the template only as what it is rendered from."""
    rendered = [path for path in (ROOT / "template").rglob("*.jinja") if path.with_suffix("").exists()]
    assert rendered == []
