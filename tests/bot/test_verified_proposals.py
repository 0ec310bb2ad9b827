"""What the bot proposes is built first: what merges clean and does not work is a draft with a failing check."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.helpers.planted import MODULE, changed, start
from tests.helpers.proposals import BRANCH, SCRIPT, Forge, Installed, write
from tests.helpers.support import need

OWN, CONFIG, PIPELINE = "internal/own/own.go", "internal/config/config.go", ".github/workflows/deploy.yml"
CONFLICTS = ".gocontainer/conflicts"
CALLS = f'package own\n\nimport "{MODULE}/internal/config"\n\nvar _ = config.Load()\n'
RENAMED = (
    (CONFIG, "// Load", "// Read"),
    (CONFIG, "func Load()", "func Read()"),
    ("main.go", "config.Load", "config.Read"),
    ("internal/config/config_test.go", "Load()", "Read()"),
)
UNVERIFIED, UNFETCHED = ("--commit --verify", "--commit"), ('\n  fetch "$@"\n', "\n")
"""What makes of the script one that is wrong."""
FINE = "Verified: nothing that worked is broken."


def forge(
    folder: Path, program: Installed, bot: Mapping[str, str], *wrong: tuple[str, str], **more: str
) -> tuple[Forge, dict[str, str]]:
    """A service of three packages and a pipeline, and its template; ``wrong`` is replaced in the script."""
    need("go")
    script = bot[SCRIPT]
    for old, new in wrong:
        assert script.count(old) == 1
        script = script.replace(old, new)
    template = {**bot, SCRIPT: script, **start(), PIPELINE: "on: push\n\njobs:\n" + "  # a\n" * 5 + "  a: b\n", **more}
    program.publish(template)
    return Forge(folder / "forge", program, template), template


def commit(forge: Forge, branch: str, files: Mapping[str, str | None]) -> str:
    """Commit to a branch as somebody does, and return the commit."""
    person = forge.person
    person.git("fetch", "--quiet", "origin")
    person.git("checkout", "--quiet", "--detach", f"origin/{branch}")
    for path, text in files.items():
        if text is None:
            (person.folder / path).unlink()
        else:
            person.write(path, text)
    person.commit("edit")
    person.git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
    return forge.tip(branch)


def propose(forge: Forge) -> str:
    """Run the workflow, which has to be green, and return what the pull request says."""
    done = forge.run()
    assert done.code == 0, done.said
    return "".join(each["body"] for each in forge.open)


@pytest.mark.parametrize("wrong", [(), (UNVERIFIED,)], ids=["as it is", "without --verify"])
def test_what_merges_clean_and_does_not_work_is_a_draft_with_a_failing_check(
    tmp_path: Path, program: Installed, bot: dict[str, str], wrong: tuple[tuple[str, str], ...]
) -> None:
    service, template = forge(tmp_path, program, bot, *wrong)
    main = commit(service, "main", {OWN: CALLS})
    program.publish(changed(template, *RENAMED))
    body = propose(service)
    (request,) = service.open
    assert service.tip("main") == main
    assert request["draft"] is not bool(wrong)
    assert service.is_green(service.tip(BRANCH)) is bool(wrong)
    if wrong:
        return
    place = f"{OWN}:5: undefined: config.Load (yours: {OWN}:5, the template's: {CONFIG}:16)"
    assert f"      ! {place}\n" in body
    assert "gocontainer update" not in body
    assert f"  ! {place}\n" in service.ask("show", f"{BRANCH}:{CONFLICTS}")
    decided = commit(service, BRANCH, {OWN: CALLS.replace("Load", "Read"), CONFLICTS: None})
    assert service.is_green(decided)
    propose(service)
    assert service.tip(BRANCH) == decided, "nothing is newer"


def test_what_works_is_ready_and_says_that_it_was_built(
    tmp_path: Path, program: Installed, bot: dict[str, str]
) -> None:
    service, template = forge(tmp_path, program, bot)
    commit(service, "main", {OWN: CALLS})
    program.publish(changed(template, ("main.go", "// main 3.", "// newer")))
    assert FINE in propose(service)
    (request,) = service.open
    assert not request["draft"]
    assert service.is_green(service.tip(BRANCH))


def test_what_was_broken_before_is_proposed_with_a_line_that_says_so(
    tmp_path: Path, program: Installed, bot: dict[str, str]
) -> None:
    service, template = forge(tmp_path, program, bot)
    commit(service, "main", {OWN: "package own\n\nvar _ = nothing\n", PIPELINE: "on: push\non: push\n"})
    program.publish(changed(template, ("main.go", "// main 3.", "// newer")))
    assert f"This was broken before the update, too, and is as it was: {OWN}:3\n" in propose(service)
    (request,) = service.open
    assert not request["draft"]
    assert service.is_green(service.tip(BRANCH))


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_pipeline_that_only_both_break_stays_as_it_is_and_runs_the_check(
    tmp_path: Path, program: Installed, bot: dict[str, str], language: str
) -> None:
    service, template = forge(tmp_path, program, bot)
    service.runner |= {"GOCONTAINER_LANG": language}
    mine = template[PIPELINE] + "  c: d\n\nenv:\n  a: b\n"
    commit(service, "main", {PIPELINE: mine})
    program.publish(changed(template, (PIPELINE, "on: push\n", "on: push\n\nenv:\n  b: c\n")))
    propose(service)
    tip = service.tip(BRANCH)
    assert service.ask("show", f"{tip}:{PIPELINE}") == mine.strip()
    assert service.ask("show", f"{tip}:{PIPELINE}.merged").count("env:") == 2
    assert f"{PIPELINE} is as it was: {PIPELINE}.merged is what" in service.ask("show", f"{tip}:{CONFLICTS}")
    assert not service.is_green(tip)


def proxy(folder: Path) -> str:
    """The sums of a module, which lies below the folder as a proxy has it."""
    place, name = folder / "example.com/dep/@v", "example.com/dep@v1.0.0"
    files = {f"{name}/go.mod": b"module example.com/dep\n", f"{name}/dep.go": b"package dep\n\nconst Answer = 42\n"}
    place.mkdir(parents=True)
    (place / "v1.0.0.mod").write_bytes(files[f"{name}/go.mod"])
    (place / "v1.0.0.info").write_text('{"Version": "v1.0.0"}')
    with zipfile.ZipFile(place / "v1.0.0.zip", "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    sums = (("v1.0.0", files), ("v1.0.0/go.mod", {"go.mod": files[f"{name}/go.mod"]}))
    return "".join(f"example.com/dep {version} {_sum(of)}\n" for version, of in sums)


def _sum(files: Mapping[str, bytes]) -> str:
    lines = "".join(f"{hashlib.sha256(text).hexdigest()}  {path}\n" for path, text in sorted(files.items()))
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()


@pytest.mark.parametrize(
    ("nested", "reachable", "wrong"),
    [("", True, ()), ("tools/", True, ()), ("", True, (UNFETCHED,)), ("", False, ())],
    ids=["fetched", "fetched for another module", "never fetched", "out of reach"],
)
def test_modules_that_the_newer_template_needs_are_fetched_before_or_one_line_says_that_they_are_missing(
    tmp_path: Path,
    program: Installed,
    bot: dict[str, str],
    nested: str,
    reachable: bool,  # noqa: FBT001
    wrong: tuple[tuple[str, str], ...],
) -> None:
    sums = proxy(tmp_path / "proxy")
    more = {
        "tools/go.mod": "module example.com/tools\n\ngo 1.26\n",
        "tools/main.go": "package main\n\nfunc main() {}\n",
    }
    service, template = forge(tmp_path, program, bot, *wrong, **more)
    source = f"file://{tmp_path}/proxy" if reachable else "off"
    service.runner |= {"GOMODCACHE": str(tmp_path / "modules"), "GOPROXY": source, "GOSUMDB": "off"}
    edits = [(f"{nested}go.mod", "go 1.26\n", "go 1.26\n\nrequire example.com/dep v1.0.0\n")]
    new = {
        f"{nested}dep.go": 'package main\n\nimport "example.com/dep"\n\nvar _ = dep.Answer\n',
        f"{nested}go.sum": sums,
    }
    program.publish({**changed(template, *edits), **new})
    body = propose(service)
    assert (FINE in body) is (reachable and not wrong)
    missing = (
        f"{nested}go.mod has modules that are not here, so nothing was built: 'go mod download example.com/dep@v1.0.0'"
    )
    assert (missing in body) is not (reachable and not wrong)
    (request,) = service.open
    assert not request["draft"]
    assert service.is_green(service.tip(BRANCH))


@pytest.mark.parametrize("vendored", [True, False])
def test_a_private_module_is_built_where_it_is_in_vendor_and_is_one_line_elsewhere(
    tmp_path: Path, program: Installed, bot: dict[str, str], *, vendored: bool
) -> None:
    sums = proxy(tmp_path / "proxy")
    service, template = forge(tmp_path, program, bot)
    service.runner |= {"GOMODCACHE": str(tmp_path / "modules"), "GOPROXY": "off", "GOSUMDB": "off"}
    mine = {
        "go.mod": f"{template['go.mod']}\nrequire example.com/dep v1.0.0\n",
        "go.sum": sums,
        OWN: 'package own\n\nimport "example.com/dep"\n\nvar _ = dep.Answer\n',
    }
    if vendored:
        mine["vendor/modules.txt"] = "# example.com/dep v1.0.0\n## explicit\nexample.com/dep\n"
        mine["vendor/example.com/dep/dep.go"] = "package dep\n\nconst Answer = 42\n"
    commit(service, "main", mine)
    program.publish(changed(template, ("main.go", "// main 3.", "// newer")))
    body = propose(service)
    assert (FINE in body) is vendored
    assert ("go.mod has modules that are not here" in body) is not vendored
    assert [each["draft"] for each in service.open] == [False]


# Go's own way to a newer one, without the network that it takes: the newer is this one, which says what it did.
GO = """#!/bin/sh
if [ "$GOTOOLCHAIN $1 $2" = "auto env GOROOT" ]; then echo {newer}; else exec {real} "$@"; fi
"""
NEWER = """#!/bin/sh
echo "$1" >> {said}
exec {real} "$@"
"""


def test_the_go_that_the_newer_template_asks_for_builds_it(
    tmp_path: Path, program: Installed, bot: dict[str, str]
) -> None:
    service, template = forge(tmp_path, program, bot)
    real, said, newer = shutil.which("go"), tmp_path / "said", tmp_path / "newer"
    write(service.bin / "go", GO.format(newer=newer, real=real))
    write(newer / "bin/go", NEWER.format(said=said, real=real))
    program.publish(changed(template, ("main.go", "// main 3.", "// newer")))
    assert FINE in propose(service)
    assert {*said.read_text().split()} == {"build", "vet"}


def test_a_go_that_is_out_of_reach_is_one_line(tmp_path: Path, program: Installed, bot: dict[str, str]) -> None:
    service, template = forge(tmp_path, program, bot)
    service.runner |= {"GOPROXY": "off"}
    program.publish(changed(template, ("go.mod", "go 1.26\n", "go 1.999\n")))
    assert propose(service).count("go.mod asks for Go 1.999, and this is 1.") == 1
    assert [each["draft"] for each in service.open] == [False]


def test_where_there_is_no_go_it_is_proposed_all_the_same(
    tmp_path: Path, program: Installed, bot: dict[str, str]
) -> None:
    service, template = forge(tmp_path, program, bot)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in (
        "bash",
        "sh",
        "env",
        "mkdir",
        "cp",
        "ln",
        "mktemp",
        "rm",
        "cut",
        "sed",
        "grep",
        "cat",
        "sort",
        "git",
        "head",
    ):
        (tools / name).symlink_to(shutil.which(name) or name)
    program.publish(changed(template, ("main.go", "// main 3.", "// newer")))
    artifact = tmp_path / "proposal"
    done = service.job("merge", artifact, f"{service.bin}{os.pathsep}{tools}")
    assert done.code == 0, done.said
    assert (artifact / "report").read_text().count("Go is not here: nothing was built.") == 1
    assert service.job("propose", artifact).code == 0
    assert [each["draft"] for each in service.open] == [False]
