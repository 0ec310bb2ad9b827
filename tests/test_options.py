"""The table of options, profiles and conflicts."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from gocontainer.dev.interactions import with_a_meaning
from gocontainer.errors import ConflictingAnswers, InvalidAnswer, NotApplicable, WrongAnswers
from gocontainer.options.conflicts import CONFLICTS, Conflict
from gocontainer.options.profiles import PRESETS, PROFILE
from gocontainer.options.schema import answers_schema
from gocontainer.options.sets import AtLeast, SelectAny
from gocontainer.options.table import BY_NAME, GROUPS, OPTIONS
from gocontainer.options.types import Choice, Integer, Option, Select, SelectMany, Text, Toggle
from tests.helpers.support import answers
from tests.helpers.switches import switches

CONTRACT = {
    "service": "", "module": "example.com/{service}", "description": "An HTTP service in Go.",
    "owner": "the {service} authors", "license": "none", "image": "localhost/{service}", "port": 8080,
    "base_image": "distroless-static", "cgo": False, "platforms": "linux/amd64,linux/arm64",
    "config_center": "none", "tracing": True, "monitoring": "annotations", "slo": "99.9", "collector": "none",
    "target": "kubernetes", "eventing": "none", "scale_on": "cpu", "concurrency": 10,
    "task_seconds": 10, "scale_to_zero": True,
    "edge_features": "", "streams": False,
    "kubernetes_min": "1.30", "user_namespaces": False, "cpu": "100m", "memory": "128Mi",
    "resources": "strict", "startup_seconds": 30, "liveness_period": 10, "liveness_timeout": 3, "liveness_failures": 3,
    "drain_seconds": 20, "min_replicas": 2, "max_replicas": 6, "network_policy": "kubernetes",
    "called_by": "", "calls": "",
    "policy": "none", "mesh": "none", "expose": "none",
    "expose_host": "{service}.example.com", "expose_gateway": "gateway/public", "expose_issuer": "", "pull_secret": "",
    "ci": "github", "signing": "keyless", "scan": "none", "digests": "optional", "deps_bot": "dependabot",
    "registry_mirrors": "", "go_proxy": "", "go_sumdb": "", "go_vulndb": "", "private_modules": "",
    "ca_bundle": "", "update_wheel": "", "secrets": "environment",
}  # fmt: skip


def test_names_and_defaults_are_a_contract() -> None:
    assert {option.name: option.default for option in OPTIONS} == CONTRACT


@pytest.mark.parametrize("option", [PROFILE, *OPTIONS], ids=lambda option: option.name)
def test_every_row_is_complete(option: Option) -> None:
    assert option.help.endswith((".", "?"))
    assert option.why.endswith(".")
    assert option.group in GROUPS
    assert option.name.replace("_", "").isalnum()
    if option.default != "" and "{" not in str(option.default):
        assert option.parse(option.default, "default") == option.default
        assert all(option.parse(sample, "sample") == sample for sample in option.samples())


@pytest.mark.parametrize("profile", PRESETS)
def test_a_profile_presets_and_every_preset_can_be_changed(profile: str) -> None:
    preset = PRESETS[profile].answers
    chosen = answers(profile=profile)
    assert {name: chosen[name] for name in preset} == dict(preset)
    assert all(chosen.origins[name] == "profile" for name in preset)
    assert answers(profile=profile, drain_seconds=50)["drain_seconds"] == 50
    assert "profile" not in chosen


def test_profiles_scale_as_promised() -> None:
    replicas = {
        name: (answers(profile=name)["min_replicas"], answers(profile=name)["max_replicas"]) for name in PRESETS
    }
    assert replicas == {
        "minimal": (1, 1),
        "service": (2, 6),
        "serverless": (1, 20),
        "edge": (2, 6),
        "hardened": (3, 10),
    }


def violations() -> list[Any]:
    """One set of answers for each conflict and each combination of its values."""
    found = []
    for conflict in CONFLICTS:
        if conflict.ordered:
            found.append(pytest.param(conflict, {conflict.ordered[0]: 9, conflict.ordered[1]: 8}, id="ordered"))
            continue
        last = list(conflict.when)[-1]
        for value in conflict.when[last]:
            given: dict[str, Any] = {name: values[0] for name, values in conflict.when.items()} | {last: value}
            if "cgo" in given:
                given = {"base_image": "ubuntu", "platforms": "linux/amd64"} | given
            given = {**with_a_meaning(given)}
            found.append(pytest.param(conflict, given, id=f"{last}-{value}"))
    return found


@pytest.mark.parametrize(("conflict", "given"), violations())
def test_every_conflict_is_refused_with_its_reason(conflict: Conflict, given: dict[str, Any]) -> None:
    # Of some the default of another option is in one as well, which moves where there is room.
    with pytest.raises((ConflictingAnswers, WrongAnswers)) as caught:
        answers(**given)
    assert conflict.reason in str(caught.value)
    assert str(caught.value).endswith(conflict.hint)


@pytest.mark.parametrize(("conflict", "given"), violations())
def test_the_schema_refuses_every_conflict(conflict: Conflict, given: dict[str, Any]) -> None:
    schema = json.loads(answers_schema())
    assert not jsonschema.Draft202012Validator(schema).is_valid(given)
    others = [rule for rule in schema["allOf"] if not rule.get("$comment", "").startswith(conflict.reason)]
    assert jsonschema.Draft202012Validator({**schema, "allOf": others}).is_valid(given), "for no other reason"


def test_the_schema_accepts_good_answers() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(answers_schema()))
    good = [
        {"service": "orders"},
        {"profile": "hardened", "platforms": ["linux/arm64"], "cgo": True, "base_image": "ubuntu"},
        {"cgo": True},
        {"port": "9000", "cpu": 2, "memory": "1Gi", "tracing": "no", "platforms": "linux/arm64, linux/amd64"},
        {"profile": "edge", "edge_features": "model"},
        {"profile": "edge", "edge_features": []},
        {"profile": "edge", "edge_features": "none"},
        {"profile": "edge", "edge_features": "host-path", "kubernetes_min": "1.30"},
        {"profile": "serverless", "scale_on": "lag"},
        {"min_replicas": 9},
    ]
    for document in good:
        validator.validate(document)
    bad = [
        {"base_imgae": "scratch"},
        {"profile": "edge", "edge_features": "model, plain-deployments , held-upgrade"},
        {"profile": "edge", "edge_features": ["host-path", "model"], "kubernetes_min": "1.29"},
        {"profile": "edge", "edge_features": "none,model"},
        {"edge_features": "model"},  # the target of the default profile has none
        {"profile": "edge", "cgo": True, "base_image": "ubuntu"},  # for the three platforms that it presets
        {"profile": "hardened", "max_replicas": 2},
        {"cpu": "1m"},
        {"memory": "999Gi"},
    ]
    for document in bad:
        assert not validator.is_valid(document), document


def test_an_option_without_meaning_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(BY_NAME["ci"]), "when", {"license": ("mit",)})
    assert answers(ci="none", license="mit")["ci"] == "none"
    with pytest.raises(NotApplicable, match="has no meaning unless license is mit"):
        answers(ci="none", license="none")


ROW: dict[str, Any] = {"name": "x", "group": "basics", "title": "X", "question": "X?", "help": "Help.", "why": "Why."}


@pytest.mark.parametrize(
    ("option", "raw", "value"),
    [
        (Toggle(**ROW, default=True), "no", False),
        (Toggle(**ROW, default=True), "TRUE", True),
        (Integer(**ROW, default=5, minimum=1, maximum=9), "7", 7),
        (BY_NAME["platforms"], "linux/arm64, linux/amd64", "linux/amd64,linux/arm64"),
        (BY_NAME["platforms"], ["linux/arm/v7"], "linux/arm/v7"),
        (BY_NAME["edge_features"], "model, host-path", "host-path,model"),
        (BY_NAME["edge_features"], ["model"], "model"),
        (BY_NAME["edge_features"], [], ""),
        (BY_NAME["edge_features"], "", ""),
        (BY_NAME["edge_features"], " none\n", ""),
        (BY_NAME["cpu"], 2, "2"),
        (BY_NAME["memory"], "64Gi", "64Gi"),
        (BY_NAME["module"], "github.com/Acme/orders/v2", "github.com/Acme/orders/v2"),
        (BY_NAME["image"], "registry.acme.io:5000/team/a--b_c", "registry.acme.io:5000/team/a--b_c"),
        (BY_NAME["description"], "Größe: 5 % of 'x' & \"y\" 订单 $HOME", "Größe: 5 % of 'x' & \"y\" 订单 $HOME"),
    ],
)
def test_good_values_become_canonical(option: Option, raw: object, value: object) -> None:
    assert option.parse(raw, "x") == value


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("service", "Orders"), ("service", "a" * 41), ("service", "-a"), ("service", "a-"), ("service", "1a"),
        ("service", "null"), ("service", "con"), ("service", "a\n"), ("service", 5),
        ("module", "orders"), ("module", "example.com/v1"), ("module", "example.com/v2.1"), ("module", "gopkg.in/x"),
        ("module", "example.com/vendor/x"), ("module", "example.com/Aux"), ("module", "example.com/a b"),
        ("module", "example.com/../x"), ("module", "example.com/x.git"), ("module", "example.com/a//b"),
        ("image", "orders"), ("image", "ghcr.io/acme/orders:1.0"), ("image", "ghcr.io/Acme/orders"),
        ("description", " x"), ("description", "x\ny"), ("description", "<<x>>"), ("description", "a\u202eb"),
        ("description", ""), ("owner", "\ud800"), ("owner", "x" * 81),
        ("port", "80"), ("port", "8080.0"), ("port", "\uff10"), ("port", True), ("port", "99999999999"),
        ("cpu", "1.5"), ("cpu", "9m"), ("cpu", "65"), ("memory", "16Mi"), ("memory", "128M"), ("memory", 128),
        ("platforms", "linux/386"), ("platforms", ""), ("platforms", []), ("platforms", 5), ("cgo", "maybe"),
        ("edge_features", "modle"), ("edge_features", "none,model"), ("edge_features", ["none"]),
        ("edge_features", [""]), ("edge_features", None), ("edge_features", False),
        ("base_image", "Alpine"), ("base_image", None),
    ],
)  # fmt: skip
def test_bad_values_are_refused_with_a_way_out(name: str, raw: object) -> None:
    with pytest.raises(InvalidAnswer) as caught:
        BY_NAME[name].parse(raw, "--x")
    assert str(caught.value).startswith("--x: ")
    assert len(str(caught.value).split(". ")) == 2


def test_a_condition_on_members_holds_whatever_else_is_chosen() -> None:
    condition = AtLeast(("a,b", "c"))
    assert [value for value in ("", "a", "b", "a,b", "a,b,d", "c", "a,c", "cc") if value in condition] == [
        "a,b",
        "a,b,d",
        "c",
        "a,c",
    ]


def test_levels_of_the_matrix_cover_bounds_and_choices() -> None:
    choices = (Choice(value="a", label="A"), Choice(value="b", label="B"))
    assert Select(**ROW, default="a", choices=choices).samples() == ("a", "b")
    assert SelectMany(**ROW, default="b", choices=choices).samples() == ("b", "a", "a,b")
    assert SelectAny(**ROW, default="", choices=choices).samples() == ("", "a", "b")
    assert Integer(**ROW, default=5, minimum=1, maximum=9).samples() == (5, 1, 9)
    assert Text(**ROW, default="x", pattern="x", longest=1, expected="x", hint="x").samples() == ("x",)


def test_every_value_can_be_had() -> None:
    for each in switches():
        assert each.to.items() <= answers(**each.to).applicable().items()


def test_a_row_of_the_table_stays_as_it_is() -> None:
    with pytest.raises(AttributeError, match="default cannot be set"):
        BY_NAME["port"].default = 9  # type: ignore[misc]
    with pytest.raises(TypeError, match="Choice: unknown or not given: value"):
        Choice(label="A")  # type: ignore[call-arg]
