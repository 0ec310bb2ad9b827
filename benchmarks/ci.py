"""What a pipeline's check of a change costs with the caches that it has, in seconds of processors.

What each job runs and finds is read from the rendered pipelines (``tests/pipelines/caches.py``). A runner is new each
time, and so is what builds its images. It finds what a cold run left where the files that the job's key names are the
same, and nothing where they are not; a branch finds what main left, or at GitLab, which keeps the caches of protected
branches apart, what another branch did. An agent of Jenkins keeps its home, its builder, and a folder for each branch.

What finds the same costs the same, and is measured once. The Dockerfile's command with caches of its own stands for a
builder. What it costs to pack caches and to move them is not counted.
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

from report import Row, machine, save, show
from size import build_command, go, run
from timing import processors, verdict

from gocontainer import Answers, render
from gocontainer.repository import tree

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from tests.helpers.support import files_of  # noqa: E402
from tests.pipelines.caches import BUILT, FINDINGS, MODULES, Cache, caches  # noqa: E402
from tests.pipelines.commands import scripts  # noqa: E402

FLOOR, TARGET = 2.0, 2.5
"""A cold run is as many times the run after one changed line: that is 50 and 40 per cent."""
PIPELINES = {
    "github": (".github/workflows/ci.yml", "test"),
    "gitlab": (".gitlab-ci.yml", "check"),
    "gitea": (".gitea/workflows/ci.yml", "test"),
    "jenkins": ("Jenkinsfile", ""),
}
"""Each with the job that checks the code."""
NOTHING = Cache(())
MODULE = "github.com/rs/xid@v1.6.0"
USE = """\
// Package ids makes names.
package ids

import "github.com/rs/xid"

// New returns a name that nobody else has.
func New() string { return xid.New().String() }
"""
TOOL = (r"(vuln/cmd/govulncheck)@\S+", r"\1@v1.8.0")
IMAGE = "in each the image, anew"


class Work(NamedTuple):
    """What a job has a machine compute."""

    name: str
    commands: tuple[tuple[str, ...], ...]


class Place:
    """Where repositories and caches lie, always at the same path: Go tells what it compiled by where it lay."""

    def __init__(self, scratch: Path) -> None:
        self._scratch, self._caches, self._left = scratch, scratch / "caches", scratch / "left"
        self._known: dict[tuple[Work, tuple[str, ...], str], float] = {}
        self._tops = {change: tops(self.repository(change)) for change in CHANGES}

    def repository(self, change: str) -> Path:
        """Write the default repository with a change; another branch has a folder of its own where others stay."""
        folder = self._scratch / ("branch" if change == BRANCH else "orders")
        shutil.rmtree(folder, ignore_errors=True)
        tree.save(render(Answers(service="orders", go_vulndb=f"file://{database(self._scratch)}")), folder)
        CHANGES[change](folder)
        return folder

    def cost(self, work: Work, cache: Cache, change: str) -> float:
        """Return the seconds of processors of a job's work after a change."""
        if change == COLD or not cache.folders or not finds(cache, self._tops[COLD], self._tops[change]):
            return self._measured(work, (), COLD)
        # A runner's folder is the same for each branch.
        return self._measured(work, cache.folders, LINE if change == BRANCH and cache.files else change)

    def _measured(self, work: Work, folders: tuple[str, ...], change: str) -> float:
        case = (work, folders, change)
        if case not in self._known:
            left, repository = self._left / work.name, self.repository(change)
            shutil.rmtree(self._caches, ignore_errors=True)
            for name in (each for each in folders if (left / each).exists()):
                # Modules are never written anew; what was compiled is.
                copy = os.link if name == MODULES else shutil.copy2
                shutil.copytree(left / name, self._caches / name, symlinks=True, copy_function=copy)
            before = processors()
            for command in work.commands:
                self._run(command, repository)
            self._known[case] = processors() - before
            found = " ".join(folders) or "nothing"
            print(f"  {work.name}, {change}, {found} kept: {self._known[case]:.1f}", flush=True)
            if not folders:
                left.parent.mkdir(parents=True, exist_ok=True)
                self._caches.rename(left)
        return self._known[case]

    def _run(self, command: tuple[str, ...], repository: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "MAKE"))}
        here, proxy = run([go(), "env", "GOMODCACHE", "GOPROXY"]).splitlines()
        own = {name: str(self._caches / name) for name in (BUILT, FINDINGS, MODULES)}
        own |= {"GOPROXY": f"file://{here}/cache/download,{proxy}", "GONOSUMDB": "*", "GOTOOLCHAIN": "local"}
        # Two linters refuse to run with one folder for temporary files.
        own |= {"GOFLAGS": "-modcacherw", "TMPDIR": str(self._scratch)}
        done = subprocess.run(command, check=False, cwd=repository, env={**kept, **own}, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-3000:]}")


def main() -> int:
    """Print the table and the verdict."""
    rows: dict[str, Row] = {}
    print(f"{machine()}, {run([go(), 'env', 'GOVERSION'])}, seconds of processors of each distinct case:\n", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        place = Place(Path(scratch))
        for ci in PIPELINES:
            works = jobs(ci, place.repository(COLD))
            rows[ci] = {name: sum(place.cost(*each, name) for each in works.items()) for name in CHANGES}
            image, kept = [*works.items()][-1]
            rows[ci][IMAGE] = None if kept.folders else place.cost(image, kept, COLD)
    print(f"\n{show(rows)}\n")
    save("ci", "make bench-ci", rows, (), f"{run([go(), 'env', 'GOVERSION'])}; seconds of processors.")
    ratios = {f"{ci}'s cold run": ((row[COLD] or 0) / (row[LINE] or 1), FLOOR, TARGET) for ci, row in rows.items()}
    return verdict("ci", f"{rows['github'][LINE]:.0f} s of processors after one changed line at github", ratios)


def jobs(ci: str, repository: Path) -> dict[Work, Cache]:
    """Return what a pipeline computes for a change, each with what is kept for it; the image is the last."""
    path, check = PIPELINES[ci]
    files = files_of({"ci": ci, **({} if ci == "github" else {"deps_bot": "renovate", "signing": "none"})})
    text = files[path].content.decode()
    kept = caches(path, text)
    calls = dict.fromkeys(script for script in scripts(path, text) if re.fullmatch(r"make [a-z]+", script))
    checked = Work("check", tuple(tuple(call.split()) for call in calls if call != "make smoke"))
    found = {checked: kept.get(check, NOTHING)}
    for client in re.findall(r"(?m)^BUILDKIT +:= (.+)$", files["Makefile"].content.decode()):
        found[Work("client of the builder", ((*client.split(), "version"),))] = kept.get("smoke", NOTHING)
    named = re.findall(r"(?m)^ +platforms: (\S+)$", text) or [f"linux/{run([go(), 'env', 'GOHOSTARCH'])}"]
    image = Work(f"image for {named[0]}", tuple(compiling(repository, each) for each in named[0].split(",")))
    # What builds images is no older than what has a key.
    return {**found, image: NOTHING if found[checked].files else found[checked]}


def tops(repository: Path) -> dict[str, bytes]:
    """Return the files at the top, of which a key names some."""
    return {path.name: path.read_bytes() for path in repository.iterdir() if path.is_file()}


def finds(cache: Cache, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> bool:
    """Return whether a job finds what an earlier one left, by what was at the top of its repository then and now."""
    return all(before[path] == after[path] for path in cache.files)


def compiling(repository: Path, platform: str) -> tuple[str, ...]:
    """Return the Dockerfile's command for a platform."""
    words = build_command(repository)
    words[words.index("-o") + 1] = "bin/orders"
    system, architecture = platform.split("/")
    return ("env", "CGO_ENABLED=0", f"GOOS={system}", f"GOARCH={architecture}", *words)


def database(folder: Path) -> Path:
    """Write a list of no vulnerabilities, so that no server is asked."""
    index = folder / "vulnerabilities/index"
    index.mkdir(parents=True, exist_ok=True)
    for name, content in (("db", {"modified": "2026-01-01T00:00:00Z"}), ("modules", []), ("vulns", [])):
        (index / f"{name}.json").write_text(json.dumps(content))
    return index.parent


def unchanged(_repository: Path) -> None:
    """Change nothing."""


def one_line(repository: Path) -> None:
    """Change a line of a handler, and so of the program."""
    path = repository / "internal/httpapi/quotes.go"
    before = path.read_text()
    path.write_text(before.replace("1_000_000 //", "1_000_001 //"))
    assert path.read_text() != before


def one_module(repository: Path) -> None:
    """Use a module that nothing used before."""
    (repository / "internal/ids").mkdir()
    (repository / "internal/ids/ids.go").write_text(USE)
    run(["go", "get", MODULE], repository)
    run(["go", "mod", "tidy"], repository)


def one_tool(repository: Path) -> None:
    """Have the Makefile run another version of govulncheck."""
    path = repository / "Makefile"
    path.write_text(re.sub(*TOOL, path.read_text()))


COLD, LINE, BRANCH = "cold", "one changed line", "the same on another branch"
CHANGES: Mapping[str, Callable[[Path], None]] = {
    COLD: unchanged,
    "nothing changed": unchanged,
    LINE: one_line,
    BRANCH: one_line,
    "one new module": one_module,
    "another version of a tool": one_tool,
}


if __name__ == "__main__":
    sys.exit(main())
