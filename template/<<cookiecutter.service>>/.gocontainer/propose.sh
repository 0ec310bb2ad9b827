#!/bin/sh
# Proposes a newer template as one pull request. Every pipeline calls it, in this order:
#
#   propose.sh merge FOLDER [FLAG...]  leaves the proposal in FOLDER. gocontainer runs here and nowhere else, so it is
#                                      a job without any secret. FLAGs are those of 'gocontainer update'.
#   propose.sh push FOLDER             pushes it and opens the pull request; runs only git and the forge's client.
#   propose.sh check                   fails while a proposal has conflicts that nobody decided: for each change.
#
# The first two want all branches as origin/NAME, and the one that proposals are for checked out.
set -eu

BRANCH=gocontainer-update
MAIN=${MAIN:-main}
CONFLICTS=.gocontainer/conflicts
PROPOSAL=refs/gocontainer/proposal
export GIT_AUTHOR_NAME=gocontainer GIT_AUTHOR_EMAIL=gocontainer@bot.invalid
export GIT_COMMITTER_NAME=gocontainer GIT_COMMITTER_EMAIL=gocontainer@bot.invalid
<% if cookiecutter.go_proxy %>
# Where modules come from, unless the environment names another place.
export GOPROXY="${GOPROXY:-<< cookiecutter.go_proxy >>}"
<% endif %>
<% if cookiecutter.go_sumdb %>
# Who vouches for the sums of modules, by the same rule.
export GOSUMDB="${GOSUMDB:-<< cookiecutter.go_sumdb >>}"
<% endif %>
<% if cookiecutter.private_modules %>
# Modules that nobody else is asked for.
export GOPRIVATE="${GOPRIVATE:-<< cookiecutter.__private_modules >>}"
<% endif %>
<% if cookiecutter.ca_bundle %>
# Our own authority, which Go trusts beside those of this machine.
export SSL_CERT_FILE="${SSL_CERT_FILE:-$PWD/<< cookiecutter.ca_bundle >>}"
<% endif %>

# No hook of anybody runs.
git() { command git -c core.hooksPath=/dev/null "$@"; }

say() { printf '%s\n' "$*" >&2; }

# The last line of each commit of the bot is the hash of all above it: one that was amended or moved is somebody's.
seal() {
  {
    git cat-file commit "$1"
    printf 'Proposal: %s\n' "$(git cat-file commit "$1" | git hash-object --stdin)"
  } | git hash-object -t commit -w --stdin
}

is_sealed() {
  sum=$(git cat-file commit "$1" | LC_ALL=C sed -n '$s/^Proposal: //p')
  [ -n "$sum" ] && [ "$sum" = "$(git cat-file commit "$1" | LC_ALL=C sed '$d' | git hash-object --stdin)" ]
}

# Whether the branch whose tip is $1 holds somebody else's commits that $2 lacks.
has_others() {
  beyond=$(git rev-list "$1" "^$2") || return 0
  for each in $beyond; do
    is_sealed "$each" || return 0
  done
  return 1
}

markers() { git grep -n -e '^<\{7\} yours' -e '^>\{7\} template' "$@"; }

# Leaves for 'push' what is to be done, the tip of the branch that was looked at, and that of the proposal.
leave() {
  printf '%s %s %s\n' "$1" "${seen:--}" "${2:--}" > "$out/proposal"
  say "$3"
}

# Commits the index over $start; the file $1 has the message.
commit() {
  made=$({ cat "$1"; echo; } | git commit-tree "$(git write-tree)" -p "$start")
  seal "$made"
}

# Sets $start: main, or the branch with main merged into it where somebody committed there, for that is never set back.
choose_start() {
  start=$main
  if [ -z "$seen" ] || ! has_others "$seen" "$main"; then
    return 0
  fi
  if git cat-file -e "$seen:./$CONFLICTS" 2>/dev/null || markers "$seen" >/dev/null; then
    leave wait '' "$BRANCH is being decided: it stays as it is."
    return 1
  fi
  start=$seen
  if git merge-base --is-ancestor "$main" "$seen"; then
    return 0
  fi
  if ! merged=$(git merge-tree --write-tree "$seen" "$main"); then
    leave wait '' "$MAIN and $BRANCH have conflicts: merge $MAIN into $BRANCH."
    return 1
  fi
  made=$(printf 'Merge %s\n\n' "$MAIN" | git commit-tree "$merged" -p "$seen" -p "$main")
  start=$(seal "$made")
}

# The files in which something is to be decided: by git, and by what the report says of a line.
undecided() {
  git diff --relative --name-only --diff-filter=U
  LC_ALL=C sed -n 's/^  ! \([^:]*\):[0-9][0-9]*[^0-9].*/\1/p' "$out/report" | sort -u
}

# Keeps pipelines as they are, what came of them beside, and names them: one that is broken would run no check at all.
keep_pipelines() {
  undecided | while IFS= read -r path; do
    case /$path in
    */.git* | */Jenkinsfile*)
      if ! git ls-files --unmerged --error-unmatch -- "$path" >/dev/null 2>&1; then
        mv "$path" "$path.merged"
        git checkout --quiet HEAD -- "$path" 2>/dev/null || :
        echo "$path is as it was: $path.merged is what came of both."
        continue
      fi
      git checkout --quiet --ours -- "$path" 2>/dev/null || :
      if git cat-file blob ":3:./$path" > "$path.template" 2>/dev/null; then
        echo "$path is as it was: $path.template is the template's."
      else
        rm -f "$path.template"
      fi
      ;;
    esac
  done
}

# A work tree of $start, named $1, and the service's folder in it.
open_tree() {
  git -C "$top" worktree add --quiet --detach "$scratch/$1" "$start"
  cd "$scratch/$1/$folder"
}

# What is merged is built offline: fetches its modules first, and a newer Go where it asks for one.
fetch() {
  case $(go env GOMOD 2>/dev/null || :) in '' | /dev/null) return 0 ;; esac
  open_tree trial
  gocontainer update "$@" >/dev/null 2>&1 || :
  export GOTOOLCHAIN=auto
  { echo ./go.mod; git ls-files '*/go.mod'; } | while IFS= read -r path; do
    (cd "${path%go.mod}" && go mod download >&2) || say "Not all modules of $path could be fetched."
  done
  if root=$(go env GOROOT); then PATH="$root/bin:$PATH"; fi
  cd "$scratch/tree/$folder"
}

# Updates the work tree; sets $state, and $tip where there is something to propose.
update() {
  state=nothing tip='' code=0
  gocontainer update --commit --verify "$@" > "$scratch/report" || code=$?
  # What it says of its own work tree is of use to nobody else.
  sed -e "s|$(pwd -P)|.|" -e '/gocontainer update --\(continue\|abort\)/d' "$scratch/report" > "$out/report"
  case $code in
  0)
    [ "$(git rev-parse HEAD)" != "$start" ] || return 0
    state=ready
    git log -1 --format=%B | git stripspace > "$scratch/message"
    ;;
  3)
    state=draft
    {
      cat "$out/report"
      keep_pipelines
      echo 'Decide each, then delete this file.'
    } > "$CONFLICTS"
    git add --all .
    echo 'Update the template, with conflicts to decide' > "$scratch/message"
    ;;
  *) return "$code" ;;
  esac
  tip=$(commit "$scratch/message")
}

merge() {
  mkdir -p "$1"
  out=$(cd "$1" && pwd)
  shift
  main=$(git rev-parse HEAD)
  seen=$(git rev-parse --quiet --verify "refs/remotes/origin/$BRANCH" || :)
  choose_start || return 0
  # The answer follows the file that says by which gocontainer is merged.
  wheel=$(sed -n 's/^gocontainer @ //p' .gocontainer/requirements.txt 2>/dev/null || :)
  if [ -n "$wheel" ] && grep -q '"update_wheel": "http' .gocontainer.lock; then
    set -- --set "update_wheel=$wheel" "$@"
  fi
  folder=$(git rev-parse --show-prefix)
  top=$(git rev-parse --show-toplevel)
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"; git -C "$top" worktree prune' EXIT
  open_tree tree
  fetch "$@"
  update "$@"
  if [ "$state" = nothing ]; then
    [ "$start" = "$main" ] || state='wait'
    leave "$state" '' 'There is no newer template.'
    return 0
  fi
  # A proposal that comes to the same stays, with what was said of it.
  if [ -n "$seen" ] && [ "$(git merge-tree --write-tree "$main" "$seen")" = "$(git rev-parse "$tip^{tree}")" ]; then
    tip=$seen
  else
    git update-ref "$PROPOSAL" "$tip"
    git bundle create --quiet "$out/bundle" "$PROPOSAL" "^$main" ${seen:+"^$seen"}
  fi
  git log -1 --format=%s "$tip" > "$out/title"
  leave "$state" "$tip" "$(cat "$out/title")"
}

# The branch as it is on the remote now.
tip_there() { git ls-remote origin "refs/heads/$BRANCH" | cut -f1; }

push() {
  for each in proposal report title bundle; do
    if [ -L "$1/$each" ]; then
      say 'This is no proposal.'
      return 1
    fi
  done
  read -r state seen tip < "$1/proposal"
  seen=${seen#-} tip=${tip#-} main=$(git rev-parse HEAD)
  case $state:$seen:$tip in
  wait:* | nothing::) return 0 ;;
  *:*[!0-9a-f:]*) say 'This is no proposal.'; return 1 ;;
  nothing:*:) ;;
  ready:*:?* | draft:*:?*) ;;
  *) say 'This is no proposal.'; return 1 ;;
  esac
  if [ "$(tip_there)" != "$seen" ]; then
    say "$BRANCH has moved meanwhile: the next run looks again."
    return 0
  fi
  if [ "$tip" != "$seen" ]; then
    [ -z "$tip" ] || git -c fetch.fsckObjects=true fetch --quiet --no-tags --no-recurse-submodules "$1/bundle" "$PROPOSAL"
    # Whatever the other job says: what others committed stays.
    if [ -n "$seen" ] && has_others "$seen" "$main" && ! git merge-base --is-ancestor "$seen" "${tip:-$main}"; then
      say "Somebody committed to $BRANCH, and this proposal lacks it."
      return 1
    fi
    if ! git push --quiet "--force-with-lease=refs/heads/$BRANCH:$seen" origin "$tip:refs/heads/$BRANCH"; then
      [ "$(tip_there)" != "$seen" ] || return 1
      say "$BRANCH has moved meanwhile: the next run looks again."
      return 0
    fi
  fi
  [ -z "$tip" ] || request "$1"
}

# The one pull request: what is there is edited, and one that somebody closed is not opened again as it was.
request() {
  title=$(head -n 1 "$1/title" | cut -c 1-200)
  number=$(open_request)
  if [ -z "$number" ]; then
    known_tips | grep -q "^$tip$" || text "$1" | create_request
  elif [ "$tip" != "$seen" ]; then
    text "$1" | edit_request
  fi
}

# The report as it is, whatever is in it.
text() { head -c 60000 "$1/report" | sed 's/^/    /'; }

<% if cookiecutter.ci == "gitea" %>
<% include "forge/gitea.sh" %>
<% elif cookiecutter.ci == "gitlab" %>
<% include "forge/gitlab.sh" %>
<% elif cookiecutter.ci == "jenkins" %>
<% include "forge/jenkins.sh" %>
<% else %>
<% include "forge/github.sh" %>
<% endif %>

check() {
  code=0
  if [ -e "$CONFLICTS" ]; then
    cat "$CONFLICTS"
    code=1
  fi
  if markers; then code=1; fi
  return $code
}

case ${1:-} in
merge | push | check) "$@" ;;
*) say "usage: $0 merge|push FOLDER, or $0 check"; exit 2 ;;
esac
