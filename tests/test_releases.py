"""Every repository that a release ever wrote can be updated to this version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gocontainer import Answers, __version__, render
from gocontainer.answers import lockfile
from gocontainer.follow_up import service_changes
from gocontainer.repository import tree
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


SCRAPED = {"monitoring": ("none", "annotations")}
OFFERED = {
    "minimal": {
        "tracing": ("true", "false"),
        **SCRAPED,
        "ci": ("github", "none"),
        "signing": ("keyless", "none"),
        "deps_bot": ("dependabot", "none"),
    },
    "service": SCRAPED,
    "hardened": {
        "base_image": ("distroless-static", "scratch"),
        **SCRAPED,
        "policy": ("none", "native"),
        "scan": ("none", "grype"),
        "digests": ("optional", "required"),
    },
}
"""What a profile presets otherwise today."""


BOT, INSTALLED = ".github/workflows/template.yml", ".gocontainer/requirements.txt"
BOT_GOES = (
    f"{BOT}, which proposed newer templates, goes: it installed gocontainer by its name alone. "
    "'gocontainer update --set update_wheel=ADDRESS#sha256=HASH' brings one that installs by hash."
)
WHEEL = f"https://files.example.com/gocontainer-1.0.0-py3-none-any.whl#sha256={'1' * 64}"


@pytest.mark.parametrize("release", [FOLDER / "0.1.0/service"], ids=str)
@pytest.mark.parametrize("raised", [False, True])
def test_the_old_bot_goes_in_a_sentence_or_is_replaced_by_the_new_one(repository: Path, *, raised: bool) -> None:
    """Its update was asked for by a newer version in the file that the update takes away."""
    if raised:
        replace(repository / INSTALLED, ("gocontainer==0.1.0", f"gocontainer=={__version__}"))
        git(repository, "commit", "--quiet", "--all", "--message", "raise")
    preview = gocontainer("update", str(repository), "--dry-run")
    assert (preview.code, preview.out.count(BOT_GOES)) == (4, 1)
    brought = ok(gocontainer("update", str(repository), "--commit", "--set", f"update_wheel={WHEEL}"))
    assert BOT_GOES not in brought
    assert f"gocontainer @ {WHEEL}\n" in (repository / INSTALLED).read_text()
    gone = ok(gocontainer("update", str(repository), "--commit", "--set", "update_wheel="))
    assert BOT_GOES not in gone, "the new one is no such bot"
    assert not (repository / INSTALLED).exists()


@pytest.mark.parametrize("release", [FOLDER / "0.1.0/service"], ids=str)
def test_what_its_owner_added_to_what_the_old_bot_installs_is_a_conflict(repository: Path) -> None:
    replace(repository / INSTALLED, ("gocontainer==0.1.0\n", "gocontainer==0.1.1\nruff==0.1.0\n"))
    git(repository, "commit", "--quiet", "--all", "--message", "more")
    report = json.loads(gocontainer("update", str(repository), "--json").out)
    assert [(each["path"], each["kind"]) for each in report["conflicts"]] == [(INSTALLED, "modify/delete")]


@every_release
def test_a_release_is_updated_to_this_version_and_keeps_the_edit(repository: Path, release: Path) -> None:
    remembered = Answers.merge(*lockfile.read(release).layers())
    report = json.loads(ok(gocontainer("update", str(repository), "--commit", "--json")))
    assert (report["from"], report["to"]) == (release.parent.name, __version__)
    assert report["conflicts"] == []
    newest = render(remembered)
    assert report["changed_limits"] == [*service_changes.crossed(release.parent.name, newest), BOT_GOES]
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
    today = {"license": ("apache-2.0", "none"), **OFFERED.get(release.name, {})}
    each = [f"{name} stays {old}; its default is {new} now: --set {name}={new}" for name, (old, new) in today.items()]
    together = ["All of these: " + " ".join(f"--set {name}={new}" for name, (_, new) in today.items())]
    assert offers == each + together * (len(today) > 1)
    assert (repository / "LICENSE").is_file()
    assert git(repository, "status", "--porcelain") == ""


SETTINGS, OVERLAY, COMPOSE = "deploy/base/config.yaml", "deploy/overlays/prod/kustomization.yaml", "compose.yaml"
OLD = {
    SETTINGS: "# sleep: 5s\ncpu-request: 250\n",
    COMPOSE: """\
services:
  orders:
    command: [-config=/config.yaml, --cpu-request, "250"]
    environment:
      APP_CPU_REQUEST: 250
""",
    "hack/config-map.yaml": """\
metadata:
  name: orders
spec:
  sleep: no key of ours
data:
  config.yaml: |
    sleep: 5s
""",
    "hack/run.sh": "exec orders -sleep=5s --sleepless -no-sleep $APP_SLEEPY\n",
    "hack/notes.md": "-sleep=5s\n",
}
"""Files that an owner of 0.1.0 may have, with keys that are gone."""


@pytest.mark.parametrize("release", [FOLDER / "0.1.0/service"], ids=str)
def test_each_line_that_sets_a_key_which_is_gone_is_named_with_what_to_do(repository: Path) -> None:
    for path, lines in OLD.items():
        (repository / path).parent.mkdir(exist_ok=True)
        with (repository / path).open("a") as file:
            file.write(lines)
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "ours")
    preview = gocontainer("update", str(repository), "--dry-run")
    report = json.loads(ok(gocontainer("update", str(repository), "--commit", "--json")))
    number = (repository / SETTINGS).read_text().splitlines().index("cpu-request: 250") + 1
    assert report["gone_keys"] == [
        f"{COMPOSE}:3 sets cpu-request, which the service refuses now: delete it.",
        f"{COMPOSE}:5 sets APP_CPU_REQUEST, which the service ignores now: delete it.",
        f"{SETTINGS}:{number} sets cpu-request, which the service refuses now: delete it.",
        "hack/config-map.yaml:7 sets sleep, which the service refuses now: delete it.",
        "hack/run.sh:1 sets sleep, which the service refuses now: delete it.",
        "'gocontainer update --set resources=latency' gives the service cpu-request again.",
        "'gocontainer update --set kubernetes_min=1.27' gives the service sleep again.",
    ]
    assert all(f"{sentence}\n" in preview.out for sentence in report["gone_keys"])
    refused = go(repository, "run", "./cmd/server", f"-config={SETTINGS}")
    assert f'unknown key "cpu-request" in {SETTINGS}' in refused.err
    assert "not defined: -sleep" in go(repository, "run", "./cmd/server", "-sleep=5s").err


@every_release
def test_no_key_is_gone_where_the_answer_that_brings_it_back_is_given(repository: Path) -> None:
    lost = service_changes.keys(tree.load(repository)) - service_changes.keys(render(answers()))
    assert lost == set(service_changes.BRINGS_BACK), "each key that an update takes away has a way back, or none"
    with (repository / SETTINGS).open("a") as file:
        file.write("cpu-request: 250\nsleep: 5s\n")
    git(repository, "commit", "--quiet", "--all", "--message", "ours")
    given = [word for answer in service_changes.BRINGS_BACK.values() for word in ("--set", answer)]
    assert json.loads(ok(gocontainer("update", str(repository), *given, "--commit", "--json")))["gone_keys"] == []


def test_a_key_that_another_answer_takes_away_is_named_too(tmp_path: Path) -> None:
    given = answers(config_center="nacos")
    repository = committed(tmp_path / "orders", lockfile.with_lockfile(render(given), given))
    assert {"center-timeout", "healthcheck", "quote-max-lines"} <= service_changes.keys(tree.load(repository))
    with (repository / SETTINGS).open("a") as file:
        file.write("center-timeout: 2s\n")
    git(repository, "commit", "--quiet", "--all", "--message", "ours")
    report = json.loads(ok(gocontainer("update", str(repository), "--set", "config_center=none", "--json")))
    number = len((repository / SETTINGS).read_text().splitlines())
    assert report["gone_keys"] == [
        f"{SETTINGS}:{number} sets center-timeout, which the service refuses now: delete it."
    ]


ROUTES = "internal/httpapi/httpapi.go"
EXAMPLE = '	mux.Handle("POST /v1/quotes", createQuote(cfg.QuoteMaxLines))\n'
CARTS = '	mux.HandleFunc("GET /v1/carts", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })\n'
with_the_example = pytest.mark.parametrize("release", [FOLDER / "0.1.0/service"], ids=str)


@with_the_example
def test_a_route_of_the_owners_is_a_conflict_where_routes_stood_and_the_report_says_where_they_stand(
    repository: Path,
) -> None:
    replace(repository / ROUTES, (EXAMPLE, EXAMPLE + CARTS))
    git(repository, "commit", "--quiet", "--all", "--message", "a route")
    run = gocontainer("update", str(repository), "--json")
    report = json.loads(run.out)
    assert (run.code, [each["path"] for each in report["conflicts"]]) == (3, [ROUTES])
    said = f"routes: no longer in {ROUTES}, which you changed, but in internal/httpapi/routes.go"
    assert report["moved_parts"][0] == said


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
    "internal/httpapi/quotes.go": ('r.Header.Set("Content-Type", "application/json")', "decode(r, &basket)"),
    "internal/memory/memory.go": ("return 1024 * 1024", "func Settings() int64 { return "),
    "deploy/base/deployment.yaml": ("fsGroup: 65532", "runAsGroup: 65532"),
    "the environment": ("OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", ""),
}
"""What keeps a limit outside of the settings, and what it takes the place of."""


@pytest.mark.parametrize("given", [{}, {"config_center": "nacos"}, {"target": "knative", "eventing": "kafka"}], ids=str)
def test_each_line_that_keeps_an_old_limit_has_its_place(given: dict[str, Any]) -> None:
    newest = render(answers(**given))
    settings = "".join(file.content.decode() for path, file in newest.items() if path.startswith("internal/config/"))
    found = list(service_changes.crossed("0.1.0", newest))
    for limit in service_changes.CHANGED:
        if limit.place == service_changes.SETTINGS:
            assert f'"{limit.keeps.partition(":")[0]}"' in settings
        elif any(limit.keeps in sentence for sentence in found):
            keeps, instead = KEPT[limit.place]
            assert limit.keeps == keeps
            assert not instead or instead in newest[limit.place].content.decode()
    told = "".join(found)
    assert ("max-in-flight: 1024" in told) == ("eventing" not in given)
    assert ("config centre" in told) == ("config_center" in given)
