"""Names that a declared command may not have, because the bridge comes first on the agent's PATH."""

from __future__ import annotations

_WORDS_OF_THE_SHELL = """
    . : [ [[ alias bg break builtin caller case cd command compgen complete continue coproc declare dirs
    disown do done elif else enable esac eval exec exit export false fc fg fi for function getopts hash
    help history if in jobs let local logout mapfile popd printf pushd pwd read readarray readonly
    return select set shift shopt source suspend test then time times trap true type typeset ulimit
    umask unalias unset until wait while
"""
_NEEDED_BY_SESSIONS = """
    ash bash bridge-client busybox claude dash env git mount rg setpriv sh ssh su sudo tini umount awk
    base64 basename cat chmod chown cmp cp curl cut date dd df diff dirname du echo egrep expr fgrep
    find getopt grep gunzip gzip head id install kill less link ln ls md5sum mkdir mkfifo mktemp mv nl
    nohup od paste pkill ps readlink realpath rm rmdir sed seq setsid sha1sum sha256sum sleep sort stat
    stty tail tar tee timeout touch tr tty uname uniq unlink wc which whoami xargs zcat
"""

RESERVED = frozenset((_WORDS_OF_THE_SHELL + _NEEDED_BY_SESSIONS).split())
