"""Where Go modules, their sums and known vulnerabilities come from: ``go_proxy``, ``go_sumdb`` and ``go_vulndb``."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from gocontainer.errors import InvalidAnswer
from gocontainer.options.table import BY_NAME
from gocontainer.rendering.engine import render
from gocontainer.repository.tree import File, Tree
from tests.helpers.proposals import WHEEL
from tests.helpers.support import PINS, ROWS, answers, download, files_of, go_tool, need, rendered, row_id
from tests.pipelines.commands import WORKFLOWS, scripts
from tests.test_builders import Machine

PROXY = "https://goproxy.corp.cn/go,direct"
SUMDB = "sum.golang.org https://goproxy.corp.cn/sumdb/sum.golang.org"
SOURCES = {"go_proxy": PROXY, "go_sumdb": SUMDB, "go_vulndb": "https://vuln.corp.cn"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("go_proxy", PROXY), ("go_proxy", "off"), ("go_proxy", "http://10.0.0.1:8081/repository/go/|direct"),
        ("go_sumdb", "off"), ("go_sumdb", SUMDB),
        ("go_sumdb", "sum.corp.cn+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"),
        ("go_vulndb", "file:///srv/vulndb"), ("go_vulndb", "https://vuln.corp.cn/db"), ("go_vulndb", ""),
    ],
)  # fmt: skip
def test_what_go_takes_is_taken(name: str, value: str) -> None:
    assert BY_NAME[name].parse(value, "here") == value


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize(
    "value",
    [
        "https://me:secret@corp.cn",
        "goproxy corp",
        "https://x.cn/$(ls)",
        "https://x.cn;ls",
        "https://x.cn#",
        "'",
        "a\nb",
    ],
)
def test_a_password_or_a_command_is_refused_in_a_sentence(name: str, value: str) -> None:
    with pytest.raises(InvalidAnswer, match=r"\. [A-Z].*\.$"):
        BY_NAME[name].parse(value, "here")


def test_they_reach_everything_that_make_starts_and_the_environment_is_above_them(tmp_path: Path) -> None:
    need("make")
    repository = rendered(tmp_path, **SOURCES)
    command = ["make", "--silent", "--eval", 'show: ; @echo "$$GOPROXY $$GOSUMDB"', "show"]
    kept = {name: value for name, value in os.environ.items() if name not in ("GOPROXY", "GOSUMDB")}
    for more, shown in (({}, f"{PROXY} {SUMDB}"), ({"GOPROXY": "off"}, f"off {SUMDB}")):
        assert subprocess.check_output(command, cwd=repository, text=True, env={**kept, **more}) == f"{shown}\n"


def test_they_reach_what_the_bot_fetches(tmp_path: Path) -> None:
    need("sh")
    given = {**SOURCES, "private_modules": "git.corp.cn/*,~x.corp.cn", "update_wheel": WHEEL}
    repository = rendered(tmp_path, **given)
    script = 'set -- check; . .gocontainer/propose.sh 2>/dev/null; echo "$GOPROXY $GOSUMDB $GOPRIVATE"'
    kept = {"PATH": os.environ["PATH"]}
    for more, proxy in (({}, PROXY), ({"GOPROXY": "off"}, "off")):
        said = subprocess.check_output(["sh", "-c", script], cwd=repository, text=True, env={**kept, **more})
        assert said == f"{proxy} {SUMDB} git.corp.cn/*,~x.corp.cn\n"
    assert b"export GOP" not in files_of({"update_wheel": WHEEL})[".gocontainer/propose.sh"].content


def test_they_reach_the_image_by_make_and_by_whoever_builds_it_otherwise(tmp_path: Path) -> None:
    text = files_of(SOURCES)["Dockerfile"].content.decode()
    assert re.findall(r"(?m)^ARG (GO.*)$", text) == [f'GOPROXY="{PROXY}"', f'GOSUMDB="{SUMDB}"']
    (said,) = Machine(tmp_path, ["podman"], **SOURCES).said("image", f"GOPROXY={PROXY}", f"GOSUMDB={SUMDB}")
    assert f"--build-arg GOPROXY={PROXY} --build-arg GOSUMDB={SUMDB} ." in said


GO = re.compile(r"(?m)(?:^|[;&|(]|\b(?:env|exec|then|do)) *(?:\w+=\S* +)*(?:go|golangci-lint|govulncheck|crane) \w")


EVERY = {**SOURCES, "private_modules": "git.corp.cn", "ca_bundle": "certs/corp.pem"}
TOLD = ("GOPROXY", "GOSUMDB", "GOPRIVATE", "SSL_CERT_FILE")
"""What says from where things come, and whom to trust."""


def untold(files: Tree) -> list[str]:
    """The commands of pipelines that start Go themselves, and what scripts that do so leave out."""
    found = []
    for path, file in files.items():
        text = file.content.decode()
        found += [script for script in scripts(path, text) if GO.search(script)]
        if (path.endswith(".sh") and GO.search(text)) or path == "Makefile":
            found += [f"{path}: {name}" for name in TOLD if not re.search(rf"(?m)^export {name}\b *\??=", text)]
    return found


def test_whatever_runs_go_is_told_where_to_look_and_whom_to_trust() -> None:
    for row in ROWS:
        assert untold(render(answers(**{**row, **EVERY}))) == [], row_id(row)


@pytest.mark.parametrize("run", ["go test ./...", "cd x && GOFLAGS=-mod=mod go mod download", "if x; then go vet; fi"])
def test_a_step_that_starts_go_itself_is_found(run: str) -> None:
    pipelines = {"Jenkinsfile": f"steps {{\n  sh '{run}'\n  sh '''\n    make test\n  '''\n  sh 'echo go on'\n}}"}
    step = yaml.safe_dump({"jobs": {"x": {"steps": [{"run": run}, {"run": "make test"}, {"run": "echo go on"}]}}})
    for path, text in {**pipelines, **dict.fromkeys((f"{folder}x.yml" for folder in WORKFLOWS), step)}.items():
        assert untold({path: File(text.encode())}) == [run]
    assert untold({"hack/x.sh": File(f"#!/bin/sh\n{run}\n".encode())}) == [f"hack/x.sh: {name}" for name in TOLD]
    assert len(untold(files_of({**EVERY, "ca_bundle": ""}))) == 1


def test_a_release_fails_where_no_vulnerabilities_could_be_looked_for() -> None:
    release = yaml.safe_load(files_of(SOURCES)[".github/workflows/release.yml"].content)
    assert {"run": "make vuln RELEASE=yes"} in release["jobs"]["test"]["steps"]
    assert release["jobs"]["image"]["needs"] == "test", "what pushes and signs waits for it"


def test_no_host_is_a_default() -> None:
    assert [BY_NAME[name].default for name in SOURCES] == ["", "", ""]
    text = "".join(file.content.decode() for path, file in files_of({}).items() if not path.startswith("."))
    assert re.findall(r"proxy\.golang|sum\.golang|vuln\.go\.dev", text) == []


@pytest.mark.slow
def test_a_list_out_of_reach_is_one_sentence_and_fails_only_a_release(tmp_path: Path) -> None:
    program = go_tool("golang.org/x/vuln/cmd/govulncheck", PINS["tool"]["govulncheck"]["value"])
    repository = rendered(tmp_path, tracing=False, go_vulndb="http://127.0.0.1:1")
    download(repository)
    for release, code in ((), 0), (("RELEASE=yes",), 2):
        command = ["make", "--silent", "vuln", f"GOVULNCHECK={program}", *release]
        done = subprocess.run(command, cwd=repository, check=False, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
        assert done.stdout == "http://127.0.0.1:1 cannot be reached: no vulnerabilities were looked for\n"
