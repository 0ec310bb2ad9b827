"""For each alert: series on which it fires, and series on which it stays still."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

OURS = 'namespace="orders",job="orders",pod="orders-1"'
CONTAINER = 'namespace="orders",pod="orders-1",container="orders"'
COUNT, BUCKET = (f"http_server_request_duration_seconds_{what}" for what in ("count", "bucket"))
RESTARTS = f"kube_pod_container_status_restarts_total{{{CONTAINER}}}"
OOM = f'kube_pod_container_status_last_terminated_reason{{{CONTAINER},reason="OOMKilled"}}'
Span = tuple[int, float]
"""So many minutes, and what a counter grows by in each of them, or what a gauge is."""
HOUR = 60
ANYWHERE: Mapping[str, object] = {}


class Scenario(NamedTuple):
    """What Prometheus reads for some minutes: the values of each series."""

    minutes: int
    series: Mapping[str, str]


class Case(NamedTuple):
    """An alert, by what it must fire on and what it must not."""

    answers: Mapping[str, object]
    fires: Sequence[Scenario]
    still: Sequence[Scenario]


def counter(*spans: Span) -> str:
    """Return the values of a counter, as promtool writes them."""
    total, parts = 0.0, ["0"]
    for minutes, growth in spans:
        parts.append(f"{total + growth:g}+{growth:g}x{minutes - 1}")
        total += growth * minutes
    return " ".join(parts)


def gauge(*spans: Span) -> str:
    """Return the values of a gauge."""
    return " ".join(f"{value:g}+0x{minutes - 1}" for minutes, value in spans)


def ours(name: str, values: str) -> dict[str, str]:
    return {f"{name}{{{OURS}}}": values}


def shares(what: str, **ratios: float) -> Scenario:
    """What the rules have recorded of the requests: which share failed, or was slow, over each time."""
    names = {f"job:http_server_{what}:ratio_rate{window[1:]}": f"{ratio:g}+0x5" for window, ratio in ratios.items()}
    return Scenario(5, {f'{name}{{namespace="orders",job="orders"}}': values for name, values in names.items()})


def burns_fast(what: str) -> Case:
    """Return the case of an alert that pages, of an objective of 99.9."""
    fires = [
        shares(what, _5m=0.02, _30m=0.001, _1h=0.02, _6h=0.001),
        shares(what, _5m=0.008, _30m=0.008, _1h=0.008, _6h=0.008),
    ]
    still = [
        shares(what, _5m=0, _30m=0, _1h=0, _6h=0),
        shares(what, _5m=0.003, _30m=0.003, _1h=0.003, _6h=0.003),
        shares(what, _5m=0.1, _30m=0.02, _1h=0.008, _6h=0.0025),  # a moment
        shares(what, _5m=0.005, _30m=0.003, _1h=0.02, _6h=0.008),  # over
    ]
    return Case({}, fires, still)


def burns_slowly(what: str) -> Case:
    """Return the case of an alert that waits for the morning."""
    still = [(0.0005, 0.0005), (0, 0.002), (0.002, 0.0005)]
    return Case({}, [shares(what, _6h=0.0015, _3d=0.0015)], [shares(what, _6h=six, _3d=days) for six, days in still])


def requests(failed: float, late: float, minutes: int = HOUR) -> Scenario:
    """100 requests a minute, of which so many fail, and so many of the others take longer than half a second."""
    labels = f'{OURS},method="GET",route="/"'
    series = {
        f'{COUNT}{{{labels},code="500"}}': counter((minutes, failed)),
        f'{COUNT}{{{labels},code="200"}}': counter((minutes, 100 - failed)),
        f'{BUCKET}{{{labels},code="500",le="0.5"}}': counter((minutes, failed)),
        f'{BUCKET}{{{labels},code="200",le="0.5"}}': counter((minutes, 100 - failed - late)),
    }
    return Scenario(minutes, series)


def single(name: str, labels: str, values: str, minutes: int) -> Scenario:
    return Scenario(minutes, {f"{name}{{{labels}}}": values})


def of_ours(name: str, fires: str, still: Sequence[str], answers: Mapping[str, object] = ANYWHERE) -> Case:
    """Return the case of an alert about one series of the service's own."""
    return Case(answers, [single(name, OURS, fires, HOUR)], [single(name, OURS, values, HOUR) for values in still])


def dead(code: str, values: str) -> Scenario:
    return single(COUNT, f'{OURS},method="POST",route="/",code="{code}"', values, HOUR)


def killed(restarts: str, oom: str) -> Scenario:
    return Scenario(HOUR, {RESTARTS: restarts, OOM: oom})


def memory(used: str) -> Scenario:
    limit = f'kube_pod_container_resource_limits{{{CONTAINER},resource="memory",unit="byte"}}'
    node = 'job="kubelet",metrics_path="/metrics/cadvisor"'
    series = {f"container_memory_working_set_bytes{{{CONTAINER},{node}}}": used, limit: gauge((HOUR + 1, 1000))}
    return Scenario(HOUR, series)


def throttled(values: str) -> Scenario:
    names = (f"container_cpu_cfs_{what}_total{{{CONTAINER}}}" for what in ("throttled_periods", "periods"))
    return Scenario(HOUR, dict(zip(names, (values, counter((HOUR, 600))), strict=True)))


def pool(used: str, *, most: int, calls: str, waited: str) -> Scenario:
    """A pool of connections: those in use, the most, the callers that waited, and their seconds."""
    labels, name = f'{OURS},pool="orders"', "db_client_connection"
    series = {
        f'{name}_count{{{labels},state="used"}}': used,
        f"{name}_max{{{labels}}}": gauge((HOUR + 1, most)),
        f"{name}_wait_time_seconds_count{{{labels}}}": calls,
        f"{name}_wait_time_seconds_sum{{{labels}}}": waited,
    }
    return Scenario(HOUR, series)


FUNCTION = {"target": "knative", "eventing": "kafka"}
SITE = {"target": "kubeedge", "edge_features": "model"}
CASES: Mapping[str, Case] = {
    "ErrorBudgetBurnsFast": burns_fast("failed"),
    "ErrorBudgetBurnsSlowly": burns_slowly("failed"),
    "LatencyBudgetBurnsFast": burns_fast("slow"),
    "LatencyBudgetBurnsSlowly": burns_slowly("slow"),
    "NotScraped": Case(
        {},
        [Scenario(HOUR, {}), single("up", OURS, gauge((30, 1), (31, 0)), HOUR)],
        [
            single("up", OURS, gauge((61, 1)), HOUR),
            Scenario(HOUR, {f"up{{{OURS}}}": gauge((61, 0)), f"up{{{OURS.replace('-1', '-2')}}}": gauge((61, 1))}),
        ],
    ),
    "RequestsShed": of_ours(
        "http_server_shed_requests_total", counter((HOUR, 1)), [counter((HOUR, 0)), counter((59, 0), (1, 5))]
    ),
    "HandlerPanics": of_ours(
        "http_server_panics_total", counter((50, 0), (1, 1), (9, 0)), [counter((30, 0)), counter((1, 1), (59, 0))]
    ),
    "PoolExhausted": Case(
        {},
        [
            pool(gauge((61, 5)), most=0, calls=counter((30, 0), (30, 60)), waited=counter((30, 0), (30, 600))),
            pool(gauge((40, 1), (21, 2)), most=2, calls=counter((HOUR, 1)), waited=counter((HOUR, 0))),
        ],
        [
            pool(gauge((61, 1)), most=2, calls=counter((HOUR, 60)), waited=counter((HOUR, 30))),
            pool(gauge((61, 2)), most=2, calls=counter((HOUR, 0)), waited=counter((HOUR, 0))),
            pool(gauge((60, 1), (1, 2)), most=2, calls=counter((HOUR, 1)), waited=counter((HOUR, 0))),
            pool(gauge((61, 5)), most=0, calls=counter((HOUR, 1)), waited=counter((HOUR, 0))),
        ],
    ),
    "ConfigCenterStale": of_ours(
        "config_center_staleness_seconds",
        gauge((40, 2), (21, 900)),
        [gauge((61, 2)), gauge((61, 590)), gauge((58, 2), (3, 900))],
        {"config_center": "nacos"},
    ),
    "QueueOld": of_ours(
        "offline_queue_oldest_seconds",
        gauge((40, 10), (21, 4000)),
        [gauge((61, 0)), gauge((61, 3500)), gauge((58, 0), (3, 4000))],
        SITE,
    ),
    "QueueDrops": of_ours("offline_queue_dropped_total", counter((30, 0), (1, 5), (29, 0)), [counter((HOUR, 0))], SITE),
    "ModelFallback": of_ours(
        "model_fallback", gauge((30, 0), (31, 1)), [gauge((61, 0)), gauge((50, 0), (11, 1))], SITE
    ),
    "DeadLetters": Case(
        FUNCTION,
        [
            *(dead(code, counter((50, 0), (1, 1), (9, 0))) for code in ("400", "413", "415", "422")),
            dead("422", "_x50 1+0x10"),
        ],
        [dead("422", counter((1, 1), (59, 0))), dead("200", counter((HOUR, 5))), dead("503", counter((HOUR, 5)))],
    ),
    "EventsWait": Case(
        FUNCTION,
        [
            single(
                "kafka_consumergroup_lag",
                'consumergroup="orders",topic="uploads",partition="0"',
                gauge((61, 1000)),
                HOUR,
            )
        ],
        [
            single("kafka_consumergroup_lag", f'consumergroup="{group}",topic="uploads",partition="0"', values, HOUR)
            for group, values in (
                ("orders", gauge((61, 20))),
                ("other", gauge((61, 1000))),
                ("orders", gauge((50, 0), (11, 1000))),
            )
        ],
    ),
    "Restarts": Case(
        {},
        [Scenario(HOUR, {RESTARTS: counter((50, 0), (4, 1), (6, 0))})],
        [Scenario(HOUR, {RESTARTS: counter(*spans)}) for spans in ([(HOUR, 0)], [(50, 0), (1, 1), (9, 0)])],
    ),
    "OutOfMemory": Case(
        {},
        [killed(counter((50, 0), (1, 1), (9, 0)), gauge((51, 0), (10, 1)))],
        [
            killed(counter((HOUR, 0)), gauge((61, 0))),
            killed(counter((50, 0), (1, 1), (9, 0)), gauge((61, 0))),
            killed(counter((1, 1), (59, 0)), gauge((61, 1))),
        ],
    ),
    "MemoryNearLimit": Case(
        {}, [memory(gauge((40, 500), (21, 970)))], [memory(gauge((61, 900))), memory(gauge((55, 500), (6, 970)))]
    ),
    "CPUThrottled": Case(
        {}, [throttled(counter((30, 0), (30, 300)))], [throttled(counter((HOUR, each))) for each in (0, 100)]
    ),
}
