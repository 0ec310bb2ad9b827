"""What updates lose on random histories: ours, copier's and cruft's, on the same three trees.

Every history is one update: a template, its next state, and what a user made of the first. A tool is
charged once a history for each kind of harm, and not at all for what it lost in a run that it gave up.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from tests.helpers.histories import TEMPLATE, USER, added, changed, start  # noqa: E402
from tests.helpers.support import clean_environment  # noqa: E402
from tests.helpers.updates import Repository  # noqa: E402

from gocontainer.repository.tree import File, Tree  # noqa: E402

KINDS = ("lost edits", "lost template changes", "unreported conflicts", "crashes")


class Three(NamedTuple):
    """The trees of an update."""

    base: Tree
    mine: Tree
    theirs: Tree


class Result(NamedTuple):
    """What a tool left: its exit code, what it printed, and all content that is still to be found."""

    code: int
    said: str
    content: bytes
    conflicts: bool


def history(number: int) -> Three:
    """Return a history by its number."""
    rng = Random(number)  # noqa: S311
    base = start(rng)
    return Three(base, changed(rng, base, USER), changed(rng, base, TEMPLATE))


def harm(three: Three, result: Result) -> Iterator[str]:
    """Yield the kinds of harm that were done."""
    if result.code and not result.conflicts:
        yield "crashes"
        return
    if any(line not in result.content for _, line in new_lines(three.mine, three.base)):
        yield "lost edits"
    new = [(path, line) for path, line in new_lines(three.theirs, three.base) if line not in result.content]
    if any(path not in result.said for path, _ in new):
        yield "lost template changes"
    if result.conflicts and not result.code:
        yield "unreported conflicts"


def new_lines(new: Tree, old: Tree) -> Iterator[tuple[str, bytes]]:
    """Yield each line that was written, with its path."""
    for path, lines in added(new, old).items():
        for line in lines:
            yield path, line


def ours(folder: Path, three: Three) -> Result:
    """Update with this checkout, in this process."""
    repository = Repository(folder / "orders", three.base, "--template=")
    fill(repository.folder, three.base, three.mine)
    repository.commit()
    done = repository.update(three.theirs)
    return left(repository.folder, done.code, done.out + done.err)


def copier(folder: Path, three: Three) -> Result:
    """Update with copier."""
    settings = {
        "_envops": {"variable_start_string": "<<", "variable_end_string": ">>"},
        "_answers_file": ".answers.yml",
    }
    fixed = {
        "copier.yml": File(json.dumps(settings).encode()),
        "<< _copier_conf.answers_file >>.jinja": File(b"<< _copier_answers|to_nice_yaml >>\n"),
    }
    template(folder, fixed, "", three)
    answers = File(json.dumps({"_commit": "1.0.0", "_src_path": str(folder / "template")}).encode())
    project(folder, {**three.mine, ".answers.yml": answers})
    answers_file = ("--answers-file", ".answers.yml")
    return run(folder, "copier", "update", "--defaults", *answers_file, str(folder / "orders"))


def cruft(folder: Path, three: Three) -> Result:
    """Update with cruft."""
    context = {"service": "orders", "_copy_without_render": ["*"]}
    fixed = {"cookiecutter.json": File(json.dumps(context).encode())}
    commit = template(folder, fixed, "{{cookiecutter.service}}/", three)
    remembered = {"template": str(folder / "template"), "commit": commit, "context": {"cookiecutter": context}}
    project(folder, {**three.mine, ".cruft.json": File(json.dumps({**remembered, "directory": None}).encode())})
    return run(folder, "cruft", "update", "--skip-apply-ask", "--project-dir", str(folder / "orders"))


def template(folder: Path, fixed: Tree, prefix: str, three: Three) -> str:
    """Write the rivals' template with a tag for each state; return the first commit."""
    place = folder / "template"
    git(folder, "init", "--quiet", "--template=", "template")
    before: Tree = {}
    for tag, tree in (("1.0.0", three.base), ("2.0.0", three.theirs)):
        files = {**fixed, **{prefix + path: file for path, file in tree.items()}}
        fill(place, before, files)
        git(place, "add", "--all")
        git(place, "commit", "--quiet", "--allow-empty", "--message", tag)
        git(place, "tag", tag)
        before = files
    return git(place, "rev-parse", "1.0.0").decode().strip()


def project(folder: Path, files: Tree) -> None:
    """Write and commit the user's repository."""
    git(folder, "init", "--quiet", "--template=", "orders")
    fill(folder / "orders", {}, files)
    git(folder / "orders", "add", "--all")
    git(folder / "orders", "commit", "--quiet", "--message", "mine")


def fill(folder: Path, before: Tree, files: Tree) -> None:
    """Replace the files ``before`` with ``files``."""
    for path in before:
        (folder / path).unlink()
    for name in {path.partition("/")[0] for path in before if "/" in path}:
        shutil.rmtree(folder / name)
    for path, file in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(file.content)
        (folder / path).chmod(0o755 if file.executable else 0o644)


def git(folder: Path, *arguments: str) -> bytes:
    """Run git, which must succeed."""
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, env=clean_environment())  # noqa: S607
    return done.stdout


def run(folder: Path, tool: str, *arguments: str) -> Result:
    """Run a rival on the repository and look at what it left."""
    command = [sys.executable, "-m", tool, *arguments]
    done = subprocess.run(
        command, check=False, capture_output=True, env=clean_environment(), stdin=subprocess.DEVNULL, cwd=folder
    )
    return left(folder / "orders", done.returncode, (done.stdout + done.stderr).decode(errors="replace"))


def left(folder: Path, code: int, said: str) -> Result:
    """Return what is to be found in the files and, for conflicts, in the index."""
    paths = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.relative_to(folder).parts]
    unmerged = git(folder, "ls-files", "--unmerged", "-z").split(b"\0")[:-1]
    staged = [git(folder, "cat-file", "blob", line.split()[1].decode()) for line in unmerged]
    contents = [path.read_bytes() for path in paths]
    marked = any(b"<<<<<<< " in content and b">>>>>>> " in content for content in contents)
    rejected = any(path.suffix == ".rej" for path in paths)
    content = b"\n".join([*contents, *staged]).replace(b"\r\n", b"\n")
    return Result(code, said, content, bool(unmerged) or marked or rejected)


Tool = Callable[[Path, Three], Result]


def one(tool: Tool, number: int) -> list[str]:
    """Return the harm that a tool does to one history."""
    with tempfile.TemporaryDirectory() as scratch:
        three = history(number)
        return list(harm(three, tool(Path(scratch), three)))


def losses(tool: Tool, count: int) -> Counter[str]:
    """Count the histories to which a tool does harm, by kind."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return Counter(kind for kinds in pool.map(partial(one, tool), range(count), chunksize=5) for kind in kinds)


def compare(count: int, rivals: int) -> bool:
    """Print what each tool did to random histories; return whether ours did no harm."""
    counts: Mapping[Tool, int] = {ours: count, copier: rivals, cruft: rivals}
    found = {tool.__name__: losses(tool, number) for tool, number in counts.items()}
    titles = [f"{tool.__name__} of {number}" for tool, number in counts.items()]
    print(f"  {'histories with':24}" + "".join(f"{title:>16}" for title in titles))
    for kind in KINDS:
        print(f"  {kind:24}" + "".join(f"{each[kind]:16}" for each in found.values()))
    return not found["ours"]


if __name__ == "__main__":
    sys.exit(not compare(int(os.environ.get("HISTORIES", "2000")), int(os.environ.get("RIVALS", "200"))))
