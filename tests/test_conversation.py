"""The conversation's logic, without a terminal: questions, answers, the way back, the review."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gocontainer.answers.detect import Surroundings, surroundings
from gocontainer.answers.model import Answers, Layer
from gocontainer.errors import ConflictingAnswers, NotApplicable, TargetNotEmpty
from gocontainer.options.table import BY_NAME, GROUPS
from gocontainer.options.types import Value, When
from gocontainer.wizard import pages, resume, review, started
from gocontainer.wizard.conversation import CUSTOMISE, PAGES, REVIEW, Conversation
from gocontainer.wizard.preview import Preview
from gocontainer.wizard.settling import Settler

NOWHERE = Surroundings(Path("/nowhere"))


def conversation(around: Surroundings = NOWHERE, said: Mapping[str, Value] | None = None, **flags: Any) -> Conversation:
    return Conversation(Settler((Layer("flag", flags, "{flag}"),), around), said)


def at_review(around: Surroundings = NOWHERE, **flags: Any) -> Conversation:
    talk = conversation(around, **flags)
    pages_to_review(talk)
    return talk


def pages_to_review(talk: Conversation) -> list[str]:
    """Take every page as it is, up to the review, and return them."""
    seen = []
    while talk.at != REVIEW:
        seen.append(talk.at)
        assert talk.go_on() is None
    return seen


def change(talk: Conversation, name: str, raw: object) -> str | None:
    """Open one answer from the review, give it and go on."""
    talk.change(name)
    return talk.answer(name, raw) or talk.go_on()


def test_everyone_gets_the_name_the_four_and_the_image_where_nobody_knows_it() -> None:
    talk = conversation()
    asked = {}
    while talk.at != REVIEW:
        asked[talk.at] = talk.names
        assert talk.go_on() is None
    assert asked == PAGES
    assert list(asked) == ["name", "container", "image"]
    assert asked["container"] == ("target", "base_image", "cgo", "config_center")


def test_the_image_is_no_question_where_something_tells_it() -> None:
    talk = conversation(image="ghcr.io/acme/orders")
    assert pages_to_review(talk) == ["name", "container"]
    talk = conversation()
    assert pages_to_review(talk)[-1] == "image"
    assert talk.back()
    assert talk.answer("image", "ghcr.io/acme/orders") is None
    assert talk.go_on() is None
    assert talk.back()
    assert talk.at == "image", "what was said here can be looked at here again"


def test_a_page_of_four_is_taken_as_a_whole_and_each_answer_is_seen_at_once() -> None:
    talk = conversation()
    talk.go_on()
    assert talk.answer("cgo", raw=True) is None
    assert (talk.at, talk.question("base_image").value) == ("container", "distroless-base")
    assert "base_image is distroless-base now, to go with cgo." in talk.notes
    assert talk.answer("target", "knative") is None
    assert "base_image is distroless-base now, to go with cgo." in talk.notes, "it tells what the page did"
    assert talk.go_on() is None
    assert talk.said == {"service": "my-service", "cgo": True, "target": "knative"}


def test_all_others_are_reached_by_their_groups() -> None:
    talk = at_review()
    talk.change(CUSTOMISE)
    assert (talk.names, talk.groups) == ((), ("basics", "runtime", "observability", "deployment", "delivery"))
    asked: list[str] = []
    for group in talk.groups:
        talk.change(group)
        asked += talk.names
        talk.go_on()
        assert talk.at == CUSTOMISE
    named = sorted(talk.settled.answers.applicable(), key=lambda name: talk.groups.index(BY_NAME[name].group))
    assert asked == ["profile", *named]
    assert {"eventing", "edge_features"}.isdisjoint(asked), "what only another target has is not asked"
    talk.go_on()
    assert talk.at == REVIEW


def test_the_rest_is_taken_as_it_is_from_every_page() -> None:
    for at in (*PAGES, "runtime"):
        talk = conversation()
        if at == "runtime":
            pages_to_review(talk)
            talk.change(CUSTOMISE)
            talk.change(at)
        while talk.at != at:
            talk.go_on()
        assert talk.answer(talk.names[-1], talk.question(talk.names[-1]).value) is None
        assert talk.go_to_review() is None
        assert (talk.at, talk.said) == (REVIEW, {"service": "my-service"})
        talk.back()
        assert talk.at == "image"


def test_the_steps_are_pages_and_not_groups() -> None:
    talk = conversation()
    seen = [(talk.step, talk.steps)]
    while talk.at != REVIEW:
        talk.go_on()
        seen.append((talk.step, talk.steps))
    titles = ["Name", "Container", "Image", "Review"]
    assert seen == [(number, titles) for number in (1, 2, 3, 4)]
    talk.change(CUSTOMISE)
    talk.change("runtime")
    assert (talk.step, talk.title) == (4, "Runtime")
    talk = conversation(image="ghcr.io/acme/orders")
    assert talk.steps == ["Name", "Container", "Review"]


def test_no_page_has_the_name_of_another_thing() -> None:
    names = [*PAGES, REVIEW, CUSTOMISE, *GROUPS, *BY_NAME]
    assert [name for name in names if names.count(name) > 1] == ["image", "image"], "its page asks for it alone"


def test_what_the_call_answers_is_not_asked() -> None:
    talk = conversation(service="orders", profile="minimal", image="a.io/x")
    assert talk.at == "container"
    talk = conversation(service="orders", cgo=False)
    assert (talk.at, talk.names) == ("name", ("profile",))
    talk.go_on()
    assert talk.names == ("target", "base_image", "config_center")
    four: dict[str, Any] = {"target": "kubernetes", "base_image": "scratch", "cgo": False, "config_center": "none"}
    assert conversation(service="orders", profile="minimal", image="a.io/x", **four).at == REVIEW


def test_an_accepted_default_is_nothing_said() -> None:
    talk = at_review()
    assert talk.said == {"service": "my-service"}
    change(talk, "port", 9000)
    assert talk.said == {"service": "my-service", "port": 9000}
    change(talk, "port", 8080)
    assert talk.said == {"service": "my-service"}


def test_a_default_accepted_under_one_profile_follows_the_next() -> None:
    talk = at_review()
    change(talk, "min_replicas", 2)
    change(talk, "profile", "hardened")
    assert talk.settled.answers["min_replicas"] == 3


def test_going_back_keeps_every_answer() -> None:
    talk = conversation()
    talk.answer("profile", "hardened")
    talk.answer("service", "orders")
    talk.go_on()
    talk.answer("base_image", "alpine")
    way = []
    while talk.back():
        way.append(talk.at)
    assert way == ["name"]
    said = {"profile": "hardened", "service": "orders", "base_image": "alpine"}
    assert talk.said == said
    pages_to_review(talk)
    assert talk.said == said


def test_the_first_page_has_nothing_behind_it() -> None:
    talk = conversation()
    assert (talk.can_go_back, talk.back(), talk.at) == (False, False, "name")


def test_a_page_that_was_opened_leads_back_and_esc_leaves_it_as_it_was() -> None:
    talk = at_review()
    change(talk, "ci", "none")
    assert talk.at == REVIEW
    talk.change("cgo")
    talk.answer("cgo", raw=True)
    assert talk.settled.answers["base_image"] == "distroless-base"
    assert talk.back()
    assert (talk.at, talk.said, talk.notes) == (REVIEW, {"service": "my-service", "ci": "none"}, ())
    assert talk.settled.answers["base_image"] == "distroless-static"
    talk.back()
    assert talk.at == "image"


def test_a_wrong_answer_names_the_rule_and_the_way_out() -> None:
    talk = at_review()
    talk.change("port")
    assert talk.answer("port", "80") == "'80' is not a whole number from 1024 to 65535. Give one, such as 8080."
    assert talk.at == "port"


def test_an_occupied_folder_is_refused_where_its_name_is_asked(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders/mine").touch()
    talk = conversation(Surroundings(tmp_path))
    assert "is in the way: mine." in str(talk.answer("service", "orders"))
    with pytest.raises(TargetNotEmpty):
        conversation(Surroundings(tmp_path), service="orders")


def test_a_suggested_name_that_is_taken_meanwhile_is_not_taken(tmp_path: Path) -> None:
    talk = conversation(Surroundings(tmp_path))
    (tmp_path / "my-service").mkdir()
    (tmp_path / "my-service/mine").touch()
    assert "is in the way: mine." in str(talk.go_on())
    assert "is in the way: mine." in str(talk.go_to_review())
    assert talk.at == "name"


def test_a_suggested_name_is_free(tmp_path: Path) -> None:
    (tmp_path / "my-service").mkdir()
    assert conversation(Surroundings(tmp_path)).question("service").value == "my-service-2"


def test_a_default_in_the_way_moves_and_comes_back() -> None:
    talk = at_review()
    assert change(talk, "cgo", raw=True) is None
    assert talk.settled.answers["base_image"] == "distroless-base"
    assert talk.settled.answers["platforms"] == "linux/amd64"
    assert talk.notes == (
        "base_image is distroless-base now, to go with cgo.",
        "platforms is linux/amd64 now, to go with cgo.",
    )
    change(talk, "cgo", raw=False)
    assert talk.settled.answers["base_image"] == "distroless-static"
    assert "base_image is distroless-static again." in talk.notes
    assert talk.said == {"service": "my-service"}


def test_numbers_follow_each_other() -> None:
    talk = at_review()
    assert change(talk, "min_replicas", "9") is None
    assert talk.notes == ("max_replicas is 9 now, to go with min_replicas.",)
    assert change(talk, "max_replicas", "12") is None
    assert change(talk, "min_replicas", "13") == (
        "The fewest replicas are more than the most. Raise max_replicas or lower min_replicas."
    )


def test_a_choice_that_an_answer_rules_out_says_why() -> None:
    talk = at_review()
    change(talk, "base_image", "alpine")
    yes, no = talk.question("cgo").offers
    assert no.obstacle is None
    assert str(yes.obstacle).startswith("A binary with C code needs glibc at run time, and this image has none. Take ")
    assert talk.answer("cgo", raw=True) == yes.obstacle
    assert talk.supposing("cgo", raw=True) is None


def test_flags_that_cannot_work_are_refused_and_a_flag_moves_defaults() -> None:
    with pytest.raises(ConflictingAnswers, match=r"cgo true \(--cgo\) with base_image alpine \(--base-image\)"):
        conversation(cgo=True, base_image="alpine")
    talk = conversation(cgo=True)
    assert "base_image is distroless-base now, to go with cgo." in talk.notes


@pytest.fixture
def conditions() -> Iterator[None]:
    """A table in which two options have a meaning only with others: no option of today has a condition."""
    changed: dict[str, When] = {
        "network_policy": {"target": ("kubernetes",), "ci": ("github",)},
        "tracing": {"cgo": (False,)},
    }
    before = {name: BY_NAME[name].when for name in changed}
    for name, when in changed.items():
        object.__setattr__(BY_NAME[name], "when", when)
    yield
    for name, when in before.items():
        object.__setattr__(BY_NAME[name], "when", when)


@pytest.mark.usefixtures("conditions")
def test_an_answer_without_a_meaning_is_dropped_and_said_and_comes_back() -> None:
    talk = at_review()
    change(talk, "network_policy", raw=False)
    change(talk, "ci", "none")
    assert talk.notes == ("network_policy has no meaning now and is left out.",)
    assert "network_policy" not in talk.changeable()
    assert talk.settled.answers["network_policy"] == "kubernetes"
    change(talk, "ci", "github")
    assert talk.notes == ("network_policy is none again, as you said.",)
    assert talk.settled.answers["network_policy"] == "none"


@pytest.mark.usefixtures("conditions")
def test_a_question_without_a_meaning_is_not_asked() -> None:
    talk = at_review()
    change(talk, "cgo", raw=True)
    talk.change("observability")
    assert talk.names == ("monitoring", "collector"), "and not tracing"


@pytest.mark.usefixtures("conditions")
def test_a_question_that_lost_its_meaning_is_not_gone_on_at() -> None:
    talk = at_review(cgo=True)
    talk.go_to("tracing", [REVIEW])
    assert (talk.at, talk.place) == (REVIEW, (REVIEW, []))


@pytest.mark.usefixtures("conditions")
def test_a_choice_that_takes_the_meaning_of_a_flag_is_ruled_out() -> None:
    talk = at_review(tracing=False)
    assert talk.question("cgo").offers[0].obstacle == (
        "--tracing has no meaning unless cgo is False. Leave it out, or change the other answer."
    )
    with pytest.raises(NotApplicable):
        conversation(tracing=False, cgo=True)


def test_the_review_says_where_each_value_came_from() -> None:
    around = Surroundings(Path("nowhere"), user="Jane Doe")
    layers = (
        Layer("file", {"cpu": "200m"}),
        Layer("environment", {"memory": "256Mi"}),
        Layer("flag", {"profile": "hardened"}),
    )
    talk = Conversation(Settler(layers, around))
    talk.answer("service", "orders")
    pages_to_review(talk)
    change(talk, "cgo", raw=True)
    origins = {row.name: row.origin for row in review.rows(talk)}
    expected = {
        "profile": "flag", "service": "you", "owner": "detected", "cpu": "answers file", "memory": "environment",
        "max_replicas": "profile", "port": "default", "cgo": "you", "base_image": "with cgo",
    }  # fmt: skip
    assert expected.items() <= origins.items()


def test_an_unknown_registry_is_a_remark_at_the_image() -> None:
    remarks = {row.name: row.remark for row in review.rows(at_review())}
    assert remarks["image"].startswith("No registry is known, so no cluster can pull this image.")
    assert not any(remark for name, remark in remarks.items() if name != "image")
    assert not any(row.remark for row in review.rows(at_review(image="ghcr.io/acme/orders")))


def resumed(left: resume.SavedConversation) -> Conversation:
    return started(Settler(left.given, NOWHERE), left)


def kept(talk: Conversation, folder: Path) -> resume.SavedConversation:
    file = resume.file(folder, Path("here"))
    assert resume.keep(file, talk, Path("elsewhere"))
    assert file.stat().st_mode & 0o077 == 0
    return resume.read(file)


def test_what_was_left_goes_on_where_it_was_left(tmp_path: Path) -> None:
    talk = at_review(port=9000)
    talk.change(CUSTOMISE)
    talk.change("basics")
    talk.answer("module", "example.com/shop")
    talk.drafts["description"] = "half a sent"
    left = kept(talk, tmp_path / "deep")
    again = resumed(left)
    assert (again.place, again.said, again.drafts, left.output) == (
        talk.place,
        talk.said,
        talk.drafts,
        Path("elsewhere"),
    )
    assert dict(again.settled.answers) == dict(talk.settled.answers)
    assert again.settled.answers.origins == talk.settled.answers.origins
    for both in (again, talk):
        pages_to_review(both)
    assert again.said == talk.said


def test_one_answer_that_was_being_changed_leads_back_to_the_review(tmp_path: Path) -> None:
    talk = at_review()
    talk.change("port")
    again = resumed(kept(talk, tmp_path))
    again.answer("port", "9200")
    again.go_on()
    assert (again.at, again.said["port"]) == (REVIEW, 9200)


def test_what_a_call_gives_counts_more_than_what_was_left(tmp_path: Path) -> None:
    talk = at_review()
    change(talk, "port", 9000)
    change(talk, "cpu", "200m")
    left = kept(talk, tmp_path)
    given = (
        Layer("environment", {"cpu": "300m"}, "{variable}"),
        Layer("flag", {"port": 7000, "service": "nope"}, "{flag}"),
    )
    answers = resumed(left.below(given)).settled.answers
    assert [answers[name] for name in ("service", "port", "cpu")] == ["nope", 7000, "200m"]


def test_only_what_cannot_be_any_more_is_left_out_and_it_is_said(tmp_path: Path) -> None:
    talk = at_review()
    for name, raw in (("cgo", True), ("port", 9000), ("owner", "Jane")):
        change(talk, name, raw)
    again = resumed(kept(talk, tmp_path).below((Layer("flag", {"base_image": "scratch"}, "{flag}"),)))
    assert again.said == {"service": "my-service", "port": 9000, "owner": "Jane"}
    assert "cgo yes does not go with what this call gives, and is left out." in again.notes


def test_a_flag_of_the_earlier_call_counts_more_than_the_environment_of_this_one(tmp_path: Path) -> None:
    talk = Conversation(
        Settler((Layer("environment", {"cpu": "200m"}, "{variable}"), Layer("flag", {"port": 9000}, "{flag}")), NOWHERE)
    )
    talk.answer("profile", "minimal")
    given = (Layer("environment", {"port": 8000}, "{variable}"),)
    answers = resumed(kept(talk, tmp_path).below(given)).settled.answers
    assert (answers["port"], answers.origins["port"], answers.origins["cpu"]) == (9000, "flag", "default")


def test_a_draft_goes_with_the_answer_that_it_was_for(tmp_path: Path) -> None:
    talk = at_review()
    talk.drafts["port"] = "91"
    assert kept(talk, tmp_path).below((Layer("flag", {"port": 7000}, "{flag}"),)).drafts == {}


def test_nothing_said_is_nothing_to_keep(tmp_path: Path) -> None:
    assert not resume.keep(tmp_path / "left/x.json", conversation(), None)
    assert list(tmp_path.iterdir()) == []


def test_each_folder_has_its_own_and_old_ones_go(tmp_path: Path) -> None:
    first, second = (resume.file(tmp_path, Path(name)) for name in ("a", "b"))
    assert first != second
    resume.keep(first, at_review(), None)
    os.utime(first, (0, 0))
    resume.keep(second, at_review(), None)
    assert list(tmp_path.iterdir()) == [second]


@pytest.mark.parametrize("at", [*PAGES, REVIEW, CUSTOMISE, "runtime", "ci"])
def test_every_place_can_be_gone_on_at_and_gone_back_from(at: str) -> None:
    talk = conversation()
    while at not in (talk.at, "image") and talk.at != REVIEW:
        talk.go_on()
    if talk.at != at:
        pages_to_review(talk)
        talk.change(at)
    again = conversation()
    again.go_to(*talk.place)
    assert again.place == talk.place
    while again.back():
        pass
    assert again.at == "name"


def test_a_profile_that_the_environment_names_is_named_against() -> None:
    talk = Conversation(Settler((Layer("environment", {"profile": "hardened"}, "{variable}"),), NOWHERE))
    pages_to_review(talk)
    change(talk, "profile", "service")
    assert "--profile service" in review.command(talk.settled.answers, [])


def test_with_everything_given_only_the_review_is_left() -> None:
    meant = Answers(service="orders").applicable()
    values = {name: str(BY_NAME[name].default).format(service="orders") for name in meant}
    given = Layer("flag", values | {"service": "orders", "profile": "service"}, "{flag}")
    talk = Conversation(Settler((given,), NOWHERE))
    assert (talk.at, talk.steps, talk.can_go_back) == (REVIEW, ["Review"], False)


def test_a_place_that_cannot_be_seen_is_an_answer_that_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_: Path) -> None:
        raise PermissionError(13, "Permission denied", "orders")

    talk = conversation()
    with monkeypatch.context() as patched:
        patched.setattr("gocontainer.wizard.settling.detected", closed)
        assert "orders cannot be read: Permission denied. Choose another" in str(talk.answer("service", "orders"))
        assert talk.supposing("service", "orders") is None
    with monkeypatch.context() as patched:
        patched.setattr("gocontainer.repository.tree.refuse_occupied", closed)
        assert "orders cannot be read: Permission denied. Choose another" in str(talk.answer("service", "orders"))
    assert talk.answer("service", "orders") is None


def test_a_place_without_a_home_is_shown_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/you"))
    assert [pages.tilde(Path(each)) for each in ("/home/you", "/home/you/x", "/x")] == ["~", "~/x", "/x"]

    def nobody() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", nobody)
    assert pages.tilde(Path("/x")) == "/x"
    assert not resume.keep(Path("~/x.json"), at_review(), None)


def test_a_name_that_cannot_be_is_told_one_that_can() -> None:
    talk = conversation()
    assert str(talk.answer("service", "My Orders")).endswith(" my-orders would do.")
    assert "would do" not in str(talk.answer("service", "..."))
    assert str(talk.answer("service", "Größe café")).endswith(" grosse-cafe would do.")


def test_an_answer_that_the_others_need_has_no_default_and_can_be_accepted_again() -> None:
    talk = at_review(max_replicas=5)
    change(talk, "max_replicas", 20)
    change(talk, "min_replicas", 10)
    assert talk.question("max_replicas").default is None
    assert change(talk, "max_replicas", 20) is None
    assert talk.settled.answers["max_replicas"] == 20


def test_a_place_that_filled_meanwhile_is_said_before_anything_is_written(tmp_path: Path) -> None:
    talk = at_review(Surroundings(tmp_path))
    assert talk.finish() is None
    (tmp_path / "my-service").mkdir()
    (tmp_path / "my-service/mine").touch()
    assert "is in the way: mine." in str(talk.finish())


def test_an_empty_clone_is_filled_under_its_own_name_only(tmp_path: Path) -> None:
    clone = tmp_path / "shop"
    clone.mkdir()
    subprocess.run(["git", "-C", str(clone), "init", "--quiet"], check=True)
    subprocess.run(["git", "-C", str(clone), "remote", "add", "origin", "git@github.com:acme/shop.git"], check=True)
    with contextlib.chdir(clone):
        around = surroundings(None)
    assert around.target("shop") == clone
    assert around.target("other") == clone / "other"
    talk = at_review(around, service="other")
    assert talk.settled.answers["module"] == "github.com/acme/shop/other"
    odd = around._replace(clone="My_Shop")
    assert "an empty clone, whose name no service can have" in list(odd.found("1.26"))


def test_what_a_page_changed_is_told_apart_from_the_name_which_is_everywhere() -> None:
    talk = conversation()
    talk.answer("service", "orders")
    assert Preview().difference(talk.before, talk.settled) == {}
    talk.answer("profile", "minimal")
    assert "+" not in Preview().difference(talk.before, talk.settled).values()
    assert Preview().difference(talk.before, talk.settled) != {}
