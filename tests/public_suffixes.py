"""`python3 -m tests.public_suffixes` writes bootstrap/public_suffixes.txt anew, from the pinned library."""

from __future__ import annotations

from pathlib import Path

from publicsuffixlist import PSLFILE

from bootstrap.public_suffixes import FILE, PRIVATE

_HEAD = """\
# This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL
# was not distributed with this file, You can obtain one at https://mozilla.org/MPL/2.0/.
#
# The public suffix list, https://publicsuffix.org/list/, {version}:
# its rules of two labels and more, in ASCII, sorted, without its comments. `python3 -m tests.public_suffixes`
# writes it; a test checks it.
# Domains of registries
"""


def content() -> str:
    """Return what the file should say."""
    source = Path(PSLFILE).read_text(encoding="utf-8")
    version = next(line for line in source.splitlines() if line.startswith("// VERSION: "))
    registries, private = source.split("// ===BEGIN PRIVATE DOMAINS===")
    head = _HEAD.format(version=version.replace("// VERSION:", "version of"))
    return head + _lines(registries) + f"{PRIVATE}\n" + _lines(private)


def _lines(section: str) -> str:
    words = [line.split()[0] for line in section.splitlines() if line.strip() and not line.startswith("//")]
    rules = {_ascii(word) for word in words if "." in word}
    return "".join(f"{rule}\n" for rule in sorted(rules))


def _ascii(rule: str) -> str:
    return ".".join(label if label.isascii() else label.encode("idna").decode() for label in rule.split("."))


if __name__ == "__main__":
    Path(FILE).write_text(content(), encoding="ascii")
