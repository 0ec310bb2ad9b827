"""An event that cannot be settled, or takes long, while consumers come and go: the other partitions go on.

Each schedule has a trouble, in the first partition, and a move of the group. They wait more than they work, so that
several run at once.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.helpers.daemons import until
from tests.serverless import build
from tests.serverless.engine import Daemon, kfake, storage
from tests.serverless.flow import PARTITIONS, Flow

GATE = (
    "internal/function/function.go",
    '\t"strings"\n',
    '\t"strings"\n\t"time"\n',
    "\tmade, err := summary.Of(ctx, f.deps, object)\n",
    """\
\tfor up.Key == "slow.txt" {
\t\tgate, err := f.store.get(ctx, up.Bucket, "gate.txt")
\t\tif err == nil {
\t\t\t_ = gate.Close()
\t\t}
\t\tif !errors.Is(err, errAbsent) {
\t\t\tbreak
\t\t}
\t\ttime.Sleep(50 * time.Millisecond)
\t}
\tmade, err := summary.Of(ctx, f.deps, object)
""",
)
"""An upload whose work ends when there is another one."""
PATIENT = ("-request-timeout", "120s", "-drain-timeout", "120s")
MOMENT = 2
"""Seconds in which a consumer would be seen to begin what another one has in flight."""
TRIES = "6"
"""Of the poison: it is given up after three seconds of waits."""


class Schedule:
    """A flow whose consumers come and go."""

    def __init__(self, flow: Flow, stack: ExitStack, trouble: str, patience: float) -> None:
        self.flow, self._stack, self._trouble, self._patience = flow, stack, trouble, patience
        self._consumers = 0
        self.first = self.join()

    def join(self) -> Daemon:
        """Start one more consumer and wait until it is ready."""
        tries = TRIES if self._trouble == "poison" else "100"
        flags = (*self.flow.consuming, *PATIENT, "-max-attempts", tries, "-log-level", "debug")
        consumer = self._stack.enter_context(self.flow.function(*flags, number=self._consumers))
        self._consumers += 1
        return consumer

    def leave(self, consumer: Daemon) -> None:
        """Ask a consumer to stop."""
        consumer.signal(signal.SIGTERM)

    def replace(self, consumer: Daemon) -> None:
        """Start another one and ask this one to stop, as a rollout does."""
        self.join()
        self.leave(consumer)

    def restart(self) -> None:
        """Ask the first one to stop and start another."""
        self.leave(self.first)
        self.join()

    def begin(self) -> None:
        """Tell of the trouble and wait until the first consumer has met it."""
        key = f"{self._trouble}.txt"
        self.flow.storage.put(key, b"a text\n")
        if self._trouble != "slow":
            self.flow.storage.obstruct(f"{'attempts' if self._trouble == 'stuck' else 'results'}/{key}")
        self.flow.tell([(self._trouble, key)], 0)
        met = '"event"' if self._trouble == "slow" else "delivery failed"
        until(lambda: self._says(met), f"the {self._trouble} event met")

    def wait_for_another(self, seconds: float) -> None:
        """Give another consumer so long to begin the slow work too, which a right one never does."""
        with suppress(AssertionError):
            until(lambda: len(attempts(self.flow)) > 1, "another attempt", seconds)

    def mend(self) -> None:
        """Let the trouble end by itself from now on; what is given up needs no help."""
        if self._trouble == "stuck":
            self.flow.storage.clear("attempts/stuck.txt")
        if self._trouble == "slow":
            self.flow.storage.put("gate.txt", b"open\n")

    def tell(self, wave: str, partitions: range = range(PARTITIONS)) -> set[str]:
        """Tell of good uploads in some partitions and return their ids."""
        names = {f"{wave}{number}": number for number in partitions}
        for name, number in names.items():
            self.flow.storage.put(f"{name}.txt", f"text of {name}\n".encode())
            self.flow.tell([(name, f"{name}.txt")], number)
        return set(names)

    def settled(self, names: set[str]) -> None:
        """Wait until there is an event of each result."""
        try:
            until(lambda: names <= self.done(), "all", self._patience)
        except AssertionError as never:
            raise AssertionError(f"the results of {sorted(names - self.done())} do not come") from never

    def done(self) -> set[str]:
        """Return the ids of which events tell."""
        return {event.attributes["id"].removesuffix("-done") for event in self.flow.told()}

    def _says(self, text: str) -> bool:
        return text in self.first.log.read_text()


MOVES: dict[str, Callable[[Schedule], object]] = {
    "nobody comes": lambda _: None,
    "one joins": lambda schedule: schedule.join(),
    "two join": lambda schedule: (schedule.join(), schedule.join()),
    "one comes and goes": lambda schedule: schedule.leave(schedule.join()),
    "the first is replaced": lambda schedule: schedule.replace(schedule.first),
    "the first stops, and one starts": lambda schedule: schedule.restart(),
}
TROUBLES = ("poison", "stuck", "slow")
SCHEDULES = [(trouble, move) for trouble in TROUBLES for move in MOVES]
CONSUMER, PARTS = "internal/consumer/consumer.go", "internal/consumer/partitions.go"
MUTANTS = {
    "one after the other": (
        ("stuck", "nobody comes"),
        (
            CONSUMER,
            "go func() { record.end(client, c.settle(client, record)) }()",
            "record.end(client, c.settle(client, record))",
        ),
        "the results of",
    ),
    "tries again while its partition is to go": (
        ("stuck", "the first is replaced"),
        (
            CONSUMER,
            "\t\tcase <-record.partition.held.Done():\n\t\t\treturn false\n\t\tcase <-time",
            "\t\tcase <-time",
            "if !c.enter(record) {",
            "if c.slots <- struct{}{}; false {",
        ),
        "the results of",
    ),
    "leaves what is in flight": (
        ("slow", "the first is replaced"),
        (PARTS, "\t\tone.work.Wait()\n", "\t\t_ = one\n"),
        "done more than once",
    ),
    "commits what is not settled": (
        ("stuck", "the first stops, and one starts"),
        (PARTS, "t.partition.taken[0].settled {", "(settled || !settled) {"),
        "the results of ['stuck']",
    ),
}
"""Consumers that are wrong: a schedule that finds each, and what it says."""


def played(
    brokers: str, folder: Path, trouble: str, move: str, mutant: tuple[str, ...] = (), patience: float = 600
) -> list[str]:
    """Play a schedule and return what was wrong with it."""
    folder.mkdir()
    with ExitStack() as stack:
        store = stack.enter_context(storage())
        flow = Flow(brokers, store, folder, build.functions("lag", GATE, mutant), store.url.rpartition(":")[2])
        schedule = Schedule(flow, stack, trouble, patience)
        schedule.begin()
        others = range(1, PARTITIONS)
        schedule.settled(schedule.tell("before", others))
        MOVES[move](schedule)
        # What is in flight ends before its partition goes, and those that go with it wait so long.
        if trouble == "slow":
            schedule.wait_for_another(patience if mutant else MOMENT)
            schedule.mend()
        good = schedule.tell("after", others)
        schedule.settled(good)
        early = {"stuck"} & schedule.done()
        schedule.mend()
        wanted = schedule.tell("last") | good | ({trouble} - {"poison"})
        schedule.settled(wanted)
        return [f"{trouble} was settled before it could be"] * bool(early) + faults(flow, trouble)


def faults(flow: Flow, trouble: str) -> list[str]:
    """Return what is wrong in the end."""
    found = []
    results = Counter(name.partition(".txt/")[0] for name in flow.results() if "/" in name)
    if doubled := {key: count for key, count in results.items() if count > 1}:
        found.append(f"more than one result: {doubled}")
    if (dead := [event.attributes["id"] for event in flow.dead()]) != ["poison"] * (trouble == "poison"):
        found.append(f"dead letters: {dead}")
    if len(attempts(flow)) > 1:
        found.append(f"done more than once: {attempts(flow)}")
    return found


def attempts(flow: Flow) -> list[str]:
    """Return the names of the attempts at the slow work."""
    return [name for name in flow.storage.results() if name.startswith("attempts/slow.txt/")]


Plays = dict[str, Future[list[str]]]


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plays]:
    """All schedules on a Kafka in memory, several at once."""
    folder = tmp_path_factory.mktemp("schedules")
    build.functions("lag", GATE)
    with kfake() as brokers, ThreadPoolExecutor(6) as pool:
        mutants = {
            name: pool.submit(played, brokers, folder / name, *schedule, mutant, 15)
            for name, (schedule, mutant, _) in MUTANTS.items()
        }
        yield mutants | {
            f"{trouble}, {move}": pool.submit(played, brokers, folder / f"{trouble}-{move}", trouble, move)
            for trouble, move in SCHEDULES
        }


@pytest.mark.parametrize(("trouble", "move"), SCHEDULES)
def test_other_partitions_go_on(plays: Plays, trouble: str, move: str) -> None:
    assert plays[f"{trouble}, {move}"].result() == []


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_broken_consumer_would_be_noticed(plays: Plays, mutant: str) -> None:
    *_, symptom = MUTANTS[mutant]
    try:
        found = " ".join(plays[mutant].result())
    except AssertionError as failed:
        found = str(failed)
    assert symptom in found


@pytest.mark.parametrize("trouble", TROUBLES)
def test_so_they_do_on_a_real_kafka(brokers: str, tmp_path: Path, trouble: str) -> None:
    assert played(brokers, tmp_path / "flow", trouble, "the first is replaced") == []
