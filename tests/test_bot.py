"""The bot proposes a newer template as one pull request, and nothing that anybody committed is ever lost to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.proposals import BRANCH, Forge, Installed, installed, rendered_bot
from tests.helpers.support import need

LINES = [f"line {number}\n" for number in range(12)]


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    need("bash")
    return rendered_bot(tmp_path_factory.mktemp("bot"))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed(tmp_path_factory.mktemp("program")) as found:
        yield found


@pytest.fixture
def forge(tmp_path: Path, bot: dict[str, str], program: Installed) -> Forge:
    program.publish({**bot, "a.txt": text(), "b.txt": text()})
    return Forge(tmp_path / "forge", program, {**bot, "a.txt": text(), "b.txt": text()})


def text(**changed: str) -> str:
    """Twelve lines, some of them changed."""
    found = list(LINES)
    for name, value in changed.items():
        found[int(name.removeprefix("at"))] = f"{value}\n"
    return "".join(found)


def test_a_newer_template_becomes_one_pull_request(forge: Forge, bot: dict[str, str]) -> None:
    assert forge.run().code == 0
    assert forge.requests == []
    forge.installed.publish({**bot, "a.txt": text(at3="newer"), "b.txt": text()})
    done = forge.run()
    assert done.code == 0, done
    (request,) = forge.open
    assert not request["draft"]
    print(request, done)
    assert "~ a.txt" in request["body"]
    print(forge.ask("log","--stat", BRANCH))
    assert 0
