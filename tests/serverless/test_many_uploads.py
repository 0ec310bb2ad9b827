"""Ten thousand uploads while the function is killed two hundred times and its storage goes away twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from typing import NamedTuple

import pytest

from tests.helpers.daemons import until
from tests.serverless import build
from tests.serverless.engine import Daemon
from tests.serverless.flow import Flow

Flows = Callable[..., Flow]
PATIENT = ("-retries", "12", "-backoff", "50ms", "-timeout", "10s")
POISON = b"\x89PNG"
FORGETFUL = (
    "internal/function/store.go",
    '\t\treq.Header.Set("If-None-Match", "*")\n',
    "",
    '"results/"+name, result)',
    '"results/"+name+fmt.Sprint(time.Now().UnixNano()), result)',
)
"""Writes whatever is there, under a name of its own each time."""
HASTY = ("internal/httpapi/events.go", "http.StatusServiceUnavailable", "http.StatusBadRequest")
"""Sends to the dead letters what another try would mend."""


class Load(NamedTuple):
    """How much is told, and what happens meanwhile."""

    uploads: int
    poison: int
    kills: int
    outages: int


class Outcome(NamedTuple):
    """What there is in the end."""

    doubled: list[str]
    """Uploads with more than one result."""
    lost: set[str]
    """Uploads without a result."""
    untold: set[str]
    """Uploads of which no event tells."""
    dead: set[str]


def ids(prefix: str, count: int) -> list[str]:
    return [f"{prefix}-{number}" for number in range(count)]


def upload(flow: Flow, load: Load) -> list[tuple[str, str]]:
    """Upload everything and return the events in a random order."""
    for id_ in ids("good", load.uploads):
        flow.storage.put(f"{id_}.txt", f"text of {id_}\n".encode())
    for id_ in ids("poison", load.poison):
        flow.storage.put(f"{id_}.txt", POISON)
    events = [(id_, f"{id_}.txt") for id_ in (*ids("good", load.uploads), *ids("poison", load.poison))]
    random.shuffle(events)
    return events


def told_amid_faults(flow: Flow, load: Load, functions: list[Daemon]) -> None:
    """Tell of everything, a part of it between every two kills, and some of these while the storage is away."""
    events = upload(flow, load)
    outages = {load.kills * number // (load.outages + 1) for number in range(1, load.outages + 1)}
    with flow.teller() as teller:
        assert teller.stdin
        for number in range(load.kills):
            with flow.storage.outage() if number in outages else nullcontext():
                for id_, key in events[number :: load.kills]:
                    print(id_, key, file=teller.stdin, flush=True)
                time.sleep(3 if number in outages else random.uniform(0.05, 0.4))
            function = random.choice(functions)
            function.kill()
            function.start()


def outcome(flow: Flow, load: Load, good: list[str]) -> Outcome:
    """Wait until the flow is quiet, and look."""
    told: set[str] = set()
    while True:
        before = len(told)
        told = {event.attributes["id"].removesuffix("-done") for event in flow.told()}
        dead = {event.attributes["id"] for event in flow.dead()}
        if len(told) == before and len(told | dead) >= load.uploads + load.poison:
            break
        time.sleep(2)
    results = Counter(name.partition(".txt/")[0] for name in flow.results())
    return Outcome(
        [key for key, count in results.items() if count > 1], set(good) - set(results), set(good) - told, dead
    )


@pytest.mark.parametrize("load", [Load(10_000, 50, 200, 2)], ids=str)
def test_every_upload_has_one_result_and_its_event_and_only_poison_is_dead(flow: Flows, load: Load) -> None:
    one, good, poison = flow(), ids("good", load.uploads), ids("poison", load.poison)
    with one.function("-max-in-flight", "64") as function, one.dispatcher(*PATIENT):
        one.until_ready()
        told_amid_faults(one, load, [function])
        assert outcome(one, load, good) == ([], set(), set(), set(poison))
        for id_ in poison:
            one.storage.put(f"{id_}.txt", b"mended\n")
        assert one.replay().startswith(f"{load.poison} dead letters sent")
        until(lambda: set(poison) <= {name.partition(".txt/")[0] for name in one.results()}, "the mended", 120)
        assert len(one.results()) == load.uploads + load.poison
        assert one.replay().startswith("0 dead letters sent"), "each is sent once"


@pytest.mark.parametrize(
    ("mutant", "symptom"), [(FORGETFUL, lambda found: found.doubled), (HASTY, lambda found: found.dead)]
)
def test_a_broken_function_would_be_noticed(
    flow: Flows, mutant: tuple[str, ...], symptom: Callable[[Outcome], object]
) -> None:
    load = Load(1_000, 0, 40, 1)
    one = flow(build.functions("requests", mutant))
    with one.function("-max-in-flight", "64") as function, one.dispatcher(*PATIENT):
        one.until_ready()
        told_amid_faults(one, load, [function])
        assert symptom(outcome(one, load, ids("good", load.uploads)))


def test_consumers_of_their_own_lose_nothing_either(flow: Flows) -> None:
    load = Load(2_000, 20, 40, 1)
    one = flow(build.functions("lag"))
    good, poison = ids("good", load.uploads), ids("poison", load.poison)
    functions = [one.function(*one.consuming, number=number) for number in range(2)]
    with functions[0], functions[1]:
        told_amid_faults(one, load, functions)
        assert outcome(one, load, good) == ([], set(), set(), set(poison))
        for id_ in poison:
            one.storage.put(f"{id_}.txt", b"mended\n")
        one.replay()
        until(lambda: set(poison) <= {name.partition(".txt/")[0] for name in one.results()}, "the mended", 120)
        assert len(one.results()) == load.uploads + load.poison
