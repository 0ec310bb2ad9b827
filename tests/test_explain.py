"""`gocontainer explain`: no number is left out, and each formula gives the number that stands there."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gocontainer import __version__, render
from gocontainer.answers import lockfile
from gocontainer.errors import InvalidAnswer, NotARepository, UnreadableLock
from gocontainer.inspection import explain
from gocontainer.inspection.places import Place, ports_below
from gocontainer.options.table import BY_NAME
from gocontainer.repository import tree
from tests.helpers.support import COMMAND, RARE, ROOT, ROWS, answers, gocontainer, ok, row_id

every_row = pytest.mark.parametrize("row", ROWS, ids=row_id)


def repository(folder: Path, **given: Any) -> Path:
    """A repository with its lock."""
    chosen = answers(**given)
    tree.save(lockfile.with_lockfile(render(chosen), chosen), folder / "orders")
    return folder / "orders"


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every number in a YAML document, with the path that leads to it."""
    if isinstance(value, dict):
        steps = {key: f"[{key}]" if "." in key else f".{key}" for key in value}
        return [leaf for key, each in value.items() for leaf in leaves(each, f"{path}{steps[key]}")]
    if isinstance(value, list):
        keys = [each.get("name", n) if isinstance(each, dict) else n for n, each in enumerate(value)]
        return [leaf for key, each in zip(keys, value, strict=True) for leaf in leaves(each, f"{path}[{key}]")]
    amount = isinstance(value, str) and re.fullmatch(r"\d+(m|Mi|Gi|%)?|-sleep=\d+s", value)
    return [(path, value)] if amount or (isinstance(value, int) and not isinstance(value, bool)) else []


def without_explained(text: str, path: str, places: set[Place]) -> str:
    """A manifest in which no number is left of the rules that are named by their comments."""
    comments = [each.field for each in places if each.file == path and each.field.startswith("#")]
    for number in [number for comment in comments for number in ports_below(text, comment)]:
        text = text[: number.start] + "x" * (number.stop - number.start) + text[number.stop :]
    return text


def unexplained(files: tree.Tree, service: str) -> set[str]:
    """The numbers of the manifests that numbers.toml does not lead to."""
    places = {place for row in explain.numbers().values() for place in explain.places(row)}
    known = {f"{each.file} {each.field.format(service=service)}" for each in places}
    found = {
        f"{path} {document['kind']}{leaf}"
        for path, file in files.items()
        # The numbers of alerts stand in the runbook, each with its reason.
        if re.match(
            r"deploy/(base|components|edge|knative|overlays)/.*(?<!kustomization)(?<!prometheusrule)\.yaml$", path
        )
        for document in yaml.safe_load_all(without_explained(file.content.decode(), path, places))
        if isinstance(document, dict) and "kind" in document
        for leaf, _ in leaves(document)
    }
    return found - known


@COMMAND
@every_row
def test_every_number_of_the_manifests_is_explained(row: dict[str, Any]) -> None:
    assert unexplained(render(answers(**row)), "orders") == set()


def test_a_number_that_is_left_out_is_found() -> None:
    files = dict(render(answers()))
    path = "deploy/base/deployment.yaml"
    text = files[path].content.decode().replace("kind: Service\n", "kind: Service\nhealthCheckNodePort: 30000\n")
    files[path] = tree.File(text.encode())
    assert unexplained(files, "orders") == {f"{path} Service.healthCheckNodePort"}


def test_every_number_of_the_settings_is_explained() -> None:
    text = render(answers())["internal/config/config.go"].content.decode()
    numbered = re.findall(r'Var\(&c\.\w+, "([\w-]+)", (?:\d|time)', text)
    patterns = "".join(row["field"] for row in explain.numbers().values() if row["file"].endswith("config.go"))
    assert len(numbered) > 5
    assert [name for name in numbered if f'"{name}"' not in patterns] == []


def amount(text: str) -> float | str:
    """A number as it stands in a file, without its unit; Go's products multiplied."""
    plain = (
        text.replace("time.Second", "1").removeprefix("-sleep=").removesuffix("s").removesuffix("Mi").removesuffix("m")
    )
    factors = plain.replace(" ", "").split("*")
    return math.prod(map(int, factors)) if all(factor.isdigit() for factor in factors) else text


@COMMAND
@every_row
def test_each_formula_gives_the_number_that_is_rendered(tmp_path: Path, row: dict[str, Any]) -> None:
    values = explain.context(answers(**row))
    allowed = {"max": max, "min": min, "ceil": math.ceil, "floor": math.floor}
    explained = explain.explain(repository(tmp_path, **row))
    assert len(explained) > 40
    for each in explained:
        formula = explain.numbers()[each.name]["formula"]
        if re.fullmatch(r"\{\w+\}", formula):
            expected = values[formula[1:-1]]
        else:
            expected = eval(re.sub(r"\{(\w+)\}", r"\1", formula), {"__builtins__": {}}, {**values, **allowed})
            expected = ", ".join(map(str, expected)) if isinstance(expected, tuple) else expected
        assert amount(each.rendered) in (expected, amount(str(expected)), str(expected).lower()), each
        assert each.now == each.rendered


def test_every_row_of_the_table_is_shown_by_some_answers(tmp_path: Path) -> None:
    shown = {
        each.name
        for n, row in enumerate((*ROWS, RARE))
        for each in explain.explain(repository(tmp_path / str(n), **row))
    }
    assert shown == set(explain.numbers())


def test_a_number_names_the_answers_that_it_follows_from_also_through_others(tmp_path: Path) -> None:
    options = {each.name: each.options for each in explain.explain(repository(tmp_path))}
    assert options["grace_period"] == ("drain_seconds",)
    function = {
        each.name: each.options
        for each in explain.explain(
            repository(tmp_path / "function", target="knative", eventing="kafka", scale_on="lag")
        )
    }
    assert function["grace_period"] == ("drain_seconds", "task_seconds", "eventing")
    assert options["min_ready"] == ("liveness_period", "liveness_failures", "liveness_timeout")
    assert options["cpu_limit"] == ("cpu",)
    assert options["user"] == ()
    assert {name for names in options.values() for name in names} <= set(BY_NAME)


@pytest.mark.parametrize("policy", ["kubernetes", "cilium"])
def test_a_rule_is_found_by_its_comment_wherever_it_stands(tmp_path: Path, policy: str) -> None:
    calls = "shop/payments:8080,bank/ledger:9443,api.example.com:443,db.example.com:5432,www.example.com:443"
    target = repository(tmp_path, network_policy=policy, calls=calls, tracing=False)
    path = next((target / "deploy/components/network-policy").glob("*networkpolicy.yaml"))
    path.write_text(path.read_text().replace("8080", "8090"))
    found = {each.name: each for each in explain.explain(target)}
    within, outside = found["called_in_the_cluster"], found["called_outside"]
    assert (within.rendered, within.now, within.options) == ("8080, 9443", "8090, 9443", ("calls",))
    assert (outside.rendered, outside.now) == ("443, 5432", "443, 5432")
    assert "otlp" not in found
    assert found["calls_at_once"].options == ("memory", "cgo")


def test_the_command_shows_formula_file_and_source(tmp_path: Path) -> None:
    out = ok(gocontainer("explain", str(repository(tmp_path))))
    assert (
        "  grace period, seconds: 33\n"
        "    formula  pre_stop 5 + drain 20 + flush 3 + margin 5\n"
        "    answers  drain_seconds\n"
        "    file     deploy/base/deployment.yaml\n"
    ) in out
    assert ", now " not in out


def test_the_source_says_whether_somebody_answered(tmp_path: Path) -> None:
    given: list[dict[str, Any]] = [{}, {"port": 8080}, {"profile": "hardened"}, {"max_replicas": 7}]
    for n, each in enumerate(given):
        sources = {row.name: row.source for row in explain.explain(repository(tmp_path / str(n), **each))}
        for name in ("cpu", "port", "min_replicas", "max_replicas"):
            assert sources[name] == ("your answer" if name in each else "the default"), (name, each)
        assert sources["cpu_limit"].startswith("kubernetes.io")


def test_a_number_that_follows_from_two_answers_is_yours_where_you_gave_one(tmp_path: Path) -> None:
    knative = {"target": "knative", "scale_to_zero": False}
    (row,) = [row for row in explain.explain(repository(tmp_path, **knative)) if row.name == "min_scale"]
    assert (row.options, row.source) == (("scale_to_zero", "min_replicas"), "your answer")


@pytest.mark.parametrize(
    ("name", "given", "formula"),
    [
        ("memory_percent", {}, "90, or 70 with cgo"),
        ("min_scale", {"target": "knative"}, "min_replicas 2, or 0 with scale_to_zero"),
        ("readiness_period", {}, "floor(liveness_period 10 / 2)"),
        (
            "center_port",
            {"config_center": "etcd"},
            "config_center_port 2379",
        ),
    ],
)
def test_a_formula_reads_well(name: str, given: dict[str, Any], formula: str) -> None:
    assert explain.shown(name, explain.context(answers(**given))) == formula


def test_what_go_writes_as_a_product_is_one_number(tmp_path: Path) -> None:
    target = repository(tmp_path)
    config = target / "internal/config/config.go"
    text = config.read_text().replace('"max-body-bytes", 64*1024', '"max-body-bytes", 2 * 64*1024')
    config.write_text(text.replace('"shutdown-delay", time.Second', '"shutdown-delay", 1500*time.Millisecond'))
    out = ok(gocontainer("explain", str(target)))
    assert "  largest body, bytes: 65536, now 131072\n" in out
    assert "  time for clients to leave their connections: 1s, now 1500ms\n" in out


def test_a_number_that_was_changed_or_removed_by_hand_is_shown_with_both_values(tmp_path: Path) -> None:
    target = repository(tmp_path)
    deployment = target / "deploy/base/deployment.yaml"
    text = deployment.read_text()
    deployment.write_text(text.replace("PeriodSeconds: 33", "PeriodSeconds: 45"))
    (target / "Dockerfile").unlink()
    (target / "deploy/components/autoscaling/horizontalpodautoscaler.yaml").write_text("{")
    out = ok(gocontainer("explain", cwd=target))
    assert "grace period, seconds: 33, now 45\n" in out
    assert "HEALTHCHECK: interval: 10, now gone\n" in out
    assert "fewest replicas: 2, now gone\n" in out


def test_json_has_every_field(tmp_path: Path) -> None:
    rows = json.loads(ok(gocontainer("explain", str(repository(tmp_path)), "--json")))
    (port,) = [row for row in rows if row["name"] == "port"]
    assert port["rendered"] == port["now"] == "8080"
    assert port["options"] == ["port"]
    assert set(port) == set(explain.Explained._fields)


def test_another_version_is_named(tmp_path: Path) -> None:
    target = repository(tmp_path)
    path = target / lockfile.LOCK
    path.write_text(path.read_text().replace(f'"version": "{__version__}"', '"version": "0.0.9"'))
    assert ", written by 0.0.9\n" in ok(gocontainer("explain", str(target)))


def test_what_is_no_repository_is_refused_with_the_way_out(tmp_path: Path) -> None:
    run = gocontainer("explain", cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert "holds .gocontainer.lock. Name a repository that gocontainer wrote.\n" in run.err
    with pytest.raises(NotARepository):
        lockfile.read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"template": 1}', '{"template": {"version": "1"}, "answers": 5}']
)
def test_a_lock_that_is_not_ours_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / lockfile.LOCK).write_text(text)
    with pytest.raises(UnreadableLock, match="is not as gocontainer wrote it"):
        lockfile.read(tmp_path)


def test_a_wrong_answer_in_the_lock_is_named_with_its_place(tmp_path: Path) -> None:
    path = repository(tmp_path) / lockfile.LOCK
    path.write_text(path.read_text().replace('"port": 8080', '"port": 80'))
    with pytest.raises(InvalidAnswer, match=r"port in \.gocontainer\.lock: 80 is not a whole number"):
        explain.explain(tmp_path / "orders")


def test_every_proof_is_there_and_no_probe_and_no_shutdown_is_without() -> None:
    proofs = {name: row.get("proof", "") for name, row in explain.numbers().items()}
    assert [name for name, proof in proofs.items() if proof and not (ROOT / proof).is_file()] == []
    shown = {name for name, row in explain.numbers().items() if row["group"] in ("Probes", "Shutdown")}
    assert {name for name in shown if not proofs[name]} == {
        "healthcheck_timeout",
        "healthcheck_start_period",
        "healthcheck_retries",
        "own_pre_stop",
    }
