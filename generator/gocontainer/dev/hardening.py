"""What hardening guides ask for and which lines meet it: hardening.toml, as a page of the docs and of a repository."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from gocontainer.answers.model import Answers, AnswerSet, Layer
from gocontainer.dev.reference import NOTE
from gocontainer.options.sets import AtLeast, SelectAny
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Select, Toggle, Value
from gocontainer.rendering.engine import render
from gocontainer.rendering.variables import HARDENED
from gocontainer.repository.tree import Tree

PAGE = "docs/hardening.md"
"""Where a repository that is hardened has its own page."""
EXAMPLE: Mapping[str, Value] = {"service": "orders", "profile": "hardened", "image": "ghcr.io/acme/orders"}
"""The repository whose lines the docs name."""
_KEYS = (".yaml", ".yml", "Dockerfile")
"""The files of which a repository's page quotes the line."""


class Measure(NamedTuple):
    """What is done, and where it stands."""

    name: str
    says: str
    files: Sequence[str]
    line: str
    proof: Sequence[str]
    under: str = ""
    when: Mapping[str, Sequence[Value]] = {}
    unless: Mapping[str, Sequence[Value]] = {}
    shown: str = ""
    asks: str = ""
    open: str = ""
    """What it leaves open, whatever else is answered."""

    def holds(self, answers: AnswerSet) -> bool:
        """Whether a repository of these answers has it."""
        asked = answers.applicable()
        given = all(asked.get(name) in _parsed(name, values) for name, values in self.when.items())
        return given and not any(asked.get(name) in _parsed(name, values) for name, values in self.unless.items())

    def places(self, files: Tree) -> dict[str, int | None]:
        """Return the number of its line in each of its files that is there, or None where that lacks it."""
        return {path: self.number(files[path].content.decode()) for path in self.files if path in files}

    def number(self, text: str) -> int | None:
        """Return the number of its line in a file, if it has it where it belongs."""
        lines = text.splitlines()
        for at, line in enumerate(lines):
            if line.lstrip().startswith(self.line) and (not self.under or _key(lines, at) == self.under):
                return at + 1
        return None


class Control(NamedTuple):
    """What a guide asks for, and which measures meet it, or whose it is."""

    standard: str
    number: str
    title: str
    met: Sequence[str] = ()
    owner: str = ""


def _parsed(name: str, values: Sequence[Value]) -> Sequence[Value]:
    option = BY_NAME[name]
    parsed = tuple(option.parse(value, name) for value in values)
    return AtLeast(map(str, parsed)) if isinstance(option, SelectAny) else parsed


def _key(lines: Sequence[str], at: int) -> str:
    """Return the key of YAML that a line is below."""
    depth = len(lines[at]) - len(lines[at].lstrip())
    for line in reversed(lines[:at]):
        if line.strip() and not line.lstrip().startswith("#") and len(line) - len(line.lstrip()) < depth:
            return line.strip().removeprefix("- ")
    return ""


@cache
def table() -> Mapping[str, Any]:
    """Return hardening.toml."""
    return tomllib.loads(Path(__file__).with_name("hardening.toml").read_text("utf-8"))


@cache
def measures() -> Mapping[str, Measure]:
    """Return every measure, by its name."""
    rows = table()["measure"].items()
    return {name: Measure(name=name, asks=row.pop("try", ""), **row) for name, row in ((n, {**r}) for n, r in rows)}


@cache
def controls() -> Sequence[Control]:
    """Return every control, in the order of the guides."""
    guides = table()["controls"].items()
    return [Control(standard, number, **row) for standard, rows in guides for number, row in rows.items()]


def answers(**given: Value) -> Answers:
    """Return the answers of the hardened repository, with some ``given`` ones."""
    return Answers.merge(Layer("given", {**EXAMPLE, **given}))


@cache
def _rendered(given: tuple[tuple[str, Value], ...]) -> Tree:
    return render(answers(**dict(given)))


def example(measure: Measure) -> Tree:
    """Return a repository that has a measure: the hardened one, or one with what else it needs."""
    is_there = measure.holds(answers())
    return _rendered(() if is_there else tuple((name, values[0]) for name, values in measure.when.items()))


def reference_page() -> str:
    """Return docs/reference/hardening.md."""
    hardened = answers()
    where = {name: _where(each) for name, each in measures().items()}
    lines = [f"<!-- {NOTE} -->", "", "# Hardening", "", *_INTRODUCTION]
    for name, standard in table()["standard"].items():
        lines += ["", f"## {standard['title']}", "", f"Read on {standard['read']}: {standard['source']}.", ""]
        lines += ["| control | where | proved by |", "| --- | --- | --- |"]
        for control in controls():
            if control.standard == name:
                met = [measures()[each] for each in control.met]
                places = "<br>".join(where[each.name] for each in met) or table()["owner"][control.owner]
                proofs = "<br>".join(dict.fromkeys(f"`{proof}`" for each in met for proof in each.proof)) or "-"
                lines.append(f"| {control.number} {control.title} | {places} | {proofs} |")
    still = [each for each in controls() if each.met and not any(measures()[name].holds(hardened) for name in each.met)]
    lines += ["", "## Open in a hardened repository", "", *_OPEN, ""]
    lines += [f"- {_short(each)} {each.number}, {each.title}: {where[each.met[0]]}." for each in still]
    left = [(each, measures()[name].open) for each in controls() for name in each.met]
    lines += [f"- {_short(each)} {each.number}, {each.title}: {says}." for each, says in left if says]
    return "\n".join([*lines, ""])


_INTRODUCTION = (
    "What four guides ask for, where a repository meets it, and which test of this checkout proves it. The lines are",
    "those of `--profile hardened --image ghcr.io/acme/orders`, or of what else is said beside one; a test finds each",
    "of them in every row of the test matrix that has it. Titles are ours: the guides have the full text.",
    "",
    "A repository has the same in its `docs/hardening.md`, a row for each thing that is done, where `policy`, `scan`,",
    "`network_policy` and `digests` are answered as that profile answers them.",
)
_OPEN = ("What a control asks for and the profile does not answer by itself:",)


def _where(measure: Measure) -> str:
    """Return what a measure is, with its lines and the answers that it needs."""
    places = measure.places(example(measure))
    lines = ", ".join(f"`{path}:{number}`" for path, number in places.items())
    needs = [f"`{name}` {_either(name, values)}" for name, values in measure.when.items()]
    needs += [f"no `{name}` {_either(name, values)}" for name, values in measure.unless.items()]
    return f"{measure.says}: {lines}" + (f", with {' and '.join(needs)}" if needs else "")


def _either(name: str, values: Sequence[Value]) -> str:
    return " or ".join(str(each).lower() for each in _parsed(name, values))


def _short(control: Control) -> str:
    return str(table()["standard"][control.standard]["short"])


def repository_page() -> str:
    """Return the template of a repository's own page: a row for each measure, and what it meets."""
    lines = [*_HEAD]
    for measure in measures().values():
        if "kubernetes" in measure.when.get("target", ["kubernetes"]):
            lines += _rows(measure)
    lines += ["", "## What no file here can do", "", "| whose it is | which controls |", "| --- | --- |"]
    for name, says in table()["owner"].items():
        lines.append(f"| {says} | {_listed([each for each in controls() if each.owner == name])} |")
    return "\n".join([*lines, ""])


_PURPOSE = (
    "What the Pod Security Standards (baseline and restricted), the CIS benchmarks for Kubernetes and Docker, and the "
    "Kubernetes Hardening Guidance of NSA and CISA ask of a service, and where << cookiecutter.service >> meets it. "
    "Whoever changes one of these lines gives up the controls behind it."
)
_HEAD = (
    "# Hardening",
    "",
    _PURPOSE,
    "",
    "| what is done | where | try it | which controls |",
    "| --- | --- | --- | --- |",
)


def _rows(measure: Measure) -> Iterator[str]:
    """Yield the row of a measure, below a condition where not every repository with the page has it."""
    met = [each for each in controls() if measure.name in each.met]
    file = measure.shown or measure.files[0]
    where = f"`{file}`" + (f", `{measure.line.removeprefix('- ').strip()}`" if file.endswith(_KEYS) else "")
    row = f"| {measure.says} | {where} | {f'`{measure.asks}`' if measure.asks else ''} | {_listed(met)} |"
    free = {name: _parsed(name, values) for name, values in measure.when.items() if not _implied(name, values)}
    if not free:
        yield row
        if measure.open:
            yield f"| Open: {measure.open} | | | {_listed(met)} |"
        return
    ((name, values),) = free.items()
    yield f"<% if {_condition(name, values)} %>"
    yield row
    alone = [each for each in met if list(each.met) == [measure.name]]
    if alone:
        yield "<% else %>"
        yield f"| Open: `gocontainer update --set {name}={str(values[0]).lower()}` | | | {_listed(alone)} |"
    yield "<% endif %>"


def _implied(name: str, values: Sequence[Value]) -> bool:
    """Whether each repository with the page has one of these answers."""
    return {*HARDENED.get(name, ())} <= {*_parsed(name, values)} and name in HARDENED


def _condition(name: str, values: Sequence[Value]) -> str:
    option = BY_NAME[name]
    if isinstance(option, Toggle):
        return f"cookiecutter.{name}"
    others = [each for each in option.values if each not in values] if isinstance(option, Select) else []
    if len(others) == 1:
        return f'not cookiecutter.{name} == "{others[0]}"'
    return " or ".join(f'cookiecutter.{name} == "{each}"' for each in values)


def _listed(found: Sequence[Control]) -> str:
    """Return the numbers of controls, by guide."""
    numbers: dict[str, list[str]] = {}
    for each in found:
        numbers.setdefault(_short(each), []).append(each.number)
    return "; ".join(f"{guide} {', '.join(each)}" for guide, each in numbers.items())
