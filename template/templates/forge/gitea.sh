# From here on the forge's client, which is the API of Gitea, called by curl and jq; the text comes by standard input.
PULLS=${GITHUB_API_URL:-}/repos/${GITHUB_REPOSITORY:-}/pulls

api() {
  # No command line has the token.
  printf 'header = "Authorization: token %s"\n' "$TEMPLATE_TOKEN" |
    curl --silent --show-error --fail --config - --header 'Content-Type: application/json' "$@"
}

open_request() {
  page=1
  while :; do
    found=$(api "$PULLS?state=open&limit=50&page=$page") || return
    [ "$found" != '[]' ] || return 0
    printf '%s\n' "$found" | jq --raw-output --arg head "$BRANCH" --arg base "$MAIN" '
      .[] | select(.head.label == $head and .base.label == $base and .head.repo_id == .base.repo_id) | .number'
    page=$((page + 1))
  done
}

# Each pull request keeps its tip when it is closed.
known_tips() { git ls-remote origin 'refs/pull/*/head' | cut -f1; }
create_request() { send --request POST "$PULLS"; }
edit_request() { send --request PATCH "$PULLS/$number"; }

# A draft is known by the first word of its title.
send() {
  [ "$state" = ready ] || title="WIP: $title"
  body=$(mktemp)
  jq --raw-input --slurp --arg head "$BRANCH" --arg base "$MAIN" --arg title "$title" \
    '{$head, $base, $title, body: .}' > "$body"
  api --data "@$body" --output /dev/null "$@"
  rm "$body"
}
