#!/bin/sh
# Upgrades this service on the node where it runs, once the site is ready for it. Needs curl, jq and a link to the cloud.
# YurtHub has the new image pulled first, so that the service is away for seconds. OpenYurt 1.7 and newer.
set -eu

namespace=<< cookiecutter.service >>
hub=${YURTHUB:-http://127.0.0.1:10267}

# Lists the pods whose DaemonSet has something newer for them.
waiting() {
  curl -sSf "$hub/pods" | jq -r --arg namespace "$namespace" '.items[]
    | select(.metadata.namespace == $namespace)
    | select(any(.status.conditions[]?; .type == "PodNeedUpgrade" and .status == "True"))
    | .metadata.name'
}

for pod in $(waiting); do
  url=$hub/openyurt.io/v1/namespaces/$namespace/pods/$pod
  curl -sSf -X POST "$url/imagepull"
  echo
  tries=0
  # It is refused until the image is there: a quarter of an hour for a thin link.
  until curl -sf -X POST "$url/upgrade"; do
    tries=$((tries + 1))
    if [ "$tries" -eq 180 ]; then
      echo "$pod: its image is not there yet, it goes on with the old one" >&2
      exit 1
    fi
    sleep 5
  done
  echo
done
