"""`make secrets` finds a secret in files and history, and passes over what .scanignore excepts until its day."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.helpers.support import ROWS, files_of, git
from tests.scans.repository import TOKEN, Repository, gitleaks, repository

pytestmark = [pytest.mark.slow, pytest.mark.proof("Makefile", "hack/scan.sh", "*", runs=("template",))]
LEAK = f'token = "{TOKEN}"\n'
TODAY = dt.datetime.now(dt.UTC).date()
REFUSED = "whoever has a clone has the secret: have it revoked where it is from"


@pytest.fixture
def here(tmp_path: Path) -> Repository:
    return repository(tmp_path)


def found(here: Repository) -> list[str]:
    """The fingerprints of what is refused."""
    done = here.make("secrets")
    assert done.code == 2
    assert REFUSED in done.err.splitlines()
    assert TOKEN not in done.out + done.err, "a secret is not printed again"
    return re.findall(r"^Fingerprint: (.*)$", done.out, re.MULTILINE)


def test_what_is_rendered_has_none(here: Repository) -> None:
    done = here.make("secrets")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_secret_in_a_file_is_found_before_it_is_committed(here: Repository) -> None:
    here.write("notes.txt", LEAK)
    assert found(here) == ["notes.txt:github-pat:1"]
    assert git(here.folder, "status", "--porcelain") == "?? notes.txt\n", "the index is as it was"


def test_what_git_ignores_is_its_owner_s(here: Repository) -> None:
    here.write(".env", LEAK)
    assert here.make("secrets").code == 0


def test_a_secret_that_was_deleted_is_found_in_the_history(here: Repository) -> None:
    here.write("notes.txt", LEAK)
    here.commit()
    first = git(here.folder, "rev-parse", "HEAD").strip()
    (here.folder / "notes.txt").unlink()
    here.commit()
    assert found(here) == [f"{first}:notes.txt:github-pat:1"]
    rules = json.loads((here.folder / "bin/scan/history.sarif").read_text())["runs"][0]["results"]
    assert [each["ruleId"] for each in rules] == ["github-pat"]


@pytest.mark.parametrize("days", [0, 30])
def test_an_exception_holds_up_to_its_day(here: Repository, days: int) -> None:
    here.write("notes.txt", LEAK)
    day = TODAY + dt.timedelta(days=days + 1)  # the day may end while this runs
    here.write(".scanignore", f"# why\n\nnotes.txt:github-pat:1 {day} a sample: nobody has it")
    assert here.make("secrets").code == 0


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("notes.txt:github-pat:1 2026-01-01 a sample", "notes.txt:github-pat:1 was excepted until 2026-01-01"),
        ("notes.txt:github-pat:1 9999-12-31", "notes.txt:github-pat:1 has no day or no reason"),
        ("notes.txt:github-pat:1 some day, a sample", "notes.txt:github-pat:1 has no day or no reason"),
        ("CVE-2026-1", "CVE-2026-1 has no day or no reason"),
    ],
)
def test_an_exception_past_its_day_or_without_a_reason_fails_whatever_it_excepts(
    here: Repository, line: str, reason: str
) -> None:
    here.write(".scanignore", f"{line}\n")
    done = here.make("secrets")
    assert done.code == 2
    assert done.err.splitlines()[0].startswith(f".scanignore: {reason}")


def test_another_secret_than_the_excepted_is_found(here: Repository) -> None:
    here.write("notes.txt", LEAK + LEAK.replace("token", "other"))
    here.write(".scanignore", "notes.txt:github-pat:1 9999-12-31 a sample: nobody has it\n")
    assert found(here) == ["notes.txt:github-pat:2"]


def test_no_row_has_what_looks_like_a_secret(tmp_path: Path) -> None:
    rendered = {file.content: path for row in ROWS for path, file in files_of(row).items()}
    for number, (content, path) in enumerate(rendered.items()):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / path.rpartition("/")[2]).write_bytes(content)
    command = [gitleaks(), "dir", str(tmp_path), "--no-banner", "--verbose", "--log-level=error"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
