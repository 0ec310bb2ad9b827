"""What the wizard promises of a profile is what a test finds in its repository, and nothing else is another there."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from gocontainer import texts
from gocontainer.options.profiles import PRESETS
from gocontainer.options.table import BY_NAME
from gocontainer.repository.tree import Tree
from tests.helpers.support import answers, files_of

BASE, EDGE, KNATIVE = "deploy/base/deployment.yaml", "deploy/edge/deployment.yaml", "deploy/knative/service.yaml"
SCALING = "deploy/components/autoscaling/horizontalpodautoscaler.yaml"
ADMISSION = "deploy/policies/validatingadmissionpolicy.yaml"
POLICY = "deploy/components/network-policy/networkpolicy.yaml"
Found = Mapping[str, tuple[str, ...]]
PROMISES: Mapping[str, tuple[tuple[str, ...], Found]] = {
    "Kubernetes": ((), {BASE: ("kind: Deployment",)}),
    "1 replica": (("min_replicas", "max_replicas"), {BASE: ("  replicas: {0}\n",), SCALING: ()}),
    "2 to 6 replicas": ((), {SCALING: ("minReplicas: {0}\n", "maxReplicas: {1}\n")}),
    "3 to 10 replicas": (
        ("min_replicas", "max_replicas"),
        {SCALING: ("minReplicas: {0}\n", "maxReplicas: {1}\n")},
    ),
    "network policy": ((), {POLICY: ("kind: NetworkPolicy",)}),
    "no policy, traces, CI or bot": (
        ("network_policy", "tracing", "ci", "signing", "deps_bot"),
        {POLICY: (), "internal/telemetry/tracing.go": (), ".github/workflows/ci.yml": (), ".github/dependabot.yml": ()},
    ),
    "Knative": (("target",), {KNATIVE: ("apiVersion: serving.knative.dev/v1",)}),
    "called by Kafka": (("eventing",), {"deploy/knative/events/source.yaml": ("kind: KafkaSource",)}),
    "0 to 20 replicas": (
        ("min_replicas", "max_replicas"),
        {KNATIVE: ('min-scale: "{0}"', 'max-scale: "{1}"')},
    ),
    "secret files": (("secrets",), {KNATIVE: ("secretName: orders-secrets\n",)}),
    "KubeEdge": (("target",), {"deploy/sites.yaml": ("`make sites` writes deploy/kubeedge from it",)}),
    "25m and 48Mi a site": (("cpu", "memory"), {EDGE: ("cpu: {0}m\n", "memory: {1}Mi\n")}),
    "no CPU limit": (("resources",), {EDGE: ("requests.cpu",)}),
    "32-bit ARM": (("platforms",), {"Makefile": ("linux/arm/v7",)}),
    "FROM scratch": (("base_image",), {"Dockerfile": ("\nFROM scratch\n",)}),
    "digests": (("digests",), {".github/workflows/release.yml": ("      - run: make digests\n",)}),
    "policy": (("policy",), {ADMISSION: ("kind: ValidatingAdmissionPolicy\n",)}),
    "scan": (
        ("scan",),
        {
            ".github/workflows/release.yml": ("      - run: make scan RELEASE=yes\n",),
            ".github/workflows/scan.yml": ("make scan-released",),
        },
    ),
}
"""A phrase of a label to the options that it speaks of, and what is then said in which file; without words the file
is not there."""
each_profile = pytest.mark.parametrize("profile", PRESETS)


def phrases(label: str) -> list[str]:
    """What a label promises, one by one."""
    first, _, rest = label.partition("; ")
    return [*first.split(", "), *filter(None, [rest])]


def broken(label: str, rendered: Tree) -> list[str]:
    """What a label promises that a repository does not hold."""
    files = {path: file.content.decode() for path, file in rendered.items()}
    found = []
    for phrase in phrases(label):
        numbers = re.findall(r"\d+", phrase)
        for path, words in PROMISES[phrase][1].items():
            said = all(each.format(*numbers) in files.get(path, "") for each in words)
            found += [] if said and bool(words) == (path in files) else [phrase]
    return found


@each_profile
def test_what_a_profile_promises_is_in_its_repository(profile: str) -> None:
    assert broken(PRESETS[profile].label, files_of({"profile": profile})) == []


def test_a_promise_that_is_not_held_is_found() -> None:
    default = files_of({})
    assert broken(PRESETS["hardened"].label, default) == [
        "3 to 10 replicas",
        "FROM scratch",
        "digests",
        "policy",
        "scan",
        "scan",
    ]
    assert {*broken(PRESETS["minimal"].label, default)} == {"1 replica", "no policy, traces, CI or bot"}
    assert broken(PRESETS["service"].label, files_of({"max_replicas": 7})) == ["2 to 6 replicas"]


@each_profile
def test_a_profile_promises_all_that_is_another_there_than_by_default(profile: str) -> None:
    there, default = answers(profile=profile).applicable(), answers().applicable()
    preset = PRESETS[profile].answers
    changed = {name for name in preset if there[name] != default.get(name, BY_NAME[name].default)}
    promised = {name for phrase in phrases(PRESETS[profile].label) for name in PROMISES[phrase][0]}
    assert changed <= promised
    assert promised <= set(preset)


def test_no_profile_has_the_repository_of_another_and_each_promise_is_made() -> None:
    rendered = [files_of({"profile": profile}) for profile in PRESETS]
    assert all(one != other for at, one in enumerate(rendered) for other in rendered[:at])
    assert {phrase for preset in PRESETS.values() for phrase in phrases(preset.label)} == set(PROMISES)


@each_profile
def test_the_numbers_of_a_profile_are_the_same_in_each_language(profile: str) -> None:
    english = PRESETS[profile].label
    try:
        for language in texts.LANGUAGES:
            texts.speak(language)
            assert re.findall(r"\d+", texts.tr(english)) == re.findall(r"\d+", english)
    finally:
        texts.speak("en")
