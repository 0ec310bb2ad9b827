"""What the judges do not see of workflows: which actions they use, where they run, what their commands do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

from gocontainer import File, __version__, render
from tests.helpers.support import PINS, ROOT, answers, clean_environment, git, need, released, rendered
from tests.helpers.updates import Repository


def test_our_own_workflow_uses_pinned_actions() -> None:
    known = {pin["value"] for table in ("action", "own_action") for pin in PINS[table].values()}
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        used = re.findall(r"uses: (.*)", path.read_text())
        assert used
        assert set(used) <= known


def test_cgo_is_compiled_where_it_runs(tmp_path: Path) -> None:
    repository = rendered(tmp_path, base_image="ubuntu", cgo=True, platforms="linux/arm64")
    text = (repository / ".github/workflows/ci.yml").read_text()
    assert text.count("runs-on: ubuntu-24.04-arm\n") == 2


RELEASED = """
import sys
from gocontainer.rendering import variables
variables.RELEASED = True
from gocontainer.__main__ import main
sys.exit(main())
"""
STANDS_IN = {
    # For the virtual environment and the package index: what is installed is this very gocontainer, as if released.
    "python3": 'mkdir -p "$3/bin"; cp "$RUNNER_TEMP/gocontainer" "$3/bin"; ln -s /bin/true "$3/bin/pip"\n',
    # For GitHub.
    "gh": 'echo "$*" >> "$RUNNER_TEMP/gh"\n',
}


def commands(repository: Path, job: str) -> list[str]:
    """The shell of a job of the template's workflow."""
    workflow = yaml.safe_load((repository / ".github/workflows/template.yml").read_text())
    return [step["run"] for step in workflow["jobs"][job]["steps"] if "run" in step]


def run(repository: Path, scratch: Path) -> str:
    """Run the job as GitHub does, and return what GitHub was asked for, or what a step said that failed."""
    (scratch / "bin").mkdir(parents=True)
    for name, script in STANDS_IN.items():
        (scratch / "bin" / name).write_text(f"#!/bin/sh\n{script}")
        (scratch / "bin" / name).chmod(0o755)
    (scratch / "gocontainer").write_text(f"#!{sys.executable}{RELEASED}")
    (scratch / "gocontainer").chmod(0o755)
    path = f"{scratch}/bin{os.pathsep}{os.environ['PATH']}"
    nobody = {name: value for name, value in clean_environment().items() if not name.startswith("GIT_")}
    environment = {**nobody, "PATH": path, "RUNNER_TEMP": str(scratch), "GH_TOKEN": "none"}
    for script in commands(repository, "update"):
        done = subprocess.run(
            ["bash", "-e", "-c", script], cwd=repository, check=False, capture_output=True, text=True, env=environment
        )
        if done.returncode != 0:
            return done.stdout
    asked = scratch / "gh"
    return asked.read_text() if asked.exists() else ""


def of_an_older_template(folder: Path) -> Repository:
    """A repository whose Makefile was another, with a place to push to."""
    need("bash")
    with released():
        newest = render(answers())
    older = newest["Makefile"].content.replace(b"## list the targets", b"## help")
    assert older != newest["Makefile"].content
    repository = Repository(folder / "orders", {**newest, "Makefile": File(older)})
    repository.git("init", "--quiet", "--bare", str(folder / "origin"))
    repository.git("remote", "add", "origin", str(folder / "origin"))
    repository.git("push", "--quiet", "origin", "main")
    return repository


def test_the_workflow_opens_the_update_as_a_pull_request(tmp_path: Path) -> None:
    repository = of_an_older_template(tmp_path)
    asked = run(repository.folder, tmp_path / "runner")
    assert "pr create --head gocontainer-update --fill\n" in asked
    pushed = "refs/remotes/origin/gocontainer-update"
    assert repository.git("rev-parse", f"{pushed}^") == repository.git("rev-parse", "main")
    assert repository.git("diff", "--name-only", "main", pushed).split() == [
        ".gocontainer.lock",
        ".gocontainer/base.pack",
        "Makefile",
    ]
    assert repository.git("branch", "--show-current") == "main\n"


def test_the_workflow_asks_for_nothing_where_there_is_no_update(tmp_path: Path) -> None:
    repository = of_an_older_template(tmp_path)
    run(repository.folder, tmp_path / "first")
    repository.git("merge", "--quiet", "--ff-only", "gocontainer-update")
    repository.git("branch", "--delete", "gocontainer-update")
    assert run(repository.folder, tmp_path / "second") == ""


def test_the_bot_replaces_its_own_proposal(tmp_path: Path) -> None:
    repository = of_an_older_template(tmp_path)
    run(repository.folder, tmp_path / "first")
    first = repository.git("rev-parse", "gocontainer-update")
    repository.write("note.txt", "later")
    repository.commit()
    repository.git("branch", "--quiet", "-D", "gocontainer-update")
    assert "pr create --head gocontainer-update --fill\n" in run(repository.folder, tmp_path / "second")
    second = git(tmp_path / "origin", "rev-parse", "gocontainer-update")
    assert second == repository.git("rev-parse", "gocontainer-update") != first


def test_the_bot_never_replaces_what_somebody_added_to_its_proposal(tmp_path: Path) -> None:
    repository = of_an_older_template(tmp_path)
    run(repository.folder, tmp_path / "first")
    repository.git("checkout", "--quiet", "gocontainer-update")
    repository.commit("mend")
    repository.git("push", "--quiet", "origin", "gocontainer-update")
    added = repository.git("rev-parse", "gocontainer-update")
    repository.git("checkout", "--quiet", "main")
    repository.git("branch", "--quiet", "-D", "gocontainer-update")
    said = run(repository.folder, tmp_path / "second")
    assert (
        said.splitlines()[-1]
        == "::error::Somebody has committed to gocontainer-update. Merge that branch, or delete it."
    )
    assert git(tmp_path / "origin", "rev-parse", "gocontainer-update") == added


def test_a_version_that_cannot_be_had_renders_no_bot_for_updates() -> None:
    """Nobody owns the name of a version that was never released: whoever took it would run in every repository."""
    bot = {".github/workflows/template.yml", ".gocontainer/requirements.txt"}
    with released():
        assert bot <= render(answers()).keys()
    files = render(answers())
    assert "dev" in __version__
    assert not bot & files.keys()
    assert b"pip" not in files[".github/dependabot.yml"].content
