"""The settings of git that cannot lead it to a program, even if the agent wrote them. Every other may.

They are what `git clone`, `git init`, `git submodule` and the usual tools write into a repository. The list
has exact names only: git adds settings that name programs to every section.
"""

from __future__ import annotations

from collections.abc import Mapping

# By section. A star stands for the part of a name between two dots.
_KEYS = {
    "advice": "detachedhead",
    "branch": "autosetupmerge autosetuprebase sort",
    "branch.*": "description gh-merge-base github-pr-owner-number merge rebase vscode-merge-base",
    "color": "branch diff interactive status ui",
    "core": "abbrev autocrlf bare bigfilethreshold checkstat commentchar compression eol filemode fscache "
    "ignorecase logallrefupdates longpaths loosecompression precomposeunicode preloadindex protecthfs "
    "protectntfs quotepath repositoryformatversion safecrlf sharedrepository sparsecheckout "
    "sparsecheckoutcone splitindex symlinks trustctime untrackedcache whitespace",
    "extensions": "compatobjectformat noop objectformat partialclone preciousobjects relativeworktrees "
    "worktreeconfig",
    "fetch": "fsckobjects output parallel prune prunetags recursesubmodules showforcedupdates unpacklimit "
    "writecommitgraph",
    "gc": "aggressivedepth aggressivewindow auto autodetach autopacklimit bigpackthreshold cruftpacks "
    "logexpiry packrefs pruneexpire reflogexpire reflogexpireunreachable rerereresolved rerereunresolved "
    "worktreepruneexpire writecommitgraph",
    "index": "recordendofindexentries recordoffsettable skiphash sparse threads version",
    "init": "defaultbranch",
    "lfs": "repositoryformatversion",
    "lfs.*": "access locksverify",
    "maintenance": "auto strategy",
    "pack": "compression deltacachelimit deltacachesize depth indexversion packsizelimit threads usebitmaps "
    "usesparse window windowmemory writebitmaphashcache writereverseindex",
    "pull": "ff rebase",
    "push": "autosetupremote default followtags negotiate recursesubmodules useforceifincludes",
    "remote.*": "fetch gh-resolved mirror partialclonefilter promisor prune prunetags push "
    "skipdefaultupdate skipfetchall tagopt",
    "rerere": "autoupdate enabled",
    "submodule": "active alternateerrorstrategy alternatelocation fetchjobs propagatebranches recurse",
    "submodule.*": "active branch fetchrecursesubmodules ignore path shallow",
    "user": "email name",
}
_SETTINGS = frozenset(f"{section}.{key}" for section, keys in _KEYS.items() for key in keys.split())
# Other values of these name a program, or a place where git looks for further files.
_VALUES: Mapping[str, frozenset[str]] = {
    "commit.gpgsign": frozenset({"false"}),
    "core.fsmonitor": frozenset({"false"}),
    "core.hookspath": frozenset({"/dev/null"}),
    "extensions.refstorage": frozenset({"files", "reftable"}),
    "submodule.*.update": frozenset({"checkout", "merge", "none", "rebase"}),
}
_ADDRESSES = frozenset(
    {
        *("remote.*.url", "remote.*.pushurl", "remote.pushdefault", "submodule.*.url"),
        *("branch.*.remote", "branch.*.pushremote"),
    }
)
# Git looks for a program `git-remote-…` for every other.
_SCHEMES = frozenset({"file", "ftp", "ftps", "git", "git+ssh", "http", "https", "ssh", "ssh+git"})


def harmless(name: str, value: str) -> bool:
    """Returns whether a setting cannot lead git to a program. `name` is as git lists it."""
    form = _form(name)
    if form in _ADDRESSES:
        return _is_address(value)
    return form in _SETTINGS or value in _VALUES.get(form, frozenset())


def _form(name: str) -> str:
    section, _, rest = name.partition(".")
    _, dot, key = rest.rpartition(".")
    return f"{section}.*.{key}" if dot else name


def _is_address(value: str) -> bool:
    """Returns whether git fetches from a remote of this name or address without a program that it names."""
    scheme, mark, rest = value.partition("://")
    # A leading hyphen is an option of the next program.
    if mark:
        return scheme in _SCHEMES and not rest.startswith("-")
    return not value.startswith("-") and "::" not in value
