"""Examples in the help of each command: the words after its name, and their effect. A test parses them."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "aidevcontainer init": (
        (".", "the repository in this folder"),
        ("--defaults -d git_hook=true .", "ask nothing, and change one default"),
        ("--source https://git.example.com/template.git .", "use another copy of the template"),
    ),
    "container up": (
        ("", "start stopped containers, and build the image if it changed"),
        ("--yes", "end sessions where new containers are needed"),
    ),
    "container down": (("", "ask first if sessions run"), ("--yes", "end them")),
    "container restart": (("", "from the same image"), ("--yes", "end sessions without a question")),
    "container rebuild": (("", "after a change"), ("--fresh", "with the newest packages")),
    "container status": (
        ("", "for a person"),
        ("--json", "for a program: .state is ready, stopped, closed …"),
    ),
    "container shell": (
        ("", "bash in the agent container"),
        ("-- make test", "one command, with its exit code"),
    ),
    "container logs": (("firewall", "the firewall's decisions and reasons"), ("--follow", "until Ctrl+C")),
    "container doctor": (("", "problems and their fixes"), ("--all", "every check")),
    "container list": (("", "a table"), ("--json", "for a program")),
    "container uninstall": (
        ("--dry-run", "only show what it removes"),
        ("--yes --keep-sign-in", "in a script; keep Claude's sign-in"),
        ("--yes --own-files", "also remove uncommitted files"),
    ),
    "container completion": (
        ("bash >> ~/.bashrc", "for each new bash"),
        ("zsh >> ~/.zshrc", "after compinit"),
        ("fish > ~/.config/fish/conf.d/aidevcontainer.fish", ""),
    ),
    "container upgrade": (
        ("", "to the newest Claude Code; sessions keep running"),
        ("2.1.331", "to this version"),
        ("--back", "to the version before"),
    ),
    "container bridge status": (("", "each command and its container"), ("--json", "for a program")),
    "container bridge reload": (("", "after a change to bridge.yaml"),),
    "container bridge test": (("", "check the path to each command, and run none"),),
    "container bridge suggest": (("--write", "a bridge.yaml to edit"),),
    "firewall status": (("", "the rules in force"), ("--json", "for a program")),
    "firewall log": (("--follow", "as it happens"), ("--since 10m --json", "for a program")),
    "firewall watch": (
        ("", "decide about each host, with one key"),
        ("--notify", "be told on the desktop"),
        ("--ask-again", "after an answer 'never' that you regret"),
    ),
    "firewall allow": (
        ("", "choose from the hosts that were just refused"),
        ("example.com '*.example.org'", "permanently, on this machine"),
        ("--for 30m example.com:8443", "another port, for half an hour"),
        ("git.example.com:443/tcp", "ssh or a proxy on a port of the web"),
    ),
    "firewall deny": (
        ("example.com", "remove it from the allowlist of this machine"),
        ("--project example.com", "from the allowlist of all machines"),
    ),
    "firewall reload": (("", "after you edited a list"),),
    "firewall test": (("", "attack it from inside; takes a few seconds"),),
    "firewall suggest": (("", "hosts in lock files and CI files; adds none"),),
    "update": (
        ("--check", "only look for an update"),
        ("--diff", "show every line, then ask"),
        ("-d git_hook=true", "change an answer"),
    ),
    "hook install": (("", "an earlier hook still runs"),),
    "hook uninstall": (("", "restores the earlier hook"),),
    "hook status": (("", "in a sentence"), ("--json", "for a program")),
    "hook lines": (("husky", "for .husky/post-checkout"), ("pre-commit", "for its configuration file")),
}
