#!/bin/sh
# Fails unless the policy admits what runs in production and refuses each bad example by its own rule.
set -eu

<% if cookiecutter.policy == "native" %>
# The cluster of kubectl's context, which has the policy, answers as if the manifests were applied; nothing is.
ask() {
  kubectl kustomize "deploy/policies/tests/$1" | kubectl apply --dry-run=server -f -
}
<% elif cookiecutter.policy == "kyverno" %>
# No cluster is asked.
ask() {
  kubectl kustomize "deploy/policies/tests/$1" | $KYVERNO apply deploy/policies/validatingpolicy.yaml --resource -
}
<% else %>
# No cluster is asked.
ask() {
  kubectl kustomize "deploy/policies/tests/$1" | $GATOR test --filename=deploy/policies/constrainttemplate.yaml \
    --filename=deploy/policies/constraint.yaml
}
<% endif %>

said=$(ask good 2>&1) || {
  printf '%s\nwhat runs in production is refused\n' "$said" >&2
  exit 1
}
failed=0
for each in deploy/policies/tests/bad/*/; do
  rule=$(basename "$each")
  if said=$(ask "bad/$rule" 2>&1); then
    echo "deploy/policies/tests/bad/$rule is admitted" >&2
    failed=1
  elif ! printf '%s\n' "$said" | grep -q "$rule: "; then
    printf '%s\ndeploy/policies/tests/bad/%s is refused, and not by the rule %s\n' "$said" "$rule" "$rule" >&2
    failed=1
  fi
done
test "$failed" = 0
echo 'what runs in production is admitted, and each bad example is refused by its rule'
