"""Files on disk: replaced in one step, and never read beyond a limit.

On the way of every session and part of the bridge's image, so it imports nothing but `os` and `stat`.
"""

from __future__ import annotations

import os
import stat

# The helpers' own files are far smaller. A larger file has another purpose.
MOST_BYTES = 1_000_000


def write(path: str, content: bytes | str, mode: int | None = None) -> None:
    """Replaces a file in one step, so that readers see the old content or the new one. Raises OSError.

    Text is UTF-8, and bytes that are not text come back as they were (`surrogateescape`). Without `mode` a
    file keeps its permissions, and a new one gets what the umask leaves of 0o666. A file that root replaces
    keeps its owner, and a new one gets the owner of its folder.
    """
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    # Made here and now, under a name that nobody can guess: others may write in this folder too.
    draft = f"{path}.{os.urandom(8).hex()}.new"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            _give(descriptor, path)
            _permit(descriptor, path, mode)
        os.replace(draft, path)
    except OSError:
        remove(draft)
        raise


def read(path: str, most: int = MOST_BYTES) -> bytes | None:
    """Returns a file's content, or None where there is no such file. Raises OSError.

    A file with more than `most` bytes is an OSError too: half of it could mean something else.
    """
    content = read_start(path, most + 1)
    if content is not None and len(content) > most:
        raise OSError(27, "the file is larger than it can be", path)  # EFBIG
    return content


def read_start(path: str, most: int) -> bytes | None:
    """Returns the first bytes of a plain file, or None where there is no such file. Raises OSError.

    Others may write in the folder: reading a pipe or a device in place of the file might never end.
    """
    try:
        with open(path, "rb", opener=_open) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(22, "it is not a plain file", path)  # EINVAL
            return file.read(most)
    except FileNotFoundError:
        return None


def read_text(path: str, most: int = MOST_BYTES) -> str:
    """Returns a file's text, empty where there is no such file; bytes as in `write`. Raises OSError."""
    return (read(path, most) or b"").decode("utf-8", "surrogateescape")


def make_folders(path: str) -> None:
    """Makes a folder, and those above it that are missing, each for the owner of the one around it.

    Raises OSError.
    """
    if os.path.isdir(path):
        return
    make_folders(os.path.dirname(path) or ".")
    try:
        os.mkdir(path)
    except FileExistsError:
        # Another helper was faster.
        if not os.path.isdir(path):
            raise
    give(path)


def give(path: str) -> None:
    """Gives a file or folder of root's to the owner of the folder that it lies in; no link is followed.

    Only root can, and only root has to: a user could neither change nor remove what root made for them, and
    git refuses to work with it. Raises OSError where there is no such file.
    """
    if os.geteuid() != 0:
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        _give(descriptor, path)
    finally:
        os.close(descriptor)


def give_all(path: str) -> None:
    """Gives everything of root's at and below a path, as `give` does; links stay. Raises OSError."""
    if os.geteuid() != 0:
        return
    below = ((folder, name) for folder, folders, names in os.walk(path) for name in (*folders, *names))
    for place in (path, *(os.path.join(*each) for each in below)):
        found = os.lstat(place)
        if found.st_uid == 0 and not stat.S_ISLNK(found.st_mode):
            give(place)


def give_link(path: str) -> None:
    """Gives a symbolic link of root's to the owner of the folder that it lies in. Raises OSError."""
    owner = os.stat(os.path.dirname(path) or ".")
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def remove(path: str) -> None:
    """Removes a file, if there is one and it can be removed."""
    try:
        os.unlink(path)
    except OSError:
        return


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def _give(descriptor: int, path: str) -> None:
    if os.geteuid() != 0:
        return
    made, owner = os.fstat(descriptor), _owner(path)
    # A hard link may be any file of root's.
    is_linked = made.st_nlink > 1 and stat.S_ISREG(made.st_mode)
    if made.st_uid == 0 and owner.st_uid != 0 and not is_linked:
        try:
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        except OSError:
            return  # a file system without owners, or with others


def _owner(path: str) -> os.stat_result:
    """Returns the file at `path` where it is a user's, else the folder that it lies in."""
    try:
        found = os.lstat(path)
        if found.st_uid and stat.S_ISREG(found.st_mode):
            return found
    except FileNotFoundError:
        pass
    return os.stat(os.path.dirname(path) or ".")


def _permit(descriptor: int, path: str, mode: int | None) -> None:
    if mode is None:
        try:
            mode = os.stat(path).st_mode & 0o7777
        except FileNotFoundError:
            return
    os.fchmod(descriptor, mode)
