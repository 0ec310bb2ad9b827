"""What people read is looked up, the catalogues are fresh, and none of it reaches what programs read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from gocontainer import texts
from gocontainer.answers.sources import RESERVED, from_environment
from gocontainer.dev import messages
from gocontainer.options.table import BY_NAME
from tests.helpers.scratch_checkout import ScratchCheckout
from tests.helpers.support import ROOT, gocontainer, ok, replace

PACKAGE = ROOT / "generator/gocontainer"
CATALOGUE = "locale/zh_CN/LC_MESSAGES/gocontainer.po"


@pytest.fixture
def checkout(tmp_path: Path) -> ScratchCheckout:
    return ScratchCheckout(tmp_path / "checkout")


def unlookable(tree: ast.Module) -> Iterator[str]:
    """Calls of ``tr`` whose text is put together in code, so that no catalogue has it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("tr", "mark"):
            text = node.args[0] if node.args else None
            is_literal = isinstance(text, ast.Constant) and isinstance(text.value, str)
            if not is_literal and not isinstance(text, ast.Name | ast.Attribute):
                yield ast.unparse(node)


def unfilled(tree: ast.Module) -> Iterator[str]:
    """Calls of ``tr`` that do not give the values that the text names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "tr" and node.args:
            text, given = node.args[0], {each.arg for each in node.keywords}
            if isinstance(text, ast.Constant) and messages.placeholders(str(text.value)) != given and None not in given:
                yield ast.unparse(node)


def test_every_text_that_is_looked_up_is_a_literal_or_of_a_table_and_gets_its_values() -> None:
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        assert [*unlookable(tree), *unfilled(tree)] == [], path


@pytest.mark.parametrize(
    "bad",
    [
        'tr(f"Write {count} files")',
        'tr("Write " + count)',
        'tr("Write {} files".format(count))',
        'tr("Write" if now else "Would write")',
        "tr()",
        'tr(table["key"])',
    ],
)
def test_a_text_that_is_put_together_would_be_noticed(bad: str) -> None:
    assert list(unlookable(ast.parse(bad))) == [bad.replace('"', "'")]


@pytest.mark.parametrize("bad", ["tr('Write {count} files')", "tr('Write {count} files', number=1)", "tr('Go', n=1)"])
def test_a_value_that_is_missing_or_too_much_would_be_noticed(bad: str) -> None:
    assert list(unfilled(ast.parse(bad))) == [bad]


def test_the_catalogues_are_fresh() -> None:
    run = gocontainer("dev", "messages", "--check")
    assert "stale" not in run.err, "run 'make messages'"


def test_a_new_text_is_stale_for_both_commands_and_then_lacks_its_translation(checkout: ScratchCheckout) -> None:
    checkout.edit(
        "errors.py", ('"""The number of SIGHUP', 'tr("A new text of {count} words", count=6)\n"""The number of SIGHUP')
    )
    checkout.edit(
        "errors.py",
        (
            "from __future__ import annotations\n",
            "from __future__ import annotations\n\nfrom gocontainer.texts import tr\n",
        ),
    )
    for command in ("derive", "messages"):
        run = checkout.run("dev", command, "--check")
        assert (run.code, f"stale generator/gocontainer/{CATALOGUE}\n" in run.err) == (4, True)
    checkout.derive()
    assert "no translation of 'A new text of {count} words'" in checkout.run("dev", "messages", "--check").err


def test_a_text_that_is_gone_leaves_the_catalogue(checkout: ScratchCheckout) -> None:
    help_of_port = BY_NAME["port"].help
    assert help_of_port in (checkout.package / CATALOGUE).read_text()
    checkout.edit("options/table.py", (help_of_port, "Port, and what is on it."))
    checkout.derive()
    now = (checkout.package / CATALOGUE).read_text()
    assert help_of_port not in now
    assert "Port, and what is on it." in now


def test_a_translation_that_names_other_values_is_refused(checkout: ScratchCheckout) -> None:
    catalogue = checkout.package / CATALOGUE
    replace(catalogue, ('msgid "default: {default}"\nmsgstr "', 'msgid "default: {default}"\nmsgstr "{other}'))
    run = checkout.run("dev", "messages", "--check")
    assert run.code == 4
    assert "zh_CN: other values than 'default: {default}' has in '{other}" in run.err


def test_a_catalogue_is_the_same_bytes_each_time_and_has_no_date_line_number_or_old_text(
    checkout: ScratchCheckout,
) -> None:
    before = {path: path.read_bytes() for path in (checkout.package / "locale").rglob("gocontainer.*")}
    assert {path.suffix for path in before} == {".po", ".mo"}
    for path in before:
        path.unlink() if path.suffix == ".mo" else path.touch()
    checkout.run("dev", "messages")
    assert {path: path.read_bytes() for path in before} == before
    text = (checkout.package / CATALOGUE).read_text()
    assert "fuzzy" not in text
    assert "\n#~" not in text
    assert "Date" not in text
    assert not [line for line in text.splitlines() if line.startswith("#:") and line[-1].isdigit()]


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_TW.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "zh_CN"}, "zh_CN"),
        ({"LANG": "zh_CN.UTF-8", "GOCONTAINER_LANG": "en"}, "en"),
        ({"LC_ALL": "C", "GOCONTAINER_LANG": "zh-CN"}, "zh_CN"),
        ({"GOCONTAINER_LANG": "tlh", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"GOCONTAINER_LANG": "", "LANG": "zh_CN.UTF-8"}, "zh_CN"),
    ],
)
def test_the_environment_says_the_language_and_an_unknown_one_is_english(
    environment: dict[str, str], language: str
) -> None:
    assert texts.language_of(environment) == language


def test_the_variable_of_the_language_is_no_option(tmp_path: Path) -> None:
    assert not {*RESERVED} & BY_NAME.keys()
    assert from_environment({"GOCONTAINER_LANG": "zh_CN", "GOCONTAINER_PORT": "9000"}).values == {"port": "9000"}
    for language in ("zh_CN", "en", "tlh"):
        ok(gocontainer("new", f"a-{language[:2]}", cwd=tmp_path, env={"GOCONTAINER_LANG": language}))
