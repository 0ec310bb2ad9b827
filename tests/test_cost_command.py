"""`gocontainer cost`: what a load costs on pods that are always on, and serverless."""

from __future__ import annotations

import json
import random
import statistics
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gocontainer.cost import knative_autoscaler
from gocontainer.cost.comparison import PROMQL
from gocontainer.cost.knative_autoscaler import CLOCKS, Service, held, replay
from tests.helpers.knative import Defaults, Revision
from tests.helpers.support import COMMAND, Run, gocontainer, rendered

pytestmark = COMMAND

PHASES = [(number * 0.3 % 1, number / 2 + 0.2) for number in range(4)]
"""Where metrics and decisions stand in their periods when the first task comes: nobody knows, so the mean counts."""
DEFAULTS = Defaults()
LOAD = ("--seconds", "3", "--concurrency", "4")
DAY = ("--tasks-per-day", "10000", *LOAD)


def cost(*arguments: str) -> dict[str, Any]:
    done = gocontainer("cost", *arguments, "--json")
    assert (done.code, done.err) == (0, "")
    document: dict[str, Any] = json.loads(done.out)
    return document


# The replay against a simulation


class Case(NamedTuple):
    arrivals: list[float]
    service: Service
    simulated: float

    @property
    def error(self) -> float:
        return abs(replay(self.arrivals, self.service).pod_seconds / self.simulated - 1)


def drawn(chance: random.Random) -> tuple[list[float], Service]:
    """LoadPattern of an hour, evenly, by chance, or in bursts, and a service for them."""
    span, tasks = 3600, int(10 ** chance.uniform(1, 3.3))
    kind = chance.choice(("evenly", "by chance", "at once", "trickling"))
    if kind == "evenly":
        arrivals = [span * number / tasks for number in range(tasks)]
    elif kind == "by chance":
        arrivals = sorted(chance.uniform(0, span) for _ in range(tasks))
    else:
        starts = [chance.uniform(0, span) for _ in range(chance.randint(1, min(tasks, 60)))]
        length = chance.uniform(5, 600) if kind == "trickling" else 0
        arrivals = sorted(chance.choice(starts) + chance.uniform(0, length) for _ in range(tasks))
    return arrivals, Service(
        seconds=10 ** chance.uniform(-1, 1.8),
        concurrency=chance.choice((1, 2, 4, 10, 50, 100, 250, 500)),
        cold_start=chance.uniform(0.5, 15),
        max_scale=chance.choice((0, 0, 1, 3, 6, 20)),
    )


def simulated(arrivals: list[float], service: Service, defaults: Defaults = DEFAULTS) -> float:
    seconds = [service.seconds] * len(arrivals)
    return statistics.fmean(
        Revision(service.concurrency, service.cold_start, service.max_scale, phase, defaults).run(arrivals, seconds)
        for phase in PHASES
    )


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    chance = random.Random(1)
    patterns = [drawn(chance) for _ in range(100)]
    return [Case(arrivals, service, simulated(arrivals, service)) for arrivals, service in patterns]


def test_pod_seconds_are_within_5_percent_of_a_simulation_for_100_random_patterns(cases: list[Case]) -> None:
    errors = [case.error for case in cases]
    worst = cases[errors.index(max(errors))]
    assert max(errors) < 0.05, (max(errors), worst.service, len(worst.arrivals))
    assert statistics.fmean(errors) < 0.01


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("GRACE", 0),
        ("DRAIN", 0),
        ("STABLE_WINDOW", 30),
        ("PANIC_THRESHOLD", 10**9),
        ("UTILISATION", 1.0),
        ("PANIC_WINDOW", 60),
        ("BURST_CAPACITY", 0),
    ],
)
def test_a_replay_with_a_wrong_rule_is_further_from_the_simulation(
    cases: list[Case], monkeypatch: pytest.MonkeyPatch, rule: str, wrong: float
) -> None:
    monkeypatch.setattr(knative_autoscaler, rule, wrong)
    assert any(case.error > 0.05 for case in cases)


def formula(case: Case) -> float:
    """What articles reckon with: work, and for each burst the window, the grace period and a cold start."""
    bursts = 1 + sum(later - sooner > 60 for sooner, later in zip(case.arrivals, case.arrivals[1:], strict=False))
    work = len(case.arrivals) * case.service.seconds / case.service.concurrency
    return work + bursts * (60 + 30 + case.service.cold_start)


def test_the_formula_of_articles_is_not_within_5_percent(cases: list[Case]) -> None:
    errors = [abs(formula(case) / case.simulated - 1) for case in cases]
    assert statistics.median(errors) > 0.05


def test_the_simulation_knows_what_is_easily_reckoned() -> None:
    """One task: cold start and work, the window, a look after 3 s, and the drain; seconds and decisions are whole."""
    for concurrency, grace in ((4, 3), (250, 30)):
        exact = 5 + 10 + 60 + grace + 30
        assert exact - 1 <= simulated([100.0], Service(10, concurrency, 5)) <= exact + 3
    assert simulated([100.0], Service(10, 4, 5), Defaults(drain=0)) <= 5 + 10 + 60 + 3 + 3


def test_a_pod_that_never_starts_twice_counts_once() -> None:
    outcome = replay([10.0 * number for number in range(100)], Service(1, 10, 2))
    assert (outcome.starts, outcome.peak, len(outcome.waits)) == (1, 1, 100 * len(CLOCKS))
    assert 991 + 90 <= outcome.pod_seconds <= 991 + 100


def test_each_task_waits_for_a_place_in_its_turn() -> None:
    assert held([0, 0, 0, 0, 0, 7], Service(4, 2, 0), replicas=1) == [0, 0, 4, 4, 8, 1]
    assert replay([0, 0, 0, 5], Service(4, 2, 3, max_scale=1)).waits == [3, 3, 7, 2] * len(CLOCKS)


# The command


def test_it_says_both_sides_the_saving_and_what_is_left_out() -> None:
    done = gocontainer("cost", *DAY, "--bursts", "50", "--max-scale", "1", "--replicas", "3", "--cpu-price", "0.04")
    assert (done.code, done.err) == (0, "")
    for words in ("always on", "serverless", "259,200", "-95 %", "cost a day", "nodes are released", "Left out"):
        assert words in done.out
    assert all(query in done.out for query in PROMQL.values())


def test_without_a_price_there_is_no_cost() -> None:
    assert "cost a day" not in gocontainer("cost", *DAY).out
    assert cost(*DAY)["always_on"]["cost"] is None


def test_money_is_cpu_and_memory_by_their_prices_with_queue_proxy_beside() -> None:
    found = cost(*DAY, "--cpu", "500m", "--memory", "1Gi", "--cpu-price", "0.04", "--memory-price", "0.005")
    hours = found["serverless"]["pod_seconds"] / 3600
    assert found["serverless"]["cost"] == pytest.approx(hours * (0.525 * 0.04 + 0.005), rel=1e-3)
    assert found["always_on"]["cost"] == pytest.approx(2 * 24 * (0.5 * 0.04 + 0.005))
    assert found["saving"]["cost"] == pytest.approx(
        1 - found["serverless"]["cost"] / found["always_on"]["cost"], abs=1e-3
    )


def test_a_repository_brings_its_requests_and_replicas_and_a_flag_wins(tmp_path: Path) -> None:
    from gocontainer.answers import lockfile
    from gocontainer.rendering.engine import render
    from gocontainer.repository import tree
    from tests.helpers.support import answers

    given = answers(cpu="2", memory="1Gi", min_replicas=4, max_replicas=9, target="knative", concurrency=3)
    tree.save(lockfile.with_lockfile(render(given), given), tmp_path / "orders")
    found = cost(str(tmp_path / "orders"), "--tasks-per-day", "10000", "--seconds", "3")
    assert found["concurrency"] == 3
    assert (found["cpu"], found["memory"], found["max_scale"], found["always_on"]["pods"]) == (2, 1, 9, 4)
    found = cost(str(tmp_path / "orders"), *DAY, "--cpu", "250m", "--replicas", "1", "--max-scale", "0")
    assert (found["cpu"], found["memory"], found["max_scale"], found["always_on"]["pods"]) == (0.25, 1, 0, 1)


def test_a_trace_is_replayed_whatever_its_order_and_its_clock(tmp_path: Path) -> None:
    seconds, dates = tmp_path / "seconds", tmp_path / "dates"
    seconds.write_text("1795420860\n1795420800.5\n\n1795420800\n")
    dates.write_text("2026-11-23T08:00:00Z\n2026-11-23 08:01:00\n2026-11-23T09:00:00.500+01:00\n")
    found = cost("--trace", str(seconds), *LOAD)
    assert found == cost("--trace", str(dates), *LOAD)
    assert (found["tasks_a_day"], found["serverless"]["starts"]) == (3, 1)


def test_a_trace_of_several_days_is_brought_to_one(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    trace.write_text("".join(f"{day * 86400}\n" for day in range(5)))
    found = cost("--trace", str(trace), *LOAD)
    assert (found["tasks_a_day"], found["serverless"]["starts"]) == (1.25, 1.25)


def test_one_of_a_thing_is_not_several(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    trace.write_text("1\n")
    said = gocontainer("cost", "--tasks-per-day", "1", *LOAD).out
    assert said.startswith("1 task a day, evenly, ")
    assert "; 1 cold start a day from no pod.\n" in said
    assert gocontainer("cost", "--tasks-per-day", "2", "--bursts", "1", *LOAD).out.startswith(
        "2 tasks a day in 1 burst, "
    )
    assert gocontainer("cost", "--trace", str(trace), *LOAD).out.startswith("1 task in 1 day, ")


def test_its_help_names_ranges_as_that_of_new_does() -> None:
    text = " ".join(gocontainer("cost", "--help").out.split())
    for words in ("[1 to 50]", "[1 to 1000000]", "[0 to 600; default: 2]", "[0.001 to 600] [required]", "[10m to 64]"):
        assert words in text
    assert "<=" not in text


def wrong(*arguments: str) -> str:
    done: Run = gocontainer("cost", *arguments)
    assert (done.code, done.out) == (2, ""), arguments
    assert "Traceback" not in done.err
    return done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--seconds"),
        (LOAD, "Neither --tasks-per-day nor --trace"),
        ((*LOAD, "--tasks-per-day", "0"), "'--tasks-per-day': '0' is not a whole number from 1 to 1000000. Run"),
        ((*LOAD, "--tasks-per-day", "1.5"), "'1.5' is not a whole number from 1 to 1000000. Run"),
        ((*DAY, "--cpu-price", "x"), "'--cpu-price': 'x' is not a number from 0 to 1000000. Run"),
        ((*LOAD, "--tasks-per-day", "9", "--burst-seconds", "9"), "no meaning without --bursts"),
        (("--tasks-per-day", "9", "--seconds", "nan"), "'nan' is not a number"),
        ((*DAY, "--cpu", "5x"), "--cpu"),
        (("--cpu", "foo"), "--cpu: 'foo' is not an amount from 10m to 64. Give"),
        (("--memory", "foo", "--trace", "absent"), "--memory: 'foo' is not an amount"),
        ((*DAY, "--replicas", "0"), "--replicas: '0' is not a whole number from 1 to 50."),
        (("--concurrency", "0"), "--concurrency: '0' is not a whole number from"),
        ((*DAY, "--trace", "absent"), "absent"),
        (("--tasks-per-day", "500000", "--seconds", "10", "--max-scale", "5"), "5.8 days of work for a pod"),
    ],
)
def test_a_wrong_call_is_exit_2_with_a_sentence(arguments: tuple[str, ...], words: str) -> None:
    assert words in wrong(*arguments)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n", "/trace is empty. Give the time of one arrival on each line."),
        ("1\nyesterday\n", ":2: 'yesterday' is not a time"),
        ("1\nnan\n", ":2: 'nan' is not a time"),
        ("1795420800000\n1795507200000\n", "not in milliseconds"),
        ("\0\x1b[2J\n", "is not a time"),
    ],
)
def test_a_trace_that_is_none_is_exit_2_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    trace = tmp_path / "trace"
    trace.write_text(text)
    assert words in wrong("--trace", str(trace), *LOAD)


def test_a_trace_and_a_pattern_do_not_go_together(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    trace.write_text("1\n")
    assert "--bursts cannot change them" in wrong("--trace", str(trace), *LOAD, "--bursts", "5")


def test_a_folder_without_a_lock_is_exit_2(tmp_path: Path) -> None:
    assert "holds .gocontainer.lock" in wrong(str(rendered(tmp_path)), *DAY)
