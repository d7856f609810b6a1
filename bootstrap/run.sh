# shellcheck shell=sh
# Sourced by the helpers next to bootstrap/, with `self` (the helper's real path) and `entry` (a file of bootstrap/) set.
# Everything here is a builtin when an interpreter is remembered: a detour through pyenv's or asdf's shims would cost
# more than all the rest of opening a session.

# Both are the helper's.
# shellcheck disable=SC2154
bootstrap=${self%/*}/bootstrap
remembered=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/aidevcontainer/python
python=
# shellcheck disable=SC2154
if [ -r "$remembered" ] && read -r python <"$remembered" && [ -x "$python" ]; then
  exec "$python" -I -S "$bootstrap/$entry" "$@"
fi

for python in python3 /usr/bin/python3 python3.13 python3.12 python3.11 python3.10 python3.9; do
  # A shim may be there without a Python behind it, so asking is the only test.
  if "$python" -I -S -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
    exec "$python" -I -S "$bootstrap/$entry" "$@"
  fi
done

echo "aidevcontainer: Python 3.9 or newer was not found, and the helpers are written in it." \
  "Install it (Debian, Ubuntu: sudo apt install python3; macOS: xcode-select --install) and try again." >&2
exit 1
