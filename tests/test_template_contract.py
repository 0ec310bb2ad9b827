"""The rules of ARCHITECTURE.md for template files, each of them also shown to fail on a bad sample."""

from __future__ import annotations

import itertools
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

import pytest
import yaml

from gocontainer.options.table import BY_NAME, OPTIONS
from gocontainer.options.types import Select, SelectMany, Toggle
from gocontainer.rendering import language, layout
from gocontainer.rendering.variables import template_variables
from tests.helpers.support import ROOT, ROWS, TEMPLATE, answers, need

FILES = language.read(TEMPLATE)
PARTIALS = language.read(TEMPLATE.with_name(language.PARTIALS))
RESOLVED = ("go.mod", "go.sum", ".gocontainer/requirements.txt")
"""Written by `dev derive`, the first two with `--deps`: exempt from the rules on conditionals and on versions."""
DERIVED = set(template_variables(answers(), language.load()["pins"]))
IF = "<% if cookiecutter."
TAG = re.compile(r"<% [^%]+ %>")
EXPRESSION = re.compile(r"<< cookiecutter\.\w+(?: \| \w+)? >>")
TAGGED = r"(?m:^[ -]*(?:image: |uses: |FROM (?:--\S+ )?)[\"']?[\w./-]+[:@]\w\S*)"
"""An image or an action with its tag."""
files = pytest.mark.parametrize("path", FILES)


def conditionals(program: Sequence[Any], depth: int = 1) -> Iterator[tuple[int, list[Any]]]:
    """Yield depth and test of each condition; an ``elif`` is as deep as its ``if``."""
    for part in program:
        if isinstance(part, list) and part[0] == "if":
            _, test, then, otherwise = part
            yield depth, test
            yield from conditionals(then, depth + 1)
            elif_ = len(otherwise) == 1 and otherwise[0][0] == "if"
            yield from conditionals(otherwise, depth if elif_ else depth + 1)


def terms(test: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield the simple terms of a test."""
    if test[0] in ("not", "and", "or"):
        for inner in test[1:]:
            yield from terms(inner)
    else:
        yield test


def names(program: Sequence[Any]) -> Iterator[str]:
    """Yield every name that a program uses."""
    for part in program:
        if isinstance(part, list) and part[0] == "get":
            yield part[1]
        elif isinstance(part, list):
            yield from (term[1] for term in terms(part[1]))
            yield from names([*part[2], *part[3]])


def shape(path: str, source: str) -> list[str]:
    """Findings on where conditions stand; those of a partial count where it is included."""
    program = language.parse(source, path, PARTIALS)
    found = list(conditionals(program))
    findings = inline(source)
    if any(depth > 1 for depth, _ in found):
        findings.append("nested condition")
    findings += [f"a test of {len(list(terms(test)))} names" for _, test in found if len(list(terms(test))) > 2]
    if may_be_empty(program):
        findings.append("may be empty: the layout switches files")
    return findings


def inline(source: str) -> list[str]:
    """Findings on tags inside of a line, and so of a statement."""
    lines = [line for line in source.splitlines() if "<%" in line or "%>" in line]
    return [f"inside a line: {line.strip()}" for line in lines if not TAG.fullmatch(line)]


def may_be_empty(program: Sequence[Any]) -> bool:
    """Whether there are answers for which nothing is written."""
    return all(
        part.isspace() if isinstance(part, str) else part[0] == "if" and any(map(may_be_empty, part[2:]))
        for part in program
    )


def impossible(path: str, source: str) -> list[str]:
    """Findings on names that do not exist and on comparisons that can never be true."""
    program = language.parse(source, path, PARTIALS)
    findings = [f"unknown name {name}" for name in names(program) if name not in BY_NAME and name not in DERIVED]
    for _, test in conditionals(program):
        for kind, name, *value in terms(test):
            option = BY_NAME.get(name)
            if kind == "true" and option is not None and not (isinstance(option, Toggle) or option.fits("")):
                findings.append(f"{name} is always true")
            if kind == "is" and isinstance(option, Select) and value[0] not in option.values:
                findings.append(f"{name} is never {value[0]}")
    return findings


def stray_delimiters(source: str) -> list[str]:
    """Findings on << and >> that are no expression of the template: Go shifts, heredocs, merge keys."""
    return re.findall("<<|>>", EXPRESSION.sub("", source))


def versions(source: str) -> list[str]:
    """Findings on versions that do not come from pins.toml."""
    own = re.sub(rf"{EXPRESSION.pattern}|127\.0\.0\.1|v0\.1\.0|v1\.2\.0|CIS Kubernetes [\d., ]+", "", source)
    return re.findall(rf"\bv?\d+\.\d+\.\d+\b|@v\d\S*|\b[0-9a-f]{{40}}\b|{TAGGED}", own)


def blanks(text: str) -> list[str]:
    """Findings on white space that no person would leave."""
    rules = {
        "no newline at the end": not text.endswith("\n"),
        "blank line at the end": text.endswith("\n\n"),
        "space at the end of a line": re.search(r"[ \t]\n", text),
        "two blank lines": "\n\n\n" in text,
        "blank line after a brace": re.search(r"\{\n\n", text),
        "carriage return": "\r" in text,
    }
    return [rule for rule, broken in rules.items() if broken]


@files
def test_file_stays_within_the_language_and_the_rules(path: str) -> None:
    source = FILES[path]
    assert impossible(path, source) == []
    assert path in RESOLVED or shape(path, source) == []
    assert plain(path, source) == []


@pytest.mark.parametrize("path", PARTIALS)
def test_partial_stays_within_the_rules_and_is_included(path: str) -> None:
    assert inline(PARTIALS[path]) == []
    assert plain(path, PARTIALS[path]) == []
    assert path in {name for source in FILES.values() for name in included(source)}
    assert path not in FILES, "cookiecutter would take the file"


def plain(path: str, source: str) -> list[str]:
    """Findings on a file as text."""
    return stray_delimiters(source) + ([] if path in RESOLVED or path == "LICENSE" else versions(source))


def included(source: str) -> Iterator[str]:
    """Yield the partials that a file includes, for every choice where an answer names one."""
    for before, name, after in re.findall(r'<% include "([^"]*)"(?: ~ cookiecutter\.(\w+) ~ "([^"]*)")? %>', source):
        values = BY_NAME[name].samples() if name else [""]
        yield from (f"{before}{value}{after}" for value in values)


@pytest.mark.parametrize(
    ("rule", "bad", "finding"),
    [
        (shape, f"{IF}cgo %>\n{IF}tracing %>\nx\n<% endif %>\n<% endif %>\ny\n", "nested condition"),
        (shape, f"{IF}cgo %>\nx\n<% else %>\ny\n{IF}tracing %>\nx\n<% endif %>\n<% endif %>\n", "nested condition"),
        (
            shape,
            f"{IF}cgo and cookiecutter.tracing or cookiecutter.__edge %>\nx\n<% endif %>\ny\n",
            "a test of 3 names",
        ),
        (shape, f"{IF}cgo %>\nx\n<% endif %>\n", "may be empty: the layout switches files"),
        (
            shape,
            f"{IF}cgo %>\nx\n<% endif %>\n\n{IF}tracing %>\ny\n<% endif %>\n",
            "may be empty: the layout switches files",
        ),
        (shape, f"f(x{IF}cgo %>, y<% endif %>)\n", f"inside a line: f(x{IF}cgo %>, y<% endif %>)"),
        (shape, f"x\n  {IF}cgo %>\ny\n<% endif %>\n", f"inside a line: {IF}cgo %>"),
        (shape, "x\n<%- include 'y' %>\n", "inside a line: <%- include 'y' %>"),
        (impossible, "<< cookiecutter.nmae >>", "unknown name nmae"),
        (impossible, f'{IF}ci == "nobody" %>x<% endif %>', "ci is never nobody"),
        (impossible, f"{IF}ci %>x<% endif %>", "ci is always true"),
    ],
)
def test_rules_on_programs_bite(rule: Any, bad: str, finding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PARTIALS, "y", "y\n")
    assert rule("bad", bad) == [finding]


def test_a_condition_of_a_partial_counts_where_it_is_included(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PARTIALS, "c", f"{IF}ci %>\nx\n<% endif %>\n")
    bad = f'{IF}cgo %>\n<% include "c" %>\n<% endif %>\ny\n'
    assert shape("bad", bad) == ["nested condition"]
    assert impossible("bad", bad) == ["ci is always true"]
    assert shape("bad", '<% include "c" %>\n') == ["may be empty: the layout switches files"]


@pytest.mark.parametrize("bad", ["1 << 20", "cat <<EOF", "<<: *base", "x >> y"])
def test_rule_on_delimiters_bites(bad: str) -> None:
    assert stray_delimiters(bad)


@pytest.mark.parametrize(
    "bad",
    [
        "go 1.26.0",
        "FROM alpine:3.24",
        "go run x@v2",
        "uses: a/b@" + "0a" * 20,
        "tag: v1.2.3",
        "image: docker:29",
        "  - image: docker:stable",
        '  image: "docker:29"',
        "- uses: a/b@main",
        "FROM --platform=x golang:latest",
    ],
)
def test_rule_on_versions_bites(bad: str) -> None:
    assert versions(bad)


def shared(one: str, other: str) -> int:
    """The longest run of lines that stand in both; what is included ends a run."""
    left, right = (
        [line if not TAG.fullmatch(line) else side for line in text.splitlines()]
        for side, text in (("left", one), ("right", other))
    )
    return SequenceMatcher(None, left, right, autojunk=False).find_longest_match().size


def test_what_two_manifests_share_stands_once() -> None:
    """Beyond the dozen lines that say what an object is and what it selects."""
    manifests = {path: text for path, text in FILES.items() if path.startswith("deploy/") and path.endswith(".yaml")}
    pairs = itertools.combinations(manifests, 2)
    assert [pair for pair in pairs if shared(*map(manifests.__getitem__, pair)) > 12] == []
    spelled_out = [
        re.sub(
            r'<% include "([^"]+)" %>\n', lambda found: PARTIALS[found[1]], manifests[f"deploy/{path}/deployment.yaml"]
        )
        for path in ("base", "edge")
    ]
    assert shared(*spelled_out) > 12, "the check cannot fail"


def test_every_option_and_every_derived_value_is_used() -> None:
    used = {name for path, source in FILES.items() for name in names(language.parse(source, path, PARTIALS))}
    used |= {name for when in layout.FILES.values() for name in when}
    through_derived = {"base_image", "cpu", "resources", "max_replicas", "min_replicas", "target"}
    through_derived |= {"expose_gateway", "drain_seconds", "edge_features", "task_seconds", "network_policy", "calls"}
    assert {option.name for option in OPTIONS} - used <= through_derived
    assert DERIVED - used == set()


@pytest.mark.parametrize("row", layout.FILES)
def test_every_row_of_the_layout_is_about_some_file_and_can_be_both(row: str) -> None:
    assert any(layout.covers(row, path) for path in FILES)
    for name, accepted in layout.FILES[row].items():
        possible = {"", "true"} if name.startswith("__") else set(BY_NAME[name].samples())
        assert set(accepted) < possible


def test_every_file_is_reachable() -> None:
    hardened = {"profile": "hardened"}  # what makes it one is more than two answers, which no row is sure to have
    written = {path for row in (*ROWS, hardened) for path in renders(row)}
    assert written == set(FILES)


def renders(row: dict[str, Any]) -> Iterable[str]:
    from gocontainer import render

    return render(answers(**row))


@pytest.mark.parametrize("path", [path for path, source in (FILES | PARTIALS).items() if "<%" not in source])
def test_file_without_blocks_parses_as_what_it_is(path: str) -> None:
    """Each expression stands for one word or number."""
    source = EXPRESSION.sub("1", (FILES | PARTIALS)[path])
    if path.endswith(".go"):
        need("gofmt")
        done = subprocess.run(["gofmt", "-l"], input=source, check=False, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    if path.endswith((".yaml", ".yml")):
        assert list(yaml.safe_load_all(source))
    assert blanks(source) == []


def test_the_files_with_blocks_are_known() -> None:
    """They cannot be parsed before they are rendered. The list may only shrink, or say why it grew."""
    assert sorted(path for path in FILES if "<%" in FILES[path]) == [
        ".dockerignore",
        ".gitea/workflows/ci.yml",  # as GitHub's
        ".gitea/workflows/release.yml",
        ".github/dependabot.yml",
        ".github/workflows/ci.yml",  # sites are checked, too
        ".github/workflows/release.yml",
        ".github/workflows/scan.yml",  # to which registry it logs in, and how
        ".gitlab-ci.yml",  # as GitHub's
        ".gitlab/template.yml",  # who may push is a partial
        ".gocontainer/propose.sh",  # where modules come from, as in the Makefile, and the client of each forge
        "AGENTS.md",  # where a change goes, which differs by target
        "Dockerfile",
        "Jenkinsfile",  # as GitHub's
        "LICENSE",
        "Makefile",  # sites have other targets
        "README.md",
        "cmd/function/main.go",  # with KEDA it reads Kafka itself
        "cmd/function/main_test.go",  # what each command is asked alike is a partial
        "cmd/server/main.go",  # a site installs its model first
        "cmd/server/main_test.go",  # as above
        "deploy/base/config.yaml",  # a consumer has to know Kafka
        "deploy/base/deployment.yaml",
        "deploy/components/autoscaling/horizontalpodautoscaler.yaml",
        "deploy/components/autoscaling/kustomization.yaml",
        "deploy/components/autoscaling/scaledobject.yaml",  # only what scales to none is asked for
        "deploy/components/collector/deployment.yaml",  # its metrics, where annotations lead to them
        "deploy/components/collector/kustomization.yaml",
        "deploy/components/collector/rbac.yaml",  # a mirror may ask for a password
        "deploy/components/config-center/kustomization.yaml",  # Apollo is told the pod's address
        "deploy/components/disruption-budget/poddisruptionbudget.yaml",  # what only newer ones know
        "deploy/components/mesh/authorizationpolicy.yaml",  # who calls, and a Gateway
        "deploy/components/mesh/virtualservice.yaml",  # its timeout is a partial
        "deploy/components/model/kustomization.yaml",  # a CPU limit, as its container has
        "deploy/components/monitoring/dashboard.json",
        "deploy/components/monitoring/podmonitor.yaml",
        "deploy/components/monitoring/prometheusrule.yaml",
        "deploy/components/network-policy/ciliumnetworkpolicy.yaml",
        "deploy/components/network-policy/kustomization.yaml",
        "deploy/components/network-policy/networkpolicy.yaml",
        "deploy/edge/config.yaml",  # where a model is, if there is one
        "deploy/edge/deployment.yaml",
        "deploy/edge/externalsecret.yaml",  # the same, but for the entry of the store
        "deploy/edge/kustomization.yaml",  # a list of components
        "deploy/edge/service.yaml",  # each platform keeps requests at the site by another field
        "deploy/knative/FEATURE-FLAGS.md",  # of the CPU request only where the service is told
        "deploy/knative/config-center/kustomization.yaml",
        "deploy/knative/config.yaml",
        "deploy/knative/events/kustomization.yaml",
        "deploy/knative/externalsecret.yaml",
        "deploy/knative/kustomization.yaml",  # a list of components
        "deploy/knative/networkpolicy.yaml",
        "deploy/knative/service.yaml",
        "deploy/namespace/namespace.yaml",  # Knative has one environment
        "deploy/overlays/dev/config-center/kustomization.yaml",
        "deploy/overlays/dev/externalsecret.yaml",
        "deploy/overlays/dev/kustomization.yaml",
        "deploy/overlays/dev/vault/kustomization.yaml",  # the same, but for the role
        "deploy/overlays/prod/config-center/kustomization.yaml",
        "deploy/overlays/prod/externalsecret.yaml",
        "deploy/overlays/prod/httproute.yaml",  # with routes that last there is no timeout
        "deploy/overlays/prod/ingress.yaml",  # as above, and where a certificate is known
        "deploy/overlays/prod/kustomization.yaml",
        "deploy/overlays/prod/vault/kustomization.yaml",
        "deploy/policies/constrainttemplate.yaml",  # the rules of a policy, which every engine shares
        "deploy/policies/validatingadmissionpolicy.yaml",
        "deploy/policies/validatingpolicy.yaml",
        "deploy/sites.yaml",  # a model beside each image
        "docs/decisions.md",
        "docs/edge.md",  # what a node needs on each platform
        "docs/environments.md",
        "docs/failover.md",  # with routes that last there is no timeout
        "docs/function.md",
        "docs/hardening.md",  # what is only done for some answers
        "docs/knative.md",
        "docs/network.md",
        "docs/policies.md",
        "docs/runbook.md",
        "go.mod",
        "go.sum",
        "hack/observe/compose.yaml",
        "hack/observe/prometheus.yaml",  # rules, and a dashboard
        "hack/policy-test.sh",  # whom it asks
        "hack/scan.sh",  # each scanner has its own words
        "hack/verify.sh",  # a key, or an identity
        "internal/app/app.go",
        "internal/app/app_test.go",  # a function is called otherwise
        "internal/app/limits.go",  # without a limit of the CPU it counts the cores
        "internal/app/site.go",
        # A config centre changes what a setting is, and so each place that reads one.
        "internal/config/config.go",
        "internal/config/config_test.go",
        "internal/config/edge.go",
        "internal/config/layers.go",
        "internal/config/live.go",  # secret files have a turn of their own
        "internal/config/own.go",  # the example's own setting
        "internal/config/secrets.go",
        "internal/config/settings.go",
        "internal/deps/core.go",  # traces
        "internal/deps/core_test.go",
        "internal/function/function.go",  # its keys may be secret files
        "internal/function/store.go",
        "internal/health/health.go",  # streams end with the service
        "internal/httpapi/events.go",
        "internal/httpapi/httpapi.go",
        "internal/httpapi/quotes.go",
        "internal/httpapi/quotes_test.go",  # with a model a quote is cheaper
        "internal/httpapi/routes.go",  # the example's
        "internal/memory/memory.go",
        "internal/memory/memory_test.go",  # spans, where there are any
        "internal/secret/secret.go",  # an agent writes one file after the other
        "internal/secret/secret_test.go",
        "internal/telemetry/telemetry.go",  # exemplars are shown in OpenMetrics alone
        "internal/telemetry/tracing.go",  # a function has a client of its own, without gRPC
        "renovate.json",  # the bot for updates brings packages of its own
    ]


@pytest.mark.parametrize("bad", ["x", "x\n\n", "x \ny\n", "x\n\n\ny\n", "func f() {\n\n}\n", "x\r\n"])
def test_rule_on_blanks_bites(bad: str) -> None:
    assert blanks(bad)


def test_git_knows_every_template_file() -> None:
    """An ignore file among the sources must not hide one of them."""
    listed = subprocess.run(["git", "ls-files", "-z", "template"], cwd=ROOT, check=True, capture_output=True, text=True)
    for folder, known in ((language.FOLDER, FILES), (language.PARTIALS, PARTIALS)):
        prefix = f"template/{folder}/"
        tracked = {path.removeprefix(prefix) for path in listed.stdout.split("\0") if path.startswith(prefix)}
        assert tracked == set(known)


def test_only_the_top_folder_has_a_templated_name() -> None:
    assert not [path for path in [*FILES, *PARTIALS] if set(path) & set("<>{}%")]


def test_context_values_are_strings_or_booleans() -> None:
    context = answers().context() | template_variables(answers(), language.load()["pins"])
    assert Counter(type(value) for value in context.values()).keys() <= {str, bool}
    assert isinstance(context["platforms"], str)
    assert isinstance(BY_NAME["platforms"], SelectMany)
