"""The answers that an update has: those of a lock, less what they lose their meaning by, with what is set."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from gocontainer.answers import lockfile
from gocontainer.answers.model import Answers, Layer, fill, layers_of_today
from gocontainer.errors import UsageError
from gocontainer.options.profiles import PRESETS
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Value, holds


def answered(remembered: lockfile.Lock, settings: Layer) -> tuple[Answers, dict[str, tuple[Value, Value]]]:
    """Return the answers of a lock with ``settings``, and what it keeps that would be another default today.

    What is set to what nobody would have to say is a default again.
    """
    (settings,) = layers_of_today([settings], remembered.answers)
    profile, unsaid, given = (_less(layer, settings) for layer in remembered.layers())
    if settings.values:
        unsaid, given = _meaningful(profile, unsaid, given, settings)
    answers = Answers.merge(profile, unsaid, given, settings)
    preset = PRESETS[answers.profile].answers if "profile" in settings.values else {}
    today = fill((profile, _without(given, preset), settings)).values
    for name in settings.values.keys() & answers.keys() - {"service"}:
        with suppress(UsageError):  # nothing would stand in its place
            if fill((profile, given, _without(settings, [name]))).values[name] == answers[name]:
                answers.origins[name] = "default"
    kept = [name for name in answers.defaults() if name in unsaid.values]
    kept += [name for name in preset if name not in (*kept, *settings.values) and holds(BY_NAME[name].when, today)]
    return answers, {name: (answers[name], today[name]) for name in kept if answers[name] != today[name]}


def _meaningful(profile: Layer, unsaid: Layer, given: Layer, settings: Layer) -> tuple[Layer, Layer]:
    """Return what a lock has ``unsaid`` and ``given``, less what has no meaning any more with ``settings``."""
    while True:
        values = fill((profile, unsaid, given, settings)).values
        lost = [name for name in (*unsaid.values, *given.values) if not holds(BY_NAME[name].when, values)]
        lost += [name for name in unsaid.values if BY_NAME[name].by_target and "target" in settings.values]
        if not lost:
            return unsaid, given
        unsaid, given = _without(unsaid, lost), _without(given, lost)


def _less(layer: Layer, settings: Layer) -> Layer:
    """Return ``layer`` without what ``settings`` change: it may not be valid any more."""
    return _without(layer, settings.values)


def _without(layer: Layer, names: Collection[str]) -> Layer:
    return layer._replace(values={name: value for name, value in layer.values.items() if name not in names})
