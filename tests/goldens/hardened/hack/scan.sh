#!/bin/sh
# Refuses a secret in the files or their history; of an image, whose archive is $1, a secret in it and a vulnerability
# that is HIGH or CRITICAL and has a fix. .scanignore excepts, a line each: ID YYYY-MM-DD reason, until that day.
set -eu

refuse() {
  printf '%s\n' "$1" >&2
  exit 1
}

# Prints the IDs that .scanignore excepts; a line without a day and a reason, or past its day, is refused.
excepted() {
  test -f .scanignore || return 0
  while read -r id day reason || test -n "$id"; do
    case $id in '' | '#'*) continue ;; esac
    case $day in
      [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]) ;;
      *) reason= ;;
    esac
    test -n "$reason" || refuse ".scanignore: $id has no day or no reason: write ID YYYY-MM-DD reason"
    test "$(printf %s "$day" | tr -d -)" -ge "$(date -u +%Y%m%d)" || refuse ".scanignore: $id was excepted until $day"
    printf '%s\n' "$id"
  done <.scanignore
}

# A leak is named by its fingerprint, which has colons, a vulnerability by its number.
leaks() {
  $GITLEAKS "$@" --no-banner --no-color --redact --verbose --log-level error --gitleaks-ignore-path "$out/leaks"
}

out=$PWD/bin/scan
rm -rf "$out"
mkdir -p "$out/files"
excepted >"$out/excepted"
sed -n /:/p "$out/excepted" >"$out/leaks"
sed /:/d "$out/excepted" >"$out/vulnerabilities"

if test $# -eq 0; then
  # What git ignores is in no clone, such as .env.
  export GIT_INDEX_FILE="$out/index"
  git add --all .
  git checkout-index --all --prefix="$out/files/"
  unset GIT_INDEX_FILE
  leaks git --report-path "$out/history.sarif" || found=yes
  cd "$out/files"
  leaks dir --report-path "$out/files.sarif" || found=yes
  test -z "${found:-}" || refuse 'whoever has a clone has the secret: have it revoked where it is from'
  exit
fi

# gitleaks knows an archive by its name, and newer engines name a layer by its digest alone.
mkdir "$out/image"
tar -xf "$1" -C "$out/image"
find "$out/image" -type f ! -name '*.*' | while read -r blob; do
  case $(head -c 4 "$blob" | od -An -tx1) in
    ' 1f 8b'*) mv "$blob" "$blob.tar.gz" ;;
    ' 28 b5 2f fd') mv "$blob" "$blob.tar.zst" ;;
    *) if tar -tf "$blob" >/dev/null 2>&1; then mv "$blob" "$blob.tar"; fi ;;
  esac
done
leaks dir "$out/image" --max-archive-depth 2 --report-path "$out/secrets.sarif" || refuse "$1 has a secret"
rm -rf "$out/image"

export GRYPE_CHECK_FOR_APP_UPDATE=false GRYPE_DB_AUTO_UPDATE=false
if ! $SCANNER db update --quiet; then
  printf '%s\n' 'the database cannot be reached: no vulnerabilities were looked for' >&2
  test -z "${RELEASE:-}" || exit 1
  exit 0
fi

{
  echo ignore:
  sed 's/.*/  - vulnerability: "&"/' "$out/vulnerabilities"
} >"$out/grype.yaml"
$SCANNER --quiet --config "$out/grype.yaml" --only-fixed --fail-on high --output table \
  --output "sarif=$out/vulnerabilities.sarif" "docker-archive:$1" || refuse "$1 has what is vulnerable and mended elsewhere: build it of newer parts"
