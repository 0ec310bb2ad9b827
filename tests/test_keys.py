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
from prompt_toolkit.data_structures import Size
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
from tests.helpers.terminal import CTRL_C, CTRL_R, DOWN, END, ENTER, HOME, LEFT, RIGHT, SPACE, TAB, UP

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
        LEFT: partial(screen.shift, -1),
        RIGHT: partial(screen.shift, 1),
        TAB: partial(screen.move, 1),
        CTRL_R: screen.the_rest_as_it_is,
        ENTER: screen.enter,
        SPACE: screen.tick,
    }
    if key in actions:
        actions[key]()
        return
    type_letters(screen, key)


def in_text(screen: Screen, key: str) -> None:
    actions: dict[str, Callable[[], object]] = {
        UP: partial(screen.move, -1),
        DOWN: partial(screen.move, 1),
        LEFT: partial(int),
        RIGHT: partial(int),
        TAB: screen.edit if not screen.text else partial(screen.move, 1),
        CTRL_R: screen.the_rest_as_it_is,
        ENTER: screen.enter,
    }
    if key in actions:
        actions[key]()
        return
    type_letters(screen, key)


def type_letters(screen: Screen, text: str) -> None:
    """Type letters, any of which may lead to a line of text, or write."""
    for letter in text:
        if screen.done:
            break
        if screen.heeds(letter):
            screen.letter(letter)
        else:
            screen.type(screen.text + letter)


def state(screen: Screen) -> tuple[object, ...]:
    talk = screen.conversation
    pointed = (screen.pointer, screen.choice, screen.text, screen.typed, screen.error)
    return (talk.at, talk.said, *pointed, screen.files, screen.unfolded, screen.done)


@given(keys=st.lists(st.sampled_from([UP, DOWN, RIGHT, ENTER, ENTER, TAB, SPACE, CTRL_R, *"bc3", *TEXTS]), max_size=40))
def test_keys_do_what_their_actions_do(keys: list[str]) -> None:
    assert state(typed("".join(keys))) == state(acted(keys))


def test_nothing_of_one_line_can_be_undone_into_the_next() -> None:
    screen = typed("orders" + ENTER + ENTER + "\x1f" * 9)
    assert (screen.conversation.at, screen.text) == ("image", "")


def test_what_goes_wrong_in_a_page_ends_it_as_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(_: Screen) -> None:
        raise ZeroDivisionError

    for place in ("detail", "enter"):
        with monkeypatch.context() as patched:
            patched.setattr(Screen, place, wrong)
            with pytest.raises(ZeroDivisionError):
                typed(ENTER)


def test_four_enters_are_enough_where_nobody_knows_the_image() -> None:
    screen = typed(ENTER * 4)
    assert screen.done
    assert screen.conversation.said == {"service": "my-service"}


def test_the_rest_as_it_is_and_w_are_two_keys_from_any_page() -> None:
    for way in ("", ENTER, ENTER * 2):
        screen = typed(way + CTRL_R + "w")
        assert screen.done
        assert screen.conversation.said == {"service": "my-service"}


def test_enters_typed_before_anybody_listened_count_too() -> None:
    assert typed("\n\n\n\n").done


def test_a_pasted_text_is_one_answer_without_its_line_breaks() -> None:
    screen = typed("\x1b[200~or\nders\n\x1b[201~")
    assert (screen.conversation.at, screen.text) == ("name", "or ders")


def test_the_pointer_comes_out_at_the_other_end_and_home_and_end_lead_to_the_ends() -> None:
    last = len(typed(CTRL_R).keys) - 1
    assert typed(CTRL_R + UP).pointer == typed(CTRL_R + END).pointer == last
    assert typed(CTRL_R + DOWN * 5 + HOME).pointer == 0


@pytest.mark.parametrize("key", ["\x1b[5~", "\x1b[6~", END])
def test_keys_that_move_faster_move_in_every_list(key: str) -> None:
    assert typed(CTRL_R + DOWN + key).pointer != 1


def test_letters_are_a_name_where_text_is_asked_for() -> None:
    screen = typed("wbc3")
    assert (screen.conversation.at, screen.text) == ("name", "wbc3")


def test_a_digit_begins_a_number_and_a_letter_finds_another_line() -> None:
    runtime = CTRL_R + DOWN + ENTER + DOWN + ENTER
    assert typed(runtime + "9000").text == "9000"
    assert typed(runtime + "c").pointed == "cgo"


def test_where_there_is_no_room_the_page_ends() -> None:
    screen = fresh()
    screen.columns = 0  # another size than the output's
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=Tiny()):
        Terminal(screen).run()
    assert (screen.tiny, screen.done) == (True, False)


class Tiny(DummyOutput):
    """A terminal of the smallest size."""

    def get_size(self) -> Size:
        return Size(rows=11, columns=80)
