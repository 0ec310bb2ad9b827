"""What befalls an event on its way, and what comes of it: over a real Kafka and a real S3 API."""

from __future__ import annotations

import hashlib
import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.helpers.daemons import until
from tests.serverless import build
from tests.serverless.engine import Daemon
from tests.serverless.flow import Flow

Flows = Callable[..., Flow]
PATIENT = ("-retries", "12", "-backoff", "50ms", "-timeout", "5s")
"""Twelve further tries take three minutes and a half: longer than anything here is down."""
DEADLY = (
    "internal/summary/summary.go",
    "\t\tmade.Bytes += int64(size)\n",
    "\t\tmade.Bytes += int64(size)\n\t\tif r == '\U0001f4a3' {\n\t\t\tos.Exit(1)\n\t\t}\n",
    '\t"io"\n',
    '\t"io"\n\t"os"\n',
)
"""A text that kills the process, as one does that takes more memory than there is."""


@contextmanager
def running(flow: Flow, *more: str, settings: tuple[str, ...] = ()) -> Iterator[tuple[Daemon, Daemon]]:
    """Run the function and the platform before it."""
    with flow.function(*settings) as function, flow.dispatcher(*(more or PATIENT)) as dispatcher:
        flow.until_ready()
        yield function, dispatcher


def uploaded(flow: Flow, *names: str) -> list[tuple[str, str]]:
    """Upload a text for each name and return the events that tell of them."""
    for name in names:
        flow.storage.put(f"{name}.txt", f"text of {name}\n".encode())
    return [(name, f"{name}.txt") for name in names]


def done(flow: Flow, *names: str) -> None:
    """Wait until each has its result and its event, and see that there is one result of each."""
    wanted = {f"{name}-done" for name in names}
    until(lambda: {event.attributes["id"] for event in flow.told()} >= wanted, f"the events of {names}", 120)
    assert sorted(flow.results()) == sorted(f"{name}.txt/{name}" for name in names)


def test_an_upload_becomes_a_result_and_an_event(flow: Flows) -> None:
    one = flow()
    with running(one):
        one.tell(uploaded(one, "tea", "mug"))
        done(one, "tea", "mug")
    sha = hashlib.sha256(b"text of tea\n").hexdigest()
    wanted = {"bucket": "uploads", "key": "tea.txt", "bytes": 12, "lines": 1, "sha256": sha}
    assert json.loads(one.results()["tea.txt/tea"]) == wanted
    [told] = [event for event in one.told() if event.attributes["id"] == "tea-done"]
    assert told.data == wanted
    assert told.attributes["type"] == "upload.processed"
    assert one.dead() == []


def test_a_name_of_any_characters_is_found_and_written(flow: Flows) -> None:
    one, names = flow(), ("a+b%20", "$&=@:,;!~*'()", "\u00e4\u8ba2\u5355", "%2F")
    with running(one):
        one.tell(uploaded(one, *names))
        done(one, *names)


def test_killed_amid_its_work_another_try_finishes_it(flow: Flows) -> None:
    one = flow()
    with running(one) as (function, _):
        with one.storage.frozen():
            one.tell(uploaded(one, "tea"))
            time.sleep(1)  # it waits for the storage
            function.kill()
        function.start()
        done(one, "tea")
    assert one.dead() == []


def test_an_outage_of_the_storage_is_waited_out_and_counts_as_no_attempt(flow: Flows) -> None:
    one = flow()
    with running(one, settings=("-max-attempts", "1")):
        with one.storage.outage():
            one.tell(uploaded(one, "tea", "mug"))
            time.sleep(2)
        done(one, "tea", "mug")
    assert one.dead() == []


def test_duplicates_have_one_result(flow: Flows) -> None:
    one = flow()
    with running(one):
        one.tell(uploaded(one, "tea") * 20)
        done(one, "tea")
        until(lambda: len(one.told()) == 20, "an answer to each")
    assert len({json.dumps(event.data) for event in one.told()}) == 1


def test_a_poison_message_is_a_dead_letter_at_once_and_holds_nobody_up(flow: Flows) -> None:
    one = flow()
    one.storage.put("picture.txt", b"\x89PNG")
    poison = [("picture", "picture.txt"), ("absent", "absent.txt"), ("nonsense", "{}")]
    with running(one, "-ordered", "-retries", "12", "-backoff", "60s"):
        one.tell([*poison, *uploaded(one, "tea", "mug", "pot", "cup")])
        done(one, "tea", "mug", "pot", "cup")
    letters = {event.attributes["id"]: event.attributes["knativeerrorcode"] for event in one.dead()}
    assert letters == {"picture": "422", "absent": "422", "nonsense": "422"}


def test_a_slow_function_is_waited_for_and_tried_again(flow: Flows) -> None:
    one = flow()
    with running(one, "-retries", "12", "-backoff", "50ms", "-timeout", "500ms") as (function, _):
        function.signal(signal.SIGSTOP)
        one.tell(uploaded(one, "tea", "mug"))
        time.sleep(2)
        function.signal(signal.SIGCONT)
        done(one, "tea", "mug")
    assert one.dead() == []


def test_a_rebalance_loses_no_event(flow: Flows) -> None:
    one = flow()
    names = [f"n{number}" for number in range(300)]
    with running(one) as (_, first), one.teller() as teller:
        events = uploaded(one, *names)
        assert teller.stdin
        for number, (id_, key) in enumerate(events):
            print(id_, key, file=teller.stdin, flush=True)
            time.sleep(0.01)
            if number == 100:
                second = one.dispatcher(*PATIENT)
                second.start()
            if number == 200:
                first.kill()
        teller.stdin.close()
        done(one, *names)
        second.kill()
    assert one.dead() == []


@pytest.mark.parametrize("most", [3, 5])
def test_an_event_that_kills_the_function_is_given_up_though_the_platform_forgets_its_tries(
    flow: Flows, most: int
) -> None:
    one = flow(build.functions("requests", DEADLY))
    one.storage.put("bomb.txt", "\U0001f4a3".encode())
    one.tell([("bomb", "bomb.txt")])
    function = one.function("-max-attempts", str(most))
    dispatcher = one.dispatcher("-retries", "1000", "-backoff", "200ms")
    with function, dispatcher:
        starts = supervise(function, dispatcher, lambda: bool(one.dead()))
        one.tell(uploaded(one, "tea"))
        done(one, "tea")
    [letter] = one.dead()
    assert f"given up after {most} attempts" in letter.attributes["knativeerrordata"]
    assert starts == most


def supervise(function: Daemon, dispatcher: Daemon, over: Callable[[], bool]) -> int:
    """Start the function again whenever it dies, and the platform with it; return how often it died."""
    deaths = 0
    while not over():
        if function.ended():
            deaths += 1
            dispatcher.kill()
            function.start()
            dispatcher.start()
        time.sleep(0.1)
    return deaths


def test_the_storage_keeps_the_attempts(flow: Flows) -> None:
    one = flow()
    with running(one):
        one.tell(uploaded(one, "tea"))
        done(one, "tea")
    marks = [name for name in one.storage.results() if name.startswith("attempts/")]
    assert marks == ["attempts/tea.txt/tea/r/1"]


def test_a_stop_finishes_what_is_in_flight(flow: Flows) -> None:
    one = flow()
    with running(one) as (function, _):
        one.tell(uploaded(one, "milk"))
        done(one, "milk")  # from here on an event is on its way at once
        with one.storage.frozen():
            one.tell(uploaded(one, "tea"))
            time.sleep(1)
            function.signal(signal.SIGTERM)
            time.sleep(0.5)
        assert function.wait() == 0
        done(one, "milk", "tea")
    attempts = [name for name in one.storage.results() if name.startswith("attempts/tea")]
    assert attempts == ["attempts/tea.txt/tea/r/1"]
