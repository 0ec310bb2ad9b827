"""Hostile answers: refused in one sentence with nothing written, or data and nothing else."""

from __future__ import annotations

import json
import os
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gocontainer import render
from gocontainer.errors import UsageError, WrongAnswers
from gocontainer.options.profiles import PROFILE
from gocontainer.options.table import BY_NAME, OPTIONS
from gocontainer.options.types import Text, Toggle
from gocontainer.repository.tree import File
from tests.helpers.support import answers, clean_environment, go, need, ok, rendered
from tests.helpers.updates import command

TEXTS = [option.name for option in OPTIONS if isinstance(option, Text)]
HOSTILE = {
    "empty": "",
    "long": "a" * 300,
    "upper-case": "ORDERS",
    "unicode": "订单-ñ",
    "path": "../x",
    "absolute": "/etc/passwd",
    "space": "a b",
    "newline": "a\nb: c",
    "own-tag": "<<x>>",
    "own-block": "<% if x %>",
    "jinja": "{{x}}",
    "shell": "$(touch pwned)",
    "backticks": "`touch pwned`",
    "double-quote": 'a"b',
    "single-quote": "a'b",
    "yaml-comment": "a: # b",
    "yaml-document": "a\n---\nb",
    "make": "$(shell touch pwned)",
    "flag": "-rf",
    "escape": "a\x1b[31m",
    "bidi": "a\u202eb",
    "backslash": "a\\",
    "triple": 'a"""b',
    "html": "<script>alert(1)</script>",
    "null-word": "null",
}
VALID_BUT_NASTY = [
    "{{x}} $(touch pwned) `touch pwned` ${HOME} $$ %s %d",
    'a "quoted" word \\ and \\" more',
    "it's # a: comment, --- [x](y) | z",
    "<script>alert(1)</script> & <b>",
    "# heading",
    "+build ignore",
    "订单服务 ñandú",
]


def parses(files: dict[str, File], chosen: Any) -> None:
    """The files are what they should be, and the answers stand in them as data."""
    for path, file in files.items():
        text = file.content.decode()
        assert not path.startswith(("/", ".")) or path.startswith((".git", ".docker", ".gocontainer/", ".golangci"))
        assert ".." not in path.split("/")
        if path.endswith((".yaml", ".yml")):
            assert all(isinstance(document, dict) for document in yaml.safe_load_all(text))
    labels = image_labels(files["Dockerfile"].content.decode())
    assert labels["description"] == chosen["description"]
    assert labels["vendor"] == chosen["owner"]
    overlay = yaml.safe_load(files["deploy/overlays/prod/kustomization.yaml"].content)
    assert overlay["namespace"] == chosen["service"]
    component = yaml.safe_load(files["deploy/overlays/prod/image/kustomization.yaml"].content)
    assert component["images"][0]["newName"] == chosen["image"]


def one_sentence(error: UsageError) -> None:
    for each in error.errors if isinstance(error, WrongAnswers) else (error,):
        assert str(each).isprintable(), "neither a second line nor anything that a terminal would obey"


def image_labels(dockerfile: str) -> dict[str, str]:
    """Read the labels as the builder does: double quotes, with backslash before \\, " and $."""
    (block,) = re.findall(r"^LABEL ((?:.*\\\n)*.*)", dockerfile, re.MULTILINE)
    words = shlex.split(block.replace("\\\n", " ").replace("\\$", "$"))
    return {key.rpartition(".")[2]: value for key, _, value in (word.partition("=") for word in words)}


@pytest.mark.parametrize("name", TEXTS)
@given(
    text=st.one_of(
        st.text(max_size=60),
        st.from_regex(r"[a-z0-9./_:@-]{1,60}", fullmatch=True),
        st.sampled_from([*HOSTILE.values(), *VALID_BUT_NASTY]),
    )
)
def test_any_text_is_refused_or_stays_data(name: str, text: str) -> None:
    try:
        chosen = answers(**{name: text})
    except UsageError as error:
        one_sentence(error)
        return
    assert chosen[name] == text
    parses(render(chosen), chosen)


@pytest.mark.parametrize("option", [PROFILE, *OPTIONS], ids=lambda option: option.name)
@given(
    raw=st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=20),
        st.lists(st.text(max_size=5), max_size=3),
        st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    )
)
def test_any_value_of_a_file_is_refused_or_good(option: Any, raw: object) -> None:
    try:
        chosen = answers(**{option.name: raw})
    except UsageError as error:
        one_sentence(error)
    else:
        parses(render(chosen), chosen)


def channels(folder: Path, name: str, text: str) -> list[tuple[list[str], dict[str, str]]]:
    """The same answer by flag, by environment and by the three kinds of file."""
    flag = "--no-" + name if isinstance(BY_NAME[name], Toggle) else f"{BY_NAME[name].flag}={text}"
    (folder / "a.json").write_text(json.dumps({name: text}), "utf-8")
    (folder / "a.yaml").write_text(yaml.safe_dump({name: text}), "utf-8")
    basic = json.dumps(text).replace("\x7f", "\\u007f")
    (folder / "a.toml").write_text(f"{name} = {basic}\n", "utf-8")
    assert tomllib.loads((folder / "a.toml").read_text("utf-8")) == {name: text}
    files: list[tuple[list[str], dict[str, str]]] = [
        (["--answers", str(folder / f"a.{kind}")], {}) for kind in ("json", "yaml", "toml")
    ]
    return [([flag], {}), ([], {BY_NAME[name].variable: text}), *files]


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text_by_every_channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str) -> None:
    text = HOSTILE[kind]
    monkeypatch.chdir(tmp_path)
    service = [] if name == "service" else ["orders"]
    (tmp_path / "answers").mkdir()
    outcomes = set()
    for number, (arguments, environment) in enumerate(channels(tmp_path / "answers", name, text)):
        output = tmp_path / str(number)
        output.mkdir()
        with patch.dict(os.environ, {**clean_environment(), **environment}, clear=True):
            run = command("new", *service, *arguments, "--no-git", "-o", str(output))
        outcomes.add(run.code)
        assert run.code in (0, 2), run
        assert "Traceback" not in run.err
        if run.code == 2:
            assert len([line for line in run.err.splitlines() if line.startswith("Error: ")]) == 1
            assert list(output.iterdir()) == []
        else:
            (repository,) = output.iterdir()
            assert re.fullmatch("[a-z][a-z0-9-]*", repository.name)
    assert len(outcomes) == 1, "every channel judges alike"
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize("text", VALID_BUT_NASTY)
def test_nasty_text_is_built_and_executes_nothing(tmp_path: Path, text: str) -> None:
    need("go", "make")
    chosen = {"description": text, "owner": text, "license": "mit"}
    repository = rendered(tmp_path, **chosen)
    ok(go(repository, "build", "./..."))
    parses(render(answers(**chosen)), answers(**chosen))
    assert text in (repository / "LICENSE").read_text("utf-8")
    assert not list(tmp_path.rglob("pwned"))
