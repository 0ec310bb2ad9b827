"""git's objects made without git are those that git makes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gocontainer.errors import GitFailed
from gocontainer.repository.git import Git, Reader
from gocontainer.repository.objects import Entry, Objects, list_tree, parse_tree

FORMATS = ("sha1", "sha256")
NAMES = st.sampled_from(["a", "a.b", "a-b", "ab", "größe", "two words", "\udcff"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
FILES = st.dictionaries(PATHS, st.tuples(st.binary(max_size=300), st.booleans()), max_size=8)


@pytest.fixture(scope="module", params=FORMATS)
def repository(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Git]:
    folder = tmp_path_factory.mktemp(request.param)
    git = Git(folder)
    git("init", "--quiet", f"--object-format={request.param}")
    return request.param, git


def apart(files: dict[str, tuple[bytes, bool]]) -> dict[str, tuple[bytes, bool]]:
    """Without what cannot be beside a file of the name of its folder."""
    return {path: file for path, file in files.items() if not any(other.startswith(f"{path}/") for other in files)}


def listed(git: Git, tree: str) -> dict[str, Entry]:
    found = {}
    for line in git("ls-tree", "-r", "-z", tree).split(b"\0")[:-1]:
        meta, _, path = line.partition(b"\t")
        mode, _, oid = meta.decode().split()
        found[path.decode("utf-8", "surrogateescape")] = Entry(mode, oid)
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=FILES.map(apart), after=FILES.map(apart))
def test_trees_that_are_made_and_changed_are_those_of_git(
    repository: tuple[str, Git], before: dict[str, tuple[bytes, bool]], after: dict[str, tuple[bytes, bool]]
) -> None:
    algorithm, git = repository
    objects = Objects(algorithm)
    wanted, reader = {}, Reader(git.folder)
    tree = ""
    try:
        for files in (before, after):
            wanted = {
                path: Entry("100755" if executable else "100644", objects.blob(content))
                for path, (content, executable) in files.items()
            }
            there = list_tree(reader, tree) if tree else {}
            tree = objects.tree(reader, tree, {**dict.fromkeys(there), **wanted})
            assert bool(tree) == bool(wanted)
            git("unpack-objects", "-q", "--strict", stdin=objects.pack())
            if tree:
                assert list_tree(reader, tree) == listed(git, tree) == wanted
        commit = objects.commit(tree)
        git("unpack-objects", "-q", "--strict", stdin=objects.pack())
        assert git.line("cat-file", "-t", commit) == "commit"
    finally:
        reader.close()
    if wanted:
        assert git.line("fsck", "--no-dangling", commit) == ""


def test_many_and_large_objects_are_read_by_one_git(repository: tuple[str, Git]) -> None:
    algorithm, git = repository
    objects = Objects(algorithm)
    contents = [b"%d " % number * (number % 7 * 1000) for number in range(1500)]
    oids = [objects.blob(content) for content in contents]
    git("unpack-objects", "-q", stdin=objects.pack())
    reader = Reader(git.folder)
    assert reader(oids) == contents
    with pytest.raises(GitFailed, match="is missing"):
        reader(["1" * len(oids[0])])
    assert reader(oids[:2]) == contents[:2]
    reader.close()


def test_a_broken_object_is_an_error(tmp_path: Path) -> None:
    git = Git(tmp_path)
    git("init", "--quiet")
    oid = git("hash-object", "-w", "--stdin", stdin=b"text").decode().strip()
    place = tmp_path / ".git/objects" / oid[:2] / oid[2:]
    place.chmod(0o644)
    place.write_bytes(b"broken")
    reader = Reader(tmp_path)
    with pytest.raises(GitFailed):
        reader([oid])
    reader.close()


def test_modes_that_early_versions_of_git_wrote_are_read_as_git_does(tmp_path: Path) -> None:
    git = Git(tmp_path)
    git("init", "--quiet")
    oid = git("hash-object", "-w", "--stdin", stdin=b"text").decode().strip()
    raw = b"".join(
        mode + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name in ((b"100664", b"a"), (b"100775", b"b"))
    )
    tree = git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=raw).decode().strip()
    assert parse_tree(raw, 20) == listed(git, tree) == {"a": Entry("100644", oid), "b": Entry("100755", oid)}


def test_objects_of_another_folder_are_read_whatever_its_name(tmp_path: Path) -> None:
    other = tmp_path / 'a:b "c" \\d'
    for folder in (tmp_path / "one", other):
        subprocess.run(["git", "init", "--quiet", folder], check=True)
    oid = Git(other)("hash-object", "-w", "--stdin", stdin=b"text").decode().strip()
    reader = Reader(tmp_path / "one", other / ".git/objects")
    assert reader([oid]) == [b"text"]
    reader.close()
