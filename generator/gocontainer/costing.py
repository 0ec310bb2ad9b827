"""The command that compares pods that are always there with pods that come and go."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from gocontainer import arrivals, bill, lock, migrations
from gocontainer.answers import Answers
from gocontainer.autoscaler import Service
from gocontainer.console import absolute, say, tell
from gocontainer.errors import CannotUse, ConflictingAnswers
from gocontainer.kinds import Integer, Quantity, Value
from gocontainer.options import BY_NAME


class _Number(click.FloatRange):
    """A number in a range, which NaN is not in though click lets it pass."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


_MANY = click.IntRange(1, 1_000_000)
_PRICE = _Number(0, 1_000_000)
_REPLICAS, _MAX_SCALE, _CONCURRENCY = "min_replicas", "max_replicas", "concurrency"
_CPU, _MEMORY = "cpu", "memory"


@click.command()
@click.argument("path", required=False, type=click.Path(file_okay=False))
@click.option("--tasks-per-day", type=_MANY, metavar="N", help="How many tasks come in a day.")
@click.option("--bursts", type=_MANY, metavar="N", help="How many bursts a day they come in; else evenly.")
@click.option(
    "--burst-seconds",
    type=_Number(0, arrivals.DAY),
    metavar="S",
    help="How long a burst lasts; else its tasks come at once.",
)
@click.option(
    "--trace",
    type=click.Path(exists=True, dir_okay=False, readable=True),
    metavar="FILE",
    help="Replay this instead: the time of one arrival on each line.",
)
@click.option("--seconds", required=True, type=_Number(0.001, 600), metavar="S", help="How long a task takes.")
@click.option("--concurrency", metavar="N", help="How many tasks a pod takes at a time.")
@click.option(
    "--cold-start",
    default=2.0,
    show_default=True,
    type=_Number(0, 600),
    metavar="S",
    help="How long a new pod needs; measure yours.",
)
@click.option("--max-scale", type=click.IntRange(0, 1000), metavar="N", help="Most pods, 0 for any number.")
@click.option("--replicas", metavar="N", help="Pods that are always on.")
@click.option("--cpu", metavar="QUANTITY", help="CPU request of a pod.")
@click.option("--memory", metavar="QUANTITY", help="Memory request of a pod.")
@click.option("--cpu-price", default=0.0, type=_PRICE, metavar="X", help="Price of a CPU for an hour.")
@click.option("--memory-price", default=0.0, type=_PRICE, metavar="X", help="Price of a GiB for an hour.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
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
        _count(_CONCURRENCY, "--concurrency", given["concurrency"], answers),
        given["cold_start"],
        int(answers[_MAX_SCALE]) if given["max_scale"] is None else given["max_scale"],
    )
    _refuse_overload(load, service)
    pod = bill.Pod(
        _amount(_CPU, given, answers) / 1000,
        _amount(_MEMORY, given, answers) / 1024,
        given["cpu_price"],
        given["memory_price"],
    )
    found = bill.bill(load, service, pod, _count(_REPLICAS, "--replicas", given["replicas"], answers))
    if as_json:
        say(json.dumps(found.as_json(), indent=2))
        return
    for line in (*found.conditions(), "", *found.table(), "", *bill.LEFT_OUT, "", "The real figures, in Prometheus:"):
        tell(line)
    say("\n".join(f"  {bill.ROWS[name][0]}\n    {query}" for name, query in bill.PROMQL.items()))


def _arrivals(given: Mapping[str, Any]) -> arrivals.Arrivals:
    """Return when the tasks come; raise UsageError where that is said twice or not at all."""
    shape = [flag for flag in ("tasks_per_day", "bursts", "burst_seconds") if given[flag] is not None]
    names = ", ".join(f"--{flag.replace('_', '-')}" for flag in shape)
    if given["trace"] is not None:
        if shape:
            raise click.UsageError(f"--trace has the arrivals, and {names} cannot change them.")
        return arrivals.trace(Path(given["trace"]))
    if given["tasks_per_day"] is None:
        raise click.UsageError("Neither --tasks-per-day nor --trace says when tasks come.")
    if given["burst_seconds"] is not None and given["bursts"] is None:
        raise click.UsageError("--burst-seconds has no meaning without --bursts.")
    return arrivals.pattern(given["tasks_per_day"], given["bursts"], given["burst_seconds"] or 0)


def _answers(path: str | None) -> Mapping[str, Value]:
    """Return the answers of a repository, or the defaults."""
    if path is None:
        return {name: BY_NAME[name].default for name in (_CPU, _MEMORY, _CONCURRENCY, _REPLICAS, _MAX_SCALE)}
    remembered = lock.read(absolute(path))
    if remembered.name != lock.NAME:
        raise CannotUse(f"nothing says what a pod of {remembered.name} requests", "Leave PATH out, and give flags.")
    return Answers.merge(*migrations.migrate(remembered).layers())


def _amount(name: str, given: Mapping[str, Any], answers: Mapping[str, Value]) -> int:
    """Return a quantity in the unit of its smallest suffix."""
    option = BY_NAME[name]
    assert isinstance(option, Quantity), name
    return option.amount(str(answers[name] if given[name] is None else option.parse(given[name], option.flag)))


def _count(name: str, flag: str, given: str | None, answers: Mapping[str, Value]) -> int:
    option = BY_NAME[name]
    assert isinstance(option, Integer), name
    return int(answers[name] if given is None else option.parse(given, flag))


def _refuse_overload(load: arrivals.Arrivals, service: Service) -> None:
    """Raise where the pods never get through: the tasks would pile up from day to day."""
    days = load.a_day * service.seconds / service.concurrency / arrivals.DAY
    if service.max_scale and days > service.max_scale:
        reason = f"a day's tasks are {days:,.1f} days of work for a pod"
        raise ConflictingAnswers([f"--max-scale {service.max_scale}"], reason, "Allow more pods.")
