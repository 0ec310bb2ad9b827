"""What an update left, seen from outside: no line is lost, or nothing was touched."""

from __future__ import annotations

import stat
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.helpers.support import Run, clean_environment
from tests.helpers.updates import Files, Repository, as_tree, command

CALM = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "safe.directory=*")
"""For a look at a repository in which hostile settings wait to be run."""


def lines(contents: Iterable[bytes]) -> set[bytes]:
    """Every line, whatever it ends in."""
    return {line.rstrip(b"\r") for content in contents for line in content.split(b"\n")}


def added(files: Mapping[str, bytes], base: Mapping[str, bytes]) -> set[bytes]:
    """The lines that a side brought in, wherever it has them."""
    return {line.strip() for line in lines(files.values()) - lines(base.values())}


def unmerged(repository: Repository) -> dict[str, dict[int, str]]:
    """The conflicts in the index: path from the service's folder, stage, object id."""
    found: dict[str, dict[int, str]] = {}
    start = len(f"{repository.folder.relative_to(repository.top)}/") if repository.folder != repository.top else 0
    for line in repository.git("ls-files", "--unmerged", "-z").split("\0"):
        if line:
            meta, _, path = line.partition("\t")
            _, oid, stage = meta.split()
            found.setdefault(path[start:], {})[int(stage)] = oid
    return found


def blob(repository: Repository, oid: str) -> bytes:
    """The content of an object."""
    command = ["git", "cat-file", "blob", oid]
    return subprocess.run(command, cwd=repository.top, check=True, capture_output=True, env=clean_environment()).stdout


def left(repository: Repository, report: Mapping[str, Any]) -> set[bytes]:
    """Every line that can be found after an update: in a file, in a stage of a conflict, in the report.

    A file that a sparse checkout leaves out counts as git has it.
    """
    staged = [blob(repository, oid) for stages in unmerged(repository).values() for oid in stages.values()]
    sparse = [line[2:] for line in repository.git("ls-files", "-t", "-z").split("\0") if line.startswith("S ")]
    staged += [blob(repository, f":{path}") for path in sparse]
    given_up = {choice["other"].encode() for some in report["decided"].values() for choice in some}
    return lines([*repository.files().values(), *staged]) | given_up


def merge(repository: Repository, theirs: Files, *arguments: str, base: Files | None = None) -> dict[str, Any]:
    """Update, and hold that no line is lost, no conflict hidden and the branch the same; return the report.

    ``base`` is what the repository started from, where its pack does not tell.
    """
    mine, branch = repository.files(), repository.git("symbolic-ref", "HEAD")
    start = repository.pristine() if base is None else as_tree(base)
    before = {path: file.content for path, file in start.items()}
    report = repository.report(theirs, *arguments)
    assert report["exit"] == (3 if report["conflicts"] else 0), report
    assert all(each["kind"] and each["sides"] for each in report["conflicts"])
    assert set(unmerged(repository)) == {each["path"] for each in report["conflicts"]}
    assert repository.git("symbolic-ref", "HEAD") == branch
    there = {line.strip() for line in left(repository, report)}
    assert not added(mine, before) - there, "a line of the user's is lost"
    newest = {path: file.content for path, file in as_tree(theirs).items() if path not in report["kept_deleted"]}
    assert not added(newest, before) - there, "a line of the template's is lost"
    return report


def clean(repository: Repository, theirs: Files, *arguments: str, base: Files | None = None) -> dict[str, Any]:
    """Update where nothing is left to decide."""
    report = merge(repository, theirs, *arguments, base=base)
    assert report["conflicts"] == []
    return report


def conflicts(report: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The conflicts of a report: path to kind and sides."""
    return {each["path"]: (each["kind"], *each["sides"]) for each in report["conflicts"]}


def snapshot(repository: Repository) -> dict[str, object]:
    """The work tree to the last byte, the index, every reference, and what git's own folder has under way."""
    found: dict[str, object] = {}
    for path in sorted(repository.top.rglob("*")):
        place = path.relative_to(repository.top)
        if ".git" not in place.parts:
            found[str(place)] = _seen(path)
    for name in ("ls-files --stage -v", "for-each-ref", "stash list", "rev-parse --symbolic-full-name HEAD"):
        found[name] = repository.git(*CALM, *name.split(), codes=(0, 128))
    journals = repository.git(*CALM, "rev-parse", "--git-path", "gocontainer-update").strip()
    found["journal"] = (repository.top / journals).exists()
    return found


def _seen(path: Path) -> object:
    if path.is_symlink():
        return path.readlink()
    return (path.stat().st_mode, b"" if stat.S_ISDIR(path.stat().st_mode) else path.read_bytes())


def refused(repository: Repository, done: Run, before: Mapping[str, object], *words: str, code: int = 2) -> str:
    """Hold that an update was refused by one line with ``words``, and nothing written; return the line."""
    assert (done.code, done.out) == (code, ""), done
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1
    for word in words:
        assert word in done.err
    assert snapshot(repository) == before
    return done.err


def refuses(repository: Repository, theirs: Files, *words: str, code: int = 2) -> str:
    """Try an update and hold that it is refused."""
    before = snapshot(repository)
    return refused(repository, repository.update(theirs), before, *words, code=code)


def aborted(repository: Repository, before: Mapping[str, object]) -> None:
    """Undo an update and hold that all is as it was."""
    assert command("update", str(repository.folder), "--abort").code == 0
    assert snapshot(repository) == before
