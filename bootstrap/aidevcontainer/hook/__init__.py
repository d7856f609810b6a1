"""The git hook of a clone: installed and removed beside all hooks that are already there.

`cli.hook` calls it. The doctor, `container up` and `container uninstall` look at its state.
"""
