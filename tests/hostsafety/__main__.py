"""`python3 -m tests.hostsafety` writes the table of the documentation's page anew."""

from __future__ import annotations

from .report import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
