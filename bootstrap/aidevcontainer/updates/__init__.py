"""The update command: checks, a rehearsal in a copy, a report, the change; and the look for newer versions.

cli/update.py calls `plan`; status and the doctor ask `news`; `init` and `python3 bootstrap` ask `origin`.
"""
