"""The numbers of the manifests: what holds for all of them, whatever the answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gocontainer import render
from gocontainer.errors import ConflictingAnswers
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Integer, Quantity
from gocontainer.rendering import sizing
from gocontainer.rendering.sizing import Sizes
from gocontainer.rendering.unusual import unusual
from tests.helpers.support import answers


def integer(name: str) -> st.SearchStrategy[int]:
    option = BY_NAME[name]
    assert isinstance(option, Integer)
    return st.integers(option.minimum, option.maximum)


def quantity(name: str) -> st.SearchStrategy[str]:
    """Every amount from the option's minimum to its maximum, in each way to write it."""
    option = BY_NAME[name]
    assert isinstance(option, Quantity)
    low, high = option.amount(option.minimum), option.amount(option.maximum)
    ways = [
        st.integers(max(1, -(-low // factor)), min(high // factor, 999_999)).map(f"{{}}{suffix}".format)
        for suffix, factor in option.suffixes.items()
    ]
    return st.one_of(ways)


@st.composite
def some_answers(draw: st.DrawFn) -> dict[str, Any]:
    period = draw(integer("liveness_period"))
    fewest = draw(integer("min_replicas"))
    return {
        "liveness_period": period,
        "liveness_timeout": draw(st.integers(1, min(period, 30))),
        "liveness_failures": draw(integer("liveness_failures")),
        "startup_seconds": draw(integer("startup_seconds")),
        "drain_seconds": draw(integer("drain_seconds")),
        "min_replicas": fewest,
        "max_replicas": draw(st.integers(fewest, 50)),
        "cpu": draw(quantity("cpu")),
        "memory": draw(quantity("memory")),
        "resources": draw(st.sampled_from(["strict", "latency"])),
    }


@given(some_answers())
def test_probes_keep_their_order_and_their_timeouts(chosen: dict[str, Any]) -> None:
    sizes = Sizes.of(answers(**chosen))
    for probe in (sizes.startup, sizes.readiness, sizes.liveness):
        assert 1 <= probe.timeout <= probe.period
        assert probe.failures >= 1
    assert sizes.liveness.worst_case >= 2 * sizes.readiness.worst_case
    assert sizes.startup.period * sizes.startup.failures >= chosen["startup_seconds"]


@given(some_answers())
def test_the_grace_period_is_long_enough_for_all_of_a_shutdown(chosen: dict[str, Any]) -> None:
    sizes = Sizes.of(answers(**chosen))
    assert sizes.grace_period >= sizing.PRE_STOP + chosen["drain_seconds"] + sizing.FLUSH + sizing.MARGIN
    assert sizes.request_timeout <= chosen["drain_seconds"]


@pytest.mark.parametrize("scale_on", ["requests", "lag"])
@given(chosen=some_answers(), task=integer("task_seconds"))
def test_an_event_s_work_ends_before_anything_that_waits_for_it(
    scale_on: str, chosen: dict[str, Any], task: int
) -> None:
    function = {"target": "knative", "eventing": "kafka", "scale_on": scale_on, "task_seconds": task}
    sizes = Sizes.of(answers(**chosen, **function))
    assert sizes.request_timeout == task < sizes.stalled < sizes.revision_timeout < sizes.grace_period
    assert sizes.drain >= max(task, chosen["drain_seconds"])
    assert sizes.scale_down_period <= 1800, "the API server refuses more"
    assert ("task_seconds" in unusual(sizes)) == (scale_on == "requests" and sizes.revision_timeout > 600)


def test_without_traces_there_is_nothing_to_flush() -> None:
    silent, told = (Sizes.of(answers(tracing=tracing)) for tracing in (False, True))
    assert (silent.flush, told.grace_period - silent.grace_period) == (0, sizing.FLUSH)


@given(some_answers())
def test_limits_are_not_below_requests(chosen: dict[str, Any]) -> None:
    sizes = Sizes.of(answers(**chosen))
    assert 1000 * sizes.cpu_limit >= sizes.millicores
    assert sizes.cpu_limit < sizes.millicores / 1000 + 1 or sizes.cpu_limit == 1
    assert sizes.gomaxprocs >= max(2, 2 * sizes.millicores / 1000)
    assert sizes.storage_limit >= sizes.storage_request + sizing.LOG_FILE * sizing.LOG_FILES
    assert 50 <= sizes.memory_percent < 100


@given(some_answers())
def test_a_rollout_gets_the_time_it_needs(chosen: dict[str, Any]) -> None:
    sizes = Sizes.of(answers(**chosen))
    assert sizes.progress_deadline > chosen["startup_seconds"] + sizes.min_ready, "the API server refuses less"
    assert sizes.min_ready >= sizes.readiness.period * sizes.readiness.failures
    assert 2 * chosen["startup_seconds"] <= sizes.scale_down_window <= 3600, "the API server refuses more"
    assert sizes.grace_period <= sizes.scale_down_period <= 1800, "the API server refuses more"


@given(some_answers())
def test_the_disruption_budget_never_blocks_a_drain(chosen: dict[str, Any]) -> None:
    files = render(answers(**chosen))
    budget = files.get("deploy/components/disruption-budget/poddisruptionbudget.yaml")
    assert (budget is None) == (chosen["max_replicas"] == 1)
    if budget:
        assert b"maxUnavailable: 1\n" in budget.content
        assert b"minAvailable" not in budget.content


def test_the_defaults_are_what_practice_says() -> None:
    sizes = Sizes.of(answers())
    assert (sizes.readiness, sizes.liveness, sizes.startup) == ((5, 2, 2), (10, 3, 3), (2, 2, 15))
    assert (sizes.readiness.worst_case, sizes.liveness.worst_case, sizes.grace_period) == (12, 33, 33)
    assert unusual(sizes) == {}


@pytest.mark.parametrize(
    ("chosen", "option", "sentence"),
    [
        ({"liveness_period": 4}, "liveness_period", "4 is outside the usual 5 to 10: each probe costs CPU"),
        ({"liveness_period": 30}, "liveness_period", "30 is outside the usual 5 to 10: a hung pod is restarted only"),
        ({"liveness_timeout": 1}, "liveness_timeout", "1 is outside the usual 2 to 5: a busy node"),
        ({"liveness_timeout": 6}, "liveness_timeout", "6 is outside the usual 2 to 5: a hung pod"),
        ({"liveness_failures": 4}, "liveness_failures", "4 is outside the usual 2 to 3: a hung pod"),
    ],
)
def test_an_unusual_number_is_warned_of_with_its_price(chosen: dict[str, Any], option: str, sentence: str) -> None:
    warnings = unusual(Sizes.of(answers(**chosen)))
    assert list(warnings) == [option]
    assert warnings[option].startswith(sentence)


def test_an_answer_cannot_be_awaited_longer_than_until_the_next_probe() -> None:
    with pytest.raises(ConflictingAnswers, match="the next probe would start"):
        answers(liveness_timeout=6, liveness_period=5)


@given(some_answers())
def test_what_is_dealt_out_of_the_memory_is_less_than_the_limit(chosen: dict[str, Any]) -> None:
    sizes = Sizes.of(answers(**chosen))
    held = sizes.requests * (64 + 8 * sizing.HEADER_KIB) + 8 * sizes.bodies_kib + 2 * sizes.spans
    assert (
        sizing.MEMORY_BASE * 1024 + held + 2 * sizes.part(1) / 1024 <= sizes.go_bytes / 1024 < sizes.memory_bytes / 1024
    )
    assert sizes.requests >= 20


def test_more_events_at_once_than_there_is_memory_for_are_warned_of_and_shed() -> None:
    sizes = Sizes.of(answers(target="knative", eventing="kafka", concurrency=1000))
    assert unusual(sizes) == {"concurrency": "1000 is too many: 128Mi has room for 266."}
    assert sizes.max_in_flight == 266
