"""The caller's environment as docker's programs may see it.

On the way of every session, so it imports nothing.
"""

from __future__ import annotations

# A person sets them for another project, and here they would lead Compose to other files, names, platforms,
# builders or API versions. Whatever a later version of these programs adds counts as such a variable.
_PREFIXES = ("COMPOSE_", "DOCKER_", "BUILDX_", "BUILDKIT_")
# They lead to the engine and sign in there. The builder is chosen where an engine has only one: Podman.
_KEPT = (
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS",
    "DOCKER_TLS_VERIFY",
    "DOCKER_AUTH_CONFIG",
    "DOCKER_CUSTOM_HEADERS",
    "DOCKER_BUILDKIT",
)
# They win over `.env`, whose lines Compose would obey: other names for containers, and their removal.
_FIXED = {
    "COMPOSE_COMPATIBILITY": "false",
    "COMPOSE_REMOVE_ORPHANS": "false",
    "COMPOSE_IGNORE_ORPHANS": "false",
    "COMPOSE_DISABLE_ENV_FILE": "false",
}


def is_foreign(name: str) -> bool:
    """Returns whether a variable changes what docker's programs do, other than which engine they use."""
    return name.startswith(_PREFIXES) and name not in _KEPT


def own_variables(caller: dict[str, str]) -> dict[str, str]:
    """Returns an environment without the variables that change what docker's programs do."""
    return {name: value for name, value in caller.items() if not is_foreign(name)} | _FIXED
