"""Line ends, through every rename and under every attribute: a file keeps its own, and both edits are in it."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from tests.helpers.support import COMMAND
from tests.helpers.update_outcome import conflicts
from tests.helpers.updates import Repository

pytestmark = COMMAND

TEXT = "".join(f"line {number}\n" for number in range(1, 21))
NEWER = TEXT.replace("line 5\n", "template 5\n")
ATTRIBUTES = {
    "none": "",
    "auto": "* text=auto\n",
    "no text": "*.txt -text\n",
    "crlf": "*.txt text eol=crlf\n",
    "lf": "*.txt text eol=lf\n",
    "autocrlf": "",
}
RENAMES = {"nobody": ("", ""), "the template": ("", "t"), "the owner": ("o", ""), "both": ("s", "s")}
LF, CRLF = "\n", "\r\n"


def ends(content: bytes) -> str:
    """What the lines end in, if all end alike."""
    crlf = content.count(b"\r\n")
    assert crlf in (0, content.count(b"\n")), content
    return CRLF if crlf else LF


def committed(repository: Repository, path: str) -> bytes:
    return repository.git("cat-file", "blob", f"HEAD:{path}").encode()


@pytest.mark.parametrize("edited", [True, False], ids=["edited", "unedited"])
@pytest.mark.parametrize("renames", RENAMES)
@pytest.mark.parametrize("attributes", ATTRIBUTES)
def test_line_ends_renames_and_attributes(tmp_path: Path, attributes: str, renames: str, edited: bool) -> None:  # noqa: FBT001
    """Three files at once, whose names begin with the ends that the template and the owner give them."""
    owner, template = RENAMES[renames]
    kinds = {f"{a}{b}": (x, y) for (a, x), (b, y) in product({"l": LF, "c": CRLF}.items(), repeat=2)}
    texts = {kind: TEXT.replace("line", kind) for kind in kinds}  # no rename is taken for another
    newer = {kind: NEWER.replace("line", kind) for kind in kinds}
    repository = Repository(
        tmp_path / "orders", {f"{kind}.txt": texts[kind].replace(LF, kinds[kind][0]) for kind in kinds}
    )
    if attributes == "autocrlf":
        repository.git("config", "core.autocrlf", "true")
    repository.write(".gitattributes", ATTRIBUTES[attributes])
    for kind, (_, mine) in kinds.items():
        text = texts[kind].replace(f"{kind} 15\n", "mine 15\n") if edited else texts[kind]
        (repository.folder / f"{kind}.txt").unlink()
        repository.write(f"{owner}{kind}.txt", text.replace(LF, mine))
    repository.commit()
    repository.git("add", "--renormalize", ".")
    repository.commit()
    before = {kind: ends(committed(repository, f"{owner}{kind}.txt")) for kind in kinds}
    theirs = {f"{template}{kind}.txt": newer[kind].replace(LF, kinds[kind][0]) for kind in kinds}
    report = repository.report(theirs, "--commit")
    assert (report["exit"], conflicts(report)) == (0, {})
    for kind in kinds:
        text = newer[kind].replace(f"{kind} 15\n", "mine 15\n") if edited else newer[kind]
        content = committed(repository, f"{owner or template}{kind}.txt")
        assert content.decode() == text.replace(LF, before[kind]), kind
    assert repository.git("status", "--porcelain") == ""


@pytest.mark.parametrize("mine", [LF, CRLF])
def test_a_conflict_has_the_line_ends_of_its_file(tmp_path: Path, mine: str) -> None:
    repository = Repository(tmp_path / "orders", {"a.txt": TEXT})
    (repository.folder / "a.txt").unlink()
    repository.write("b.txt", TEXT.replace("line 5\n", "mine 5\n").replace(LF, mine))
    repository.commit()
    report = repository.report({"a.txt": NEWER})
    assert list(conflicts(report)) == ["b.txt"]
    lines = (repository.folder / "b.txt").read_bytes().splitlines(keepends=True)
    assert sum(line.endswith(mine.encode()) for line in lines if line[:1] not in b"<|=>") >= 22


def test_who_turns_the_lines_of_a_template_that_the_template_turns_too_keeps_the_edit(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "orders", {"a.txt": TEXT})
    repository.edit("a.txt", "line 15\n", "mine 15\n")
    report = repository.report({"a.txt": NEWER.replace(LF, CRLF)})
    assert (report["exit"], repository.read("a.txt")) == (0, NEWER.replace("line 15\n", "mine 15\n"))
