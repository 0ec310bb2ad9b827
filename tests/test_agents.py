"""What programs are told in AGENTS.md holds, and what they are asked for is done by ``--json`` alone."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest

from gocontainer.answers import lockfile
from tests.helpers.support import ROOT, SOMEBODY, answers, committed, files_of, git, need, rows
from tests.helpers.updates import command

LONGEST = 60
"""Lines of a page that is read before each task."""
PREVIEWS, PATHS = (0, 4), re.compile(r"`((?:\.?[\w-]+/)+[\w.-]*|[\w-]+\.(?:md|go|yaml))`")


def commands(page: str) -> list[list[str]]:
    """The commands of a page."""
    return [shlex.split(line) for line in re.findall("(?m)^    (.+)$", page)]


def called(folder: Path, *arguments: str) -> tuple[int, Any]:
    """Call the tool in a repository; return its exit code and its document."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        with mock.patch.dict(os.environ, SOMEBODY):
            done = command(*arguments)
    finally:
        os.chdir(before)
    return done.code, json.loads(done.out)


@rows()
def test_every_command_and_path_of_the_page_is_there(tmp_path: Path, row: Mapping[str, Any]) -> None:
    need("make")
    files = lockfile.with_lockfile(files_of(row), answers(**row))
    page = files["AGENTS.md"].content.decode()
    assert len(page.splitlines()) <= LONGEST
    folder = committed(tmp_path / "orders", files)
    targets = set(re.findall(r"(?m)^([a-z-]+):.*## ", files["Makefile"].content.decode()))
    for program, *arguments in commands(page):
        if program == "make":
            assert {*arguments} <= targets
        else:
            assert called(folder, *arguments)[0] in PREVIEWS, arguments
    for path in PATHS.findall(page):
        assert any(each == path or each.startswith(f"{path.rstrip('/')}/") for each in files), path
    assert set(re.findall("`make ([a-z-]+)", page)) <= targets


def test_a_command_or_a_path_that_is_not_there_would_be_noticed() -> None:
    assert commands("text\n\n    make nothing\n    gocontainer status --json\n") == [
        ["make", "nothing"], ["gocontainer", "status", "--json"],
    ]  # fmt: skip
    assert PATHS.findall("`internal/no/way.go`, `deploy/`, `one.md`, `make lint`") == [
        "internal/no/way.go", "deploy/", "one.md",
    ]  # fmt: skip


def test_our_own_page_is_short_and_its_targets_and_files_are_there() -> None:
    page, makefile = ((ROOT / name).read_text() for name in ("AGENTS.md", "Makefile"))
    assert len(page.splitlines()) <= LONGEST
    wanted = {arguments[0] for _, *arguments in commands(page)} | set(re.findall("`make ([a-z-]+)`", page))
    assert wanted <= set(re.findall(r"(?m)^([a-z-]+):.*## ", makefile))
    for path in re.findall(r"`([\w./-]+/[\w.-]*)`", page) + re.findall(r"\(([A-Z]+\.md)\)", page):
        assert (ROOT / path).exists() or "NAME" in path or path.startswith(".venv"), path


class Service:
    """A repository that a program works in. It edits what is the owner's, and calls the tool for all else."""

    def __init__(self, folder: Path) -> None:
        self.folder = committed(folder, lockfile.with_lockfile(files_of({}), answers()))

    def __call__(self, *arguments: str) -> tuple[int, Any]:
        return called(self.folder, *arguments, "--json")

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text in a file of the owner's and commit."""
        assert not path.startswith(".gocontainer"), "that is the tool's"
        text = (self.folder / path).read_text()
        assert old in text
        (self.folder / path).write_text(text.replace(old, new))
        git(self.folder, "commit", "--quiet", "--all", "--message=edit")

    def owned(self) -> dict[str, bytes]:
        """The files that the tool owns."""
        return {each: (self.folder / each).read_bytes() for each in (lockfile.LOCK, lockfile.PACK)}

    @property
    def untouched(self) -> bool:
        """Whether nothing differs from the last commit."""
        return git(self.folder, "status", "--porcelain") == ""

    def answer(self, name: str) -> object:
        """An answer as the lock has it."""
        return json.loads((self.folder / lockfile.LOCK).read_text())["answers"][name]


MEMORY = ("update", "--set", "memory=256Mi")
MANIFEST = "deploy/base/deployment.yaml"
AUTOSCALER = "deploy/components/autoscaling/horizontalpodautoscaler.yaml"


def conflicting(service: Service) -> None:
    """Give memory a number of the owner's."""
    service.edit(MANIFEST, "memory: 128Mi", "memory: 192Mi")


class Task(NamedTuple):
    """What somebody asks for, and whether the tool writes while it is done."""

    wanted: str
    done: Callable[[Service], object]
    writes: bool = False


def _drift(service: Service) -> None:
    service.edit("Makefile", "start the service", "begin the service")
    code, said = service("status")
    assert (code, said["files"]["Makefile"]) == (4, ["modified"])
    assert [path for path, words in said["files"].items() if words != ["clean"]] == ["Makefile"]


def _deleted(service: Service) -> None:
    (service.folder / "Dockerfile").unlink()
    assert service("status")[1]["files"]["Dockerfile"] == ["missing"]
    git(service.folder, "checkout", "--quiet", ".")


def _restored(service: Service) -> None:
    wanted = (service.folder / "Dockerfile").read_bytes()
    git(service.folder, "rm", "--quiet", "Dockerfile")
    git(service.folder, "commit", "--quiet", "--message=away")
    assert service("update", "--restore", "Dockerfile") == (0, {"restored": ["Dockerfile"]})
    assert (service.folder / "Dockerfile").read_bytes() == wanted


def _explained(service: Service) -> None:
    code, said = service("explain")
    (found,) = [each for each in said if each["name"] == "cpu_limit"]
    assert code == 0
    assert (found["rendered"], found["options"]) == ("1", ["cpu"])
    assert found["rendered"] in (service.folder / found["file"]).read_text()


def _explained_after(service: Service) -> None:
    conflicting(service)
    changed = [each for each in service("explain")[1] if each["now"] != each["rendered"]]
    assert {(each["rendered"], each["now"]) for each in changed} == {("128Mi", "192Mi")}


def _planned(service: Service) -> None:
    code, said = service(*MEMORY, "--dry-run")
    assert (code, said["written"], said["conflicts"]) == (4, False, [])
    assert said["changes"][MANIFEST] == "changed"
    assert service.untouched


def _switched(service: Service) -> None:
    assert service(*MEMORY)[0] == 0
    assert "memory: 256Mi" in (service.folder / MANIFEST).read_text()
    assert service.answer("memory") == "256Mi"


def _another_base(service: Service) -> None:
    code, said = service("update", "--set", "base_image=alpine")
    assert (code, said["changes"]["Dockerfile"]) == (0, "changed")


def _centre(service: Service) -> None:
    code, said = service("update", "--set", "config_center=nacos")
    assert (code, said["changes"]["internal/center/nacos.go"]) == (0, "added")


def _two_answers(service: Service) -> None:
    code, said = service("update", "--set", "min_replicas=3", "--set", "max_replicas=9", "--dry-run")
    assert (code, said["changes"][AUTOSCALER]) == (4, "changed")


def _refused(service: Service, answer: str, option: str, word: str) -> None:
    code, said = service("update", "--set", answer)
    assert (code, said["errors"][0]["option"]) == (2, option)
    assert word in "".join(each["way_out"] for each in said["errors"])
    assert service.untouched


def _planned_conflict(service: Service) -> None:
    conflicting(service)
    code, said = service(*MEMORY, "--dry-run")
    assert (code, [each["path"] for each in said["conflicts"]]) == (3, [MANIFEST])
    assert service.untouched


def _decided(service: Service) -> None:
    conflicting(service)
    code, said = service(*MEMORY)
    assert (code, [each["path"] for each in said["conflicts"]]) == (3, [MANIFEST])
    git(service.folder, "checkout", "--quiet", "--ours", MANIFEST)
    git(service.folder, "add", MANIFEST)
    assert service("update", "--continue")[1]["ended"] == "to commit"
    assert "memory: 192Mi" in (service.folder / MANIFEST).read_text()
    assert service("status")[1]["under_way"] is None


def _undone(service: Service) -> None:
    conflicting(service)
    assert service(*MEMORY)[0] == 3
    assert service("update", "--abort")[1]["ended"] == "undone"
    assert service.untouched


def _ours(service: Service) -> None:
    conflicting(service)
    assert service(*MEMORY, "--on-conflict", "ours")[0] in (0, 3)
    assert "memory: 192Mi" in (service.folder / MANIFEST).read_text()


def _committed(service: Service) -> None:
    assert service(*MEMORY, "--commit")[0] == 0
    assert service.untouched
    assert service.answer("memory") == "256Mi"


def _on_a_branch(service: Service) -> None:
    assert service(*MEMORY, "--branch", "more-memory")[0] == 0
    assert service.untouched
    assert "256Mi" in git(service.folder, "show", f"more-memory:{MANIFEST}")


def _values(service: Service) -> None:
    options = {each["name"]: each for each in service("options")[1]["options"]}
    assert {each["value"] for each in options["base_image"]["choices"]} >= {"alpine", "scratch"}


def _tools(service: Service) -> None:
    assert "go" in json.dumps(service("doctor")[1])


def _price(service: Service) -> None:
    assert service("cost", "--tasks-per-day", "1000", "--seconds", "1")[0] == 0


def _another_service(service: Service) -> None:
    code, said = service("new", "billing", "--no-input", "--dry-run")
    assert (code, said["written"]) == (0, False)
    assert not (service.folder / "billing").exists()


TASKS = (
    Task("find what drifted", _drift),
    Task("find what was deleted", _deleted),
    Task("bring a deleted file back", _restored),
    Task("explain a number", _explained),
    Task("find a number that its owner changed", _explained_after),
    Task("list what an option may be", _values),
    Task("plan another answer", _planned),
    Task("switch a number", _switched, writes=True),
    Task("switch a choice", _another_base, writes=True),
    Task("switch on what brings files", _centre, writes=True),
    Task("plan two answers", _two_answers),
    Task("see why a value is refused", lambda service: _refused(service, "memory=1Pi", "memory", "Mi")),
    Task("see why a name is refused", lambda service: _refused(service, "memry=256Mi", "memry", "memory")),
    Task("see why two answers are refused", lambda service: _refused(service, "cgo=true", "cgo", "base_image")),
    Task("plan an update with a conflict", _planned_conflict),
    Task("decide a conflict", _decided, writes=True),
    Task("undo an update", _undone),
    Task("keep what is ours", _ours, writes=True),
    Task("commit an update", _committed, writes=True),
    Task("propose an update as a branch", _on_a_branch),
    Task("see what the machine lacks", _tools),
    Task("see what a load costs", _price),
    Task("plan one more service", _another_service),
)


@pytest.mark.parametrize("task", TASKS, ids=[task.wanted.replace(" ", "-") for task in TASKS])
def test_a_program_does_it_by_documents_alone(tmp_path: Path, task: Task) -> None:
    service = Service(tmp_path / "orders")
    before = service.owned()
    task.done(service)
    assert (service.owned() != before) == task.writes
    assert service("status")[0] in PREVIEWS, "the lock and the pack are whole"
