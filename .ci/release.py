#!/usr/bin/env python3
"""A maintainer's release: `.ci/release.py VERSION` checks everything, dates the changelog, and makes the tag.

Copier follows tags, so a tag is a release. Nothing is pushed: the last lines say how. With --dry-run only the
quick checks run and nothing is changed.
"""

from __future__ import annotations

import argparse
import datetime
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bootstrap"))

from aidevcontainer.engine import claude_pin  # noqa: E402 -- needs the path above
from aidevcontainer.util.errors import WRONG_USAGE, Problem  # noqa: E402

CHANGELOG = ROOT / "CHANGELOG.md"
PIN = ROOT / "template/.aidevcontainer/claude.pin"
_UNRELEASED = "## Unreleased\n"
# What PEP 440 and semantic versioning both read: Copier sorts tags by the first.
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:(a|b|rc)(\d+))?", re.ASCII)


def main(arguments: list[str]) -> int:
    """Release, and return the exit code: 0 done, 1 something is not ready, 2 wrong usage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", help="such as 1.2.0 or 1.2.0rc1")
    parser.add_argument("--dry-run", action="store_true", help="only check, without the gate")
    options = parser.parse_args(arguments)
    try:
        _release(options.version, options.dry_run)
    except Problem as problem:
        sys.stderr.write(f"release: {problem}\n")
        return problem.code
    return 0


def _release(version: str, dry_run: bool) -> None:
    _require_place()
    _require_newer(version)
    dated = changelog(CHANGELOG.read_text(encoding="utf-8"), version, datetime.date.today().isoformat())
    if claude_pin.parse(PIN.read_bytes()) is None:
        raise Problem(f"{PIN.relative_to(ROOT)} is not a version with a sha512 for x64 and arm64.")
    if dry_run:
        _say(f"Everything that is quick to check is ready for v{version}. Nothing was changed.")
        return
    _gate()
    # The gate takes long enough for somebody to have gone on working.
    _require_place()
    CHANGELOG.write_text(dated, encoding="utf-8")
    _git("commit", "--quiet", "--message", f"Release {version}", "--", str(CHANGELOG))
    _git("tag", "--annotate", "--message", f"Release {version}", f"v{version}")
    _say(f"Tagged v{version}. To publish it:\n  git push origin main\n  git push origin v{version}")


def changelog(text: str, version: str, date: str) -> str:
    """Return the changelog with what is unreleased under a version. Raises Problem where there is nothing."""
    before, found, after = text.partition(_UNRELEASED)
    entries = after.split("\n## ")[0]
    if not found or not re.search(r"^- ", entries, re.MULTILINE):
        raise Problem("CHANGELOG.md has nothing under '## Unreleased'. Say what is new for users.")
    if re.search(rf"^## {re.escape(version)}\b", text, re.MULTILINE):
        raise Problem(f"CHANGELOG.md has a section {version} already.")
    return f"{before}{_UNRELEASED}\n## {version} - {date}\n{after}"


def _require_place() -> None:
    branch = _git("symbolic-ref", "--quiet", "--short", "HEAD")
    if branch != "main":
        raise Problem(f"Releases are made on main, and this is {branch}: git switch main")
    changed = _git("status", "--porcelain")
    if changed:
        raise Problem(f"There is work that is not committed:\n{changed}")


def _require_newer(version: str) -> None:
    if not _VERSION.fullmatch(version):
        raise Problem(f"'{version}' is no version of the form 1.2.0 or 1.2.0rc1 (without v).", WRONG_USAGE)
    tags = [tag[1:] for tag in _git("tag", "--list", "v*").splitlines() if _VERSION.fullmatch(tag[1:])]
    last = max(tags, key=_order, default="")
    if last and _order(version) <= _order(last):
        raise Problem(f"{version} is not newer than the last release, {last}.", WRONG_USAGE)


def _order(version: str) -> tuple[int, int, int, str, int]:
    found = _VERSION.fullmatch(version)
    assert found  # noqa: S101 -- only called for what matches
    major, minor, patch, kind, number = found.groups()
    # 'a' < 'b' < 'rc' < 'release', as letters too.
    return int(major), int(minor), int(patch), kind or "release", int(number or 0)


def _gate() -> None:
    _say("Running .ci/run: every check and every test.")
    if subprocess.run([str(ROOT / ".ci/run")], cwd=ROOT, check=False).returncode:
        raise Problem("The gate is not green, so nothing was released; its reasons stand above.")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Problem(f"git {arguments[0]} failed: {done.stderr.strip() or 'HEAD is on no branch'}")
    return done.stdout.rstrip("\n")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
