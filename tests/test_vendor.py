"""A repository with vendor/ needs no network: what is fetched from nowhere is built and linted all the same."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.helpers.support import Run, need, rendered

NOWHERE = {"GOPROXY": "off", "GOSUMDB": "off", "GOFLAGS": "", "GOTOOLCHAIN": "local"}


def make(repository: Path, *arguments: str, **more: str) -> Run:
    need("make", "go")
    env = {**os.environ, **more}
    done = subprocess.run(
        ["make", "--silent", *arguments], cwd=repository, check=False, capture_output=True, text=True, env=env
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.mark.slow
def test_it_is_built_and_linted_without_a_module_cache(tmp_path: Path) -> None:
    repository = rendered(tmp_path, tracing=False)
    nowhere = {**NOWHERE, "GOMODCACHE": str(tmp_path / "modules")}
    subprocess.run(["go", "mod", "vendor"], cwd=repository, check=True, env={**os.environ, "GOFLAGS": ""})
    for target in (["build"], ["lint", "GOLANGCI_LINT=true"]):
        done = make(repository, *target, **nowhere)
        assert done.code == 0, done.err
    (repository / "vendor").rename(repository / "elsewhere")
    assert make(repository, "build", **nowhere).code == 2, "without vendor/ it is noticed"


def test_what_others_wrote_need_not_be_formatted(tmp_path: Path) -> None:
    repository = rendered(tmp_path)
    bad = "package x\nfunc  F( ) { }\n"
    (repository / "vendor/acme.dev/x").mkdir(parents=True)
    (repository / "vendor/acme.dev/x/x.go").write_text(bad)
    list_them = ["--eval", "unformatted: ; @$(UNFORMATTED)", "unformatted"]
    assert make(repository, *list_them) == Run(0, "", "")
    (repository / "internal/x.go").write_text(bad)
    assert make(repository, *list_them) == Run(0, "./internal/x.go\n", "")
    done = make(repository, "lint", "GOLANGCI_LINT=true")
    assert done.code == 2
    assert "./internal/x.go\nrun: gofmt -w these" in done.out
