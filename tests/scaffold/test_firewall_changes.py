"""What a new policy changes, and what the firewall's scripts say of it to people and to programs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.firewall_scripts import FOLDER, awk, needs_jq, script
from tests.support.run import run


def test_addresses_of_listed_names_outlive_a_removal(tmp_path: Path) -> None:
    """X-F5: what is known to belong to a name that is still listed, on its ports; the rest is forgotten."""
    rows = ("name\tkept.example.net\tweb\tf:1", "wildcard\twild.example.net\t22\tf:2")
    (tmp_path / "policy").write_text("".join(f"{row}\n" for row in rows))
    (tmp_path / "known").write_text(
        "192.0.2.1 kept.example.net\n192.0.2.2 gone.example.net\n"
        "192.0.2.3 a.wild.example.net\n192.0.2.4 wild.example.net\n"
        + "".join(f"add names-web-4 192.0.2.{last} timeout 99\n" for last in (1, 2, 5))
        + "".join(f"add names-22-4 192.0.2.{last} timeout 98\n" for last in (1, 3, 4))
    )
    forgotten = awk("forget-unlisted", tmp_path / "policy", tmp_path / "known").checked().out
    assert forgotten.splitlines() == [
        *(f"add names-web-4 192.0.2.{last} timeout 99" for last in (2, 5)),
        *(f"add names-22-4 192.0.2.{last} timeout 98" for last in (1, 4)),
    ]


def changes(folder: Path, former: list[str], policy: list[str]) -> list[str]:
    """Returns what is said of a new policy."""
    for name, rows in (("former", former), ("policy", policy)):
        (folder / name).write_text("".join(f"{row}\n" for row in rows))
    awk("ways compare", folder / "former", folder / "policy", dir=folder).checked()
    return (folder / "changes").read_text().splitlines()


@pytest.mark.parametrize(
    ("former", "policy", "rules"),
    [
        (["name a web"], ["name a web", "name b web", "wildcard b web"], "kept"),
        (
            ["wildcard a 22", "service db 5"],
            ["name b 22", "service x 5", "wildcard a 22", "service db 5"],
            "kept",
        ),
        (["name a web"], ["name a web", "name b 22"], "new"),
        (["name a 22"], ["name a 22", "service db 22"], "new"),
        (["name a web", "name b web"], ["name c web", "name b web"], "new"),
        (["name a web"], ["name a web", "name b web", "github github.com 22"], "new"),
        (["net4 9.9.9.9/32 web"], ["net4 9.9.9.9/32 web", "net4 8.8.8.8/32 web"], "new"),
        (["name a web"], ["name a web"], "new"),
        ([], ["name a web"], "new"),
    ],
)
def test_rules_are_kept_only_for_names_with_known_ports(
    tmp_path: Path, former: list[str], policy: list[str], rules: str
) -> None:
    """X-F5: whatever else changes needs sets or rules of its own."""
    rows = ([f"{row} list:1".replace(" ", "\t") for row in each] for each in (former, policy))
    changes(tmp_path, *rows)
    assert (tmp_path / "rules").read_text() == f"{rules}\n"


def test_what_passes_by_address_is_listed(tmp_path: Path) -> None:
    """X-F8: addresses, services, and names on ports where no name is checked; as a person writes them."""
    policy = (
        *(
            "name\ta.example.net\tweb",
            "name\tb.example.net\t443.tls",
            "wildcard\tc.example.net\t8080.http.private",
        ),
        *("name\td.example.net\t443", "wildcard\te.example.net\t22.private", "service\tdb\t5432"),
        *("service\tapp\tweb", "net4\t10.0.0.0/8\tweb", "net6\t2001:db8::1\t443", "github\tgithub.com\t22"),
    )
    changes(tmp_path, ["net4\t10.9.9.9\tweb\tlist:1"], [f"{row}\tlist:1" for row in policy])
    assert (tmp_path / "by-address").read_text().splitlines() == [
        *("d.example.net:443/tcp", "*.e.example.net:22+private", "db:5432"),
        *("app", "10.0.0.0/8", "[2001:db8::1]:443"),
    ]


def test_changes_are_said_as_a_person_writes_them(tmp_path: Path) -> None:
    """X-F5: names, wildcards, ports and networks; not the firewall's own, or a line that moved."""
    kept = "name\tkept.example.net\tweb\tlist:"
    former = [f"{kept}1", "name\told.example.net\t22\tlist:2", "github\tgithub.com\t22\tlist:3"]
    added = (
        *("name\ta.example.net\tweb", "wildcard\tb.example.net\t8443", "net6\t2001:db8::/32\t443"),
        *("net4\t10.0.0.0/8\t22", "github\tgithub.io\t22"),
    )
    said = changes(tmp_path, former, [f"{kept}9", *(f"{row}\tlist:1" for row in added)])
    assert said == [
        "firewall: allowed: a.example.net",
        "firewall: allowed: *.b.example.net:8443",
        "firewall: allowed: [2001:db8::/32]:443",
        "firewall: allowed: 10.0.0.0/8:22",
        "firewall: no longer allowed: old.example.net:22",
    ]
    allowed = (tmp_path / "allowed").read_text().splitlines()
    assert allowed == ["a.example.net", "*.b.example.net:8443", "[2001:db8::/32]:443", "10.0.0.0/8:22"]
    assert (tmp_path / "no-longer-allowed").read_text() == "old.example.net:22\n"
    removed = (tmp_path / "removed").read_text().splitlines()
    assert removed == ["name\told.example.net\t22", "github\tgithub.com\t22"]
    assert (tmp_path / "entries").read_text() == "5\n"


def test_no_more_changes_are_said_than_a_screen_holds(tmp_path: Path) -> None:
    """X-F5: and how many more there are."""
    rows = [f"name\tn{number}.example.net\tweb\tlist:1" for number in range(30)]
    said = changes(tmp_path, [], rows)
    assert said[19:] == ["firewall: allowed: n19.example.net", "firewall: allowed: 10 more"]
    assert len((tmp_path / "allowed").read_text().splitlines()) == 30
    assert changes(tmp_path, rows, rows) == []
    assert (tmp_path / "allowed").read_text() == ""
    assert (tmp_path / "removed").read_text() == ""


@needs_jq
def test_answer_to_a_reload(tmp_path: Path) -> None:
    """X-F5: one object; warnings repeat what a person wrote into a list. A start changed nothing."""
    warning = "list.txt line 1: 'a\"b\\c\x01' is not a host name."
    files = {
        "entries": "3\n",
        "policy.source": "file\n",
        "allowed": "new.example\n",
        "no-longer-allowed": "a.example\n*.b.example:22\n",
        "warnings/list": f"{warning}\n",
        "warnings/resolver": "",
    }
    (tmp_path / "warnings").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    reload = (FOLDER.parent / "init-firewall.sh").read_text()
    function = reload[reload.index("\nprint_answer() {") : reload.index('\nif [ -n "$json" ]; then')]
    state = f"folder='{tmp_path}' status_parts='{tmp_path}' generation=7"
    later, at_start = (
        run(["sh", "-euc", f"{state} in_force={number}\n{function}\nprint_answer"]) for number in (6, 0)
    )
    expected = {
        "revision": 7,
        "entries": 3,
        "source": "file",
        "allowed": ["new.example"],
        "no_longer_allowed": ["a.example", "*.b.example:22"],
        "ended": [],
        "warnings": [warning],
    }
    assert json.loads(later.checked().out) == expected
    assert json.loads(at_start.checked().out) == {**expected, "allowed": []}


def scripts(folder: Path) -> Path:
    """Returns a folder of the firewall's scripts in which a reload only repeats its arguments, as JSON."""
    tools = folder / "tools"
    shutil.copytree(FOLDER, tools / "firewall")
    reload = '#!/bin/sh\nprintf \'{"revision": 8, "ended": [], "arguments": "%s"}\n\' "$*"\n'
    (tools / "init-firewall.sh").write_text(reload, encoding="utf-8")
    (tools / "init-firewall.sh").chmod(0o755)
    return tools / "firewall"


@needs_jq
def test_allowances_in_json(tmp_path: Path) -> None:
    """X-F6: none, or several."""
    assert json.loads(script(tmp_path, "temporary.sh", "--json", "show").checked().out) == {"allowances": []}
    (tmp_path / "allowed-temporarily.txt").write_text("a.example # 0\n*.b.example:22 # 1700000000\n")
    assert json.loads(script(tmp_path, "temporary.sh", "--json", "show").checked().out) == {
        "allowances": [{"entry": "a.example", "until": 0}, {"entry": "*.b.example:22", "until": 1700000000}]
    }


@needs_jq
def test_ended_allowances_in_json(tmp_path: Path) -> None:
    """X-F6: beside what the reload answers, and alone where nothing has to be reloaded."""
    folder = scripts(tmp_path)
    listed = tmp_path / "allowed-temporarily.txt"
    listed.write_text("a.example # 0\nb.example # 0\n")

    def deny(*arguments: str) -> object:
        done = script(tmp_path, "temporary.sh", "--json", "deny", *arguments, folder=folder)
        return json.loads(done.checked().out)

    assert deny("same", "c.example") == {"ended": []}
    reloaded = {"revision": 8, "ended": [], "arguments": "--at-once --json"}
    assert deny("changed", "c.example") == reloaded
    ended = {**reloaded, "ended": ["a.example"], "arguments": "--at-once --json --last-good --or-close"}
    assert deny("same", "a.example", "c.example") == ended
    assert listed.read_text() == "b.example # 0\n"


@needs_jq
def test_failed_reload_keeps_the_allowance(tmp_path: Path) -> None:
    """X-F6: no answer, the exit code of a failure, and the list of allowances as it was."""
    folder = scripts(tmp_path)
    (folder.parent / "init-firewall.sh").write_text("#!/bin/sh\nexit 1\n")
    listed = tmp_path / "allowed-temporarily.txt"
    listed.write_text("a.example # 0\n")
    done = script(tmp_path, "temporary.sh", "--json", "deny", "same", "a.example", folder=folder)
    assert (done.code, done.out) == (1, "")
    assert listed.read_text() == "a.example # 0\n"
