"""Whatever both sides did, an update loses nothing and says what it did: 500 random histories."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, TypeVar

import pytest

from gocontainer.answers import lockfile
from gocontainer.repository.tree import File, Tree
from tests.helpers.histories import TEMPLATE, USER, Oracle, Outcome, added, changed, index, lines, start, unlabelled
from tests.helpers.support import COMMAND
from tests.helpers.updates import Repository, as_tree, command

pytestmark = COMMAND

COUNT = int(os.environ.get("HISTORIES", "500"))
CHUNK, QUICK = 10, 20
OWN = (lockfile.LOCK, lockfile.PACK)
T = TypeVar("T")


class Update(NamedTuple):
    """One update: the three trees, and what git makes of them."""

    base: Tree
    mine: Tree
    theirs: Tree
    expected: Outcome


class Copy(Repository):
    """A repository with all that git has of it."""

    def __init__(self, source: Repository, folder: Path) -> None:
        self.top, self.folder = folder, folder / source.folder.relative_to(source.top)
        self._take(source)

    def _take(self, source: Repository) -> None:
        shutil.copytree(source.top, self.top)


class Clone(Copy):
    """A shallow clone of a repository."""

    def _take(self, source: Repository) -> None:
        source.git("clone", "--quiet", "--template=", "--depth", "1", f"file://{source.top}", str(self.top))


def chunks() -> list[Any]:
    """The first history of each chunk; those after the first QUICK are lived through in `make test-all`."""
    firsts = range(0, COUNT, CHUNK)
    return [pytest.param(first, marks=[pytest.mark.slow] if first >= QUICK else []) for first in firsts]


@pytest.mark.parametrize("first", chunks())
def test_no_history_loses_an_edit_or_hides_a_conflict(first: int, tmp_path: Path) -> None:
    oracle = Oracle(tmp_path / "oracle")
    for number in range(first, min(first + CHUNK, COUNT)):
        live(number, tmp_path / str(number), oracle)
        shutil.rmtree(tmp_path / str(number))


def test_a_file_in_the_place_of_one_that_both_sides_moved_is_kept(tmp_path: Path) -> None:
    """git's own merge is clean there, and without it."""
    text = "".join(f"line {number}\n" for number in range(9))
    base, mine = (
        as_tree({"old.txt": text, "a.txt": "a\n"}),
        as_tree({"new.txt": text, "a.txt": "a\n", "old.txt": "mine\n"}),
    )
    theirs = as_tree({"new.txt": text, "a.txt": "a\n"})
    expected = Oracle(tmp_path / "oracle").merge(base, mine, theirs)
    assert (expected.unmerged, "old.txt" in expected.files) == (set(), False)
    repository = Repository(tmp_path / "orders", base)
    replace(repository, mine)
    report = run(repository, Update(base, mine, theirs, expected))
    assert [each["path"] for each in report["conflicts"]] == ["old.txt"]
    assert repository.read("old.txt") == "mine\n"


def live(number: int, folder: Path, oracle: Oracle) -> None:
    """Live through one history."""
    rng = Random(number)
    base = start(rng)
    repository = Repository(folder / "0", base, "--template=", place=rng.choice((".", ".", ".", "services/orders")))
    for step in range(1, rng.choice((1, 1, 2, 3)) + 1):
        theirs, mine = changed(rng, base, TEMPLATE), changed(rng, files(repository), USER)
        if rng.random() < 0.1:
            mine = adopted(rng, mine, theirs)
        replace(repository, mine)
        if rng.random() < 0.15:
            repository = Clone(repository, folder / str(step))
        update = Update(base, mine, theirs, oracle.merge(base, mine, theirs))
        try:
            check(repository, update, rng)
        except AssertionError as error:
            error.add_note(f"in history {number}, update {step}")
            raise
        base = theirs


def adopted(rng: Random, mine: Tree, theirs: Tree) -> dict[str, File]:
    """What somebody has who took a file of the newer template by hand."""
    path = rng.choice(sorted(theirs))
    return {**mine, path: theirs[path]} if path in mine else dict(mine)


def check(repository: Repository, update: Update, rng: Random) -> None:
    """Preview, update, hold what came out against git's own merge, and go on as a user would."""
    before = everything(repository.top)
    preview = repository.report(update.theirs, "--dry-run")
    assert everything(repository.top) == before, "a preview changes nothing"
    if preview["exit"] == 4 and rng.random() < 0.2:
        squash(repository, update, set(preview["moved"].values()))
    else:
        update_in_place(repository, update, preview, rng)
    done = repository.update(update.theirs)
    assert done.code == 0, "a second update has nothing to do"
    assert repository.git("status", "--porcelain") == ""


def update_in_place(repository: Repository, update: Update, preview: Mapping[str, Any], rng: Random) -> None:
    before = state(repository)
    report = run(repository, update)
    assert {**preview, "written": report["written"], "exit": report["exit"]} == report, "the preview was right"
    if report["exit"] == 3:
        copy = Copy(repository, repository.top.with_name("copy"))
        assert command("update", str(copy.folder), "--abort").code == 0
        assert state(copy) == before, "an abort brings everything back"
        shutil.rmtree(copy.top)
        resolve(repository, report, rng)
        assert command("update", str(repository.folder), "--continue").code == 0
    repository.commit("update")


def run(repository: Repository, update: Update) -> dict[str, Any]:
    """Update, and compare with what git did."""
    report = repository.report(update.theirs)
    outcome = outcome_of(repository)
    conflicts, kept = {each["path"] for each in report["conflicts"]}, set(report["kept_deleted"])
    assert report["exit"] == (3 if conflicts else 0)
    assert conflicts == outcome.unmerged, "what is reported is what the index says"
    rescued = conflicts - update.expected.unmerged
    assert all(dropped_by_git(update, path) for path in rescued)
    assert conflicts - rescued == update.expected.unmerged - kept
    unwanted = {path for path in kept - update.expected.unmerged if path not in update.base}
    elsewhere = {new: path for path, new in report["moved"].items() if path not in update.base}
    assert all(is_gone(update, path) for path in (*unwanted, *elsewhere.values()))
    assert all(2 not in update.expected.stages[path] and path not in update.mine for path in kept - unwanted)
    assert all(outcome.files[new] == update.theirs[path].content for new, path in elsewhere.items())
    skip = conflicts | kept | {*elsewhere, *elsewhere.values()}
    assert less(outcome.stages, skip) == less(update.expected.stages, skip)
    assert less(outcome.files, skip) == less(update.expected.files, skip)
    assert not kept & outcome.files.keys()
    for path in conflicts - rescued:
        assert outcome.stages[path].keys() == update.expected.stages[path].keys(), path
        found, expected = outcome.files.get(path), update.expected.files.get(path)
        assert unlabelled(found or b"") == unlabelled(expected or b""), path
    nothing_lost(repository, update, outcome)
    if update.mine == update.base:
        assert files(repository) == update.theirs
    if update.theirs == update.base:
        assert files(repository) == update.mine
    return report


def is_gone(update: Update, path: str) -> bool:
    """Whether a folder in which the template has a new file is one of which the user left nothing."""
    parts = path.split("/")[:-1]
    around = ["/".join(parts[: number + 1]) + "/" for number in range(len(parts))]
    had, have = ({folder for folder in around if any(each.startswith(folder) for each in tree)}
                 for tree in (update.base, update.mine))  # fmt: skip
    return bool(had - have)


def dropped_by_git(update: Update, path: str) -> bool:
    """Whether lines that the user added to a file are nowhere in what git's own merge gives."""
    left = {line for content in update.expected.files.values() for line in lines(content)}
    return bool(added(update.mine, update.base)[path] - left)


def nothing_lost(repository: Repository, update: Update, outcome: Outcome) -> None:
    """Every line that the user added is in the work tree or in a stage of a conflict."""
    wanted = {line for found in added(update.mine, update.base).values() for line in found}
    wanted -= {line for content in outcome.files.values() for line in lines(content)}
    if wanted:
        stages = [oid for path in outcome.unmerged for _, oid in outcome.stages[path].values()]
        held = [repository.git("cat-file", "blob", oid).encode("utf-8", "surrogateescape") for oid in stages]
        wanted -= {line for content in held for line in lines(content)}
    assert not wanted


def squash(repository: Repository, update: Update, moved: set[str]) -> None:
    """Update on a branch, go on, and squash the branch."""
    repository.git("branch", "--quiet", "-D", "update", codes=(0, 1))
    before = files(repository)
    assert repository.update(update.theirs, "--branch", "update").code == 0
    assert files(repository) == before
    repository.write("later.txt", f"{len(before)} files before\n")
    repository.commit("later")
    repository.git("merge", "--quiet", "--squash", "update")
    repository.git("commit", "--quiet", "--allow-empty", "--message", "squashed")
    held = files(repository)
    expected = {path: file for path, file in update.expected.files.items() if path in held or path not in update.theirs}
    there = {path: file.content for path, file in held.items()}
    assert less(there, {"later.txt", *moved}) == less(expected, {"later.txt", *moved})


def resolve(repository: Repository, report: Mapping[str, Any], rng: Random) -> None:
    """Decide every conflict: either side, both, or neither."""
    for each in sorted(report["conflicts"], key=lambda conflict: str(conflict["path"])):
        path, how = repository.folder / each["path"], rng.choice(("both", "both", "ours", "theirs", "delete"))
        if how == "delete":
            path.unlink(missing_ok=True)
        elif how == "both" and path.is_file():
            kept = [line for line in path.read_bytes().splitlines(keepends=True) if line[:7] not in _MARKERS]
            path.write_bytes(b"".join(kept))
        elif how in ("ours", "theirs"):
            repository.git("checkout", f"--{how}", "--", str(path), codes=(0, 1))
    repository.git("add", "--all", ".")


_MARKERS = (b"<" * 7, b"|" * 7, b"=" * 7, b">" * 7)


def files(repository: Repository) -> dict[str, File]:
    """The files of the service, the tool's own aside."""
    return less(load(repository.folder), set(OWN))


def load(folder: Path) -> dict[str, File]:
    """The files below ``folder``, git's own aside."""
    found = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            path = Path(place, name)
            found[path.relative_to(folder).as_posix()] = File(path.read_bytes(), os.access(path, os.X_OK))
    return found


def less(mapping: Mapping[str, T], keys: set[str]) -> dict[str, T]:
    return {key: value for key, value in mapping.items() if key not in keys}


def replace(repository: Repository, mine: Tree) -> None:
    """Commit ``mine`` in place of what is there."""
    files_there = files(repository)
    for path in files_there:
        (repository.folder / path).unlink()
    for name in {path.partition("/")[0] for path in files_there if "/" in path}:
        shutil.rmtree(repository.folder / name)
    for path, file in mine.items():
        repository.write(path, file.content)
        (repository.folder / path).chmod(0o755 if file.executable else 0o644)
    repository.commit()


def outcome_of(repository: Repository) -> Outcome:
    listing = repository.git("ls-files", "--stage", "-z", str(repository.folder)).encode("utf-8", "surrogateescape")
    start = (
        len(repository.folder.relative_to(repository.top).as_posix()) + 1 if repository.folder != repository.top else 0
    )
    stages = {path[start:]: stage for path, stage in index(listing).items()}
    return Outcome(less(stages, set(OWN)), {path: file.content for path, file in files(repository).items()})


def state(repository: Repository) -> tuple[str, str, Tree]:
    """Index, status and work tree."""
    return repository.git("ls-files", "--stage"), repository.git("status", "--porcelain"), load(repository.top)


def everything(folder: Path) -> dict[str, object]:
    """Every file and folder below ``folder``, git's own too, with mode, time and content.

    Without the time of an object: git sets it where it would write the same object again, also in a borrowing
    repository, and so guards it against its own clearing up.
    """
    return {
        str(path): (
            path.stat().st_mode,
            "/objects/" in str(path) or path.stat().st_mtime_ns,
            path.is_file() and path.read_bytes(),
        )
        for path in folder.rglob("*")
    }
