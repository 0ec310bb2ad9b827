"""What the judges do not see of workflows: which actions they use, where they run, what their commands do."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import yaml

from gocontainer import File, render
from tests.helpers.support import GOCONTAINER, PINS, ROOT, answers, clean_environment, need, rendered
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


STANDS_IN = {
    # For the virtual environment and the package index: what is installed is this very gocontainer.
    "python3": f'mkdir -p "$3/bin"; ln -s {GOCONTAINER} "$3/bin/gocontainer"; ln -s /bin/true "$3/bin/pip"\n',
    # For GitHub.
    "gh": 'echo "$*" >> "$RUNNER_TEMP/gh"\n',
}


def commands(repository: Path, job: str) -> list[str]:
    """The shell of a job of the template's workflow."""
    workflow = yaml.safe_load((repository / ".github/workflows/template.yml").read_text())
    return [step["run"] for step in workflow["jobs"][job]["steps"] if "run" in step]


def run(repository: Path, scratch: Path) -> str:
    """Run the job as GitHub does, and return what GitHub was asked for."""
    (scratch / "bin").mkdir(parents=True)
    for name, script in STANDS_IN.items():
        (scratch / "bin" / name).write_text(f"#!/bin/sh\n{script}")
        (scratch / "bin" / name).chmod(0o755)
    path = f"{scratch}/bin{os.pathsep}{os.environ['PATH']}"
    environment = {**clean_environment(), "PATH": path, "RUNNER_TEMP": str(scratch), "GH_TOKEN": "none"}
    for script in commands(repository, "update"):
        done = subprocess.run(
            ["bash", "-e", "-c", script], cwd=repository, check=False, capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr
    asked = scratch / "gh"
    return asked.read_text() if asked.exists() else ""


def of_an_older_template(folder: Path) -> Repository:
    """A repository whose Makefile was another, with a place to push to."""
    need("bash")
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
