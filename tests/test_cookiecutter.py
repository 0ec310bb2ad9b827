"""Plain cookiecutter on a checkout writes what gocontainer writes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gocontainer import render
from gocontainer.repository import tree
from tests.helpers.support import COMMAND, ROOT, answers, files_of, rows


@COMMAND
@rows()
def test_cookiecutter_renders_the_same_bytes(cookies: Any, row: dict[str, Any]) -> None:
    files = files_of(row)
    given = {name: value if isinstance(value, bool) else str(value) for name, value in row.items()}
    result = cookies.bake(extra_context={"service": "orders", **given}, template=str(ROOT))
    assert result.exception is None, result.exception
    assert tree.load(result.project_path) == files
    folders = [path for path in result.project_path.rglob("*") if path.is_dir()]
    assert all(any(folder.iterdir()) for folder in folders)


def cookiecutter(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).with_name("cookiecutter"))
    return subprocess.run(
        [program, "--no-input", "-o", str(folder), str(ROOT), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(folder)},
    )


def test_the_command_itself_renders_the_same_bytes(tmp_path: Path) -> None:
    text = 'Say "hi" to $HOME, \'you\' & `all` \\ """ 订单'
    done = cookiecutter(tmp_path, "service=orders", f"description={text}", "tracing=no")
    assert done.returncode == 0, done.stderr
    assert tree.load(tmp_path / "orders") == render(answers(description=text, tracing=False))


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("service=Orders", "service: 'Orders' is not a DNS label"),
        ("cpu=much", "cpu: 'much' is not an amount"),
        ("cgo=yes", "cgo true with base_image distroless-static cannot work"),
    ],
)
def test_the_hook_refuses_what_gocontainer_refuses(tmp_path: Path, answer: str, sentence: str) -> None:
    done = cookiecutter(tmp_path, "service=orders", answer)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert not [path for path in tmp_path.iterdir() if not path.name.startswith(".")]
