"""copier.yml without Copier: a copy takes half a second, and a property needs hundreds of answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
import yaml
from jinja2.sandbox import SandboxedEnvironment

from tests.support.scaffold import ROOT


@lru_cache(maxsize=1)
def configuration() -> dict[str, Any]:
    """Return copier.yml as Copier loads it."""
    loaded = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def questions() -> dict[str, Any]:
    """Return what is asked or computed, without the settings."""
    return {name: value for name, value in configuration().items() if not name.startswith("_")}


@lru_cache(maxsize=1)
def environment() -> SandboxedEnvironment:
    """Return a Jinja environment with the template's own settings and Copier's filters."""
    options = {**configuration()["_envops"], "undefined": jinja2.StrictUndefined}
    filters = "jinja2_ansible_filters.AnsibleCoreFiltersExtension"
    loader = jinja2.FileSystemLoader(ROOT)
    return SandboxedEnvironment(loader=loader, extensions=[filters], keep_trailing_newline=True, **options)


def complaint(question: str, answer: object) -> str:
    """Return what the question's validator says of an answer, an empty string if nothing."""
    validator = questions()[question]["validator"]
    return environment().from_string(validator).render({question: answer}).strip()


def render(name: str, answers: Mapping[str, Any]) -> str:
    """Render a file of the template, by its name there without `.jinja`."""
    context: dict[str, Any] = {
        "allowed_bundles": ["github", "npm"],
        "more_domains": "",
        "alpine_packages": "",
        "git_hook": False,
        "skip_permissions": False,
        "_copier_conf": {"answers_file": Path(".copier-answers.yml")},
        **answers,
    }
    file = f"template/.aidevcontainer/{name}.jinja"
    return environment().get_template(file).render(context)
