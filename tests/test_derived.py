"""What follows from the tables is fresh, and a new choice needs nothing but its rows and its file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.scratch_checkout import ScratchCheckout
from tests.helpers.support import gocontainer, ok, replace


def test_derived_files_are_fresh() -> None:
    assert gocontainer("dev", "derive", "--check").code == 0, "run 'make derive'"


@pytest.fixture
def checkout(tmp_path: Path) -> ScratchCheckout:
    return ScratchCheckout(tmp_path / "checkout")


def test_a_stale_file_is_named_with_exit_4(checkout: ScratchCheckout) -> None:
    replace(checkout.folder / "docs/reference/options.md", ("# Options\n", "# Option\n"))
    run = checkout.run("dev", "derive", "--check")
    assert (run.code, run.err) == (4, "stale docs/reference/options.md\n")
    checkout.derive()


def test_a_new_choice_needs_an_option_row_a_layout_row_and_its_file(checkout: ScratchCheckout) -> None:
    github = '            Choice(value="github", label="GitHub Actions"),\n'
    checkout.edit(
        "options/table.py", (github, github + '            Choice(value="drone", label="Drone, the dummy"),\n')
    )
    checkout.edit(
        "rendering/layout.py",
        ('    ".github/workflows/": ', '    ".drone.yml": {"ci": ("drone",)},\n    ".github/workflows/": '),
    )
    (checkout.template / ".drone.yml").write_text("name: << cookiecutter.service >>\n")
    checkout.derive()
    known_everywhere(checkout)
    ok(checkout.run("new", "orders", "--ci", "drone", "--no-git", "-o", str(checkout.folder / "out")))
    checkout.cookiecutter(checkout.folder / "theirs", service="orders", ci="drone")
    for written in (checkout.folder / "out/orders", checkout.folder / "theirs/orders"):
        assert (written / ".drone.yml").read_text() == "name: orders\n"
        assert not (written / ".github/workflows").exists()


def known_everywhere(checkout: ScratchCheckout) -> None:
    schema = json.loads(ok(checkout.run("options", "--schema")))
    assert "drone" in schema["properties"]["ci"]["enum"]
    reference = checkout.folder / "docs/reference"
    assert "| `drone` | Drone, the dummy |" in (reference / "options.md").read_text()
    assert "| `.drone.yml` | with `ci` drone |" in (reference / "files.md").read_text()
    assert "drone" in (reference / "cli.md").read_text()
    assert any(row["ci"] == "drone" for row in checkout.rows())
    assert "drone" in ok(checkout.run("new", "--help"))
    assert '"drone"' in (checkout.package / "options/answer_types.py").read_text()
    completed = checkout.python(
        "-c",
        "from gocontainer.cli.main import main; main(prog_name='gocontainer')",
        _GOCONTAINER_COMPLETE="bash_complete",
        COMP_WORDS="gocontainer new --ci dr",
        COMP_CWORD="3",
    )
    assert "drone" in completed.out
    asked = (
        "from pathlib import Path\n"
        "from gocontainer.answers.detect import Surroundings\n"
        "from gocontainer.wizard.conversation import Conversation\n"
        "from gocontainer.wizard.settling import Settler\n"
        "conversation = Conversation(Settler((), Surroundings(Path('nowhere'))))\n"
        "conversation.change('ci')\n"
        "print([offer.value for offer in conversation.question.offers])\n"
    )
    assert "'drone'" in ok(checkout.python("-c", asked))
