"""A real collector with the configuration that production gives it: what it takes, and which traces it keeps."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml

from tests.collector.build import MODULE
from tests.collector.engine import (
    PATIENCE,
    Change,
    Deployed,
    Document,
    Running,
    collector,
    refused,
    send,
    share,
    trace,
    waits,
)
from tests.helpers.daemons import until
from tests.helpers.support import PINS, ROWS, files_of

CONFIG = "deploy/components/collector/config.yaml"
JUDGED = "otelcol_processor_tail_sampling_global_count_traces_sampled"
pytestmark = pytest.mark.proof("*", "!.github/*")


def test_it_is_of_the_version_that_the_manifests_name() -> None:
    tag = str(PINS["observe_image"]["collector"]["value"]).rpartition(":")[2]
    assert f"\tgo.opentelemetry.io/collector/otelcol v{tag}\n" in (MODULE / "go.mod").read_text()


def test_every_configuration_is_taken(given: Deployed, tmp_path: Path) -> None:
    every = {files_of(row)[CONFIG].content for row in ROWS if row.get("collector") == "deployment"}
    assert every
    assert [refused(yaml.safe_load(each), given.variables, tmp_path) for each in every] == [""] * len(every)
    assert refused(given.config, given.variables, tmp_path) == ""


def misspelt(config: Document) -> None:
    limiter = config["processors"]["memory_limiter"]
    limiter["limit_mb"] = limiter.pop("limit_mib")


def unknown_part(config: Document) -> None:
    config["service"]["pipelines"]["traces"]["processors"].append("tail_sampler")


def unknown_kind(config: Document) -> None:
    config["exporters"]["otlphttps/tempo"] = config["exporters"].pop("otlp_http/tempo")


def without_unit(config: Document) -> None:
    config["processors"]["tail_sampling"]["decision_wait"] = "30"


def endless(config: Document) -> None:
    config["processors"]["memory_limiter"]["check_interval"] = "0s"


def batches_beyond_their_most(config: Document) -> None:
    config["processors"]["batch"]["send_batch_max_size"] = 1000


def nowhere(config: Document) -> None:
    config["exporters"]["otlp_http/loki"]["endpoint"] = ""


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (misspelt, "invalid keys: limit_mb"),
        (unknown_part, 'references processor "tail_sampler" which is not configured'),
        (unknown_kind, 'unknown type: "otlphttps"'),
        (without_unit, "missing unit in duration"),
        (endless, "'check_interval' must be greater than zero"),
        (batches_beyond_their_most, "send_batch_max_size must be greater or equal to send_batch_size"),
        (nowhere, "at least one endpoint must be specified"),
    ],
)
def test_a_wrong_configuration_is_refused(given: Deployed, tmp_path: Path, spoil: Change, says: str) -> None:
    config = copy.deepcopy(given.config)
    spoil(config)
    assert says in refused(config, given.variables, tmp_path)


def without(policy: str) -> Change:
    """Leave out one of the reasons for which a trace is kept."""

    def change(config: Document) -> None:
        sampling = config["processors"]["tail_sampling"]
        sampling["policies"] = [each for each in sampling["policies"] if each["name"] != policy]

    return change


def wrongs(running: Running, slow: int) -> list[str]:
    """Send traces that failed, that were slow, and a thousand others; say which it should have judged otherwise."""
    failed = send(running, [trace(failed=True) for _ in range(50)])
    late = send(running, [trace(milliseconds=slow + 1) for _ in range(50)])
    others = send(running, [trace(milliseconds=slow) for _ in range(1000)])
    until(lambda: running.counted(JUDGED) == 1100, "the judgement", PATIENCE)
    most = running.counted(JUDGED, 'sampled="true"')
    until(lambda: len(running.traces()) == most, "what is kept", PATIENCE)
    kept = running.traces()
    said = [f"{name} dropped" for name, sent in (("failed", failed), ("slow", late)) if not sent <= kept]
    if not 60 <= len(kept & others) <= 140:  # a tenth, and four times its deviation
        said.append("another share")
    return said


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ((), []),
        ((without("failed"),), ["failed dropped"]),
        ((without("slow"),), ["slow dropped"]),
        ((without("share"),), ["another share"]),
        ((share(20),), ["another share"]),
    ],
    ids=["as rendered", "failed", "slow", "no share", "twice the share"],
)
def test_what_failed_or_was_slow_is_kept_and_a_share_of_the_others(
    given: Deployed, tmp_path: Path, spoil: tuple[Change, ...], says: list[str]
) -> None:
    slow = given.config["processors"]["tail_sampling"]["policies"][1]["latency"]["threshold_ms"]
    with collector(given, tmp_path, waits(1), *spoil) as started:
        assert wrongs(started, slow) == says


def test_a_span_that_comes_late_goes_the_way_of_its_trace(given: Deployed, tmp_path: Path) -> None:
    with collector(given, tmp_path, waits(1)) as started:
        first, late = trace(failed=True, spans=2)
        late["status"] = {}
        send(started, [[first]])
        until(started.spans, "the first span", PATIENCE)
        send(started, [[late]])
        until(lambda: len(started.spans()) == 2, "the late one", PATIENCE)
