"""What the check of a change costs on a runner with the caches that a pipeline gives it, in seconds of processors.

GitHub's and Gitea's runners are new each time: they have what ``setup-go`` keeps, modules and compiled packages, where
the files that its key names are the same, and nothing where they are not; what main kept, branches have, too. An agent
of Jenkins keeps its home, and so what the linter found as well. What is run is read from the rendered pipelines; the
image, whose builder keeps nothing from run to run, is weighed by ``make bench-image``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import yaml
from size import go, run
from timing import processors, verdict

from gocontainer import Answers, render
from gocontainer.repository import tree

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from tests.helpers.support import files_of  # noqa: E402
from tests.pipelines.commands import scripts  # noqa: E402

FLOOR, TARGET = 2.0, 2.5
"""A cold run is as many times the run after one changed line: that is 50 and 40 per cent."""
PIPELINES = {"github": ".github/workflows/ci.yml", "gitea": ".gitea/workflows/ci.yml", "jenkins": "Jenkinsfile"}
QUOTES = "internal/httpapi/quotes.go"
TOOL = (re.compile(r"(vuln/cmd/govulncheck)@\S+"), r"\1@v1.8.0")
MODULE = "github.com/google/uuid@v1.6.0"
USE = """\
// Package ids makes names.
package ids

import "github.com/google/uuid"

// New returns a name that nobody else has.
func New() string { return uuid.NewString() }
"""
NEW, AGENT = "a new runner", "an agent's home"


class Runner(NamedTuple):
    """Where caches are, and how much of them each job finds; modules come from where this machine has them."""

    caches: Path
    keeps_findings: bool

    @property
    def environment(self) -> dict[str, str]:
        """What a job has."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "MAKE"))}
        names = {"GOCACHE": "built", "GOMODCACHE": "modules", "GOLANGCI_LINT_CACHE": "findings"}
        here, proxy = run([go(), "env", "GOMODCACHE", "GOPROXY"]).splitlines()
        own = {name: str(self.caches / folder) for name, folder in names.items()}
        own |= {"GOPROXY": f"file://{here}/cache/download,{proxy}", "GONOSUMDB": "*", "GOTOOLCHAIN": "local"}
        return {**kept, **own, "GOFLAGS": "-modcacherw"}

    def cost(self, repository: Path) -> float:
        """Return the seconds of processors of the check of a change."""
        if not self.keeps_findings:
            shutil.rmtree(self.caches / "findings", ignore_errors=True)
        before = processors()
        for target in targets():
            self.run(["make", target], repository)
        return processors() - before

    def run(self, command: list[str], repository: Path) -> None:
        """Run what must succeed."""
        done = subprocess.run(
            command, check=False, cwd=repository, env=self.environment, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-3000:]}")


def main() -> int:
    """Print the table and the verdict."""
    print(f"{run([go(), 'env', 'GOVERSION'])}, seconds of processors of make {', '.join(targets())}\n")
    print(f"  {'':32}{NEW:>14}{AGENT:>18}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        new, agent = Runner(place / "new", keeps_findings=False), Runner(place / "agent", keeps_findings=True)
        base = written(place / "orders")
        kept, cold = key(base), new.cost(base)
        shutil.copytree(new.caches, agent.caches, symlinks=True)
        show("cold", cold, cold)
        costs: dict[str, float] = {}
        for name, change in CHANGES.items():
            # Each branch has a folder of its own at an agent's; all have the same on new runners.
            folder = written(place / ("branch" if name == BRANCH else "orders"))
            change(folder, agent)
            costs[name] = cold if key(folder) != kept else costs[LINE] if name == BRANCH else new.cost(folder)
            show(name, costs[name], agent.cost(folder))
    print()
    ratio = cold / costs[LINE]
    return verdict("ci", f"{costs[LINE]:.0f} s of processors after one changed line", {"cold": (ratio, FLOOR, TARGET)})


def targets() -> list[str]:
    """Return the targets by which every pipeline checks the code of a change."""
    found = {
        tuple(script.split()[1] for script in scripts(path, text(ci, path)) if re.fullmatch(r"make [a-z]+", script))
        for ci, path in PIPELINES.items()
    }
    (same,) = {tuple(each for each in calls if each != "smoke") for calls in found}
    return list(same)


def text(ci: str, path: str) -> str:
    """Return a pipeline as it is rendered."""
    elsewhere = {"deps_bot": "renovate", "signing": "none"}
    return files_of({"ci": ci, **({} if ci == "github" else elsewhere)})[path].content.decode()


def written(folder: Path) -> Path:
    """Write the default repository, which looks for vulnerabilities in an empty list of this machine."""
    database = folder.parent / "vulnerabilities/index"
    database.mkdir(parents=True, exist_ok=True)
    for name, content in (("db", {"modified": "2026-01-01T00:00:00Z"}), ("modules", []), ("vulns", [])):
        (database / f"{name}.json").write_text(json.dumps(content))
    shutil.rmtree(folder, ignore_errors=True)
    tree.save(render(Answers(service="orders", go_vulndb=f"file://{database.parent}")), folder)
    return folder


def key(repository: Path) -> list[bytes]:
    """Return what the key of the pipeline's cache is made of."""
    jobs = yaml.safe_load((repository / PIPELINES["github"]).read_text())["jobs"].values()
    (named,) = {
        step["with"]["cache-dependency-path"]
        for job in jobs
        for step in job["steps"]
        if "cache-dependency-path" in step.get("with", {})
    }
    return [(repository / path).read_bytes() for path in named.split()]


def unchanged(_repository: Path, _runner: Runner) -> None:
    """Change nothing."""


def one_line(repository: Path, _runner: Runner) -> None:
    """Change a line of a handler, and so of the program."""
    path = repository / "internal/httpapi/quotes.go"
    path.write_text(path.read_text().replace("1_000_000 //", "1_000_001 //"))


def one_module(repository: Path, runner: Runner) -> None:
    """Use a module that nothing used before."""
    (repository / "internal/ids").mkdir()
    (repository / "internal/ids/ids.go").write_text(USE)
    runner.run(["go", "get", MODULE], repository)
    runner.run(["go", "mod", "tidy"], repository)


def one_tool(repository: Path, _runner: Runner) -> None:
    """Have the Makefile run another version of a tool."""
    path = repository / "Makefile"
    path.write_text(TOOL[0].sub(TOOL[1], path.read_text()))


LINE, BRANCH = "one changed line", "the same on another branch"
CHANGES: Mapping[str, Callable[[Path, Runner], None]] = {
    "nothing changed": unchanged,
    LINE: one_line,
    BRANCH: one_line,
    "one new module": one_module,
    "another version of a tool": one_tool,
}


def show(name: str, *costs: float) -> None:
    """Print a row."""
    print(f"  {name:32}{costs[0]:12.0f} s{costs[1]:16.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
