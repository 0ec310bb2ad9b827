# From here on the forge's client, which is the API of GitLab, called by curl and jq; the text comes by standard input.
REQUESTS=${CI_API_V4_URL:-}/projects/${CI_PROJECT_ID:-}/merge_requests

api() {
  # No command line has the token.
  printf 'header = "PRIVATE-TOKEN: %s"\n' "$PROJECT_TOKEN" |
    curl --silent --show-error --fail --config - "$@"
}

# Lists the merge requests of the branch, those of forks aside: $1 is their state, $2 what is said of each.
requests() {
  page=1
  while :; do
    found=$(api "$REQUESTS?state=$1&source_branch=$BRANCH&target_branch=$MAIN&per_page=100&page=$page") || return
    [ "$found" != '[]' ] || return 0
    printf '%s\n' "$found" | jq --raw-output ".[] | select(.source_project_id == .target_project_id) | $2"
    page=$((page + 1))
  done
}

open_request() { requests opened .iid; }
known_tips() { requests all .sha; }
create_request() { send --request POST "$REQUESTS"; }
edit_request() { send --request PUT "$REQUESTS/$number"; }

# A draft is known by the first word of its title.
send() {
  [ "$state" = ready ] || title="Draft: $title"
  body=$(mktemp)
  cat > "$body"
  api --data-urlencode "source_branch=$BRANCH" --data-urlencode "target_branch=$MAIN" \
    --data-urlencode "title=$title" --data-urlencode "description@$body" --output /dev/null "$@"
  rm "$body"
}
