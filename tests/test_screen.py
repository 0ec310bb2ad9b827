"""The full screen without a terminal: how few keys lead anywhere, what is in sight, and that every way ends alike."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import width

from gocontainer import render, texts
from gocontainer.answers.detect import Surroundings, surroundings
from gocontainer.answers.lockfile import with_lockfile
from gocontainer.answers.model import Layer
from gocontainer.cli import main
from gocontainer.options.profiles import PROFILE
from gocontainer.options.table import BY_NAME, OPTIONS
from gocontainer.options.types import Select, SelectMany, Value
from gocontainer.repository.tree import digest
from gocontainer.wizard import pages, review
from gocontainer.wizard.controls import ACTIONS, MORE
from gocontainer.wizard.conversation import CUSTOMISE, PAGES, REVIEW, Conversation
from gocontainer.wizard.pages import Text
from gocontainer.wizard.preview import Preview
from gocontainer.wizard.screen import MARGIN, PANEL, WIDE, Screen
from gocontainer.wizard.settling import Settler

NOWHERE = Surroundings(Path("/nowhere"))
SIZES = [(40, 12), (60, 20), (80, 24), (120, 40)]


def screen(around: Surroundings = NOWHERE, size: tuple[int, int] = (80, 24), **flags: Any) -> Screen:
    talk = Conversation(Settler((Layer("flag", flags, "{flag}"),), around))
    made = Screen(talk, Preview(), pages.Glyphs(), ("no git repository",))
    made.columns, made.rows = size
    return made


def at_review(around: Surroundings = NOWHERE, size: tuple[int, int] = (80, 24), **flags: Any) -> Screen:
    made = screen(around, size, **flags)
    made.the_rest_as_it_is()
    assert made.conversation.at == REVIEW
    return made


def said(text: Text) -> str:
    return "".join(part for _, part in text)


def keys_of(name: str, value: Value) -> list[str]:
    """Return keys from the first page to another value of one of the four, written, where nobody knows the image."""
    select = BY_NAME[name]
    number = select.values.index(str(value)) + 1 if isinstance(select, Select) else 1
    line = {"target": [], "base_image": ["down"], "cgo": ["c"], "config_center": ["up"]}[name]
    return ["enter", *line, str(number), "enter", "enter", "enter"]


def others(name: str) -> list[Value]:
    """Return the values of an option that are not its default."""
    option = BY_NAME[name]
    return [value for value in option.samples() if value != option.default]


FOUR = [(name, value) for name in PAGES["container"] for value in others(name)]


@pytest.mark.parametrize(("name", "value"), FOUR)
def test_any_value_of_the_four_is_written_after_at_most_six_keys(name: str, value: Value) -> None:
    made = screen()
    keys = keys_of(name, value)
    assert len(keys) <= 6
    for key in keys:
        press(made, key)
    assert (made.done, made.conversation.said) == (True, {"service": "my-service", name: value})


def test_the_four_and_their_flags_are_in_sight_without_scrolling() -> None:
    made = screen()
    made.enter()
    lines = said(made.body()).splitlines()
    for title in ("Target (--target)", "Base image (--base-image)", "CGO (--cgo)", "Config centre (--config-center)"):
        assert any(line[2:].startswith(title) for line in lines)
    assert height(made) <= 24


def height(made: Screen) -> int:
    """Return the lines that a page of questions takes, its blank ones included."""
    parts = (made.heading(), made.body(), made.asked(), made.choices(), made.detail(), made.notes(), made.estimate())
    lines = sum(said(part).count("\n") + 1 for part in parts if part)
    return lines + 4 + len(said(made.hints()).splitlines()) + len(("header", "rule", "rule"))


@pytest.mark.parametrize(
    "option", [option for option in (PROFILE, *OPTIONS) if isinstance(option, Select)], ids=lambda option: option.name
)
def test_every_choice_fits_beside_the_files(option: Select) -> None:
    room = WIDE - 2 * MARGIN - len(" | ") - PANEL
    names = max(len(choice.value) for choice in option.choices)
    many = len("x ") if isinstance(option, SelectMany) else 0
    for choice in option.choices:
        default = len("  · default") if choice.value == option.default else 0
        assert len("> 1 ") + many + names + 2 + len(choice.label) + default <= room, choice.label


@pytest.mark.parametrize("size", SIZES)
def test_what_is_drawn_is_what_can_be_pointed_at(size: tuple[int, int]) -> None:
    for page in (*PAGES, REVIEW, MORE, CUSTOMISE, "deployment", "files"):
        made = screen(size=size)
        while made.conversation.at not in (page, REVIEW):
            made.enter()
        made.unfolded, made.files = page == MORE, page == "files"
        if page in (CUSTOMISE, "deployment"):
            opened(made, page)
        pointable = [line.key for line in made.lines() if line.key is not None]
        actions = list(ACTIONS) if page in (REVIEW, MORE) else []
        assert [*actions, *pointable] == ([] if page == "image" else list(made.keys)), page


def opened(made: Screen, page: str) -> None:
    made.conversation.go_to_review()
    made.conversation.change(page)
    made._arrive()  # noqa: SLF001


def test_each_question_has_its_name_its_flag_and_a_question_mark() -> None:
    for option in (PROFILE, *OPTIONS):
        assert option.question.endswith("?"), option.name
        assert not option.title.endswith((".", "?")), option.name
        assert len(option.title) <= 20, option.name
    titles = [option.title for option in (PROFILE, *OPTIONS)]
    assert len({*titles}) == len(titles)
    made = at_review()
    made.conversation.change("base_image")
    made._arrive()  # noqa: SLF001
    assert said(made.heading()).splitlines()[:2] == ["Base image (--base-image)", "Which image is below the binary?"]


def test_the_actions_stay_where_they_are_and_w_writes_from_any_line() -> None:
    made = at_review()
    press(made, "scroll")
    assert said(made.actions()).splitlines() == [
        "  Write 60 files",
        "  Customise every answer, group by group",
        "  Show the files",
    ]
    assert "w write" in said(made.hints())
    press(made, "w")
    assert made.done


def test_w_writes_from_the_list_of_groups_and_is_a_letter_elsewhere() -> None:
    made = at_review()
    opened(made, CUSTOMISE)
    press(made, "w")
    assert made.done
    made = screen()
    made.enter()
    press(made, "w")
    assert (made.done, made.error) == (False, "Nothing here begins with w.")


@pytest.mark.parametrize(
    ("typed", "line"),
    [("b", "base_image"), ("base_", "base_image"), ("ima", "image"), ("co", "config_center"), ("net", "network_policy"),
     ("liveness_f", "liveness_failures"), ("network", "network_policy"), ("bb", "base_image"), ("por", "port")],
)  # fmt: skip
def test_typing_finds_a_line_of_the_review_also_a_folded_one(typed: str, line: str) -> None:
    made = at_review()
    for letter in typed:
        press(made, letter)
    assert made.pointed == line
    assert f"find {typed[-1] if typed == 'bb' else typed}" in said(made.hints())


def test_typing_what_is_nowhere_says_so_and_unfolds_nothing() -> None:
    made = at_review()
    press(made, "z")
    assert (made.error, made.unfolded, made.pointer) == ("Nothing here begins with z.", False, 0)


def test_typing_takes_a_choice_where_no_line_begins_so() -> None:
    made = screen()
    made.enter()
    for letters, value in (("k", "knative"), ("kuber", "kubernetes"), ("o", "openyurt")):
        for letter in letters:
            press(made, letter)
        assert made.conversation.settled.value("target") == value
        press(made, "right")
        press(made, "left")


def test_a_letter_in_a_number_finds_and_a_digit_does_not() -> None:
    made = at_review()
    opened(made, "runtime")
    assert (made.pointed, made.finds) == ("port", True)
    made.type("9")
    assert not made.finds
    made.type("")
    press(made, "c")
    assert made.pointed == "cgo"


def test_a_name_that_is_typed_on_is_no_text_and_another_letter_is() -> None:
    made = at_review()
    opened(made, "basics")
    for letter in "desc":
        assert made.heeds(letter)
        made.letter(letter)
    assert (made.pointed, made.text) == ("description", "")
    assert not made.heeds("P")
    made.type("P")
    assert not made.heeds("r")


def test_an_answer_that_cannot_be_is_pointed_at_says_why_in_full_and_is_not_taken() -> None:
    made = screen(size=(60, 20))
    made.enter()
    press(made, "down")
    press(made, "4")
    press(made, "down")
    press(made, "1")
    told = " ".join(said(made.detail()).split())
    assert told == (
        "A binary with C code needs glibc at run time, and this image has none. "
        "Take base_image distroless-base, debian-slim or ubuntu."
    )
    made.enter()
    assert (made.conversation.at, made.error) == ("container", told)
    assert made.conversation.said == {"service": "my-service", "base_image": "alpine"}
    press(made, "down")
    made.enter()
    assert made.conversation.at == "image"


def test_a_choice_that_goes_with_none_of_the_ticked_ones_says_why_and_all_ticks_may_go() -> None:
    made = screen(profile="edge")
    opened(made, "edge_features")
    assert [offer.obstacle for offer in made.offers] == [None] * 5
    made.letter("1")
    assert made.conversation.settled.answers["edge_features"] == "plain-deployments"
    stopped = {offer.value for offer in made.offers if offer.obstacle}
    assert stopped == {"held-upgrade", "device-router"}
    made.letter("4")
    assert made.error.startswith("Only the platform's own objects") or "own objects hold an upgrade" in made.error
    assert made.conversation.settled.answers["edge_features"] == "plain-deployments"
    made.letter("1")
    assert (made.error, made.conversation.settled.answers["edge_features"]) == ("", "")
    made.letter("3")
    assert not any(offer.obstacle for offer in made.offers if offer.value != "plain-deployments")


def test_a_label_that_is_cut_is_said_in_full_below() -> None:
    made = screen(size=(60, 20))
    made.enter()
    assert "any conformant Kubernetes, through Kustomize" not in said(made.choices())
    assert "any conformant Kubernetes, through Kustomize" in said(made.detail())


@pytest.mark.parametrize(
    ("name", "text"),
    [("module", "such as github.com/acme/orders"), ("image", "such as ghcr.io/acme/orders"),
     ("port", "A whole number from 1024 to 65535, such as 8080."), ("memory", "such as 256Mi")],
)  # fmt: skip
def test_a_line_of_text_has_its_rule_and_an_example_before_anything_is_wrong(name: str, text: str) -> None:
    made = at_review()
    opened(made, name)
    assert text in " ".join(said(made.detail()).split())


def test_the_review_shows_the_four_and_what_differs_and_unfolds_the_rest() -> None:
    made = at_review(port=9000, image="a.io/x")
    front = ["service", "target", "base_image", "cgo", "config_center"]
    assert list(made.keys) == [*ACTIONS, *front, "image", "port", MORE]
    hidden = len(made.conversation.changeable()) - len(front) - 2
    assert f"more ({hidden})" in said(made.body())
    press(made, "end")
    press(made, "enter")
    assert made.pointed == "profile"
    assert {*made.keys} == {*ACTIONS, *made.conversation.changeable()}


def test_what_a_profile_sets_stands_out_and_what_it_leaves_does_not() -> None:
    made = at_review(profile="hardened")
    front, rest = review.parted(made.conversation)
    assert {"profile", "min_replicas", "max_replicas"} <= {row.name for row in front}
    assert {"tracing", "network_policy", "resources"} <= {row.name for row in rest}, "as by default"


def test_a_profile_is_shown_on_the_first_page_and_moves_the_four() -> None:
    made = screen()
    press(made, "down")
    press(made, "4")
    assert "KubeEdge, 25m and 48Mi a site" in said(made.choices())
    made.enter()
    assert "kubeedge" in said(made.body()).splitlines()[0]
    assert said(made.body()).splitlines()[0].endswith("profile")


def test_a_group_leads_back_to_the_groups_with_the_next_one_pointed_at() -> None:
    made = at_review()
    press(made, "down")
    press(made, "enter")
    seen = []
    while made.pointed not in seen:
        seen.append(made.pointed)
        press(made, "enter")
        press(made, "enter")
    assert tuple(seen) == made.conversation.groups
    press(made, "back")
    assert made.conversation.at == REVIEW


def test_a_typed_line_is_taken_before_another_is_pointed_at() -> None:
    made = at_review()
    opened(made, "runtime")
    made.type("80")
    press(made, "down")
    assert (made.pointed, "'80' is not a whole number" in made.error) == ("port", True)
    made.type("9000")
    press(made, "down")
    assert (made.pointed, made.error, made.conversation.said["port"]) == ("base_image", "", 9000)


def test_what_loses_its_meaning_leaves_the_page_and_the_pointer_stays() -> None:
    made = at_review()
    opened(made, "deployment")
    assert "network_policy" in made.keys
    press(made, "3")
    assert made.pointed == "target"
    assert "network_policy" not in made.keys
    press(made, "end")
    assert made.detail() is not None


def test_an_answer_that_the_others_need_can_be_accepted_again() -> None:
    made = at_review(max_replicas=5)
    for name, text in (("max_replicas", "20"), ("min_replicas", "10")):
        opened(made, name)
        made.type(text)
        made.enter()
    opened(made, "max_replicas")
    assert (made.default, "default" in made.hint) == ("20", False)
    made.type("")
    made.enter()
    assert (made.error, made.conversation.settled.answers["max_replicas"]) == ("", 20)


def test_a_place_that_filled_meanwhile_is_said_before_anything_is_written(tmp_path: Path) -> None:
    made = at_review(Surroundings(tmp_path))
    (tmp_path / "my-service").mkdir()
    (tmp_path / "my-service/mine").touch()
    for key in ("enter", "w"):
        press(made, key)
        assert (made.done, "is in the way: mine." in made.error) == (False, True)


def test_half_a_line_is_there_again_after_going_back() -> None:
    made = at_review()
    opened(made, "basics")
    while made.pointed != "description":
        press(made, "down")
    made.type("half a sent")
    made.back()
    opened(made, "basics")
    assert (made.pointed, made.text) == ("description", "half a sent")
    made.enter()
    assert (made.conversation.said["description"], made.conversation.drafts) == ("half a sent", {})


def test_the_keys_take_a_second_line_before_they_go() -> None:
    keys = [("Up", "move"), ("Left", "choose"), ("a-z", "find"), ("Enter", "accept"), ("Ctrl-C", "quit")]

    def shown(columns: int, lines: int) -> list[str]:
        return [" ".join(line.split()) for line in said(pages.hints(keys, columns, lines)).splitlines()]

    assert shown(80, 1) == ["Up move Left choose a-z find Enter accept Ctrl-C quit"]
    assert shown(52, 1) == ["Left choose a-z find Enter accept Ctrl-C quit"]
    assert shown(30, 2) == ["Up move Left choose a-z find", "Enter accept Ctrl-C quit"]
    assert shown(30, 1) == ["Enter accept Ctrl-C quit"]
    assert shown(5, 1) == []


def test_wide_letters_keep_their_columns_in_every_table() -> None:
    made = at_review(description="处理订单和发票的服务", owner="株式会社" * 12, image="a.io/x", port=9000)
    ends = set()
    for line in said(made.body()).splitlines():
        if line.rstrip().endswith("flag"):
            ends.add(width(line[: line.index(" flag")]))
    assert len(ends) == 1


# Random ways

RANDOM = st.lists(
    st.one_of(
        st.sampled_from(["up", "down", "left", "right", "enter", "enter", "back", "tick", "edit", "scroll", "end"]),
        st.sampled_from([*"1234bcklmnprst", "rest"]),
        st.sampled_from(
            ["orders", "9000", "12", "x y", "256Mi", "300m", "-x", "a.io/b", "example.com/a", '订单 "$(x)" `y`']
        ),
    ),
    max_size=60,
)


def press(made: Screen, key: str) -> None:
    actions: dict[str, Callable[[], None]] = {
        "up": lambda: made.move(-1),
        "down": lambda: made.move(1),
        "left": lambda: made.shift(-1),
        "right": lambda: made.shift(1),
        "enter": made.enter,
        "back": made.back,
        "tick": made.tick,
        "edit": made.edit,
        "scroll": lambda: made.scroll(7),
        "end": lambda: made.scroll(1000),
        "rest": made.the_rest_as_it_is,
    }
    if key in actions:
        actions[key]()
    elif len(key) == 1 and made.heeds(key):
        made.letter(key)
    elif made.asks_text:
        made.type(key)


def drawn(made: Screen) -> None:
    """Draw every part of the page."""
    made.header(), made.heading(), made.actions(), made.body(), made.line_pointed_at(), made.asked(), made.choices()
    made.detail(), made.panel(), made.estimate(), made.hints(), made.notes()


def finish(made: Screen) -> None:
    """Bring a screen to its end from wherever it is, as a person would."""
    while not made.done:
        if made.files:
            made.back()
        elif made.conversation.at in (REVIEW, CUSTOMISE):
            made.letter("w") if not made.typed else made.move(1)
        else:
            made.the_rest_as_it_is()
            if made.error:
                made.type("") if made.asks_text else made.shift(1)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder without a repository, an empty clone, and a folder inside a repository."""
    top = tmp_path_factory.mktemp("places")
    found = {"empty": top / "empty", "clone": top / "shop", "inside": top / "mono/services"}
    for place in found.values():
        place.mkdir(parents=True)
    for repository, url in (
        (found["clone"], "git@github.com:acme/shop.git"),
        (top / "mono", "https://gitlab.com/a/mono"),
    ):
        subprocess.run(["git", "-C", str(repository), "init", "--quiet"], check=True)
        subprocess.run(["git", "-C", str(repository), "remote", "add", "origin", url], check=True)
    return found


GIVEN: tuple[dict[str, Any], ...] = ({}, {"port": 9000}, {"cgo": True}, {"profile": "hardened", "max_replicas": 2})
SET: tuple[dict[str, str], ...] = ({}, {"profile": "hardened", "cpu": "200m"}, {"port": "9001"})
"""What the environment answers, when the wizard asks and when the command runs."""


@given(
    keys=RANDOM,
    place=st.sampled_from(["empty", "clone", "inside"]),
    flags=st.sampled_from(GIVEN),
    variables=st.sampled_from(SET),
    size=st.sampled_from(SIZES),
)
def test_any_way_through_equals_the_command_at_its_end(
    places: dict[str, Path],
    keys: list[str],
    place: str,
    flags: dict[str, Any],
    variables: dict[str, str],
    size: tuple[int, int],
) -> None:
    with standing_in(places[place], variables):
        layers = (Layer("environment", variables, "{variable}"), Layer("flag", flags, "{flag}"))
        made = Screen(Conversation(Settler(layers, surroundings(None))), Preview(), pages.Glyphs(), ())
        made.columns, made.rows = size
        for key in keys:
            if not made.done:
                press(made, key)
                drawn(made)
        finish(made)
        answers = made.conversation.settled.answers
        target = made.conversation.settler.target(made.conversation.settled)
        command = shlex.split(review.command(answers, ["-o", str(target.parent)]))
        assert digest_of(command[1:]) == digest(with_lockfile(render(answers), answers))


@contextlib.contextmanager
def standing_in(folder: Path, variables: dict[str, str]) -> Iterator[None]:
    environment = {f"GOCONTAINER_{name.upper()}": value for name, value in variables.items()}
    with contextlib.chdir(folder), patch.dict(os.environ, environment):
        yield


def digest_of(arguments: list[str]) -> str:
    """Run the command in this process and return the digest of what it would write."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()) as err:
        code = main.run([*arguments, "--dry-run", "--json"])
    assert code == 0, err.getvalue()
    return str(json.loads(out.getvalue())["digest"])


def test_a_command_that_left_an_answer_out_would_be_noticed(places: dict[str, Path]) -> None:
    with contextlib.chdir(places["empty"]):
        made = at_review(surroundings(None))
        assert made.conversation.answer("port", 9000) is None
        answers = made.conversation.settled.answers
        command = shlex.split(review.command(answers, []))
        assert digest_of(command[1:]) == digest(with_lockfile(render(answers), answers))
        less = [word for word in command[1:] if word not in ("--port", "9000")]
        assert digest_of(less) != digest(with_lockfile(render(answers), answers))


def wide(text: str) -> str:
    """Return ``text`` in letters of two columns, as a translation may be; names in braces stay."""
    return "".join(
        part if part.startswith("{") else part.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
        for part in re.split(r"(\{\w+\})", text)
    )


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_in_letters_of_two_columns_no_line_is_longer_than_the_page_and_columns_stay(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "_found", wide)
    for page in (*PAGES, REVIEW, CUSTOMISE, "basics", "deployment", "platforms"):
        made = screen(size=size, description="处理订单和发票的服务" * 4)
        while made.conversation.at not in (page, REVIEW):
            made.enter()
        made.unfolded = True
        if page not in (*PAGES, REVIEW):
            opened(made, page)
        made.error = wide("A sentence that says what is wrong, and what to do about it, at some length.")
        parts = [made.header(), made.heading(), made.actions(), made.body(), made.asked(), made.choices()]
        parts += [made.detail(), made.notes(), made.estimate(), made.hints()]
        longest = max((width(line), line) for part in parts for line in said(part).splitlines())
        assert longest[0] <= size[0] - 2 * MARGIN, (page, longest[1])
        origins = {place(line, wide("default")) for line in said(made.body()).splitlines()} - {-1}
        assert len(origins) <= 1, page


def place(line: str, word: str) -> int:
    """Return the column at which the last ``word`` begins, -1 where there is none."""
    head, found, _ = line.rpartition(word)
    return width(head) if found else -1


def test_a_table_that_counts_letters_instead_of_columns_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = review.rows(screen().conversation, ["cgo", "port"])

    def origins() -> set[int]:
        lines = pages.table(rows, ["订单", "Port"], 76, pages.Glyphs())
        return {place(said(line.text), "default") for line in lines}

    assert len(origins()) == 1
    monkeypatch.setattr(pages, "ljust", str.ljust)
    assert len(origins()) > 1
