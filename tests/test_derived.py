"""What follows from the tables is fresh, and a new choice needs nothing but its rows and its file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.support import ROOT, Run, clean_environment, gocontainer, ok


def test_derived_files_are_fresh() -> None:
    assert gocontainer("dev", "derive", "--check").code == 0, "run 'make derive'"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A scratch copy of what a maintainer edits."""
    target = tmp_path / "copy"
    for part in ("generator", "template", "hooks", "docs/reference"):
        shutil.copytree(ROOT / part, target / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("tests/rows.json", "cookiecutter.json"):
        (target / part).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / part, target / part)
    return target


def inside(copy: Path, *arguments: str) -> Run:
    """Run the command of a scratch copy."""
    environment = {**clean_environment(), "PYTHONPATH": str(copy / "generator")}
    done = subprocess.run(
        [sys.executable, *arguments], check=False, capture_output=True, text=True, cwd=copy, env=environment
    )
    return Run(done.returncode, done.stdout, done.stderr)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new))


def test_a_stale_file_is_named_with_exit_4(copy: Path) -> None:
    edit(copy / "docs/reference/options.md", "# Options\n", "# Option\n")
    run = inside(copy, "-m", "gocontainer", "dev", "derive", "--check")
    assert (run.code, run.err) == (4, "stale docs/reference/options.md\n")
    ok(inside(copy, "-m", "gocontainer", "dev", "derive"))
    assert inside(copy, "-m", "gocontainer", "dev", "derive", "--check").code == 0


def test_a_new_choice_needs_an_option_row_a_layout_row_and_its_file(copy: Path) -> None:
    package = copy / "generator/gocontainer"
    edit(
        package / "options.py",
        'Choice(value="github", label="GitHub Actions"),',
        'Choice(value="github", label="GitHub Actions"),\n            Choice(value="drone", label="Drone, the dummy"),',
    )
    edit(
        package / "layout.py", '".github/workflows/": ', '".drone.yml": {"ci": ("drone",)},\n    ".github/workflows/": '
    )
    (copy / "template/<<cookiecutter.service>>/.drone.yml").write_text("name: << cookiecutter.service >>\n")
    ok(inside(copy, "-m", "gocontainer", "dev", "derive"))
    known_everywhere(copy)
    written = inside(copy, "-m", "gocontainer", "new", "orders", "--ci", "drone", "--no-git", "-o", str(copy / "out"))
    ok(written)
    assert (copy / "out/orders/.drone.yml").read_text() == "name: orders\n"
    assert not (copy / "out/orders/.github/workflows").exists()
    with_cookiecutter(copy)


def known_everywhere(copy: Path) -> None:
    schema = json.loads(ok(inside(copy, "-m", "gocontainer", "options", "--schema")))
    assert "drone" in schema["properties"]["ci"]["enum"]
    assert "| `drone` | Drone, the dummy |" in (copy / "docs/reference/options.md").read_text()
    assert "| `.drone.yml` | with `ci` drone |" in (copy / "docs/reference/files.md").read_text()
    assert "drone" in (copy / "docs/reference/cli.md").read_text()
    assert any(row["ci"] == "drone" for row in json.loads((copy / "tests/rows.json").read_text()))
    assert "drone" in ok(inside(copy, "-m", "gocontainer", "new", "--help"))
    assert '"drone"' in (copy / "generator/gocontainer/options/answer_types.py").read_text()
    complete = {"_GOCONTAINER_COMPLETE": "bash_complete", "COMP_WORDS": "gocontainer new --ci dr", "COMP_CWORD": "3"}
    environment = {**os.environ, **complete, "PYTHONPATH": str(copy / "generator")}
    done = subprocess.run(
        [sys.executable, "-c", "from gocontainer.cli.main import main; main(prog_name='gocontainer')"],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert "drone" in done.stdout
    asked = (
        "from pathlib import Path\n"
        "from gocontainer.answers.detect import Surroundings\n"
        "from gocontainer.wizard.conversation import Conversation\n"
        "from gocontainer.wizard.settling import Settler\n"
        "conversation = Conversation(Settler((), Surroundings(Path('nowhere'))))\n"
        "conversation.change('ci')\n"
        "print([offer.value for offer in conversation.question.offers])\n"
    )
    assert "'drone'" in ok(inside(copy, "-c", asked))


def with_cookiecutter(copy: Path) -> None:
    """Plain cookiecutter knows the choice too."""
    program = str(Path(sys.executable).with_name("cookiecutter"))
    environment = {**os.environ, "HOME": str(copy / "home"), "PYTHONPATH": str(copy / "generator")}
    done = subprocess.run(
        [program, "--no-input", "-o", str(copy / "theirs"), str(copy), "service=orders", "ci=drone"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert (copy / "theirs/orders/.drone.yml").exists()
    assert not (copy / "theirs/orders/.github/workflows").exists()
