"""The command that compares pods that are always there with pods that come and go."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from gocontainer.answers import lockfile
from gocontainer.answers.model import Answers
from gocontainer.console import absolute, say, tell
from gocontainer.cost import comparison, load_pattern
from gocontainer.cost.knative_autoscaler import Service
from gocontainer.errors import CannotUse, ConflictingAnswers
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Quantity, Value
from gocontainer.texts import mark, series, tr

_Command = TypeVar("_Command", bound=Callable[..., Any] | click.Command)


class _Number:
    """A flag's number in a range, which NaN is not in."""

    def __init__(self, minimum: float, maximum: float, kind: type[int | float] = float) -> None:
        self.minimum, self.maximum, self._kind = minimum, maximum, kind
        self.rule = tr("{minimum} to {maximum}", minimum=minimum, maximum=maximum)

    def __call__(self, _ctx: click.Context, _flag: click.Parameter, value: str | None) -> float | None:
        if value is None:
            return None
        try:
            number = self._kind(value)
        except ValueError:
            number = math.nan
        if not self.minimum <= number <= self.maximum:
            text = mark("{value!r} is not a number from {minimum} to {maximum}.")
            if self._kind is int:
                text = mark("{value!r} is not a whole number from {minimum} to {maximum}.")
            raise click.BadParameter(tr(text, value=value, minimum=self.minimum, maximum=self.maximum))
        return number


class _Answer:
    """A flag that may be what an option of `gocontainer new` may be."""

    def __init__(self, name: str) -> None:
        self._option = BY_NAME[name]
        self.rule = self._option.rule

    def __call__(self, _ctx: click.Context, flag: click.Parameter, value: str | None) -> Value | None:
        return None if value is None else self._option.parse(value, flag.opts[0])


_MANY = _Number(1, 1_000_000, int)
_PRICE = _Number(0, 1_000_000)
_REPLICAS, _MAX_SCALE, _CONCURRENCY = "min_replicas", "max_replicas", "concurrency"
_CPU, _MEMORY = "cpu", "memory"


def _option(flag: str, kind: _Number | _Answer, metavar: str, text: str, **more: Any) -> Callable[[_Command], _Command]:
    """Return a flag whose help ends as the helps of `gocontainer new` do."""
    default = tr("; default: {value}", value=more["default"]) if "default" in more else ""
    text = f"{tr(text)} [{kind.rule}{default}]"
    return click.option(flag, type=str, callback=kind, metavar=metavar, help=text, **more)


@click.command(short_help=mark("Compare what a load costs on pods and serverless."))
@click.argument("path", required=False, type=click.Path(file_okay=False))
@_option("--tasks-per-day", _MANY, "N", mark("How many tasks come in a day."))
@_option("--bursts", _MANY, "N", mark("How many bursts a day they come in; else evenly."))
@_option(
    "--burst-seconds", _Number(0, load_pattern.DAY), "S", mark("How long a burst lasts; else its tasks come at once.")
)
@click.option(
    "--trace",
    type=click.Path(exists=True, dir_okay=False, readable=True),
    metavar="FILE",
    help=tr("Replay this instead: the time of one arrival on each line."),
)
@_option("--seconds", _Number(0.001, 600), "S", mark("How long a task takes."), required=True)
@_option("--concurrency", _Answer(_CONCURRENCY), "N", mark("How many tasks a pod takes at a time."))
@_option("--cold-start", _Number(0, 600), "S", mark("How long a new pod needs; measure yours."), default=2)
@_option("--max-scale", _Number(0, 1000, int), "N", mark("Most pods, 0 for any number."))
@_option("--replicas", _Answer(_REPLICAS), "N", mark("Pods that are always on."))
@_option("--cpu", _Answer(_CPU), "QUANTITY", mark("CPU request of a pod."))
@_option("--memory", _Answer(_MEMORY), "QUANTITY", mark("Memory request of a pod."))
@_option("--cpu-price", _PRICE, "X", mark("Price of a CPU for an hour."), default=0)
@_option("--memory-price", _PRICE, "X", mark("Price of a GiB for an hour."), default=0)
@click.option("--json", "as_json", is_flag=True, help=tr("One JSON document on stdout."))
def cost(path: str | None, *, as_json: bool, **given: Any) -> None:
    """Compare what a load costs on pods that are always on, and serverless.

    Knative's autoscaler is replayed with its defaults. Of the repository at PATH come CPU, memory, concurrency,
    the pods that are always on (its fewest replicas) and the most pods (its most); else the defaults of
    `gocontainer new`.
    """
    load = _arrivals(given)
    answers = _answers(path)
    service = Service(
        given["seconds"],
        int(_either(given["concurrency"], answers[_CONCURRENCY])),
        given["cold_start"],
        int(_either(given["max_scale"], answers[_MAX_SCALE])),
    )
    _refuse_overload(load, service)
    pod = comparison.Pod(
        _amount(_CPU, _either(given["cpu"], answers[_CPU])) / 1000,
        _amount(_MEMORY, _either(given["memory"], answers[_MEMORY])) / 1024,
        given["cpu_price"],
        given["memory_price"],
    )
    found = comparison.compare(load, service, pod, int(_either(given["replicas"], answers[_REPLICAS])))
    if as_json:
        say(json.dumps(found.as_json(), indent=2))
        return
    for line in (
        *found.conditions(),
        "",
        *found.table(),
        "",
        *map(tr, comparison.LEFT_OUT),
        "",
        tr("The real figures, in Prometheus:"),
    ):
        tell(line)
    for name, query in comparison.PROMQL.items():
        title, _ = comparison.ROWS[name]
        say(f"  {tr(title)}\n    {query}")


def _arrivals(given: Mapping[str, Any]) -> load_pattern.LoadPattern:
    """Return when the tasks come; raise UsageError where that is said twice or not at all."""
    shape = [flag for flag in ("tasks_per_day", "bursts", "burst_seconds") if given[flag] is not None]
    names = series(f"--{flag.replace('_', '-')}" for flag in shape)
    if given["trace"] is not None:
        if shape:
            raise click.UsageError(tr("--trace has the arrivals, and {names} cannot change them.", names=names))
        return load_pattern.trace(Path(given["trace"]))
    if given["tasks_per_day"] is None:
        raise click.UsageError(tr("Neither --tasks-per-day nor --trace says when tasks come."))
    if given["burst_seconds"] is not None and given["bursts"] is None:
        raise click.UsageError(tr("--burst-seconds has no meaning without --bursts."))
    return load_pattern.pattern(given["tasks_per_day"], given["bursts"], given["burst_seconds"] or 0)


def _answers(path: str | None) -> Mapping[str, Value]:
    """Return the answers of a repository, or the defaults."""
    if path is None:
        return {name: BY_NAME[name].default for name in (_CPU, _MEMORY, _CONCURRENCY, _REPLICAS, _MAX_SCALE)}
    remembered = lockfile.read(lockfile.top(absolute(path)))
    if remembered.name != lockfile.NAME:
        reason = tr("nothing says what a pod of {name} requests", name=remembered.name)
        raise CannotUse(reason, tr("Leave PATH out, and give flags."))
    return Answers.merge(*remembered.layers())


def _either(given: Value | None, otherwise: Value) -> Value:
    return otherwise if given is None else given


def _amount(name: str, value: Value) -> int:
    """Return a quantity in the unit of its smallest suffix."""
    option = BY_NAME[name]
    assert isinstance(option, Quantity), name
    return option.amount(str(value))


def _refuse_overload(load: load_pattern.LoadPattern, service: Service) -> None:
    """Raise where the pods never get through: the tasks would pile up from day to day."""
    days = load.a_day * service.seconds / service.concurrency / load_pattern.DAY
    if service.max_scale and days > service.max_scale:
        reason = tr("a day's tasks are {days:,.1f} days of work for a pod", days=days)
        raise ConflictingAnswers([f"--max-scale {service.max_scale}"], reason, tr("Allow more pods."))
