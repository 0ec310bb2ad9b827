"""Every repository that a release ever wrote can be updated to this version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gocontainer import Answers, __version__, render
from gocontainer.answers import lockfile
from gocontainer.repository import tree
from gocontainer.update import changed_limits
from tests.helpers.release import FOLDER, frozen
from tests.helpers.support import answers, committed, git, go, gocontainer, ok, replace

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
    remembered = Answers.merge(*lockfile.read(release).layers())
    report = json.loads(ok(gocontainer("update", str(repository), "--commit", "--json")))
    assert (report["from"], report["to"]) == (release.parent.name, __version__)
    assert report["conflicts"] == []
    newest = render(remembered)
    assert report["changed_limits"] == list(changed_limits.crossed(release.parent.name, newest))
    keeps = "'max-body-bytes: 1048576' in deploy/base/config.yaml keeps the old limit."
    assert report["changed_limits"][0] == f"A body may have 64 KiB, no longer 1 MiB: {keeps}"
    found = tree.load(repository)
    edited = newest[".gitignore"].content + b"/coverage.out\n"
    image = frozen(release)["deploy/components/image/kustomization.yaml"]
    images = {f"deploy/overlays/{name}/image/kustomization.yaml": image for name in ("dev", "prod")}
    assert found == {**lockfile.with_lockfile(newest, remembered), ".gitignore": tree.File(edited), **images}
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


KEPT = {
    "internal/httpapi/quotes.go": ("return func(w", "return onlyJSON(func(w"),
    "internal/memory/memory.go": ("return 1024 * 1024", "func Settings() int64 { return "),
    "the environment": ("OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", ""),
}
"""What keeps a limit outside of the settings, and what it takes the place of."""


@pytest.mark.parametrize("given", [{}, {"config_center": "nacos"}, {"target": "knative", "eventing": "kafka"}], ids=str)
def test_each_line_that_keeps_an_old_limit_has_its_place(given: dict[str, Any]) -> None:
    newest = render(answers(**given))
    settings = "".join(file.content.decode() for path, file in newest.items() if path.startswith("internal/config/"))
    found = list(changed_limits.crossed("0.1.0", newest))
    for limit in changed_limits.CHANGED:
        if limit.place == changed_limits.SETTINGS:
            assert f'"{limit.keeps.partition(":")[0]}"' in settings
        elif any(limit.keeps in sentence for sentence in found):
            keeps, instead = KEPT[limit.place]
            assert limit.keeps == keeps
            assert not instead or instead in newest[limit.place].content.decode()
    told = "".join(found)
    assert ("max-in-flight: 1024" in told) == ("eventing" not in given)
    assert ("config centre" in told) == ("config_center" in given)
