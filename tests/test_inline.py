"""The wizard as prompts that stay in the scrollback: at a real terminal, and in random walks."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gocontainer import render
from gocontainer.answers.detect import surroundings
from gocontainer.answers.lockfile import with_lockfile
from gocontainer.answers.model import Layer
from gocontainer.answers.sources import RESERVED, from_environment
from gocontainer.options.table import BY_NAME
from gocontainer.prompts.question import Item
from gocontainer.repository import tree
from gocontainer.wizard import pages, review
from gocontainer.wizard.conversation import Conversation
from gocontainer.wizard.inline import Inline
from gocontainer.wizard.preview import Preview
from gocontainer.wizard.settling import Settler
from tests.helpers.support import COMMAND, GOCONTAINER, gocontainer, ok
from tests.helpers.terminal import CTRL_C, CTRL_U, DOWN, ENTER, ESCAPE, SMALL, UP, Size, Terminal, environment, new
from tests.test_screen import GIVEN, SET, digest_of, standing_in

pytestmark = COMMAND

TALL = Size(80, 60)


def through(terminal: Terminal, *turns: tuple[str, Sequence[str]]) -> None:
    """Wait for each question, and then press keys."""
    for question, keys in turns:
        terminal.sees(question)
        terminal.send(*keys)


CARD = ("Name (SERVICE)", "Target (--target)", "Base image (--base-image)", "CGO (--cgo)",
        "Config centre (--config-center)", "Image (--image)")  # fmt: skip
"""What the design card says that the prompt collects, and the two without which nothing can be written."""


def test_the_questions_are_the_card_s_and_enter_takes_each(tmp_path: Path) -> None:
    terminal = new(tmp_path, "--inline", "--no-git", size=TALL)
    for title in CARD:
        through(terminal, (f"? {title}: ", [ENTER]))
    terminal.sees("Ready to write")
    titles = [line[2:].rpartition(" ")[0] for line in terminal.text().splitlines() if line.startswith("? ")]
    assert titles[: len(CARD)] == list(CARD), "each stays in the scrollback with its answer"
    through(terminal, ("? What now?", [ENTER]))
    assert terminal.end() == 0
    ok(gocontainer("new", "my-service", "--no-input", "--no-git", "-o", str(tmp_path / "again")))
    assert tree.load(tmp_path / "src/my-service") == tree.load(tmp_path / "again/my-service")


def test_the_command_at_the_end_writes_the_same_bytes(tmp_path: Path) -> None:
    terminal = new(tmp_path, "--inline", "--no-git", size=TALL)
    through(terminal, ("? Name", ["Orders", ENTER]), ("orders would do.", [CTRL_U, "orders", ENTER]))
    through(terminal, ("? Target (--target):", [ENTER]), ("? Base image (--base-image):", [ESCAPE]))
    terminal.drain()
    through(terminal, ("? Target (--target):", [DOWN, ENTER]), ("? Base image (--base-image):", [ENTER]))
    through(terminal, ("? CGO (--cgo):", [UP, ENTER]), ("base_image is distroless-base now", []))
    through(terminal, ("? Config centre", [DOWN, ENTER]), ("? Image", ["ghcr.io/acme/orders", ENTER]))
    through(terminal, ("? What now?", [DOWN, ENTER]), ("? Which answer changes?", ["port", ENTER]))
    through(terminal, ("? Port (--port):", ["80", ENTER]), ("'80' is not a whole number", [CTRL_U, "9000", ENTER]))
    terminal.sees("? Port (--port) 9000")
    terminal.drain()
    through(terminal, ("? What now?", [ENTER]))
    assert terminal.end() == 0
    said = re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", terminal.written.decode()).replace("\r\n", "\n")
    words = shlex.split(said.partition("without questions:\n  ")[2])
    assert {"--target", "knative", "--cgo", "--config-center", "nacos", "--port", "9000"} <= set(words)
    first = tree.load(tmp_path / "src/orders")
    (tmp_path / "src/orders").rename(tmp_path / "first")
    ok(gocontainer(*words[1:], cwd=tmp_path / "src"))
    assert tree.load(tmp_path / "src/orders") == first


def test_ctrl_c_writes_nothing_and_resume_goes_on(tmp_path: Path) -> None:
    terminal = new(tmp_path, "--inline", "--no-git")
    modes = terminal.modes()
    through(terminal, ("? Name", ["orders", ENTER]), ("? Target (--target):", [DOWN, ENTER]))
    terminal.sees("? Base image (--base-image):")
    terminal.send(CTRL_C)
    assert (terminal.end(), terminal.modes() == modes) == (130, True)
    assert list((tmp_path / "src").iterdir()) == []
    terminal = new(tmp_path, "--inline", "--resume", "--dry-run")
    through(terminal, ("? Target (--target):", [ENTER]), ("? Target (--target) knative", []))
    terminal.send(CTRL_C)
    assert terminal.end() == 130


def test_the_files_are_shown_and_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    terminal = new(tmp_path, "orders", "--inline", "--dry-run", size=Size(80, 200))
    for title in CARD[1:]:
        through(terminal, (f"? {title}: ", [ENTER]))
    through(terminal, ("A dry run, nothing is written", []), ("? What now?", [DOWN, DOWN, ENTER]))
    terminal.sees("? What now? Show the files", "main.go")
    terminal.drain()
    terminal.send(ENTER)
    assert terminal.end() == 0
    assert list((tmp_path / "src").iterdir()) == []


@pytest.mark.parametrize(
    ("variable", "flags", "sign"),
    [
        ("inline", [], "? Name (SERVICE):"),
        ("plain", [], "Enter takes what is in brackets"),
        ("screen", ["--inline"], "? Name (SERVICE):"),
        ("inline", ["--plain"], "Enter takes what is in brackets"),
    ],
)
def test_a_variable_says_for_good_how_the_wizard_asks(
    tmp_path: Path, variable: str, flags: list[str], sign: str
) -> None:
    terminal = new(tmp_path, *flags, GOCONTAINER_WIZARD=variable)
    terminal.sees(sign)
    terminal.send(CTRL_C)
    assert terminal.end() == 130


def test_another_word_is_refused_and_so_are_both_flags(tmp_path: Path) -> None:
    terminal = new(tmp_path, GOCONTAINER_WIZARD="inlin")
    assert terminal.end() == 2
    assert terminal.shows("GOCONTAINER_WIZARD: 'inlin' is not one of screen, inline, plain.")
    terminal = new(tmp_path, "--inline", "--plain")
    assert terminal.end() == 2
    assert terminal.shows("--inline and --plain are both given.")


@pytest.mark.parametrize("others", [{"TERM": "dumb"}, {"ACCESSIBLE": "1"}])
def test_a_terminal_that_cannot_be_redrawn_is_asked_line_by_line(tmp_path: Path, others: dict[str, str]) -> None:
    (tmp_path / "src").mkdir()
    settings = environment(tmp_path, ["git"], **others)
    terminal = Terminal([GOCONTAINER, "new", "--inline"], tmp_path / "src", settings, SMALL)
    terminal.sees("Enter takes what is in brackets")
    terminal.send(CTRL_C)
    assert terminal.end() == 130


def test_a_variable_of_ours_is_no_answer_and_no_option_takes_its_name() -> None:
    assert RESERVED == ("lang", "plain", "wizard")
    assert not set(RESERVED) & BY_NAME.keys()
    layer = from_environment({f"GOCONTAINER_{name.upper()}": "x" for name in (*RESERVED, "port")})
    assert layer.values == {"port": "x"}


# Random walks


class Somebody:
    """A person who answers at random, and takes what is offered once they are tired of it."""

    columns = 80

    def __init__(self, numbers: Iterator[int], texts: Iterator[str]) -> None:
        self._numbers, self._texts = numbers, texts

    def text(self, question: str, default: str, check: Callable[[str], str | None], *_: str) -> str | None:
        assert question
        for text in self._texts:
            line = text or default
            if text == BACK:
                return None
            if check(line) is None:
                return line
        assert check(default) is None
        return default

    def choose(self, question: str, items: Sequence[Item], default: Any, _title: str = "") -> Any:
        assert question
        free = [item.value for item in items if not item.obstacle]
        number = next(self._numbers, None)
        if number is None:
            return default if default in free else free[0]
        return None if number % 5 == 0 else free[number % len(free)]

    def complete(self, _question: str, names: Mapping[str, str]) -> str | None:
        number = next(self._numbers, 0)
        return None if number % 7 == 0 else [*names][number % len(names)]

    def tell(self, text: str, _style: str = "") -> None:
        assert isinstance(text, str)

    def show(self, text: Sequence[tuple[str, str]]) -> None:
        assert text


BACK = "(Esc)"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder without a repository, and an empty clone."""
    top = tmp_path_factory.mktemp("folders")
    found = {"empty": top / "empty", "clone": top / "shop"}
    for folder in found.values():
        folder.mkdir()
    git = ["git", "-C", str(found["clone"])]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "remote", "add", "origin", "git@github.com:acme/shop.git"], check=True)
    return found


@given(
    numbers=st.lists(st.integers(0, 999), max_size=40),
    texts=st.lists(
        st.sampled_from(["orders", "", BACK, "9000", "256Mi", "x y", "a.io/b", "example.com/a", "订单"]), max_size=15
    ),
    place=st.sampled_from(["empty", "clone"]),
    flags=st.sampled_from(GIVEN),
    variables=st.sampled_from(SET),
)
def test_any_way_through_equals_the_command_at_its_end(
    folders: dict[str, Path],
    numbers: list[int],
    texts: list[str],
    place: str,
    flags: dict[str, Any],
    variables: dict[str, str],
) -> None:
    with standing_in(folders[place], variables):
        layers = (Layer("environment", variables, "{variable}"), Layer("flag", flags, "{flag}"))
        talk = Conversation(Settler(layers, surroundings(None)))
        somebody: Any = Somebody(iter(numbers), iter(texts))
        Inline(talk, Preview(), somebody, pages.Glyphs(), dry_run=False).run(["nothing"])
        answers = talk.settled.answers
        command = shlex.split(review.command(answers, ["-o", str(talk.settler.target(talk.settled).parent)]))
        assert digest_of(command[1:]) == tree.digest(with_lockfile(render(answers), answers))


def test_a_walk_answers_changes_and_goes_back(folders: dict[str, Path]) -> None:
    """The walks above would hold as well if nothing were ever said."""
    with standing_in(folders["empty"], {}):
        talk = Conversation(Settler((), surroundings(None)))
        somebody: Any = Somebody(iter([1, 5, 2, 1, 1, 1, 1, 7]), iter(["orders", "a.io/b", "example.com/a"]))
        Inline(talk, Preview(), somebody, pages.Glyphs(), dry_run=False).run(["nothing"])
    assert talk.said.keys() >= {"service", "target", "image"}
    assert json.dumps(dict(talk.said))
