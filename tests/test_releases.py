"""Every repository that a release ever wrote can be updated to this version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gocontainer import Answers, __version__, render
from gocontainer.answers import lockfile
from gocontainer.repository import tree
from tests.helpers.release import FOLDER, frozen
from tests.helpers.support import committed, git, go, gocontainer, ok, replace

RELEASES = sorted(FOLDER.glob("*/*"))
assert RELEASES
every_release = pytest.mark.parametrize("release", RELEASES, ids=lambda path: f"{path.parent.name}-{path.name}")


@pytest.fixture
def repository(tmp_path: Path, release: Path) -> Path:
    """A repository as the release wrote it, with an edit of its owner's."""
    folder = committed(tmp_path / "orders", frozen(release))
    (folder / ".gitignore").write_text((folder / ".gitignore").read_text() + "/coverage.out\n")
    git(folder, "commit", "--quiet", "--all", "--message", "edit")
    return folder


@every_release
def test_a_release_is_frozen_as_it_was_written(release: Path) -> None:
    sealed = tree.load(release)
    assert set(sealed) == {lockfile.LOCK, lockfile.PACK}
    remembered = lockfile.read(release)
    assert remembered.version == release.parent.name
    assert tree.digest(lockfile.unpack(sealed[lockfile.PACK].content)) == remembered.digest


@every_release
def test_a_release_is_updated_to_this_version_and_keeps_the_edit(repository: Path, release: Path) -> None:
    answers = Answers.merge(*lockfile.read(release).layers())
    report = json.loads(ok(gocontainer("update", str(repository), "--commit", "--json")))
    assert (report["from"], report["to"]) == (release.parent.name, __version__)
    assert report["conflicts"] == []
    keeps = "'max-body-bytes: 1048576' in deploy/base/config.yaml keeps the old limit."
    assert report["changed_limits"] == [f"A body may have 64 KiB, no longer 1 MiB: {keeps}"]
    newest = render(answers)
    found = tree.load(repository)
    edited = newest[".gitignore"].content + b"/coverage.out\n"
    assert found == {**lockfile.with_lockfile(newest, answers), ".gitignore": tree.File(edited)}
    again = gocontainer("update", str(repository))
    first, *offers = ok(again).splitlines()
    assert first.endswith(" already.")
    assert offers == ["license stays apache-2.0; its default is none now: --set license=none"]
    assert (repository / "LICENSE").is_file()
    assert git(repository, "status", "--porcelain") == ""


ROUTES = "internal/httpapi/httpapi.go"
EXAMPLE = '	mux.Handle("POST /v1/quotes", createQuote(cfg.QuoteMaxLines))\n'
CARTS = '	mux.HandleFunc("GET /v1/carts", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })\n'
with_the_example = pytest.mark.parametrize("release", [FOLDER / "0.1.0/service"], ids=str)


@with_the_example
def test_a_route_of_the_owners_stays_beside_the_list_of_routes_that_an_update_brings(repository: Path) -> None:
    replace(repository / ROUTES, (EXAMPLE, EXAMPLE + CARTS))
    git(repository, "commit", "--quiet", "--all", "--message", "a route")
    assert json.loads(ok(gocontainer("update", str(repository), "--commit", "--json")))["conflicts"] == []
    merged = (repository / ROUTES).read_text()
    assert f'	mux.HandleFunc("GET /{{$}}", index)\n{EXAMPLE}{CARTS}' in merged
    ok(go(repository, "vet", "./internal/httpapi"))


@with_the_example
def test_who_put_their_own_in_the_examples_place_decides_about_its_list(repository: Path) -> None:
    """Merged in silence, the list's function would be gone with the example and the code would not compile."""
    replace(repository / ROUTES, (EXAMPLE, CARTS))
    (repository / "internal/httpapi/quotes.go").unlink()
    git(repository, "commit", "--quiet", "--all", "--message", "our own")
    run = gocontainer("update", str(repository), "--json")
    assert run.code == 3
    assert [each["path"] for each in json.loads(run.out)["conflicts"]] == [ROUTES]
