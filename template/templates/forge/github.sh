# From here on the forge's client, GitHub's; the text comes by standard input.
open_request() {
  gh pr list --head "$BRANCH" --state open --json number,isCrossRepository \
    --jq 'map(select(.isCrossRepository | not)) | .[0].number // empty'
}
known_tips() { gh pr list --head "$BRANCH" --state all --json headRefOid --jq '.[].headRefOid'; }
create_request() {
  set -- --head "$BRANCH" --base "$MAIN" --title "$title" --body-file -
  if [ "$state" = ready ]; then gh pr create "$@"; else gh pr create "$@" --draft; fi
}
edit_request() {
  gh pr edit "$number" --title "$title" --body-file -
  if [ "$state" = ready ]; then gh pr ready "$number"; else gh pr ready "$number" --undo; fi
}
