"""Everyday git inside: whose commits they are, and a sentence where git cannot write."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.project import Project
from tests.support.run import Finished

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
    "command",
    [
        "git remote add up https://example.com/x.git",
        "git config user.nick 'a b'",
        "git sparse-checkout set src",
    ],
)
def test_what_cannot_be_written_says_what_to_type(project: Project, command: str) -> None:
    """X-S1: git's own failure and exit code, and the command for the host."""
    done = project.inside("bash", "-c", command)
    assert done.code != 0
    assert (
        f"read-only in here, since your machine's git obeys it. Run this on your machine: {command}\n"
        in done.err
    )


def test_commits_are_replaced_on_the_host_only(project: Project) -> None:
    """X-S1: the host would see another commit than it pushes."""
    done = project.inside("sh", "-c", "git replace HEAD $(git commit-tree -m x HEAD^{tree})")
    assert done.code != 0
    assert "Run this on your machine: git replace HEAD " in done.err


def test_git_keeps_its_objects_in_order(project: Project) -> None:
    """X-S1: though it cannot write what the host's git believes about commits."""
    done = project.inside("sh", "-c", "git gc --quiet && git repack -adq && git fsck && git gc --auto")
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("git replace", 0),
        ("git replace -d nothing", 1),
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


REMOTE = "/tmp/remote.git"
# The host's own file cannot be changed while the shared project is up.
SETTINGS = {
    "remote.origin.url": REMOTE,
    "remote.origin.fetch": "+refs/heads/*:refs/remotes/origin/*",
    "branch.follower.remote": "origin",
    "branch.follower.merge": "refs/heads/their",
}
ORIGIN = f"export GIT_CONFIG_COUNT={len(SETTINGS)}" + "".join(
    f" GIT_CONFIG_KEY_{at}={name} GIT_CONFIG_VALUE_{at}='{value}'"
    for at, (name, value) in enumerate(SETTINGS.items())
)
PUBLISH = f"""set -e
git init --quiet --bare {REMOTE}
git push --quiet {REMOTE} HEAD:refs/heads/their HEAD:refs/heads/x/y
git fetch --quiet
"""
RESTORE = f"""git checkout --quiet --force $old
git for-each-ref --format='delete %(refname)' $refs | git update-ref --stdin
rm -rf {REMOTE}
"""
FOLLOW = " Run this on your machine: git branch --set-upstream-to=origin/{} {}\n"


@pytest.fixture
def inside(project: Project) -> Iterator[Callable[[str], Finished]]:
    """Runs commands in the shared project, with a remote that has two branches; what they made is removed."""
    old = project.inside("git", "symbolic-ref", "--short", "HEAD", check=True).out.strip()
    project.inside("bash", "-c", f"{ORIGIN}\n{PUBLISH}", check=True)
    yield lambda command: project.inside("bash", "-c", f"{ORIGIN}\n{command}")
    made = "refs/remotes refs/heads/their refs/heads/mine refs/heads/follower refs/heads/y refs/heads/x"
    project.inside("bash", "-c", f"old={old} refs='{made}'\n{RESTORE}", check=True)
    assert project.run("git", "branch").checked().out == f"* {old}\n"


@pytest.mark.parametrize(
    ("command", "remote", "local"),
    [
        ("git checkout -b mine origin/their", "their", "mine"),
        ("git checkout their", "their", "their"),
        ("git checkout -t origin/x/y", "x/y", "x/y"),
        ("git switch --track origin/x/y", "x/y", "x/y"),
        ("git -C /workspace switch -c mine --track=direct origin/their", "their", "mine"),
        ("git branch mine origin/their && git switch mine", "their", "mine"),
    ],
)
def test_branch_of_a_remote_is_made_whole(
    inside: Callable[[str], Finished], command: str, remote: str, local: str
) -> None:
    """X-S1: without git's errors about its configuration; a sentence says how it follows the remote's."""
    done = inside(command)
    said = done.out + done.err
    assert (done.code, "could not" in said, "set up to track" in said) == (0, False, False), said
    assert FOLLOW.format(remote, local) in done.err
    assert inside("git symbolic-ref --short HEAD").out == f"{local}\n"
    assert "aidevcontainer" not in inside(f"git checkout - && git checkout {local}").err


def test_branches_are_pushed_renamed_and_deleted(inside: Callable[[str], Finished]) -> None:
    """X-S1: what git does without its configuration it does, and says nothing that is not so."""
    pushed = inside("git checkout -q -b mine && git push -u origin mine")
    assert pushed.code == 0
    assert "Run this on your machine: git push -u origin mine\n" in pushed.err
    assert "could not" not in pushed.err + pushed.out
    assert inside(f"git -C {REMOTE} rev-parse mine").out == inside("git rev-parse HEAD").out
    followed = inside("git branch --set-upstream-to=origin/mine")
    assert (followed.code, followed.out) == (1, "")
    assert followed.err.endswith(" Run this on your machine: git branch --set-upstream-to=origin/mine\n")
    moved = inside("git branch -m mine their && git checkout - && git branch -D their")
    assert (moved.code, "config" in moved.err) == (0, False), moved.err


@pytest.mark.parametrize(
    "copy", ["git branch -c follower mine", "git switch -q follower; git branch -C mine"]
)
def test_copy_of_a_branch_does_not_follow_silently(inside: Callable[[str], Finished], copy: str) -> None:
    """X-S1: git copies a branch's upstream with it; where it cannot, a sentence says how to have it."""
    done = inside(f"git branch follower && {copy}")
    assert (done.code, "could not" in done.err) == (0, False), done.err
    assert FOLLOW.format("their", "mine") in done.err
    assert inside("git rev-parse mine").out == inside("git rev-parse follower").out
    assert "aidevcontainer" not in inside("git branch -c mine x").err
    assert "aidevcontainer" not in inside("git switch -q follower; git -C /workspace branch y").err


def test_branches_of_other_repositories_follow(inside: Callable[[str], Finished]) -> None:
    """X-S1: only this project's configuration is read-only."""
    clone = "unset GIT_CONFIG_COUNT; cd /tmp && rm -rf m && git clone -q remote.git m && cd m"
    done = inside(f"{clone} && git checkout their && git rev-parse --abbrev-ref @{{u}}; rm -rf /tmp/m")
    assert (done.code, done.out.splitlines()[-1]) == (0, "origin/their")
    assert "aidevcontainer" not in done.err


def test_named_variables_reach_a_session(project: Project) -> None:
    """X-S2: a token goes inside only where a person names its variable, and is stored nowhere."""
    show = ("container", "shell", "--", "sh", "-c", 'echo "${GH_TOKEN:-none}"')
    token = {"GH_TOKEN": "only-for-this-session"}
    assert project.helper(*show, env=token).checked().out == "none\n"
    forwarded = project.helper(*show, env={**token, "AIDEVCONTAINER_FORWARD": "GH_TOKEN, OTHER"}).checked()
    assert forwarded.out == "only-for-this-session\n"
    assert project.run("grep", "-rlF", token["GH_TOKEN"], ".").out == ""


@pytest.mark.parametrize(
    "host",
    [
        "github.com",
        "gist.github.com",
        "[ssh.github.com]:443",
        "gitlab.com",
        "[altssh.gitlab.com]:443",
        "bitbucket.org",
        "[altssh.bitbucket.org]:443",
    ],
)
def test_published_host_keys_are_known(project: Project, host: str) -> None:
    """Ssh without a terminal cannot ask, and libgit2 and others read only the file in ~/.ssh."""
    files = project.inside(
        "sh", "-c", "ssh -G github.com | sed -n 's/^globalknownhostsfile //p'", check=True
    ).out
    for file in (files.split()[0], "/home/claude/.ssh/known_hosts"):
        found = project.inside("ssh-keygen", "-F", host, "-f", file, check=True).out
        assert {"ssh-ed25519", "ssh-rsa"} <= set(found.split()), file
