"""What the project says of itself: its changelog, its versions, what its bots and hooks look at."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

import gocontainer
from tests.helpers.support import ROOT, pip_tool

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]
TYPES = [kind["directory"] for kind in SETTINGS["type"]]
CHANGES = {path.name: path.read_text() for path in (ROOT / "changes").iterdir() if path.name != "template.md"}
GOOD = {
    "drop-x.breaking.md": "`--x` is gone: use\n`--y`.\n",
    "new-z.added.md": "`--z` adds a line.\n",
    "a.fixed.md": "It no longer fails.\n",
}


def wrong(changes: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with files in ``changes/``."""
    for name, text in changes.items():
        parts = name.split(".")
        if len(parts) != 3 or parts[1] not in TYPES or parts[2] != "md":
            yield f"{name}: not NAME.TYPE.md with a TYPE of {', '.join(TYPES)}"
        if not text.endswith(".\n") or "\n\n" in text or text.startswith(("-", "#", " ")):
            yield f"{name}: not a paragraph that ends in a full stop"
        if any(len(line) > 118 for line in text.splitlines()):
            yield f"{name}: a line is too long once it is in the list"


def built(folder: Path, changes: Mapping[str, str]) -> str:
    """The changelog of a release, made of ``changes`` where the project's lies."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copy(ROOT / "CHANGELOG.md", folder)
    (folder / "changes").mkdir()
    shutil.copy(ROOT / SETTINGS["template"], folder / "changes")
    for name, text in changes.items():
        (folder / "changes" / name).write_text(text)
    command = [pip_tool("towncrier"), "build", "--yes", "--version", "9.8.7", "--date", "2030-01-02"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    assert [path.name for path in (folder / "changes").iterdir()] == ["template.md"]
    return (folder / "CHANGELOG.md").read_text()


def test_every_change_is_of_a_known_type_and_one_paragraph() -> None:
    assert list(wrong(CHANGES)) == []
    assert list(wrong(GOOD)) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.feature.md", "It is new.\n"),
        ("x.md", "It is new.\n"),
        ("x.added.txt", "It is new.\n"),
        ("x.added.md", "It is new\n"),
        ("x.added.md", "It is new."),
        ("x.added.md", "- It is new.\n"),
        ("x.added.md", "One.\n\nTwo.\n"),
        ("x.added.md", f"It is {'very ' * 30}new.\n"),
    ],
)
def test_a_change_of_another_form_is_found(name: str, text: str) -> None:
    assert len(list(wrong({name: text}))) == 1


def test_a_release_writes_its_changes_above_those_before(tmp_path: Path) -> None:
    before = (ROOT / "CHANGELOG.md").read_text()
    text = built(tmp_path, GOOD)
    release = """\
## 9.8.7 (2030-01-02)

- Breaking: `--x` is gone: use
  `--y`.
- `--z` adds a line.
- It no longer fails.

"""
    assert text.count(release) == 1
    assert text.replace(release, "") == before


def test_the_changelog_can_be_built_of_the_changes_that_wait(tmp_path: Path) -> None:
    text = built(tmp_path, CHANGES)
    for change in CHANGES.values():
        assert change.replace("\n", "\n  ").strip() in text


def test_what_is_relied_on_is_said_by_name() -> None:
    page = (ROOT / "VERSIONING.md").read_text()
    assert [name for name in gocontainer.__all__ if f"`{name}`" not in page] == []
    assert [name for name in TYPES if f"`{name}`" not in (ROOT / "CONTRIBUTING.md").read_text()] == []


def test_the_dependency_bot_looks_at_every_module_that_tests_build() -> None:
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
    (seen,) = (each["directories"] for each in updates if each["package-ecosystem"] == "gomod")
    modules = {f"/{path.parent.relative_to(ROOT)}" for path in (ROOT / "tests").rglob("go.mod")}
    assert set(seen) == {path for path in modules if not path.startswith(("/tests/goldens/", "/tests/naive"))}


def test_each_hook_before_a_commit_is_a_program_of_the_virtual_environment() -> None:
    subprocess.run([pip_tool("pre-commit"), "validate-config", str(ROOT / ".pre-commit-config.yaml")], check=True)
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local", "anything else would be fetched"
    for hook in repository["hooks"]:
        folder, name = hook["entry"].split()[0].rsplit("/", 1)
        assert folder == ".venv/bin"
        assert pip_tool(name)
