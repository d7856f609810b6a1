"""Programs that read a repository by themselves: what the helpers leave in `.git` changes nothing there."""

from __future__ import annotations

import json
import shutil
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from aidevcontainer.git import mounts
from tests.support.template import GIT_ENVIRONMENT, Repository

# The content of `commondir` that earlier versions left.
_EARLIER = (".\n", ".", "./\n")


@pytest.fixture(autouse=True)
def own_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own configuration of git plays no part."""
    for name, value in GIT_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def libgit2(path: Path) -> object:
    """Cargo, exa, bat and many editors."""
    import pygit2

    read = pygit2.Repository(pygit2.discover_repository(str(path)))
    commit = read.head.peel(pygit2.Commit)
    ignored = not read.is_bare and read.path_is_ignored("secret.key")
    changed = {} if read.is_bare else read.status()
    return read.workdir, read.is_bare, str(commit.id), sorted(read.branches), ignored, changed


def gitoxide(path: Path) -> object:
    """Starship, onefetch and Cargo, in part."""
    import gitoxide as gix

    read = gix.discover(str(path))
    return read.workdir, read.is_bare, read.head_name, str(read.head_id), len(list(read.branches()))


def dulwich(path: Path) -> object:
    """Poetry and others in Python."""
    from dulwich import porcelain
    from dulwich.repo import Repo

    read = Repo.discover(str(path))
    changed = None if read.bare else porcelain.status(read)
    return read.bare, read.head(), sorted(read.refs.as_dict()), changed, read.get_config().get(b"x", b"y")


def gitpython(path: Path) -> object:
    """Many tools in Python; with its own database of objects."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import git

        read = git.Repo(path, odbt=git.db.GitDB)
    branches = sorted(branch.name for branch in read.branches)
    return read.head.commit.hexsha, branches, read.config_reader().get_value("x", "y")


_ISOMORPHIC = """
const git = require('isomorphic-git'), fs = require('fs'), dir = process.argv[1];
Promise.all([git.currentBranch({fs, dir}), git.statusMatrix({fs, dir}), git.listBranches({fs, dir}),
  git.getConfig({fs, dir, path: 'x.y'})]).then(found => console.log(JSON.stringify(found)));
"""


@pytest.fixture(scope="session")
def isomorphic(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], object]:
    """Editors in a browser; from npm."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("isomorphic")
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "isomorphic-git@1"]
    subprocess.run(install, cwd=folder, check=True, capture_output=True)

    def read(path: Path) -> object:
        command = ["node", "-e", _ISOMORPHIC, str(path)]
        return json.loads(subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout)

    return read


@pytest.fixture
def checkout(tmp_path: Path) -> Repository:
    """A checkout with everything that a reader may miss: a change, an ignored file, branches, a setting."""
    made = Repository.create(tmp_path.resolve() / "main")
    made.write("file", "1\n")
    made.write(".gitignore", "secret.key\n")
    made.write("secret.key", "x\n")
    made.commit("first")
    made.git("branch", "other")
    made.git("config", "x.y", "z")
    made.write("file", "2\n")
    return made


def superproject(checkout: Repository) -> Path:
    made = Repository.create(checkout.path.parent / "super")
    made.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(checkout.path), "sub")
    made.commit("submodule")
    made.git("config", "x.y", "z")
    made.git("-C", "sub", "config", "x.y", "z")
    return made.path


def worktree(checkout: Repository) -> Path:
    checkout.git("worktree", "add", "../linked")
    return checkout.path.parent / "linked"


def worktree_of_bare(checkout: Repository) -> Path:
    bare = checkout.path.parent / "bare.git"
    checkout.git("clone", "--quiet", "--bare", ".", str(bare))
    checkout.git("-C", str(bare), "config", "x.y", "z")
    checkout.git("-C", str(bare), "worktree", "add", "../of-bare")
    return checkout.path.parent / "of-bare"


# The project, and where readers look then.
LAYOUTS: dict[str, tuple[Callable[[Repository], Path], tuple[str, ...]]] = {
    "plain": (lambda checkout: checkout.path, (".",)),
    "superproject": (superproject, (".", "sub")),
    "submodule": (lambda checkout: superproject(checkout) / "sub", (".", "..")),
    "worktree": (worktree, (".", "../main")),
    "worktree-of-bare": (worktree_of_bare, (".",)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("reader", [libgit2, gitoxide, dulwich, gitpython])
def test_reader_sees_what_it_saw(checkout: Repository, layout: str, reader: Callable[[Path], object]) -> None:
    """X-S1: repository, branch, commit, settings, changes and what is ignored."""
    make, places = LAYOUTS[layout]
    root = make(checkout).resolve()
    (root / ".aidevcontainer").mkdir()
    (root / ".aidevcontainer/.gitignore").write_text("*\n")
    before = [reader((root / place).resolve()) for place in places]
    assert mounts.prepare(str(root)).mounts
    assert [reader((root / place).resolve()) for place in places] == before


def test_libgit2_opens_the_bare_repository_of_a_worktree(checkout: Repository) -> None:
    """X-S1: it says that the folder is bare, as before."""
    root = worktree_of_bare(checkout)
    bare = root.parent / "bare.git"
    before = libgit2(bare)
    mounts.prepare(str(root))
    assert libgit2(bare) == before


def test_isomorphic_git_sees_what_it_saw(checkout: Repository, isomorphic: Callable[[Path], object]) -> None:
    """X-S1: the reader that comes from npm."""
    before = isomorphic(checkout.path)
    mounts.prepare(str(checkout.path))
    assert isomorphic(checkout.path) == before


@pytest.mark.parametrize("earlier", _EARLIER)
def test_next_start_replaces_what_an_earlier_version_left(checkout: Repository, earlier: str) -> None:
    """X-S1: a clone where readers failed is well again, and nothing stays of either form."""
    before = libgit2(checkout.path)
    file = checkout.path / ".git/commondir"
    file.write_text(earlier)
    mounts.prepare(str(checkout.path))
    assert libgit2(checkout.path) == before
    file.write_text(earlier)
    mounts.remove(str(checkout.path))
    assert not file.exists()
