"""Answers from all their sources."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import gocontainer
from gocontainer import Answers
from gocontainer.answers.detect import detected
from gocontainer.answers.model import Layer
from gocontainer.answers.sources import from_environment, from_file
from gocontainer.errors import InvalidAnswer, MissingAnswers, UnknownKey, UnreadableAnswers
from gocontainer.rendering import layout
from gocontainer.repository.remotes import parse_remote
from tests.helpers.support import answers
from tests.helpers.support import gocontainer as gocontainer_command

TARGETS = ("knative", "kubernetes")


def test_a_later_layer_outranks_an_earlier_one() -> None:
    layers = [Layer(str(rank), {"service": "orders", "port": 9000 + rank}) for rank in range(3)]
    merged = Answers.merge(*layers)
    assert merged["port"] == 9002
    assert merged.origins["port"] == "2"
    assert merged.origins["cpu"] == "default"


def test_defaults_are_known_as_such() -> None:
    chosen = answers(profile="minimal", port=9000)
    assert "port" not in chosen.defaults()
    assert {"cpu", "min_replicas"} <= set(chosen.defaults())


def test_a_preset_without_a_meaning_for_the_other_answers_is_not_taken(tmp_path: Path) -> None:
    command = ("new", "orders", "--profile", "serverless", "--no-input", "--dry-run")
    lists = {target: gocontainer_command(*command, "--target", target, cwd=tmp_path).out for target in TARGETS}
    function = [path for path, when in layout.FILES.items() if when.get("eventing") == ("kafka",)]
    assert len(function) > 5
    assert [path for path in function if path in lists["knative"]]
    assert [path for path in function if path in lists["kubernetes"]] == []
    assert "cmd/server/main.go" in lists["kubernetes"]


def test_the_typed_api_renders() -> None:
    files = gocontainer.render(Answers(service="orders", base_image="scratch", platforms=["linux/arm64"]))
    assert files["Dockerfile"].content.decode().count("\nFROM scratch\n") == 1
    assert repr(Answers(service="orders")).startswith("Answers(service='orders', module='example.com/orders'")


def test_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(UnknownKey, match=r"there is no option 'base_imgae'\. Did you mean base_image\?"):
        answers(base_imgae="scratch")
    with pytest.raises(UnknownKey, match="Run 'gocontainer options'"):
        answers(zzzz="1")


@pytest.mark.parametrize(
    ("name", "raw", "hint"),
    [
        ("base_image", "scrach", "Did you mean scratch?"),
        ("base_image", "Alpine", "Did you mean alpine?"),
        ("base_image", "zzz", "Choose from scratch, distroless-static, "),
        ("platforms", "linux/amd46", "Did you mean linux/amd64?"),
        ("platforms", ["linux/amd64", "linux/arm46"], "Did you mean linux/arm64?"),
        ("platforms", ["linux/amd64", 1.5], "Choose from linux/amd64, "),
        ("profile", "servic", "Did you mean service?"),
    ],
)
def test_an_unknown_choice_names_the_nearest(name: str, raw: object, hint: str) -> None:
    with pytest.raises(InvalidAnswer, match="is not one of the choices") as caught:
        answers(**{name: raw})
    assert str(caught.value).partition("choices. ")[2].startswith(hint)


def test_a_service_is_required() -> None:
    with pytest.raises(MissingAnswers):
        Answers.merge()


def test_a_default_that_cannot_be_for_a_good_service_is_another() -> None:
    """Go has a meaning of its own for a folder that is called vendor."""
    assert answers(service="vendor")["module"] == "example.com/vendor-service"
    assert answers(service="vendor", image="ghcr.io/acme/vendor")["module"] == "example.com/vendor-service"


def test_environment_variables_are_answers() -> None:
    layer = from_environment({"GOCONTAINER_BASE_IMAGE": "scratch", "HOME": "/"})
    assert dict(layer.values) == {"base_image": "scratch"}
    assert layer.where("base_image") == "GOCONTAINER_BASE_IMAGE"
    assert layer.where("nonsense") == "GOCONTAINER_NONSENSE"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "service: orders\nport: 9000\nplatforms: [linux/arm64]\ntracing: false\n"),
        ("a.toml", 'service = "orders"\nport = 9000\nplatforms = ["linux/arm64"]\ntracing = false\n'),
        ("a.json", '{"service": "orders", "port": 9000, "platforms": ["linux/arm64"], "tracing": false}'),
    ],
)
def test_an_answers_file_may_be_yaml_toml_or_json(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    merged = Answers.merge(from_file(tmp_path / name))
    assert (merged["port"], merged["platforms"], merged["tracing"]) == (9000, "linux/arm64", False)
    assert merged.origins["port"] == "file"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.yaml", "- x", "it is not a mapping"),
        ("a.yaml", "1: x", "it is not a mapping"),
        ("a.yaml", "a: [1, ", r"a\.yaml: line 1, column 8: expected a value, but found the end of the file\. Give"),
        ("a.yaml", "a: [1\nb: 2\n", "line 2, column 2: expected ',' or ']', but got ':'"),
        ("a.yaml", "port: 1\na: b: c\n", r"a\.yaml: line 2, column 5: no ':' can stand here; look at quotes"),
        ("a.yaml", "port: 1\n- a", "line 2, column 1: this does not go on from the lines above"),
        ("a.yaml", 'port: "1', "line 1, column 9: a quotation mark is not closed"),
        ("a.yaml", "port: 1\n\tcpu: 2", r"line 2, column 1: nothing can begin with '\\t'"),
        ("a.yaml", "port: !x 1", "line 1, column 7: no tag '!x' is known"),
        ("a.yaml", "port: 1\n---\na: 1", "line 2, column 1: a second document begins"),
        ("a.yaml", "port: yes", r"port in .*a\.yaml: true is not a whole number"),
        ("a.json", '{"port": false}', "false is not a whole number"),
        ("a.yaml", "port: 1\nport: 2", "a key stands twice"),
        ("a.json", '{"port": 1, "port": 2}', "a key stands twice"),
        ("a.yaml", "port: !!timestamp x", "Cannot read answers"),
        ("a.yaml", "port: !!float ''", "Cannot read answers"),
        ("a.yaml", "port: !!bool x", "Cannot read answers"),
        ("a.json", "[" * 100_000, "it is nested too deeply"),
        ("a.toml", "a =", "nvalid"),
        ("a.json", '{"port": 1,\n "cpu" 2}', "line 2, column 8: Expecting ':' delimiter"),
        ("a.ini", "a=1", "is not .yaml, .toml or .json"),
        ("a.yaml", "a: 1\nb: \x00", "line 2, column 4: special characters are not allowed"),
        ("a.yaml", "? [a]\n: b", "a key, or a value with a tag, cannot be used"),
    ],
)
def test_an_unreadable_answers_file_is_one_sentence(tmp_path: Path, name: str, text: str, reason: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises((UnreadableAnswers, InvalidAnswer), match=reason) as caught:
        Answers.merge(from_file(tmp_path / name), Layer("flag", {"service": "orders"}))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "# nothing yet\n"),
        ("a.json", '\ufeff{"$schema": "answers.schema.json"}'),
        ("a.toml", "\ufeff# nothing yet\n"),
    ],
)
def test_an_answers_file_may_be_empty_carry_a_schema_or_a_byte_order_mark(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    assert dict(from_file(tmp_path / name).values) == {}


@pytest.mark.parametrize("name", ["a.yaml", "a.toml", "a.json"])
def test_an_answers_file_that_is_no_text_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableAnswers, match=r": it is not text in UTF-8\. Give a YAML, TOML or JSON mapping"):
        from_file(tmp_path / name)


def test_a_missing_answers_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnreadableAnswers, match="No such file"):
        from_file(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("url", "module"),
    [
        ("git@github.com:acme/orders.git", "github.com/acme/orders"),
        ("https://github.com/acme/orders", "github.com/acme/orders"),
        ("https://user:token@gitlab.example.com/acme/team/orders.git", "gitlab.example.com/acme/team/orders"),
        ("ssh://git@git.example.com:2222/acme/orders.git/", "git.example.com/acme/orders"),
        ("/srv/git/orders.git", None),
        ("../orders", None),
        ("https://example.com/", None),
    ],
)
def test_a_remote_gives_the_module(url: str, module: str | None) -> None:
    remote = parse_remote(url)
    assert (remote.module if remote else None) == module


@pytest.mark.parametrize(
    ("url", "image"),
    [
        ("git@github.com:Acme/orders.git", "ghcr.io/acme/orders"),
        ("https://gitlab.com/a/b/orders.git", "registry.gitlab.com/a/b/orders/orders"),
        ("https://git.example.com/acme/orders.git", None),
    ],
)
def test_the_image_is_guessed_where_the_host_has_a_registry(tmp_path: Path, url: str, image: str | None) -> None:
    target = tmp_path / "orders"
    subprocess.run(["git", "init", "--quiet", str(target)], check=True)
    subprocess.run(["git", "-C", str(target), "remote", "add", "origin", url], check=True)
    assert detected(target).values.get("image") == image


def test_nothing_is_detected_where_there_is_no_repository(tmp_path: Path) -> None:
    assert not detected(tmp_path / "orders").values
