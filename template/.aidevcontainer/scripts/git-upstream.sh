# shellcheck shell=sh
# Sourced by bin/git, whose functions and variables it uses, for the commands that note a branch's upstream in git's
# configuration. Where git cannot write that, it prints errors, claims that the upstream is set, and ends with 0 (2.47) or
# halfway (2.39). So it is asked for all but the upstream, and a sentence says how to have that. What needs none becomes
# git at once.
# shellcheck disable=SC2154

wants_upstream() {
  case $command in
    branch)
      [ "$words" -gt 1 ] || has '-[dDmMcCutf]*' "$@" || has '--delete' "$@" || has '--move' "$@" || has '--copy' "$@" \
        || has '--track*' "$@" || has '--*set-upstream*' "$@" || has '--edit-*' "$@"
      ;;
    push) has -u "$@" || has '--set-upstream' "$@" ;;
    *) ! has -- "$@" ;;
  esac
}
if has --no-track "$@" || ! wants_upstream "$@" || ! protected; then exec "$real" "$@"; fi

kind='make'
if [ "$command" = push ]; then
  kind=push
elif [ "$command" = branch ]; then
  if has '-u*' "$@" || has '--*set-upstream*' "$@" || has '--edit-*' "$@"; then
    kind=note
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

heads() { # the branches that there are; no name has a character that is special to the shell
  ask for-each-ref --format='%(refname:lstrip=2)' refs/heads
}

without_upstream() { # git's own arguments; git without those that ask for an upstream
  local name word
  # Without a name for it, git would make the branch after the remote's.
  name=
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

quietly() { # git's own arguments; git without its errors about the configuration, which it comes to last
  local said
  said=$("$real" "$@" 2>&1 >&3 3>&-) || code=$?
  case $said in *"but update of config-file failed"*) code=0 ;; esac
  printf %s "${said:+$said
}" | sed -e '/could not write config file/d' -e '/update of config-file failed/d' >&2
}

tell_following() { # a branch; what it is to follow
  tell "$settings" " The branch $1 is made, but does not follow $2." branch "--set-upstream-to=$2" "$1"
}

tell_copy() { # how to let the copy follow what the original does
  local from
  [ "$words" -gt 1 ] || first=$(ask symbolic-ref --quiet --short HEAD) || return 0
  from=$(ask rev-parse --abbrev-ref "$first@{upstream}") || return 0
  tell_following "$last" "$from"
}

tell_new() { # of each branch that was not there before and was made from a remote's: how to let it follow that
  local name from
  for name in $(heads); do
    # shellcheck disable=SC2086
    ! has "$name" $before || continue
    from=$(ask reflog -1 --format=%gs "refs/heads/$name") || continue
    from=${from#branch: Created from }
    from=${from#refs/remotes/}
    if ask rev-parse --quiet --verify "refs/remotes/$from" >/dev/null; then
      tell_following "$name" "$from"
    fi
  done
}

tell_old() { # how to name the section anew, or how to remove it, where one is left of a branch that is there no more
  local after name
  after=$(heads)
  for name in $before; do
    # shellcheck disable=SC2086
    if ! has "$name" $after && [ -n "$(ask config --get-regexp "^branch\\.$name\\.")" ]; then
      tell "$settings" " Of the branch $name, only what that says of it is left." config "$1" "branch.$name" ${2:+"branch.$2"}
    fi
  done
}

if [ "$kind" = note ]; then
  tell "$settings" '' "$@"
  exit 1
fi
before=$(heads) || before=
exec 3>&1
case $kind in
  make)
    without_upstream "$@"
    [ "$(ask config --type=bool branch.autoSetupMerge)" = false ] || tell_new
    ;;
  push)
    without_upstream "$@"
    [ "$code" -ne 0 ] || tell "$settings" ' What was to be pushed is.' "$@"
    ;;
  move)
    quietly "$@"
    tell_old --rename-section "$last"
    ;;
  copy)
    quietly "$@"
    [ "$code" -ne 0 ] || tell_copy
    ;;
  delete)
    quietly "$@"
    tell_old --remove-section
    ;;
esac
exit "$code"
