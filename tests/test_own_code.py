"""The owner's code in a rendered repository: in files that are written once, which no update touches."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from gocontainer.answers import lockfile
from gocontainer.follow_up import service_changes
from gocontainer.repository.kept import ONCE
from tests.helpers import proofs
from tests.helpers.databases import DRIVERS, OWN, ROUTES, Driver, add_database
from tests.helpers.goldens import expected
from tests.helpers.release import FOLDER, frozen
from tests.helpers.support import (
    ROWS,
    SOMEBODY,
    answers,
    committed,
    files_of,
    git,
    go,
    gocontainer,
    need,
    ok,
    rendered,
    replace,
    rows,
)
from tests.helpers.switches import Switch, switches
from tests.helpers.updates import Repository, command

QUOTES = "internal/httpapi/quotes.go"
EXAMPLE = (QUOTES, QUOTES.replace(".go", "_test.go"))


@pytest.mark.parametrize("path", ONCE)
def test_each_file_that_is_written_once_is_a_files_of_the_template(path: str) -> None:
    assert any(path in files_of(row) for row in ROWS)


@rows()
def test_the_lock_names_what_is_written_once(row: dict[str, Any]) -> None:
    files = files_of(row)
    document = json.loads(lockfile.with_lockfile(files, answers(**row))[lockfile.LOCK].content)
    assert document["keep"] == sorted(ONCE.keys() & files.keys())


def once(folder: Path) -> Repository:
    """A repository with its own routes, in which the example's code is gone."""
    repository = Repository(folder, {ROUTES: "routes\n", QUOTES: "quotes\n", "a.txt": "a\n"})
    repository.edit(ROUTES, "routes", "mine")
    (repository.folder / QUOTES).unlink()
    repository.commit()
    return repository


def test_no_update_merges_removes_or_brings_back_what_is_written_once(tmp_path: Path) -> None:
    orders = once(tmp_path / "orders")
    newer = {ROUTES: "newer\n", QUOTES: "newer\n", "a.txt": "newer\n"}
    for port, theirs in enumerate((newer, {"a.txt": "a\n"}, newer, {"a.txt": "newest\n"}), 9000):
        report = orders.report(theirs, "--set", f"port={port}", "--commit")
        assert (report["exit"], report["conflicts"], report["changes"]) == (0, [], {"a.txt": "changed"})
        assert orders.read(ROUTES) == "mine\n"
        assert not (orders.folder / QUOTES).exists()
        assert {ROUTES, QUOTES} <= {*lockfile.read(orders.folder).keep}


def test_one_that_was_not_there_yet_is_written_and_one_of_the_owners_stays(tmp_path: Path) -> None:
    orders = Repository(tmp_path / "orders", {"a.txt": "a\n"})
    orders.write(OWN, "mine\n")
    orders.commit()
    report = orders.report({"a.txt": "a\n", ROUTES: "routes\n", OWN: "theirs\n"}, "--commit")
    assert (report["exit"], report["changes"]) == (0, {ROUTES: "added"})
    assert (orders.read(ROUTES), orders.read(OWN)) == ("routes\n", "mine\n")


def test_status_shows_them_as_the_owners_and_restore_brings_one_back(tmp_path: Path) -> None:
    repository = committed(tmp_path / "orders", expected("service"))
    (repository / ROUTES).write_text("package httpapi\n")
    (repository / QUOTES).unlink()
    run = gocontainer("status", str(repository), "--json")
    found = json.loads(ok(run))
    assert not {ROUTES, QUOTES} & found["files"].keys()
    assert ROUTES in found["kept"]
    assert QUOTES not in found["kept"]
    assert "Written once, and yours from then on: deploy/" in ok(gocontainer("status", str(repository)))
    ok(gocontainer("update", str(repository), "--restore", QUOTES))
    assert (repository / QUOTES).read_bytes() == expected("service")[QUOTES].content


# --- the example ---


@rows()
def test_only_the_examples_own_files_speak_of_it(row: dict[str, Any]) -> None:
    others = {
        path: file.content.decode() for path, file in files_of(row).items() if path.endswith(".go") and path not in ONCE
    }
    speaks = re.compile(r"createQuote|QuoteMaxLines|quote-max-lines|/v1/quotes|\bprice\(|summary\.go")
    assert [path for path, text in others.items() if speaks.search(text)] == []


def without_the_example(repository: Path) -> None:
    """Delete it as its comment says: two files, and its lines in two others."""
    for path in EXAMPLE:
        (repository / path).unlink()
    for path in (ROUTES, OWN):
        kept = [line for line in (repository / path).read_text().splitlines(keepends=True) if not names_it(line)]
        (repository / path).write_text("".join(kept))
    replace(repository / ROUTES, ("Routes(d *deps", "Routes(*deps"))
    replace(repository / OWN, ("flags(fs *flag", "flags(*flag"), ("validate(check func", "validate(func"))


def names_it(line: str) -> bool:
    """Whether a line is the example's."""
    return re.search("index|createQuote|QuoteMaxLines", line) is not None


@pytest.mark.proof("*.go", "go.mod", "go.sum", "README.md")
@pytest.mark.parametrize(
    "given",
    [
        {},
        pytest.param({"config_center": "etcd"}, marks=pytest.mark.slow),
        pytest.param({"target": "kubeedge", "edge_features": "model"}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_a_repository_without_the_example_builds_and_passes_its_tests(tmp_path: Path, given: dict[str, Any]) -> None:
    need("go")
    repository = rendered(tmp_path, **given)
    assert QUOTES.rpartition("/")[2] in (repository / "README.md").read_text()
    without_the_example(repository)
    ok(go(repository, "vet", "./..."), "go vet")
    ok(go(repository, "test", "./..."), "go test")


# --- a database ---

SAMPLE = (
    "tracing=false",
    "target=kubeedge,edge_features=model",
    "target=knative,eventing=kafka",
    "config_center=nacos",
)
"""The switches after which the code is compiled in every run; with ALL=1 it is after each."""


def updated(repository: Path, *arguments: str) -> dict[str, Any]:
    """Update and commit, which leaves nothing to decide."""
    with mock.patch.dict(os.environ, SOMEBODY):
        run = command("update", str(repository), "--commit", "--json", *arguments)
    report = json.loads(ok(run, arguments))
    assert report["conflicts"] == []
    return dict(report)


def switched(repository: Path, each: Switch, own: dict[str, bytes], driver: Driver) -> None:
    """Switch something on and off again: both compile, and what is the owner's stays."""
    for arguments in (each.on(), each.off()):
        updated(repository, *arguments)
        assert {path: (repository / path).read_bytes() for path in own} == own
        assert driver.module in (repository / "go.mod").read_text()
        if proofs.everything() or (each.name in SAMPLE and arguments == each.on()):
            ok(go(repository, "vet", "./..."), each.name)
        if proofs.everything():
            ok(go(repository, "test", "-race", "./internal/...", CGO_ENABLED="1"), each.name)


@pytest.mark.slow
@pytest.mark.parametrize("name", DRIVERS)
def test_a_database_meets_no_update(tmp_path: Path, name: str) -> None:
    need("go")
    driver = DRIVERS[name]
    repository = committed(tmp_path / "orders", expected("service"))
    add_database(repository, driver)
    ok(go(repository, "test", "./..."), "the tests that are not the owner's, with a setting that must be said")
    mine = git(repository, "show", "--name-only", "--format=", "HEAD").split()
    own = {path: (repository / path).read_bytes() for path in mine if not path.startswith("go.")}
    for each in switches():
        if proofs.everything() or name == "pgx" or each.name in SAMPLE[:2]:
            switched(repository, each, own, driver)


@pytest.mark.slow
def test_what_is_open_is_closed_where_a_listener_fails(tmp_path: Path) -> None:
    need("go")
    repository = rendered(tmp_path)
    closing = '\tprintln("closed")\n\treturn nil\n'
    replace(repository / "internal/deps/deps.go", ("{ return nil }\n\n// Ready", f"{{\n{closing}}}\n\n// Ready"))
    run = go(repository, "run", "./cmd/server", "-addr", "nonsense", "-admin-addr", "127.0.0.1:0", "-pprof-addr", "")
    assert run.code == 1
    assert "closed\n" in run.err


# --- what was written under one answer ---


@pytest.mark.slow
@pytest.mark.proof("*.go", "go.mod", "go.sum")
@pytest.mark.parametrize(
    "written", [{"target": "kubeedge", "edge_features": "model"}, {"target": "knative", "eventing": "kafka"}]
)
@pytest.mark.parametrize("other", [{}, {"tracing": False, "config_center": "etcd"}, {"target": "openyurt"}], ids=str)
def test_what_was_written_under_one_answer_compiles_under_another(
    tmp_path: Path, written: dict[str, Any], other: dict[str, Any]
) -> None:
    need("go")
    repository = rendered(tmp_path, **other)
    for path in ONCE:
        (repository / path).unlink(missing_ok=True)
    for path, file in files_of(written).items():
        if path in ONCE:
            (repository / path).parent.mkdir(parents=True, exist_ok=True)
            (repository / path).write_bytes(file.content)
    ok(go(repository, "vet", "./..."), "go vet")


# --- a repository of 0.1.0 ---

MOVED = ["internal/httpapi/httpapi.go", "internal/config/config.go", "internal/app/app.go"]


def test_a_repository_of_0_1_0_with_a_database_conflicts_only_where_parts_moved(tmp_path: Path) -> None:
    repository = committed(tmp_path / "orders", frozen(FOLDER / "0.1.0/service"))
    route = '	mux.Handle("POST /v1/quotes", createQuote(cfg.QuoteMaxLines))\n'
    field, flag = (
        "	QuoteMaxLines int\n",
        '	fs.StringVar(&c.DatabaseURL, "database-url", "", "`URL` of the database")\n',
    )
    replace(repository / MOVED[0], (route, f'{route}	mux.Handle("GET /v1/orders/{{id}}", readOrder(cfg))\n'))
    limit = "	fs.IntVar(&c.QuoteMaxLines"
    replace(repository / MOVED[1], (field, f"{field}	DatabaseURL   string\n"), (limit, flag + limit))
    log = '	log.Info("starting"'
    replace(repository / MOVED[2], (log, f"	pool, err := open(ctx, cfg.DatabaseURL)\n{log}"))
    (repository / "internal/httpapi/orders.go").write_text("package httpapi\n")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "A database")
    run = gocontainer("update", str(repository), "--json")
    report = json.loads(run.out)
    assert run.code == 3
    assert {each["path"] for each in report["conflicts"]} <= {*MOVED}
    assert {ROUTES, OWN, "internal/deps/deps.go"} <= {path for path, how in report["changes"].items() if how == "added"}
    assert report["moved_parts"] == [
        sentence for path in MOVED for sentence in service_changes.moved("0.1.0", {path}, expected("service"))
    ]
    routes = "routes: no longer in internal/httpapi/httpapi.go, which you changed, but in internal/httpapi/routes.go"
    assert report["moved_parts"][0] == routes


def test_who_edited_nothing_that_moved_is_told_nothing_of_it(tmp_path: Path) -> None:
    repository = committed(tmp_path / "orders", frozen(FOLDER / "0.1.0/service"))
    assert updated(repository)["moved_parts"] == []
    assert list(service_changes.moved("0.2.0", {*MOVED}, expected("service"))) == []
