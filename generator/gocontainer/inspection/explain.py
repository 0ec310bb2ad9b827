"""Where each number of a repository comes from: option, formula, what it buys, source."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from gocontainer.answers import lockfile
from gocontainer.answers.model import UNSAID, Answers
from gocontainer.console import padded
from gocontainer.errors import CannotUse
from gocontainer.inspection.places import Place, each_once, find, plain
from gocontainer.options.subjects import network
from gocontainer.options.subjects.config_centers import CONFIG_CENTERS
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Value
from gocontainer.rendering import failover, scale_out, sizing
from gocontainer.rendering.engine import render
from gocontainer.repository.tree import Tree
from gocontainer.texts import tr

ELSEWHERE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "deploy/base/deployment.yaml": (
        ("deploy/knative/service.yaml", "Service"),
        ("deploy/edge/deployment.yaml", "Deployment"),
        ("deploy/edge/service.yaml", "Service"),
    ),
    "deploy/components/network-policy/config-center.yaml": (
        ("deploy/knative/config-center/networkpolicy.yaml", "NetworkPolicy"),
    ),
    "deploy/components/network-policy/events.yaml": (("deploy/knative/events/networkpolicy.yaml", "NetworkPolicy"),),
    "deploy/components/network-policy/networkpolicy.yaml": (
        ("deploy/knative/networkpolicy.yaml", "NetworkPolicy"),
        ("deploy/components/network-policy/ciliumnetworkpolicy.yaml", "CiliumNetworkPolicy"),
    ),
    "deploy/overlays/prod/externalsecret.yaml": (
        ("deploy/overlays/dev/externalsecret.yaml", "ExternalSecret"),
        ("deploy/knative/externalsecret.yaml", "ExternalSecret"),
        ("deploy/edge/externalsecret.yaml", "ExternalSecret"),
    ),
    "internal/config/config.go": (("internal/config/settings.go", ""),),
    "docs/decisions.md": (("docs/knative.md", ""),),
}
"""A file to those that another target has in its place, with the kind in which the same fields are found."""
_NAME = re.compile(r"\{(\w+)\}")
_FACTS = {
    "millicores": ("cpu",),
    "memory_bytes": ("memory",),
    "config_center_port": ("config_center",),
    "ports_called_outside": ("calls",),
    "ports_called_within": ("calls",),
    "replayed": ("min_replicas", "max_replicas", "cpu", "resources", "startup_seconds", "liveness_period", "scale_on"),
}
"""Names in formulas that are no numbers of their own, and the options that they follow from."""
_ANSWER = "your answer"
"""The source in numbers.toml of what follows from nothing else."""


class Explained(NamedTuple):
    """One number. ``rendered`` is what the answers gave, ``now`` what the file says, or nothing."""

    name: str
    group: str
    title: str
    file: str
    rendered: str
    now: str | None
    formula: str
    """With the value of each name behind it."""
    options: tuple[str, ...]
    """What it follows from."""
    buys: str
    source: str
    proof: str = ""
    """The test that holds it against the real thing, where there is one."""


@cache
def numbers() -> Mapping[str, Mapping[str, str]]:
    """Return numbers.toml, in its order."""
    return tomllib.loads(Path(__file__).with_name("numbers.toml").read_text("utf-8"))


def explain(repository: Path) -> list[Explained]:
    """Explain every number that the answers in the lock file of ``repository`` call for.

    Raises NotARepository, UnreadableLock and what is wrong with the answers.
    """
    remembered = lockfile.read(repository)
    if remembered.name != lockfile.NAME:
        hint = tr("Its authors know; 'gocontainer status' says what was changed by hand.")
        raise CannotUse(tr("no table says where the numbers of {name} come from", name=remembered.name), hint)
    return _explained(Answers.merge(*remembered.layers()), lambda path: _read(repository / path))


def defaults() -> list[Explained]:
    """Explain the numbers of a repository whose answers are all defaults."""
    return _explained(Answers(service="orders"), lambda _: "")


def _explained(answers: Answers, read: Callable[[str], str]) -> list[Explained]:
    values, pristine, service = context(answers), render(answers), str(answers["service"])
    explained, asked = [], answers.applicable()
    for name, row in numbers().items():
        source = row["source"]
        options = tuple(option for option in dict.fromkeys(_options(name)) if option in asked)
        # At most one of the files is there.
        for place, rendered in found_in(row, pristine, service):
            explained.append(
                Explained(
                    name=name,
                    group=row["group"],
                    title=row["title"],
                    file=place.file,
                    rendered=rendered,
                    now=find(read(place.file), place, service),
                    formula=shown(name, values),
                    options=options,
                    buys=row["buys"],
                    source=_given(options, answers) if source == _ANSWER else _filled(tr(source), values),
                    proof=row.get("proof", ""),
                )
            )
    return explained


def _given(options: Sequence[str], answers: Answers) -> str:
    """Return who said what ``options`` are."""
    is_default = all(answers.origins[name] in UNSAID for name in options)
    return tr("the default") if is_default else tr(_ANSWER)


def places(row: Mapping[str, str]) -> Iterator[Place]:
    """Yield where a number may stand, by target; not where another has a row of its own."""
    yield Place(row["file"], row["field"])
    for file, kind in ELSEWHERE.get(row["file"], ()):
        moved = kind and not row["field"].startswith("#")
        place = Place(file, f"{kind}.{row['field'].partition('.')[2]}" if moved else row["field"])
        if place not in _own():
            yield place


@cache
def _own() -> frozenset[Place]:
    return frozenset(Place(row["file"], row["field"]) for row in numbers().values())


def found_in(row: Mapping[str, str], tree: Tree, service: str) -> Iterator[tuple[Place, str]]:
    """Yield where a number stands in these files, and what it is there."""
    for place in places(row):
        file = tree.get(place.file)
        value = find(file.content.decode(), place, service) if file else None
        if value is not None:
            yield place, value


def context(answers: Mapping[str, Value]) -> dict[str, Value]:
    """Return the value of every name that a formula may use."""
    constants = {
        name.lower(): value for each in (sizing, failover) for name, value in vars(each).items() if name.isupper()
    }
    sizes, center = sizing.Sizes.of(answers), CONFIG_CENTERS[str(answers["config_center"])]
    calls = str(answers["calls"])
    facts = {
        "replayed": scale_out.five_fold(answers),
        "config_center_port": center.port,
        "config_center_port_source": center.port_source,
        "ports_called_outside": each_once(network.ports(network.outside(calls))),
        "ports_called_within": each_once(network.ports(network.within(calls))),
    }
    return {
        **constants,
        **answers,
        **sizes.values(),
        **failover.Failover.of(answers).values(),
        **facts,
        "millicores": sizes.millicores,
        "memory_bytes": sizes.memory_bytes,
    }


def shown(name: str, values: Mapping[str, Value]) -> str:
    """Return the formula of a number, each name with its value; ``fixed`` where it follows from nothing."""
    formula = numbers()[name]["formula"]
    if "{" not in formula or (formula == f"{{{name}}}" and name not in BY_NAME):
        return tr("fixed")
    return _NAME.sub(lambda found: f"{found[1]} {plain(values[found[1]])}", _spoken(formula))


def _spoken(formula: str) -> str:
    """Return ``A if {x} else B`` as ``B, or A with x``."""
    *cases, otherwise = formula.split(" else ")
    said = [otherwise]
    for case in cases:
        value, _, condition = case.partition(" if ")
        condition = _NAME.sub(r"\1", condition).replace(" ==", "").replace("'", "")
        said.append(tr("{value} with {condition}", value=value, condition=condition))
    return tr(", or ").join(said)


def _filled(text: str, values: Mapping[str, Value]) -> str:
    return _NAME.sub(lambda found: str(values[found[1]]), text)


def _options(name: str) -> Iterator[str]:
    """Yield the options that a number follows from, also through other numbers."""
    if name in _FACTS:
        yield from _FACTS[name]
    elif name in BY_NAME:
        yield name
    else:
        for part in _NAME.findall(numbers().get(name, {}).get("formula", "")):
            if part != name:
                yield from _options(part)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def lines(explained: list[Explained]) -> Iterator[str]:
    """Yield what a terminal shows; a line that is too long goes on below its first word."""
    group = ""
    for each in explained:
        if each.group != group:
            group = each.group
            yield from ("", tr(group))
        known = {"title": tr(each.title), "value": each.rendered}
        changed = tr("{title}: {value}, now {now}", now=each.now or tr("gone"), **known)
        yield f"  {tr('{title}: {value}', **known) if each.now == each.rendered else changed}"
        yield f"    {padded(tr('formula'), 8)} {each.formula}"
        if each.options:
            yield f"    {padded(tr('answers'), 8)} {', '.join(each.options)}"
        yield f"    {padded(tr('file'), 8)} {each.file}"
        yield f"    {padded(tr('buys'), 8)} {tr(each.buys)}"
        yield f"    {padded(tr('source'), 8)} {each.source}"
