"""A call that is read without click means what click takes it for; what click would refuse is left to click."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gocontainer.cli import click_commands, flags, parameters
from gocontainer.cli.parameters import Parameter, parse
from gocontainer.rendering import language

KNOWN: dict[str, Sequence[Parameter]] = {
    "explain": parameters.EXPLAIN,
    "new": (*flags.table(), *parameters.NEW),
    "status": parameters.STATUS,
    "update": parameters.UPDATE,
}


def by_click(name: str, words: Sequence[str]) -> dict[str, Any] | None:
    """What click hands to the command, None where it hands nothing."""
    try:
        return dict(click_commands.main.commands[name].make_context(name, list(words)).params)
    except (click.ClickException, click.exceptions.Exit):
        return None


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, list[str]]:
    name = draw(st.sampled_from(sorted(KNOWN)))
    names = [flag for each in KNOWN[name] for flag in (*each.flags, each.off) if flag]
    values = st.sampled_from(["orders", "a=b", "", "-", "--", "-x", "markers", "theirs", ".", "no/such", __file__])
    flag = st.sampled_from([*names, "--help", "-h", "--nothing", "--plai", "-oout", "-o=out"])
    words = st.one_of(flag, values, st.builds("{}={}".format, flag, values))
    return name, draw(st.lists(words, max_size=5))


@settings(max_examples=600, deadline=None)
@given(call=calls())
def test_a_plain_call_is_read_as_click_reads_it(call: tuple[str, list[str]]) -> None:
    name, words = call
    values = parse(KNOWN[name], words)
    assert values is None or values == by_click(name, words)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("new", ["orders"]),
        ("new", ["orders", "--no-input", "--no-git", "-o", "out", "--port=8081", "--no-tracing", "--set", "cpu=1"]),
        ("update", ["--set", "a=1", "--set=b=2", ".", "--on-conflict", "ours", "--commit"]),
        ("status", ["--json"]),
        ("explain", []),
    ],
)
def test_what_people_type_is_plain(name: str, words: list[str]) -> None:
    values = parse(KNOWN[name], words)
    assert values is not None
    assert values == by_click(name, words)


@pytest.mark.parametrize("call", ["new orders --dry-run", "new orders --no-input -o {0}", "status {0}/orders",
                                  "update {0}/orders --dry-run", "explain {0}/orders"])  # fmt: skip
def test_a_plain_call_imports_no_click_and_nothing_as_slow(tmp_path: Path, call: str) -> None:
    new = "main.run(['new', 'orders', '-o', sys.argv[1]])" if "/orders" in call else ""
    run = f"main.run({call!r}.format(sys.argv[1]).split())"
    (tmp_path / "program.json").write_text(json.dumps(language.load()))  # as the wheel has it, parsed
    script = f"""
import json, sys
from gocontainer.cli import main
from gocontainer.rendering import language
program = json.loads(open(sys.argv[1] + "/program.json").read())
language.load = lambda: program
{new}
{run}
print(*sys.modules)"""
    done = subprocess.run([sys.executable, "-c", script, tmp_path], check=True, capture_output=True, text=True)
    loaded = done.stdout.splitlines()[-1].split()
    assert "gocontainer.rendering.engine" in loaded or "explain" in call
    slow = {"click", "dataclasses", "inspect", "tarfile", "tempfile", "random", "yaml", "uuid", "argparse", "logging"}
    assert slow & {*loaded} == ({"yaml"} if "explain" in call else set()), "only a number in a manifest needs YAML"


def test_help_imports_click() -> None:
    script = "import sys; from gocontainer.cli import main; main.run(['new', '--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert "click" in done.stdout.splitlines()[-1].split()
