# shellcheck shell=sh
# Sourced by the launchers beside this file, with `self` set to the launcher's real path. Runs the pinned helpers, and
# installs them first where this machine does not have them yet. On the way to an installed version everything is a builtin:
# each program that sh starts would cost a session a millisecond.

# shellcheck disable=SC2154
folder=${self%/*}

helpers_requirement=
while read -r line || [ -n "$line" ]; do
  case $line in aidevcontainer*) helpers_requirement=$line ;; esac
done <"$folder/requirements.txt"

# Each requirement has a folder of its own, whose name can hold no slash and no colon. install.sh refuses a requirement that
# has their stand-ins in it, so two never share a folder.
rest=${helpers_requirement#aidevcontainer @ } helpers_id=
while :; do
  case $rest in
    [/]*) helpers_id=$helpers_id, rest=${rest#?} ;;
    :*) helpers_id="$helpers_id;" rest=${rest#?} ;;
    *[/:]*) helpers_id=$helpers_id${rest%%[/:]*} rest=${rest#"${rest%%[/:]*}"} ;;
    *) break ;;
  esac
done
# Never a place relative to the working directory: the agent can write there. A cron job may lack HOME.
cache=${XDG_CACHE_HOME:-}
case $cache in /*) ;; *)
  [ -n "${HOME:-}" ] || eval "HOME=~$(id -un)"
  cache=$HOME/.cache
  ;;
esac
case $cache in /*) ;; *)
  echo "aidevcontainer: This user has no home folder, so there is no place for the helpers. Set HOME or XDG_CACHE_HOME to an" \
    "absolute path." >&2
  exit 1
  ;;
esac
helpers=$cache/aidevcontainer/helpers/$helpers_id$rest

package=
if [ ! -x "$helpers/bin/python" ] || ! read -r package <"$helpers/complete"; then
  "$folder/install.sh" "$folder/requirements.txt" "$helpers" aidevcontainer || exit
  read -r package <"$helpers/complete"
fi
exec "$helpers/bin/python" -I -S "$helpers/$package/launch.py" "$folder" "${self##*/}" "$@"
