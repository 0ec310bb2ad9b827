"""The conversation line by line, without a terminal: every way through ends in the bytes of the printed command."""

from __future__ import annotations

import contextlib
import itertools
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gocontainer import render
from gocontainer.answers.detect import Surroundings, surroundings
from gocontainer.answers.lockfile import with_lockfile
from gocontainer.errors import Cancelled
from gocontainer.repository.tree import digest
from gocontainer.wizard import plain, review
from gocontainer.wizard.conversation import Conversation
from gocontainer.wizard.preview import Preview
from gocontainer.wizard.settling import Settler
from tests.test_screen import digest_of

PREVIEW = Preview()


def held(lines: Sequence[str], around: Surroundings) -> tuple[Conversation, list[str]]:
    """Hold a conversation with these lines, and take all that is still asked as it is; return it and what was said."""
    talk = Conversation(Settler((), around))
    typed = itertools.chain(lines, itertools.repeat(plain.REST))
    said: list[str] = []

    def ask(prompt: str) -> str:
        said.append(prompt)
        return next(typed)

    plain.converse(talk, PREVIEW, ("no git repository",), said.append, ask)
    return talk, said


LINES = st.one_of(
    st.sampled_from(["", "", "<", ">", "?", *"123456789", "y", "no", "all", "list", "files", "w"]),
    st.sampled_from(["orders", "Orders", "port", "base-image", "alp", "Config centre", "run", "deployment", "knative"]),
    st.sampled_from(["9000", "liveness", "1, 3", "x y", "256Mi", "a.io/b", "example.com/a", '订单 "$(x)"', "29", ""]),
)


@given(lines=st.lists(LINES, max_size=40))
def test_any_way_through_equals_the_command_at_its_end(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    with contextlib.chdir(tmp_path_factory.getbasetemp()):
        talk, _ = held(lines, surroundings(None))
        answers = talk.settled.answers
        target = talk.settler.target(talk.settled)
        command = shlex.split(review.command(answers, ["-o", str(target.parent)]))
        assert digest_of(command[1:]) == digest(with_lockfile(render(answers), answers))


def test_a_line_in_any_case_quits() -> None:
    for word in plain.QUIT:
        with pytest.raises(Cancelled):
            held([word.upper()], Surroundings(Path("nowhere")))


def test_what_is_said_has_no_signs_of_a_screen() -> None:
    _, said = held(["Orders", "orders", "9", "?", "", "base image", "?", "4", "", "", "list"], Surroundings(Path("x")))
    assert all(line.isascii() for line in said)
