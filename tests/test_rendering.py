"""What every row renders: looks handwritten, parses, and mentions nothing that is not pinned."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from gocontainer import render
from gocontainer.options.subjects.targets import ON_SITES
from gocontainer.rendering import language, layout
from gocontainer.rendering.variables import markdown, quoted
from tests.helpers.support import PINS, ROWS, answers, rows
from tests.test_template_contract import blanks


def texts(row: dict[str, Any]) -> dict[str, str]:
    return {path: file.content.decode() for path, file in render(answers(**row)).items()}


@rows()
def test_files_look_handwritten(row: dict[str, Any]) -> None:
    findings = {path: blanks(text) for path, text in texts(row).items()}
    assert {path: found for path, found in findings.items() if found} == {}


@rows()
def test_nothing_of_the_template_language_is_left(row: dict[str, Any]) -> None:
    for path, text in texts(row).items():
        ours = re.sub(r"^cookiecutter==", "", text, flags=re.MULTILINE)  # one of what an update is installed with
        ours = re.sub(r"__address__|\$\$\{__\w+", "", ours)  # a label of Prometheus', variables of Grafana's
        assert not re.search(r"<<|<%|<#|cookiecutter|__", re.sub(r"`gocontainer`", "", ours)), path


def own_kinds(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the kind that an object of Gatekeeper's makes known."""
    if document["kind"] != "ConstraintTemplate":
        return set()
    return {("constraints.gatekeeper.sh/v1beta1", document["spec"]["crd"]["spec"]["names"]["kind"])}


@rows()
def test_yaml_parses_and_only_pinned_kinds_are_used(row: dict[str, Any]) -> None:
    known = {
        (api, kind)
        for pin in PINS["api"].values()
        for group in pin["value"].split("; ")
        for api, *kinds in [group.split()]
        for kind in kinds
    }
    for path, text in sorted(texts(row).items(), key=lambda each: "constrainttemplate" not in each[0]):
        if path.endswith((".yaml", ".yml")):
            for document in yaml.safe_load_all(text.replace("!reference [", "[")):  # a tag of GitLab's
                assert isinstance(document, dict), path
                if "kind" in document:
                    assert (document["apiVersion"], document["kind"]) in known, path
                    known |= own_kinds(document)


@pytest.mark.parametrize("row", ROWS[:1])
def test_what_is_not_listed_is_always_there(row: dict[str, Any]) -> None:
    unlisted = {path for path in language.load()["files"] if not any(layout.covers(key, path) for key in layout.FILES)}
    assert unlisted <= set(texts(row))


def test_no_path_is_executable_unless_the_layout_says_so() -> None:
    found = {path for row in ROWS for path, file in render(answers(**row)).items() if file.executable}
    assert found == set(layout.EXECUTABLE)


def test_rendering_is_pure() -> None:
    assert render(answers()) == render(answers())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text - with (all) sorts.", "plain text - with (all) sorts."),
        ("# no heading", "\\# no heading"),
        ("1. no list", "1\\. no list"),
        ("- no list", "\\- no list"),
        ("<b> `c` *d* [e](f)", "\\<b\\> \\`c\\` \\*d\\* \\[e\\](f)"),
    ],
)
def test_markdown_shows_text_as_it_is(text: str, shown: str) -> None:
    assert markdown(text) == shown


@pytest.mark.parametrize(
    ("text", "literal"),
    [("a b", '"a b"'), ('say "hi"', '"say \\"hi\\""'), ("$HOME", '"\\$HOME"'), ("a\\", '"a\\\\"'), ("`id`", '"`id`"')],
)
def test_dockerfile_strings_are_quoted(text: str, literal: str) -> None:
    assert quoted(text) == literal


def test_the_lock_and_the_pack_hold_the_pristine_render() -> None:
    import io
    import tarfile

    from gocontainer.answers.lockfile import LOCK, PACK, with_lockfile
    from gocontainer.repository.tree import digest

    tree = render(answers())
    files = with_lockfile(tree, answers())
    with tarfile.open(fileobj=io.BytesIO(files[PACK].content)) as archive:
        members = {member.name: archive.extractfile(member) for member in archive}
        unpacked = {name: member.read() for name, member in members.items() if member}
    assert unpacked == {path: file.content for path, file in tree.items()}
    assert json.loads(files[LOCK].content)["digest"] == digest(tree)
    lines = files[LOCK].content.decode().splitlines()
    name = next(number for number, line in enumerate(lines) if '"name": "gocontainer"' in line)
    assert '"version": ' in lines[name + 1]


def test_the_example_of_a_gate_asks_for_what_the_service_tells() -> None:
    files = texts({"profile": "edge"})
    asked = set(re.findall(r"(\w+)\{", files["deploy/sites.yaml"].partition("gate: person")[0]))
    assert asked
    for metric in asked:
        assert f'"{metric.removesuffix("_count")}"' in files["internal/telemetry/telemetry.go"]


@rows(where=lambda row: row["target"] in ON_SITES)
def test_a_site_has_one_replica_and_nothing_that_scales_it(row: dict[str, Any]) -> None:
    decisions = texts(row)["docs/decisions.md"]
    assert "| replicas | 1 |" in decisions
    assert not re.search("autoscaler|scaling|disruption", decisions)
