"""Jenkins' declarative grammar as a table, and what a Jenkinsfile's syntax tree has against it.

Jenkins' own check is not to be had without a Jenkins. The table has what its documentation allows (SYNTAX.md and
CHANGELOG.md of jenkinsci/pipeline-model-definition-plugin) up to Declarative 1.2.8, which our files say they suit, with
the steps of the plugins that come with Pipeline.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.helpers.jars import collect, java, pin
from tests.helpers.support import CACHE, locked

Node = Mapping[str, Any]
"""A call with its arguments, or what a value is set to; each has its line."""
GROOVY = Path(__file__).with_name("groovy")
PIPELINE = frozenset(
    ["agent", "environment", "libraries", "options", "parameters", "post", "stages", "tools", "triggers"]
)
STAGE = frozenset(
    ["agent", "environment", "failFast", "input", "options", "parallel", "post", "steps", "tools", "when"]
)
WORK = frozenset(["parallel", "steps"])
"""Of these a stage has one."""
AGENT = frozenset(["docker", "dockerfile", "label", "node"])
CONDITIONS = frozenset([
    "allOf", "anyOf", "beforeAgent", "branch", "buildingTag", "changeRequest", "changelog", "changeset", "environment",
    "equals", "expression", "not", "tag",
])  # fmt: skip
OPTIONS = frozenset([
    "buildDiscarder", "checkoutToSubdirectory", "disableConcurrentBuilds", "newContainerPerStage",
    "overrideIndexTriggers", "retry", "skipDefaultCheckout", "skipStagesAfterUnstable", "timeout", "timestamps",
])  # fmt: skip
TRIGGERS = frozenset(["cron", "pollSCM", "upstream"])
POST = frozenset(["aborted", "always", "changed", "failure", "fixed", "regression", "success", "unstable"])
STEPS = frozenset([
    "archiveArtifacts", "checkout", "deleteDir", "dir", "echo", "error", "input", "milestone", "readFile", "retry",
    "script", "sh", "sleep", "stash", "timeout", "unstash", "withCredentials", "withEnv", "writeFile",
])  # fmt: skip
NAMED: Mapping[str, frozenset[str]] = {
    "stash": frozenset(["allowEmpty", "excludes", "includes", "name", "useDefaultExcludes"]),
    "timeout": frozenset(["time", "unit"]),
}
"""The arguments by name of what has more than one."""
UNITS = frozenset(["SECONDS", "MINUTES", "HOURS", "DAYS"])


def findings(path: Path, tree: Sequence[Node] | str) -> Iterator[str]:
    """Yield what is wrong in a file, by its syntax tree, or by what Groovy said where there is none."""
    if isinstance(tree, str):
        yield f"{path}:1: {' '.join(tree.split())}"
        return
    for line, text in _file(tree):
        yield f"{path}:{line}: {text}"


@cache
def trees(paths: tuple[Path, ...]) -> Mapping[str, Any]:
    """Return the syntax tree of each file; nothing of a file is run."""
    java()
    version = pin("groovy")
    jars = CACHE / f"groovy-{version}"
    jars.mkdir(parents=True, exist_ok=True)
    with locked(jars):
        if not list(jars.glob("*.jar")):
            collect(GROOVY, version, jars)
    command = ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*", str(GROOVY / "Tree.java"), *map(str, paths)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    read: Mapping[str, Any] = json.loads(done.stdout)
    return read


Found = Iterator[tuple[int, str]]


def _file(tree: Sequence[Node]) -> Found:
    if [each.get("call") for each in tree] != ["pipeline"]:
        yield 1, "a declarative file is one pipeline { } and nothing else"
        return
    pipeline = tree[0]
    parts = {"stages": _stages, "agent": _agent, "post": _post, **_COMMON}
    yield from _sections(pipeline, PIPELINE, parts)
    for needed in sorted({"agent", "stages"} - {each.get("call") for each in block(pipeline)}):
        yield pipeline["line"], f"pipeline has no {needed}"


def block(call: Node) -> Sequence[Node]:
    """Return the statements of a call's block, which is its last argument; none where it has no block."""
    arguments = call.get("arguments", ())
    last = arguments[-1] if arguments else None
    return last["block"] if isinstance(last, Mapping) and "block" in last else ()


def _sections(call: Node, allowed: frozenset[str], parts: Mapping[str, Callable[[Node], Found]]) -> Found:
    """Yield what is wrong in a block of which every statement is a call with a name of its own."""
    seen = set[str]()
    if not block(call):
        yield call["line"], f"{call['call']} is empty"
    for each in block(call):
        name = each.get("call")
        if name not in allowed:
            yield each["line"], f"{call['call']} has no {_said(each)}"
        elif name in seen:
            yield each["line"], f"{name} is there twice"
        elif name in parts:
            yield from parts[name](each)
        seen.add(str(name))


def _said(node: Node) -> str:
    return str(node.get("call") or node.get("chained") or node.get("set") or node.get("name") or node.get("other"))


def _stages(call: Node) -> Found:
    names = set[str]()
    if not block(call):
        yield call["line"], f"{call['call']} is empty"
    for each in block(call):
        if each.get("call") != "stage" or not isinstance(each["arguments"][0], str):
            yield each["line"], f"{call['call']} has only stages"
            continue
        if each["arguments"][0] in names:
            yield each["line"], f"the stage {each['arguments'][0]} is there twice"
        names.add(each["arguments"][0])
        yield from _stage(each)


def _stage(call: Node) -> Found:
    parts = {"agent": _agent, "parallel": _stages, "post": _post, "steps": _steps, "when": _when, **_COMMON}
    yield from _sections(call, STAGE, parts)
    if len(WORK & {each.get("call") for each in block(call)}) != 1:
        yield call["line"], "a stage has either steps or parallel"


def _agent(call: Node) -> Found:
    (argument,) = call["arguments"]
    if isinstance(argument, Mapping) and "block" in argument:
        yield from _sections(call, AGENT, {})
    elif not isinstance(argument, Mapping) or argument.get("name") not in ("any", "none"):
        yield call["line"], "an agent is any, none or a block"


def _when(call: Node) -> Found:
    yield from _sections(call, CONDITIONS, dict.fromkeys(("allOf", "anyOf", "not"), _when))


def _options(call: Node) -> Found:
    yield from _sections(call, OPTIONS, {"timeout": _named})


def _triggers(call: Node) -> Found:
    yield from _sections(call, TRIGGERS, {})


def _post(call: Node) -> Found:
    yield from _sections(call, POST, dict.fromkeys(POST, _steps))


def _environment(call: Node) -> Found:
    """Each variable is set to a text or to credentials by their name."""
    if not block(call):
        yield call["line"], "environment is empty"
    for each in block(call):
        value = each.get("value")
        known = isinstance(value, str) or (isinstance(value, Mapping) and value.get("call") == "credentials")
        if "set" not in each or not known:
            yield each["line"], "environment sets a variable to a text or to credentials('...')"


def _steps(call: Node) -> Found:
    if not block(call):
        yield call["line"], f"{call['call']} is empty"
    for each in block(call):
        name = each.get("call")
        if name not in STEPS:
            yield each["line"], f"there is no step {_said(each)}"
        elif name == "sh" and not all(isinstance(argument, str) for argument in each["arguments"]):
            yield each["line"], "sh has one text in single quotes: in others Groovy puts secrets into a command line"
        elif name in NAMED:
            yield from _named(each)
        if name not in (None, "script") and block(each):
            yield from _steps(each)


def _named(call: Node) -> Found:
    for argument in call["arguments"]:
        given = argument.get("named", {}) if isinstance(argument, Mapping) else {}
        for name in given.keys() - NAMED[call["call"]]:
            yield call["line"], f"{call['call']} knows no {name}"
        if "unit" in given and given["unit"] not in UNITS:
            yield call["line"], f"{given['unit']} is no unit of time"


_COMMON: Mapping[str, Callable[[Node], Found]] = {
    "environment": _environment,
    "options": _options,
    "triggers": _triggers,
}
