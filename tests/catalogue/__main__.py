"""`python3 -m tests.catalogue [ENGINE=FILE.json…]` records runs and writes the page in docs again."""

from __future__ import annotations

import sys
from pathlib import Path

from . import results
from .report import PAGE, page

if __name__ == "__main__":
    for run in sys.argv[1:]:
        engine, _, file = run.partition("=")
        results.record(engine, Path(file))
    PAGE.write_text(page(), encoding="utf-8")
