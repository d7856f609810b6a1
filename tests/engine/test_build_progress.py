"""What a person sees of a build."""

from __future__ import annotations

from aidevcontainer.engine.build_progress import BuildProgress, failure_lines

LOG = """\
#0 building with "default" instance using docker driver

#1 [claude internal] load build definition from Dockerfile
#1 transferring dockerfile: 2.00kB done
#1 DONE 0.0s

#5 [claude base 1/3] FROM docker.io/library/alpine:3.24
#5 DONE 0.1s

#6 [claude base 2/3] COPY ca/ /usr/local/share/ca-certificates/
#6 CACHED

#7 [claude payload 1/1] RUN /build/fetch-claude.sh /build/claude.pin /payload
#7 0.312 Fetching Claude Code 9.8.7
#7 0.400 \n\
#7 DONE 9.1s

#8 [claude stage-2 2/6] RUN /usr/local/lib/aidevcontainer/install-packages.sh --from packages.txt
#8 0.100 fetch https://dl-cdn.alpinelinux.org
#8 0.200 ERROR: unable to select packages:
#8 0.300   no-such-package (no such package)
#8 0.400 aidevcontainer: Correct it in packages.txt.
#8 ERROR: process "/bin/sh -c x" did not complete successfully: exit code: 1
------
 > [claude stage-2 2/6] RUN x:
0.400 aidevcontainer: Correct it in packages.txt.
------
failed to solve: process "/bin/sh -c x" did not complete successfully: exit code: 1
""".splitlines()


def test_steps_are_named_once_and_in_order() -> None:
    """U-4: progress a person can follow: steps, not BuildKit's own bookkeeping."""
    progress = BuildProgress()
    started = []
    for line in [*LOG, LOG[6]]:
        progress.feed(line)
        if progress.started:
            started.append(progress.started)
    assert started == [
        "base 1/3: FROM docker.io/library/alpine:3.24",
        "base 2/3: ca/ /usr/local/share/ca-certificates/",
        "payload 1/1: fetch-claude.sh claude.pin /payload",
        "2/6: install-packages.sh --from packages.txt",
    ]


def test_state_is_the_last_word_of_the_step() -> None:
    """U-4: during a long step its own output tells how far it is; an empty line tells nothing."""
    progress = BuildProgress()
    seen = {}
    for line in LOG:
        progress.feed(line)
        seen[line] = progress.state
    assert seen["#7 0.400 "] == "Fetching Claude Code 9.8.7"


def test_failure_shows_the_tools_words_and_ours() -> None:
    """U-4: the image's own sentence comes last, the tool's reason before it."""
    assert failure_lines(LOG) == [
        "fetch https://dl-cdn.alpinelinux.org",
        "ERROR: unable to select packages:",
        "  no-such-package (no such package)",
        "Correct it in packages.txt.",
    ]


def test_failure_of_a_foreign_step_shows_its_end() -> None:
    """U-4: a step that the user added has no sentence of ours."""
    log = [f"#8 0.{number} line {number}" for number in range(10, 40)] + [
        "#9 0.1 other",
        "#8 ERROR: exit code: 2",
    ]
    assert failure_lines(log) == [f"line {number}" for number in range(25, 40)]


def test_failure_before_any_step_shows_everything() -> None:
    """U-4: such as a Dockerfile that cannot be parsed."""
    assert (
        failure_lines(["#1 [internal] load", "", "unknown instruction: FORM"])[-1]
        == "unknown instruction: FORM"
    )
