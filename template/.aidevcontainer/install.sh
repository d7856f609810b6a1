#!/bin/sh
# Usage: install.sh REQUIREMENTS FOLDER MODULE
# Installs the packages that a requirements file names into a virtual environment of their own at FOLDER. The environment
# counts as complete only once MODULE could be imported from it: then FOLDER/complete holds the module's path inside it.
# Two calls at once install once. Exit codes: 0 complete, 1 failed with a sentence that names the way out, 130 Ctrl+C.
set -eu

absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$PWD" "$1" ;; esac; }

requirements=$(absolute "$1") folder=$(absolute "$2") module=$3
lock=$folder.lock log=$folder.log
oldest='3, 10'
what="$module could not be installed"
requirement=$(sed -n "/^$module/p" "$requirements" | tail -n 1)

# Without control characters: a branch, an index or a git server chose some of what is quoted.
fail() {
  printf 'aidevcontainer: %s\n' "$*" | tr -d '\000-\010\013-\037\177' >&2
  exit 1
}

say() { printf '%s\n' "$*" >&2; }

# pip and uv would obey every line, and launch.sh makes the folder's name of the pin.
check_requirement() {
  [ "$(grep -cv '^[[:space:]]*\(#.*\)\{0,1\}$' "$requirements")" = 1 ] ||
    fail "requirements.txt has other lines than the one that pins the helpers. Restore it (after a merge, keep the newer" \
      "pin): git checkout -- .aidevcontainer/requirements.txt"
  case ${requirement#"$module @ "} in
    '' | *[!A-Za-z0-9@:/._+=%~-]*)
      fail "requirements.txt asks for '$requirement', which has a character that a pinned requirement does not need." \
        "Restore the file: git checkout -- .aidevcontainer/requirements.txt"
      ;;
  esac
}

# The kernel releases this lock when the last process that has descriptor 9 ends, and only Python can take it on every system.
take_lock() {
  (: >>"$lock") 2>/dev/null ||
    fail "$what: the disk is full, or nobody may write there: df -h '${folder%/*}'"
  exec 9>>"$lock"
  ! lock 'LOCK_EX | fcntl.LOCK_NB' || return 0
  say "Waiting for another installation of $module."
  lock 'LOCK_EX' || fail "Another installation of $module has not ended for ten minutes. End it, then try again."
}

lock() { # FLAGS
  "$python" -I -c "import fcntl, signal; signal.alarm(600); fcntl.flock(9, fcntl.$1)" 2>/dev/null
}

is_complete() { [ -s "$folder/complete" ] && [ -x "$folder/bin/python" ]; }

# Without a complete installation, the runs that wait for this lock and those to come must meet at one file.
clean_up() {
  if is_complete; then rm -f "$lock"; else rm -rf "$folder" "$log.probe"; fi
}

# A version manager's shim may stand for a Python that is not there, so each candidate is asked.
find_python() {
  local candidate
  for candidate in ${AIDEVCONTAINER_PYTHON:-} python3 /usr/bin/python3 python3.13 python3.12 python3.11 python3.10 \
    python3.14; do
    if "$candidate" -I -c "import sys; sys.exit(sys.version_info < ($oldest))" >/dev/null 2>&1; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  # uv knows Pythons that are on no PATH.
  uv python find --no-project '>=3.10' 2>/dev/null
}

# A person's settings may send packages elsewhere (user, target, prefix) or change what is installed. Only what leads to
# an index is kept: addresses, proxies, certificates, patience.
isolate_pip() {
  local name value settings
  local kept='index-url|extra-index-url|no-index|find-links|trusted-host|proxy|cert|client-cert|timeout|default-timeout'
  kept="$kept|retries|cache-dir"
  settings=$("$python" -I -m pip config list 2>/dev/null | sed -nE "
    s/^(global|install)\.($kept)=['\"](.*)['\"]\$/\2=\3/p" | sed 's/\\n/ /g' || true)
  # A Python that PYTHON… leads elsewhere finds neither its own modules nor the new environment's.
  for name in $(env | sed -nE 's/^((PIP|PYTHON|__PYVENV)[A-Z_]*)=.*/\1/p' | grep -vxE "$(variable "($kept)")"); do
    unset "$name"
  done
  while IFS='=' read -r name value; do
    [ -n "$name" ] || continue
    name=$(variable "$name")
    eval "[ -n \"\${$name:-}\" ]" || export "$name=$value"
  done <<SETTINGS
$settings
SETTINGS
  export PIP_CONFIG_FILE=/dev/null PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
  unset UV_SYSTEM_PYTHON UV_CONSTRAINT UV_OVERRIDE VIRTUAL_ENV
}

# Prints the variable of a setting of pip.
variable() { # SETTING
  printf 'PIP_%s' "$1" | tr 'a-z-' 'A-Z_'
}

with_uv() {
  command -v uv >/dev/null 2>&1 || return 1
  uv venv --quiet --python "$python" "$folder" &&
    uv pip install --quiet --compile-bytecode --python "$folder/bin/python" --requirement "$requirements"
}

# A pip that is there installs into other environments too: that saves three seconds, and Debian splits off what a virtual
# environment needs to have a pip of its own.
with_pip() {
  if "$python" -I -m pip --python "$python" --version; then
    "$python" -I -m venv --without-pip "$folder" &&
      "$python" -I -m pip --quiet --python "$folder/bin/python" install --requirement "$requirements"
  else
    "$python" -I -m venv "$folder" && "$folder/bin/python" -I -m pip --quiet install --requirement "$requirements"
  fi
}

# The module's folder inside the environment, or nothing where it cannot be imported.
imported() {
  "$folder/bin/python" -I -c "import os, sys, $module
print(os.path.relpath(os.path.dirname($module.__file__), sys.argv[1]))" "$folder"
}

# uv may fail where pip does not, for it has settings of its own.
install() {
  local way
  : >"$log"
  for way in with_uv with_pip; do
    rm -rf "$folder"
    if "$way" >>"$log" 2>&1 </dev/null && imported >"$folder/complete.new" 2>>"$log"; then
      mv "$folder/complete.new" "$folder/complete"
      rm -f "$log"
      return
    fi
  done
  explain
}

logged() { grep -qiE "$1" "$log"; }

# The log is on the same disk, so it may lack the line that says so.
disk_is_full() {
  ! printf '%65536s' x 2>/dev/null >"$log.probe" || logged 'No space left on device|Disk quota exceeded'
}

# Gives the advice if the log has the pattern.
advise() { # PATTERN ADVICE...
  logged "$1" || return 0
  shift
  fail "$what: $*"
}

explain() {
  local address reason
  address=$(echo "$requirement" | sed 's/^[^@]*@ *//; s/^git+//; s/@[0-9a-f]*$//; s,^file://localhost,file://,')
  ! disk_is_full || fail "$what: the disk is full. Make room, then try again: df -h '${folder%/*}'"
  advise 'Cannot find command .git.|git: not found|Git executable not found' \
    "git is not installed. Install it (Debian, Ubuntu: sudo apt install git)."
  advise 'Permission denied \(publickey|Authentication failed|could not read (Username|Password)|terminal prompts disabled' \
    "the template's repository refused access ($address). Check that git can read it: git ls-remote '$address'"
  advise 'does not appear to be a git repository|Repository not found|repository .* (does not exist|not found)|No such file or directory.*git|dubious ownership' \
    "the template's repository cannot be read at $address. If it moved: copier update --vcs-ref=HEAD after you set" \
    "_src_path in .copier-answers.yml; else check: git ls-remote '$address'"
  advise 'did not match any file|unadvertised object|not our ref|couldn.t find remote ref|reference is not a tree|bad object' \
    "the pinned commit is not in the template's repository at $address any more. Take its newest version: copier update"
  ! logged 'No module named pip' || advise 'ensurepip is not available|No module named (venv|ensurepip)' \
    "this Python cannot make virtual environments, its installer is missing." \
    "Install it (Debian, Ubuntu: sudo apt install python3-venv), or install uv."
  [ -z "${PIP_NO_INDEX:-}" ] || advise 'No matching distribution found|no versions of' \
    "$(grep -E 'No matching distribution found|no versions of' "$log" | tail -n 1). pip's setting no-index" \
    "(PIP_NO_INDEX or pip.conf) closes every package index. Remove it, or add the package to find-links. All of it: $log"
  advise 'Name or service not known|Temporary failure in name resolution|Could not resolve|Network is unreachable|Connection refused|Failed to establish a new connection|ConnectTimeout|timed out|dns error|error sending request|Connection reset|nodename nor servname' \
    "the network does not answer. Check the connection; behind a proxy set HTTPS_PROXY, behind a mirror PIP_INDEX_URL." \
    "Then try again. All of it: $log"
  reason=$(grep -iE 'error' "$log" | tail -n 1)
  fail "$what: ${reason:-$(tail -n 1 "$log")} All of it: $log"
}

# A read that stops on a prompt would look like a hang.
export GIT_TERMINAL_PROMPT=0
# The template's own tests install packages with this script too, into folders that they name otherwise.
[ "$module" != aidevcontainer ] || check_requirement
mkdir -p "${folder%/*}" 2>/dev/null && [ -w "${folder%/*}" ] || fail "The folder ${folder%/*} cannot be made or written." \
  "Point XDG_CACHE_HOME to a place that you can write."
# uv reads settings from the working directory and the folders around it, and those of the repository are the agent's to write.
cd "${folder%/*}"
! is_complete || exit 0
python=$(find_python) || fail "Python 3.10 or newer was not found, and the helpers are written in it." \
  "Install it (Debian, Ubuntu: sudo apt install python3; macOS: xcode-select --install) and try again."
take_lock
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
! is_complete || exit 0
rm -rf "$folder"
isolate_pip
say "Installing $module into $folder, once for this machine and version."
install
