"""The command lines, one file per command.

launch.py runs `commands` for the launchers of a project. `main` is the console script `aidevcontainer`.
"""
