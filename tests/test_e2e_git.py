"""Everyday git inside: whose commits they are, and a sentence where git cannot write."""

from __future__ import annotations

import pytest

from tests.support.project import Project

pytestmark = pytest.mark.engine


def test_commits_bear_the_host_users_name(project: Project) -> None:
    """X-S1: the identity that git knows on the host, though its file is not there; a commit can be made."""
    made = (
        "git commit -q --allow-empty -m inside && git log -1 --format='%an <%ae> %cn' && git reset -q HEAD~1"
    )
    assert project.inside("sh", "-c", made, check=True).out == "Host User <host@example.com> Host User\n"


def test_environment_names_another_author(project: Project) -> None:
    """X-S1: what the caller's environment says of the author holds for the session."""
    show = ("container", "shell", "--", "git", "var", "GIT_AUTHOR_IDENT")
    said = project.helper(*show, env={"GIT_AUTHOR_NAME": "Somebody"}).checked().out
    assert said.startswith("Somebody <")


@pytest.mark.parametrize(
    "command", ["git remote add up https://example.com/x.git", "git config user.nick 'a b'"]
)
def test_what_cannot_be_written_says_what_to_type(project: Project, command: str) -> None:
    """X-S1: git's own failure and exit code, and the command for the host."""
    done = project.inside("bash", "-c", command)
    assert done.code != 0
    assert (
        f"read-only in here, since your machine's git obeys it. Run this on your machine: {command}\n"
        in done.err
    )


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("git config --get no.such", 1),
        ("git remote get-url nobody", 2),
        ("git rev-parse nothing", 128),
        ("git branch -d nothing", 1),
        ("git nonsense", 1),
        ("git remote", 0),
        ("git config user.name", 0),
        ("git checkout -q -b topic && git checkout -q - && git branch -q -d topic", 0),
        (
            "cd /tmp && git init -q m && cd m && git remote add x y && git config a.b c && rm -rf /tmp/m",
            0,
        ),
    ],
)
def test_nothing_is_added_elsewhere(project: Project, command: str, code: int) -> None:
    """X-S1: what works works, in other repositories too; and other failures are git's own."""
    done = project.inside("bash", "-c", command)
    assert (done.code, "aidevcontainer" in done.err) == (code, False), done.err


def test_named_variables_reach_a_session(project: Project) -> None:
    """X-S2: a token goes inside only where a person names its variable, and is stored nowhere."""
    show = ("container", "shell", "--", "sh", "-c", 'echo "${GH_TOKEN:-none}"')
    token = {"GH_TOKEN": "only-for-this-session"}
    assert project.helper(*show, env=token).checked().out == "none\n"
    forwarded = project.helper(*show, env={**token, "AIDEVCONTAINER_FORWARD": "GH_TOKEN, OTHER"}).checked()
    assert forwarded.out == "only-for-this-session\n"
    assert project.run("grep", "-rlF", token["GH_TOKEN"], ".").out == ""
