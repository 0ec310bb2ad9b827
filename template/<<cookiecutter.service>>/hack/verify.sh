#!/bin/sh
# Refuses the image IMAGE unless its release was signed, it was built from SOURCE, and it has an SBOM.
set -eu

refuse() {
  printf '%s %s\n' "$IMAGE" "$1" >&2
  exit 1
}

# Prints the address of a repository as a browser knows it: of git@host:path.git it is https://host/path.
address() {
  printf '%s\n' "$1" | sed -E 's#^ssh://([^/@]*@)?([^/:]+)(:[0-9]+)?/#https://\2/#
    s#^[^/@]+@([^/:]+):/?#https://\1/#
    s#^(https?://)[^/@]*@#\1#
    s#/*$##
    s#[.]git$##'
}

# Prints one value of the provenance.
fact() {
  printf %s "$provenance" | $JQ -r ".predicate$1 // empty"
}

source=$(address "${SOURCE:-$(git remote get-url origin 2>/dev/null)}")
test -n "$source" || refuse 'may come from where? This clone has no origin: say SOURCE=https://...'

named=${IMAGE%%@*}
case ${named##*/} in
  *:*) repository=${named%:*} tag=${named##*:} ;;
  *) repository=$named tag= ;;
esac
digest=$($CRANE digest -- "$IMAGE") || refuse 'was not found'

<% if cookiecutter.signing == "key" %>
# A key of our own needs no public log, which would tell everybody what is released here.
signed=$($COSIGN verify --key cosign.pub --insecure-ignore-tlog "$repository@$digest" 2>&1) || {
  printf '%s\n' "$signed" >&2
  refuse 'is not signed by the key of cosign.pub'
}
<% else %>
# Only its release signs in the name of a tag. ISSUER is for a Sigstore of one's own, as are cosign's own variables.
signer=$source<< cookiecutter.__signer >>
pattern=^$(printf %s "$signer" | sed 's/[][\.*+?(){}|^$]/\\&/g')@refs/tags/
signed=$($COSIGN verify --certificate-oidc-issuer "${ISSUER:-<< cookiecutter.__signer_issuer >>}" \
  --certificate-identity-regexp "$pattern" "$repository@$digest" 2>&1) || {
  printf '%s\n' "$signed" >&2
  refuse "is not signed by $signer for a tag"
}
<% endif %>

# What was signed is the digest of the index, which names the images and what was attested of each.
listed=$($CRANE manifest "$repository@$digest" |
  $JQ -r '.manifests[]? | "\(.annotations["vnd.docker.reference.digest"] // "runs") \(.digest)"')
runs=$(printf '%s\n' "$listed" | sed -n 's/^runs //p')
test -n "$runs" || refuse 'has neither provenance nor an SBOM'
for each in $runs; do
  attested=$(printf '%s\n' "$listed" | sed -n "s/^$each //p")
  test -n "$attested" || refuse "has neither provenance nor an SBOM for $each"
  statements=$($CRANE manifest "$repository@$attested" |
    $JQ -r '.layers[] | "\(.annotations["in-toto.io/predicate-type"]) \(.digest)"')

  case $statements in
    *'https://spdx.dev/Document sha256:'*) ;;
    *) refuse "has no SBOM for $each" ;;
  esac
  statement=$(printf '%s\n' "$statements" | sed -n 's#^https://slsa.dev/provenance/v1 ##p')
  test -n "$statement" || refuse "has no provenance for $each"
  provenance=$($CRANE blob "$repository@$statement")

  built_from=$(fact .runDetails.metadata.buildkit_metadata.vcs.source)
  test "$(address "$built_from")" = "$source" ||
    refuse "was built from ${built_from:-a place that it does not name}, not from $source"
<% if cookiecutter.__runs %>
  built_by=$(fact .runDetails.builder.id)
  case $built_by in
    "$source<< cookiecutter.__runs >>"*) ;;
    *) refuse "was built by ${built_by:-somebody whom it does not name}, not by a run of $source" ;;
  esac
<% endif %>
  # Another release, which is signed as well, may be what a moved tag names.
  version=$(fact '.buildDefinition.externalParameters.request.args["build-arg:VERSION"]')
  test -z "$tag" || test "$tag" = "$(printf %s "$version" | sed 's/[^A-Za-z0-9_.-]/-/g')" ||
    refuse "was built as ${version:-no version}, which is not its tag"
done
printf '%s@%s was released from %s\n' "$named" "$digest" "$source"
