"""Examples in the help of each command: what follows its name, and what that does. A test parses them."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "container up": (
        ("", "start what does not run, and build what changed"),
        ("--yes", "end sessions where that takes new containers"),
    ),
    "container down": (("", "ask first where sessions run"), ("--yes", "end them")),
    "container restart": (("", "both containers anew, from the same image"), ("--yes", "end sessions too")),
    "container rebuild": (("", "after a change"), ("--fresh", "newest packages, nothing reused")),
    "container status": (("", "for you"), ("--json", "for a program: .state is ready, stopped, closed …")),
    "container shell": (("", "bash where Claude works"), ("-- make test", "one command, with its exit code")),
    "container logs": (("firewall", "what the firewall did and why"), ("--follow", "of both, until Ctrl+C")),
    "container doctor": (("", "what is wrong and what mends it"), ("--all", "also what is well")),
    "container list": (("", "also those whose directory is gone"), ("--json", "for a program")),
    "container uninstall": (
        ("--dry-run", "only show what would go"),
        ("--yes --keep-sign-in", "in a script; keep Claude's sign-in"),
        ("--yes --own-files", "also what is in no commit"),
    ),
    "container completion": (
        ("bash >> ~/.bashrc", "for each new bash"),
        ("zsh >> ~/.zshrc", "behind compinit"),
        ("fish > ~/.config/fish/conf.d/aidevcontainer.fish", ""),
    ),
    "container upgrade": (
        ("", "to the newest Claude Code; sessions that run end by themselves"),
        ("2.1.331", "to this version"),
        ("--back", "to the one before"),
    ),
    "container bridge status": (("", "which command runs where"), ("--json", "for a program")),
    "container bridge reload": (("", "after a change of bridge.yaml"),),
    "container bridge test": (("", "try the way to each command, and run none"),),
    "container bridge suggest": (("--write", "a bridge.yaml to edit"),),
    "firewall status": (("", "what is in force"), ("--json", "for a program")),
    "firewall log": (("--follow", "while it happens"), ("--since 10m --json", "for a program")),
    "firewall allow": (
        ("", "choose from what was just refused"),
        ("example.com '*.example.org'", "for good, on this machine"),
        ("--for 30m example.com:8443", "another port, for half an hour"),
    ),
    "firewall deny": (
        ("example.com", "off the list of this machine"),
        ("--project example.com", "and of all"),
    ),
    "firewall reload": (("", "after an edit of a list"),),
    "firewall test": (("", "attack it from inside, in a few seconds"),),
    "firewall suggest": (("", "hosts that lock files and CI files name; adds none"),),
    "update": (
        ("--check", "is there anything new?"),
        ("--diff", "look at every line, then decide"),
        ("-d git_hook=true", "only change an answer"),
    ),
    "hook install": (("", "an earlier hook is kept and still runs"),),
    "hook uninstall": (("", "the earlier hook is back as it was"),),
    "hook status": (("", "in a sentence"), ("--json", "for a program")),
    "hook lines": (("husky", "what goes into .husky/post-checkout"), ("pre-commit", "and into its file")),
}
