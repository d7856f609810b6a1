# shellcheck shell=sh
# bin/git sources this file for the commands that record a branch's upstream in git's configuration; the file uses the
# functions and variables of bin/git. Where git cannot write its configuration, it prints errors, claims that it set the
# upstream, and ends with 0 (git 2.47) or stops halfway (2.39). So this file has git do everything except the upstream,
# and prints how to set that on the host. A command that sets no upstream becomes git at once.
# shellcheck disable=SC2154

sets_upstream() { # ARGUMENT...
  case $command in
    branch)
      [ "$words" -gt 1 ] || has '-[dDmMcCutf]*' "$@" || has '--delete' "$@" || has '--move' "$@" || has '--copy' "$@" \
        || has '--track*' "$@" || has '--*set-upstream*' "$@" || has '--edit-*' "$@"
      ;;
    push) has -u "$@" || has '--set-upstream' "$@" ;;
    *) ! has -- "$@" ;;
  esac
}
if has --no-track "$@" || ! sets_upstream "$@" || ! protected; then exec "$real" "$@"; fi

kind=create
if [ "$command" = push ]; then
  kind=push
elif [ "$command" = branch ]; then
  if has '-u*' "$@" || has '--*set-upstream*' "$@" || has '--edit-*' "$@"; then
    kind=configure
  elif has '-[mM]' "$@" || has --move "$@"; then
    kind=move
  elif has '-[cC]' "$@" || has --copy "$@"; then
    kind=copy
  elif has '-*[dD]' "$@" || has --delete "$@"; then
    kind=delete
  fi
fi
settings="Git's configuration"
code=0

# Lists the local branches. Their names have no character that is special to the shell.
branches() { ask for-each-ref --format='%(refname:lstrip=2)' refs/heads; }

# Runs git without the options that ask for an upstream.
without_upstream() { # ARGUMENT...
  local name='' word
  # With --track alone, git names the new branch after the remote's. Without it, git needs that name.
  if has -t "$@" || has '--track*' "$@"; then
    has '-[bBcC]*' "$@" || has '--*create*' "$@" || name=${first#refs/remotes/}
  fi
  for word in "$@"; do
    shift
    case $word in
      -t | --track | --track=* | -u | --set-upstream) ;;
      *) set -- "$@" "$word" ;;
    esac
  done
  case ${name:+$command} in
    checkout) set -- "$@" -b "${name#*/}" ;;
    switch) set -- "$@" -c "${name#*/}" ;;
  esac
  "$real" -c branch.autoSetupMerge=false "$@" || code=$?
}

# Runs git and hides its errors about the configuration. Git writes that last, so everything else is done by then.
without_config_errors() { # ARGUMENT...
  local said
  said=$("$real" "$@" 2>&1 >&3 3>&-) || code=$?
  case $said in *"but update of config-file failed"*) code=0 ;; esac
  printf %s "${said:+$said
}" | sed -e '/could not write config file/d' -e '/update of config-file failed/d' >&2
}

tell_to_follow() { # BRANCH UPSTREAM
  tell "$settings" " Git created the branch $1, which does not follow $2 yet." branch "--set-upstream-to=$2" "$1"
}

# Prints how to let the copy follow what the original follows.
tell_copy() {
  local original="$first" upstream
  [ "$words" -gt 1 ] || original=$(ask symbolic-ref --quiet --short HEAD) || return 0
  upstream=$(ask rev-parse --abbrev-ref "$original@{upstream}") || return 0
  tell_to_follow "$last" "$upstream"
}

# Prints, for each new branch that starts at a remote's branch, how to let it follow that one.
tell_new() {
  local name start
  for name in $(branches); do
    # shellcheck disable=SC2086
    ! has "$name" $before || continue
    start=$(ask reflog -1 --format=%gs "refs/heads/$name") || continue
    start=${start#branch: Created from }
    start=${start#refs/remotes/}
    if ask rev-parse --quiet --verify "refs/remotes/$start" >/dev/null; then
      tell_to_follow "$name" "$start"
    fi
  done
}

# Prints how to rename or remove the section of each branch that is gone but still has one in the configuration.
tell_old() { # OPTION [NEW-NAME]
  local after name
  after=$(branches)
  for name in $before; do
    # shellcheck disable=SC2086
    if ! has "$name" $after && [ -n "$(ask config --get-regexp "^branch\\.$name\\.")" ]; then
      tell "$settings" " It still contains the settings of the branch $name." \
        config "$1" "branch.$name" ${2:+"branch.$2"}
    fi
  done
}

if [ "$kind" = configure ]; then
  tell "$settings" '' "$@"
  exit 1
fi
before=$(branches) || before=
# Descriptor 3 is this script's standard output. without_config_errors sends git's output there.
exec 3>&1
case $kind in
  create)
    without_upstream "$@"
    [ "$(ask config --type=bool branch.autoSetupMerge)" = false ] || tell_new
    ;;
  push)
    without_upstream "$@"
    [ "$code" -ne 0 ] || tell "$settings" ' Git pushed the branch.' "$@"
    ;;
  move)
    without_config_errors "$@"
    tell_old --rename-section "$last"
    ;;
  copy)
    without_config_errors "$@"
    [ "$code" -ne 0 ] || tell_copy
    ;;
  delete)
    without_config_errors "$@"
    tell_old --remove-section
    ;;
esac
exit "$code"
