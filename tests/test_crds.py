"""The strict schemas of the platforms' CRDs refuse what a server would prune in silence."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.helpers import crds
from tests.helpers.support import files_of

SERVICE = """
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: orders, namespace: orders}
spec:
  template:
    metadata: {annotations: {autoscaling.knative.dev/max-scale: "5"}}
    spec:
      containerConcurrency: 4
      containers: [{image: "r/orders:1", readinessProbe: {httpGet: {path: /readyz, port: 8081}}}]
  traffic: [{latestRevision: true, percent: 100}]
"""
EDGE = """
apiVersion: apps.kubeedge.io/v1alpha1
kind: EdgeApplication
metadata: {name: orders, namespace: orders}
spec:
  workloadScope:
    targetNodeGroups: [{name: site-a, overriders: {replicas: 1}}]
  workloadTemplate:
    manifests:
      - apiVersion: apps/v1
        kind: Deployment
        metadata: {name: orders, namespace: orders}
        spec:
          replicas: 1
          selector: {matchLabels: {app: orders}}
          template:
            metadata: {labels: {app: orders}}
            spec: {containers: [{name: orders, image: "r/orders:1"}]}
"""
YURT = """
apiVersion: apps.openyurt.io/v1beta1
kind: YurtAppSet
metadata: {name: orders, namespace: orders}
spec:
  pools: [site-a]
  workload:
    workloadTemplate:
      deploymentTemplate:
        metadata: {labels: {app: orders}}
        spec:
          selector: {matchLabels: {app: orders}}
          template:
            metadata: {labels: {app: orders}}
            spec: {containers: [{name: orders, image: "r/orders:1"}]}
    workloadTweaks:
      - pools: [site-a]
        tweaks: {containerImages: [{name: orders, targetImage: "r/orders:2"}]}
"""


def said(text: str) -> list[str]:
    return crds.objections(yaml.safe_load(text))


@pytest.mark.parametrize("text", [SERVICE, EDGE, YURT], ids=["knative", "kubeedge", "openyurt"])
def test_good_objects_are_accepted(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "old", "new", "words"),
    [
        (SERVICE, "containerConcurrency", "containerConcurency", "'containerConcurency' was unexpected"),
        (SERVICE, "containerConcurrency: 4", "containerConcurrency: four", "'four' is not of type 'integer'"),
        (SERVICE, "httpGet", "httpget", "'httpget' was unexpected"),
        (SERVICE, 'max-scale: "5"', "max-scale: 5", "5 is not of type 'string'"),
        (SERVICE, "serving.knative.dev/v1", "serving.knative.dev/v1beta1", "no CRD serves"),
        (EDGE, "workloadScope", "workloadScopes", "'workloadScopes' was unexpected"),
        (EDGE, "image: ", "imgae: ", "imgae"),
        (EDGE, "apps.kubeedge.io/v1alpha1", "apps.kubeedge.io/v1", "no CRD serves"),
        (YURT, "targetImage", "image", "'image' was unexpected"),
        (YURT, "selector: {", "selectors: {", "'selector' is a required property"),
        (YURT, "kind: YurtAppSet", "kind: YurtAppOverrider", "no CRD serves"),
    ],
)
def test_bad_objects_are_refused(text: str, old: str, new: str, words: str) -> None:
    assert text.count(old) >= 1
    assert any(words in each for each in said(text.replace(old, new, 1)))


@pytest.mark.parametrize(("engine", "name"), [("kyverno", "validatingpolicy"), ("gatekeeper", "constrainttemplate")])
def test_a_policy_has_no_field_that_its_engine_does_not_know(engine: str, name: str) -> None:
    text = files_of({"policy": engine})[f"deploy/policies/{name}.yaml"].content.decode()
    assert said(text) == []
    assert any("'matchConditons' was unexpected" in each for each in said(text + "  matchConditons: []\n"))


def test_every_version_that_is_served_has_a_schema() -> None:
    assert ("sources.knative.dev/v1", "KafkaSource") in crds.schemas("sources.knative.dev")
    assert ("apps.openyurt.io/v1beta2", "NodePool") in crds.schemas("apps.openyurt.io")
    served = {api for api, kind in crds.schemas("iot.openyurt.io")}
    assert served == {"iot.openyurt.io/v1beta1"}, "older ones are defined, and not served"


@pytest.mark.parametrize(
    ("api", "custom"),
    [
        ("v1", False),
        ("apps/v1", False),
        ("networking.k8s.io/v1", False),
        ("serving.knative.dev/v1", True),
        ("apps.kubeedge.io/v1alpha1", True),
        ("keda.sh/v1alpha1", True),
    ],
)
def test_custom_kinds_are_told_from_kubernetes_own(api: str, custom: bool) -> None:  # noqa: FBT001
    assert crds.is_custom({"apiVersion": api, "kind": "X"}) is custom


def test_what_narrows_a_value_is_kept_and_names_no_field() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}]}},
        "anyOf": [{"required": ["port"]}, {"properties": {"other": {"type": "string"}}}],
    }
    strict = crds.strict(schema)
    assert strict["anyOf"] == schema["anyOf"]
    assert strict["additionalProperties"] is False
    assert strict["properties"]["port"]["anyOf"] == [{"type": "integer"}, {"type": "string"}]
