"""Answers of earlier versions in the words of today: options that were renamed, removed or made choices of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gocontainer.options.patterns import WORDS
from gocontainer.options.sets import members
from gocontainer.options.table import BY_NAME


class Migration(NamedTuple):
    """One change of an option. ``to`` is its new name, or nothing where it is gone.

    ``values`` maps what it was, written in small letters, to what it is. What became a ``choice`` of the new option is
    one of those that are taken where that is true.
    """

    name: str
    to: str | None
    values: Mapping[str, object] = {}
    choice: str = ""


MIGRATIONS: Sequence[Migration] = (
    Migration("scaler", "scale_on", {"knative": "requests", "keda": "lag"}),
    Migration("edge_api", "edge_features", {"native": True, "platform": False}, "plain-deployments"),
    Migration("local_volume", "edge_features", {"host-path": True, "claim": False}, "host-path"),
    Migration("edge_model", "edge_features", WORDS, "model"),
    Migration("edge_workload", "edge_features", {"daemonset": True, "deployment": False}, "held-upgrade"),
    Migration("hold_upgrade", "edge_features", WORDS, "held-upgrade"),
    Migration("device_router", "edge_features", WORDS, "device-router"),
    Migration("secret_files", "secrets", {"true": "files", "false": "environment"}),
)
"""In the order in which they came to be: an answer goes through all of them."""


def migrated(answers: Mapping[str, object], defaults: Sequence[str]) -> tuple[dict[str, object], tuple[str, ...]]:
    """Return what a lock remembers, and what of it are defaults, by today's names and values.

    Of an answer under both names, the new one's value stays.
    """
    rest = today({name: value for name, value in answers.items() if name in defaults}, {})
    given = today({name: value for name, value in answers.items() if name not in defaults}, rest)
    return {**rest, **given}, tuple(name for name in rest if name not in given)


def today(given: Mapping[str, object], known: Mapping[str, object]) -> dict[str, object]:
    """Return the answers ``given`` by today's names and values; one that is no value of the old name keeps that."""
    answers = dict(given)
    for each in MIGRATIONS:
        old = str(answers.get(each.name)).lower()
        if each.name not in answers or (each.choice and old not in each.values):
            continue
        value = answers.pop(each.name)
        if each.to and each.choice:
            before = answers.get(each.to, known.get(each.to, ""))
            answers[each.to] = _with(each.to, before, each.choice, taken=each.values[old] is True)
        elif each.to:
            answers.setdefault(each.to, each.values.get(old, value))
    return answers


def _with(name: str, value: object, choice: str, *, taken: bool) -> str:
    """Return the answer ``value`` to an option with or without a choice."""
    option = BY_NAME[name]
    others = [each for each in members(option.parse(value, "") if option.fits(value) else "") if each != choice]
    return ",".join([*others, choice] if taken else others)
