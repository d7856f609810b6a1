"""Sessions on a terminal: `./.aidevcontainer/claude` as a person uses it, with the real Claude Code."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from functools import partial

import pytest

from tests.support import claude_screens
from tests.support.docker import docker, inspect
from tests.support.fixtures import NewProject
from tests.support.model import Model, bash, say
from tests.support.project import SIGNED_IN, Project
from tests.support.terminal import Terminal
from tests.support.wait import until

pytestmark = pytest.mark.engine

ANY_SCREEN = "|".join([claude_screens.FIRST_SCREEN, claude_screens.SIGN_IN, claude_screens.PROMPT])
RULE = "[\u2500\u254c]+"


def test_first_start_ends_at_the_sign_in(new_project: NewProject) -> None:
    """U-4: without a token a first session shows Claude's first screen, then its sign-in; Ctrl+C leaves."""
    project = new_project("first", up=True)
    with project.session() as terminal:
        terminal.wait_for(claude_screens.FIRST_SCREEN)
        terminal.key("enter")
        terminal.wait_for(claude_screens.SIGN_IN)
        claude_screens.leave(terminal)
    assert project.state("claude") == "running"


def test_session_starts_what_does_not_run(new_project: NewProject) -> None:
    """U-4: one command takes a project that was never started to a session, and says what it does."""
    project = new_project("cold")
    with project.session() as terminal:
        terminal.wait_for(claude_screens.FIRST_SCREEN, 300)
        assert b"Starting the firewall" in terminal.raw
        claude_screens.leave(terminal)


def test_prompt_answers_and_the_container_stays(at_prompt: Project) -> None:
    """US-001.4: a person asks, Claude answers, Ctrl+C twice leaves Claude and not the container."""
    with at_prompt.session(env=SIGNED_IN) as terminal:
        claude_screens.reach_prompt(terminal)
        terminal.send("hello there")
        terminal.wait_for("hello there")
        terminal.key("enter")
        terminal.wait_for("Nothing more to do")
        assert claude_screens.leave(terminal) == 0
    assert at_prompt.state("claude") == "running"


def test_detach_keys_leave_ctrl_p_to_claude(at_prompt: Project) -> None:
    """U-4: Ctrl-P is Claude's history, at the first press; docker's own detach keys would swallow it."""
    with at_prompt.session(env=SIGNED_IN) as terminal:
        claude_screens.reach_prompt(terminal)
        terminal.send("words to remember")
        terminal.key("enter")
        terminal.wait_for("Nothing more to do")
        terminal.key("ctrl-p")
        terminal.wait_for(rf"{claude_screens.MARK}\s+words to remember\s*\n\u2500{{10}}", 5)
        claude_screens.leave(terminal)


@pytest.mark.parametrize("way", ["the helper", "plain Compose"])
def test_ctrl_z_at_the_prompt_leaves_a_session_that_works(at_prompt: Project, model: Model, way: str) -> None:
    """U-4, US-001.3: Claude stops itself and waits for a shell to resume it, and a session has none."""
    with at_prompt.session(env=SIGNED_IN) if way == "the helper" else plain(at_prompt) as terminal:
        claude_screens.reach_prompt(terminal)
        for words in (f"once {way}", f"twice {way}"):
            claude_screens.suspend(terminal)
            terminal.send(words)
            terminal.wait_for(rf"{claude_screens.MARK}\s+{words}")
            terminal.key("enter")
            until(partial(asked, model, words), terminal.screen)
            terminal.wait_gone(rf"{claude_screens.MARK}\s+{words}\s*\n\u2500{{10}}")
        terminal.resize(35, 72)
        until(lambda: widest_rule("".join(terminal.screen().splitlines()[-2:-1])) == 72, terminal.screen)
        assert claude_screens.leave(terminal) == 0
    until(lambda: not sessions(at_prompt), at_prompt.processes)


def asked(model: Model, words: str) -> bool:
    """Return whether somebody said these words to the model."""
    return words in str(model.requests())


def plain(project: Project) -> Terminal:
    """Opens Claude with Compose alone."""
    variables = [part for name, value in SIGNED_IN.items() for part in ("-e", f"{name}={value}")]
    return project.terminal(
        *(
            "docker",
            "compose",
            "--project-directory",
            ".aidevcontainer",
            "exec",
            *variables,
            "claude",
            "claude",
        )
    )


def test_ctrl_z_below_a_shell_goes_to_the_shell(at_prompt: Project) -> None:
    """U-4: there a person can type `fg`, so Claude stops as everywhere else."""
    with at_prompt.terminal(".aidevcontainer/container", "shell", env=SIGNED_IN) as terminal:
        terminal.wait_for(r"[$#] $|[$#]$")
        terminal.send("claude\r")
        claude_screens.reach_prompt(terminal)
        terminal.key("ctrl-z")
        terminal.wait_for("Stopped")
        terminal.send("fg\r")
        terminal.send("hello")
        terminal.wait_for(rf"{claude_screens.MARK}\s+hello")


def test_terminal_size_at_start_and_after_a_resize(at_prompt: Project) -> None:
    """U-4: Claude draws to the window's width, and follows it."""
    with at_prompt.session(env=SIGNED_IN, rows=30, columns=101) as terminal:
        claude_screens.reach_prompt(terminal)
        assert widest_rule(terminal.screen()) == 101
        terminal.resize(35, 72)
        until(lambda: widest_rule("".join(terminal.screen().splitlines()[-2:-1])) == 72, terminal.screen)
        claude_screens.leave(terminal)


def test_terminal_type_colours_and_time_zone(at_prompt: Project, model: Model) -> None:
    """U-4: the session knows the caller's terminal, its colours and the time zone."""
    prompt = model.script("terminal", bash('echo "$TERM $COLORTERM $(date +%Z)"'), say("done"))
    at_prompt.ask(prompt, TERM="xterm-kitty", COLORTERM="truecolor", TZ="Asia/Tokyo").checked()
    assert model.results("terminal") == ["xterm-kitty truecolor JST"]


def test_session_starts_where_the_caller_is(at_prompt: Project, model: Model) -> None:
    """U-4: the session's directory matches the caller's."""
    prompt = model.script("where", bash("pwd"), say("done"))
    at_prompt.ask(prompt, cwd=at_prompt.path / "src").checked()
    assert model.results("where") == ["/workspace/src"]


def test_arguments_arrive_untouched(at_prompt: Project, model: Model) -> None:
    """U-4: whatever a shell passed to the helper reaches Claude as it was."""
    prompt = 'spaces  "quotes" $HOME `id` * \\n \u00e4\u20ac -- --help\nsecond line'
    at_prompt.ask(prompt).checked()
    assert prompt in str([text for request in model.requests() for text in texts(request)][-1])


def test_exit_codes_pass_through(project: Project) -> None:
    """U-4: Claude's exit code and its complaint are the helper's."""
    assert project.helper("claude", "--version").code == 0
    refused = project.helper("claude", "--no-such-flag")
    assert (refused.code, refused.out) == (1, "")
    assert "--no-such-flag" in refused.err


def test_version_is_the_pinned_one(project: Project) -> None:
    """US-002.1, U-4: the image has the pinned Claude Code, and the helper adds nothing to its output."""
    pin = (project.scaffold / "claude.pin").read_text(encoding="utf-8")
    pinned = next(line.split()[1] for line in pin.splitlines() if line.startswith("version "))
    assert project.helper("claude", "--version").out == f"{pinned} (Claude Code)\n"


def test_pipes(at_prompt: Project, model: Model) -> None:
    """U-4: `git diff | ./.aidevcontainer/claude -p review` works: stdin in, the answer alone out."""
    diff = "".join(f"+ line {number} of a long change\n" for number in range(5000))
    answered = at_prompt.ask("review", input=diff).checked()
    assert answered.out == "Nothing more to do.\n"
    assert diff.strip() in "".join(texts(model.requests()[-1]))


def test_twelve_sessions_in_a_row(project: Project) -> None:
    """M-2, US-001.4: twelve sessions one after the other, and the container was never restarted."""
    before = lifetime(project)
    for _ in range(12):
        with project.session() as terminal:
            terminal.wait_for(ANY_SCREEN)
            claude_screens.leave(terminal)
    assert lifetime(project) == before


def test_twelve_sessions_at_once(project: Project) -> None:
    """M-2: twelve sessions side by side, each with its own screen, and the container was never restarted."""
    before = lifetime(project)
    with ExitStack() as stack:
        terminals = [stack.enter_context(project.session()) for _ in range(12)]
        for terminal in terminals:
            terminal.wait_for(ANY_SCREEN, 90)
        assert len([line for line in project.processes() if line.startswith("claude")]) >= 12
        for terminal in terminals:
            claude_screens.leave(terminal)
    assert lifetime(project) == before


def test_claude_asks_before_it_acts(at_prompt: Project, model: Model) -> None:
    """U-1: without the answer yes to the question about prompts, a command waits for a person's approval."""
    with at_prompt.session(env=SIGNED_IN) as terminal:
        claude_screens.reach_prompt(terminal)
        terminal.send(model.script("approve", bash("touch /workspace/unasked"), say("done")))
        terminal.wait_for("Please begin")
        terminal.key("enter")
        terminal.wait_for("Do you want to proceed")
        terminal.key("escape")
        terminal.wait_for("Interrupted")
        claude_screens.leave(terminal)
    assert not (at_prompt.path / "unasked").exists()


def test_claude_does_not_ask_where_that_was_chosen(new_project: NewProject, model: Model) -> None:
    """U-1: with the answer yes the agent works without a question, also without one about the mode itself."""
    project = new_project("unasked", data={"skip_permissions": True}, up=True)
    with project.session(env=SIGNED_IN) as terminal:
        screen = claude_screens.reach_prompt(terminal)
        assert "bypass permissions on" in screen
        terminal.send(model.script("bypass", bash("touch /workspace/unasked"), say("all done")))
        terminal.wait_for("Please begin")
        terminal.key("enter")
        terminal.wait_for("all done")
        claude_screens.leave(terminal)
    assert (project.path / "unasked").exists()


def test_nothing_runs_before_and_after_a_session(new_project: NewProject) -> None:
    """U-5, FR-1: only the wait and its init run by themselves, and a session leaves nothing behind."""
    project = new_project("quiet", up=True)
    assert project.processes() == ["/sbin/tini -- sleep infinity", "sleep infinity"]
    with project.session() as terminal:
        terminal.wait_for(ANY_SCREEN)
        claude_screens.leave(terminal)
    until(lambda: len(project.processes()) == 2, project.processes)


def test_equal_names_do_not_collide(new_project: NewProject) -> None:
    """U-4: two clones in folders of the same name are two projects, each session in its own."""
    one, other = (new_project(f"{place}/clone", up=True) for place in ("here", "there"))
    assert one.path.name == other.path.name
    assert one.claude != other.claude
    one.write("only-here.txt", "x")
    assert one.inside("cat", "only-here.txt").out == "x"
    assert other.inside("cat", "only-here.txt").code == 1


def test_vanished_terminal_leaves_no_process(project: Project) -> None:
    """U-4: a closed window ends its session in the container, and no other one."""
    until(lambda: not sessions(project), project.processes)
    with project.session() as kept, project.session() as closed:
        kept.wait_for(ANY_SCREEN)
        closed.wait_for(ANY_SCREEN)
        assert len(sessions(project)) == 2
        closed.vanish()
        until(lambda: len(sessions(project)) == 1, project.processes)
        time.sleep(1)
        assert len(sessions(project)) == 1
        claude_screens.leave(kept)


# Claude, which ignores a hang-up, with a child that belongs to no session.
DEAF = "#!/bin/sh\ntrap '' HUP\nsleep 71234 &\necho started\nwhile :; do sleep 0.2; done\n"


def test_vanished_terminal_ends_a_claude_that_hears_nothing(new_project: NewProject) -> None:
    """U-4: it is killed below its shell; what it put into the background survives, as at an ordinary end."""
    project = new_project("deaf", up=True)
    replace = "rm /usr/local/bin/claude && cat >/usr/local/bin/claude && chmod 755 /usr/local/bin/claude"
    docker("exec", "--interactive", "--user", "root", project.claude, "sh", "-c", replace, input=DEAF)
    with project.session() as terminal:
        terminal.wait_for("started")
        terminal.vanish()
        until(lambda: not any("bin/claude" in line for line in project.processes()), project.processes)
    assert "sleep 71234" in project.processes()


def sessions(project: Project) -> set[str]:
    """Return the ids of the terminal sessions in which Claude runs.

    Processes are no measure: Claude forks, and a child has its parent's command line until it executes
    another program.
    """
    listed = docker("top", project.claude, "-eo", "pid,sid,args").out.splitlines()[1:]
    fields = [line.split(maxsplit=2) for line in listed]
    return {sid for _, sid, command in fields if re.match(r"\S*claude\b", command)}


def lifetime(project: Project) -> tuple[object, ...]:
    """Return what changes when a container is restarted or replaced."""
    found = [inspect(container) for container in (project.claude, project.firewall)]
    return tuple((one["Id"], one["State"]["StartedAt"], one["RestartCount"]) for one in found)


def widest_rule(screen: str) -> int:
    """Return the length of the longest horizontal rule on a screen."""
    return max((len(rule) for rule in re.findall(RULE, screen)), default=0)


def texts(request: dict[str, object]) -> list[str]:
    """Return all texts that people and programs put into a request."""
    messages = request["messages"]
    assert isinstance(messages, list)
    contents = [message["content"] for message in messages if message["role"] == "user"]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return [content for content in contents if isinstance(content, str)] + [
        part.get("text", "") for part in parts
    ]
