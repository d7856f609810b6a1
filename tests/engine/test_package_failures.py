"""Why the image's build could not install packages: the one right reason."""

from __future__ import annotations

import pytest

from aidevcontainer.engine import diagnosis

_HEAD = "#8 [claude stage-2 2/6] RUN install-packages.sh --from packages.txt\n"
_MISSING = (
    "#8 0.3 ERROR: unable to select packages:\n#8 0.3   nodejs (no such package):\n"
    "#8 0.3     required by: world[nodejs]\n"
)
_END = "#8 0.4 aidevcontainer: Cannot install these Alpine packages: less nodejs. apk's reason is above.\n"
_STAND_IN = "#8 0.3 ERROR: this image is a stand-in for Alpine and has only these packages: bash git\n"
_INDEX = "#8 0.2 WARNING: fetching https://dl-cdn.alpinelinux.org/alpine/v3.24/main/x86_64/APKINDEX.tar.gz"
_NEW_INDEX = "#8 0.2 WARNING: updating https://dl-cdn.alpinelinux.org/alpine/v3.24/main"
NAME, STAND_IN = "Alpine has no package nodejs.", "does not have the package nodejs, but Alpine may."
OFFLINE = "No Alpine package can be downloaded from https://dl-cdn.alpinelinux.org."
UNTRUSTED = "The certificate of https://dl-cdn.alpinelinux.org is not trusted"
REASONS = {
    "name": (_MISSING, NAME),
    "stand-in": (_MISSING + _STAND_IN, STAND_IN),
    "offline": (f"{_INDEX}: temporary error (try again later)\n{_MISSING}", OFFLINE),
    "offline, apk 3": (f"{_NEW_INDEX}: DNS: transient error (try again later)\n{_MISSING}", OFFLINE),
    "refused": (f"{_INDEX}: could not connect to server (check repositories file)\n{_MISSING}", OFFLINE),
    "mirror": (f"{_NEW_INDEX}: HTTP 404: Not Found\n{_MISSING}", OFFLINE),
    "certificate": (f"{_NEW_INDEX}: TLS: server certificate not trusted\n{_MISSING}", UNTRUSTED),
    "certificate, apk 2": (
        f"#8 0.2 139:error:1416F086:SSL routines:certificate verify failed:x.c:1\n"
        f"{_INDEX}: Permission denied\n{_MISSING}",
        UNTRUSTED,
    ),
}


@pytest.mark.parametrize("name", REASONS)
def test_the_right_reason_alone(name: str) -> None:
    """A package that the base lacks, a wrong name, the network and a certificate differ."""
    log, reason = REASONS[name]
    said = diagnosis.known(_HEAD + log + _END)
    assert [each for each in (NAME, STAND_IN, OFFLINE, UNTRUSTED) if each in said] == [reason]
