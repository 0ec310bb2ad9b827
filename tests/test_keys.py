"""Every key through prompt_toolkit itself: it does to the screen what its action does."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from gocontainer.answers.detect import Surroundings
from gocontainer.errors import Cancelled
from gocontainer.wizard import pages
from gocontainer.wizard.conversation import Conversation
from gocontainer.wizard.preview import Preview
from gocontainer.wizard.screen import Screen
from gocontainer.wizard.settling import Settler
from gocontainer.wizard.terminal import Terminal
from tests.helpers.terminal import CTRL_C, DOWN, ENTER, HOME, SPACE, TAB, UP

PREVIEW = Preview()
TEXTS = ("orders", "9000", "256Mi", "a.io/b", "订单", "$(x)")


def fresh() -> Screen:
    return Screen(Conversation(Settler((), Surroundings(Path("nowhere")))), PREVIEW, pages.Glyphs(), ())


def typed(keys: str) -> Screen:
    """Return the screen after ``keys``, all of which prompt_toolkit read from a pipe."""
    screen = fresh()
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text(keys + CTRL_C)
        with suppress(Cancelled):
            Terminal(screen).run()
    return screen


def acted(keys: list[str]) -> Screen:
    """Return the screen after the actions that ``keys`` stand for."""
    screen = fresh()
    for key in keys:
        if screen.done:
            break
        (in_text if screen.asks_text else in_list)(screen, key)
    return screen


def in_list(screen: Screen, key: str) -> None:
    actions: dict[str, Callable[[], object]] = {
        UP: partial(screen.move, -1),
        DOWN: partial(screen.move, 1),
        TAB: partial(screen.move, 1),
    }
    actions |= {ENTER: partial(screen.enter), SPACE: partial(screen.tick)}
    actions.get(key, partial(int))()


def in_text(screen: Screen, key: str) -> None:
    actions: dict[str, Callable[[], object]] = {
        UP: partial(int),
        DOWN: partial(int),
        TAB: partial(screen.edit),
        ENTER: partial(screen.enter),
    }
    actions.get(key, partial(screen.type, screen.text + key))()


def state(screen: Screen) -> tuple[object, ...]:
    talk = screen.conversation
    return (talk.at, talk.said, screen.pointer, screen.ticked, screen.text, screen.error, screen.files, screen.done)


@given(keys=st.lists(st.sampled_from([UP, DOWN, ENTER, ENTER, TAB, SPACE, *TEXTS]), max_size=40))
def test_keys_do_what_their_actions_do(keys: list[str]) -> None:
    assert state(typed("".join(keys))) == state(acted(keys))


def test_nothing_of_one_page_can_be_undone_into_the_next() -> None:
    screen = typed(ENTER + "orders" + ENTER + DOWN + ENTER + "\x1f" * 9)
    assert (screen.conversation.at, screen.text) == ("module", "")


def test_what_goes_wrong_in_a_page_ends_it_as_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(_: Screen) -> None:
        raise ZeroDivisionError

    for place in ("detail", "enter"):
        with monkeypatch.context() as patched:
            patched.setattr(Screen, place, wrong)
            with pytest.raises(ZeroDivisionError):
                typed(ENTER)


def test_three_enters_are_enough() -> None:
    screen = typed(ENTER * 3)
    assert screen.done
    assert screen.conversation.said == {"service": "my-service"}


def test_enters_typed_before_anybody_listened_count_too() -> None:
    assert typed("\n\n\n").done


def test_a_pasted_text_is_one_answer_without_its_line_breaks() -> None:
    screen = typed(ENTER + "\x1b[200~or\nders\n\x1b[201~")
    assert (screen.conversation.at, screen.text) == ("service", "or ders")


def test_the_pointer_comes_out_at_the_other_end_and_home_leads_to_the_first() -> None:
    review = ENTER * 2
    assert typed(review + UP).pointer == len(fresh().conversation.changeable()) + 2
    assert typed(review + DOWN * 5 + HOME).pointer == 0


@pytest.mark.parametrize("key", ["j", "k", "\x1b[5~", "\x1b[6~", "\x1b[F"])
def test_other_keys_of_lists_are_letters_in_a_text(key: str) -> None:
    assert typed(ENTER * 2 + DOWN + key).pointer != 1
    assert typed(ENTER + key).conversation.at == "service"
