"""Events and replies that are longer than what Kafka takes of the function: each has a dead letter, at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers.daemons import until
from tests.serverless import build
from tests.serverless.engine import kfake, storage
from tests.serverless.flow import Flow

LONG = 1_010_000
"""Bytes: less than a producer may be told to send, and more than one sends that was told nothing."""
LAST = "\treturn json.Marshal(struct {\n"
REPLY = (
    "internal/function/function.go",
    LAST,
    f'\tif up.Key == "reply.txt" {{\n\t\treturn json.Marshal(strings.Repeat("x", {LONG}))\n\t}}\n{LAST}',
)
"""An upload whose result is long."""
CONSUMER = "internal/consumer/consumer.go"
SHORT = "\tif errors.Is(err, kerr.MessageTooLarge) {\n"
WITHOUT = {
    "of events": (CONSUMER, SHORT, "\tif false {\n"),
    "of replies": (
        CONSUMER,
        "MessageTooLarge) && outcome.Topic != c.cfg.DeadLetters {",
        "MessageTooLarge) && false {",
        SHORT,
        SHORT.replace(" {", " && outcome.Topic == c.cfg.DeadLetters {"),
    ),
}
"""Consumers that know no dead letter of one kind."""
WANTED = {
    "413 too long for a dead letter: offset 0 of partition 0",
    "413 the reply is longer than what Kafka takes",
}


@contextmanager
def consuming(folder: Path, *mutant: tuple[str, ...]) -> Iterator[Flow]:
    """Tell of a long event, one with a long reply and an ordinary one, each in its partition, and consume them."""
    with kfake() as brokers, storage() as store:
        flow = Flow(brokers, store, folder, build.functions("lag", REPLY, *mutant), store.url.rpartition(":")[2])
        for partition, key in enumerate(('{"words":"%s"}' % ("x" * LONG), "reply.txt", "tea.txt")):
            flow.storage.put(key, b"text\n") if partition else None
            flow.tell([(f"number{partition}", key)], partition)
        with flow.function(*flow.consuming, "-max-body-bytes", str(2 * LONG)):
            until(lambda: "number2-done" in {event.attributes["id"] for event in flow.told()}, "the ordinary one")
            yield flow


def letters(flow: Flow) -> set[str]:
    """Return why there are dead letters."""
    return {f"{each.attributes['error-code']} {each.attributes['error']}" for each in flow.dead()}


def test_what_is_too_long_is_a_dead_letter_that_says_where_it_lies(tmp_path: Path) -> None:
    with consuming(tmp_path) as flow:
        until(lambda: letters(flow) == WANTED, "the dead letters")
        assert {event.attributes["id"] for event in flow.told()} == {"number2-done"}


@pytest.mark.parametrize("kind", WITHOUT)
def test_a_consumer_without_would_be_noticed(tmp_path: Path, kind: str) -> None:
    with consuming(tmp_path, WITHOUT[kind]) as flow:
        log = tmp_path / f"{flow.name}-function-0.log"
        until(lambda: "delivery failed" in log.read_text(), "another try")
        assert letters(flow) < WANTED
