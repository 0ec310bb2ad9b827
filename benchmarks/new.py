"""``gocontainer new`` against cookiecutter and copier: the same content, the same number of files.

The rivals get the default repository's own template files in their own form, without hooks and with
every derived value already filled in, so that they have less to do than we. All run from one
environment that holds the wheel, whole process, in turn. Where the machine has a folder in memory
they write there: on a disk the time depends on what the disk did before, and only we flush. A second
table has what people type: to a disk, and ours with its repository and its first commit, which theirs
leave to the person. CPU counts the processes of git, too.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from timing import Command, Cost, costs, verdict

from gocontainer import Answers, render
from gocontainer.answers.lockfile import with_lockfile
from gocontainer.rendering import language, layout
from gocontainer.rendering.variables import template_variables

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 11
FLOORS = {"cookiecutter": (5.0, 6.0), "copier": (9.0, 12.0)}
TYPED_FLOORS = {"cookiecutter": (3.0, 3.5), "copier": (6.0, 7.0)}
SOMEBODY = {f"GIT_{role}_{key}": "bench" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
MEMORY = Path("/dev/shm")  # noqa: S108


def main() -> int:
    """Print both tables and their verdicts."""
    os.environ.update(SOMEBODY)
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as scratch, tempfile.TemporaryDirectory() as disk:
        place = Path(scratch)
        python, files = prepare(place)
        times = costs(starts(python) | writes(python, place, place, "--no-git"), ROUNDS)
        compare(place / "ours1/orders", place / "theirs1/orders", place / "copied1")
        typed = costs(writes(python, place, Path(disk)), ROUNDS)
        if not (Path(disk) / "ours1/orders/.git/refs/heads/main").is_file():
            sys.exit("the first commit is missing")
    print(f"{len(files)} files, medians of {ROUNDS}, Python {sys.version.split()[0]}\n")
    show(f"without git, written to {memory or 'a disk'}", times)
    show("as people type it, written to a disk, ours with its first commit", typed)
    return max(judged("new", times, FLOORS), judged("new, as people type it", typed, TYPED_FLOORS))


def starts(python: str) -> dict[str, Command]:
    """Return what takes the time that nobody can save."""
    calls = {"python -c pass": [python, "-c", "pass"]}
    calls |= {f"{name} --version": [python, "-m", name, "--version"] for name in ("gocontainer", *FLOORS)}
    calls["new --dry-run of a checkout"] = [sys.executable, "-m", "gocontainer", "new", "orders", "--dry-run"]
    return {name: lambda _, call=call: call for name, call in calls.items()}  # type: ignore[misc]


def writes(python: str, templates: Path, place: Path, *flags: str) -> dict[str, Command]:
    """Return the three that are compared, each writing below ``place``."""
    return {
        "gocontainer new": lambda n: [
            python, "-m", "gocontainer", "new", "orders", "--no-input", *flags, "-o", f"{place}/ours{n}",
        ],
        "cookiecutter": lambda n: [
            python, "-m", "cookiecutter", "--no-input", "-o", f"{place}/theirs{n}", f"{templates}/cookiecutter",
        ],
        "copier copy": lambda n: [
            python, "-m", "copier", "copy", "--defaults", "--quiet", f"{templates}/copier", f"{place}/copied{n}",
        ],
    }  # fmt: skip


def show(title: str, times: Mapping[str, Cost]) -> None:
    """Print a table."""
    print(f"  {title}:")
    for name, cost in times.items():
        print(f"    {name:30} {cost.wall:6.0f} ms {cost.cpu:6.0f} ms of a processor")
    print()


def judged(name: str, times: Mapping[str, Cost], floors: Mapping[str, tuple[float, float]]) -> int:
    """Print the closing line of a table."""
    ours = times["gocontainer new"].wall
    rivals = {"cookiecutter": times["cookiecutter"].wall, "copier": times["copier copy"].wall}
    return verdict(name, f"{ours:.0f} ms", {rival: (rivals[rival] / ours, *floors[rival]) for rival in floors})


def prepare(place: Path) -> tuple[str, dict[str, str]]:
    """Install everything below ``place``, the rivals' templates too; return the interpreter and the files."""
    python, files = install(place), rival_files()
    cookiecutter_template(place / "cookiecutter", files)
    copier_template(place / "copier", files)
    return python, files


def install(place: Path, checkout: Path = ROOT) -> str:
    """Install the wheel of a checkout beside this environment's packages and return the interpreter."""
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place / "dist"), str(checkout))
    run(sys.executable, "-m", "venv", str(place / "venv"))
    python = str(place / "venv/bin/python")
    wheel = next((place / "dist").glob("*.whl"))
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(site) / "rivals.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def run(*arguments: str) -> str:
    """Run a program that must succeed and return what it printed."""
    done = subprocess.run(arguments, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{arguments[0]} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def rival_files() -> dict[str, str]:
    """Return the template sources of the default repository, derived values filled in."""
    answers = Answers(service="orders")
    loaded = language.load()
    derived = template_variables(answers, loaded["pins"])
    context = answers.context() | derived
    wanted = {path: body for path, body in loaded["files"].items() if layout.included(path, context)}
    sources = {path: unparse(body, derived, context) for path, body in wanted.items()}
    extra = with_lockfile(render(answers), answers)
    return sources | {path: file.content.hex() for path, file in extra.items() if path not in wanted}


def unparse(body: Sequence[Any], derived: Mapping[str, str], context: Mapping[str, str | bool]) -> str:
    """Return a program as template text in which only plain options are left to evaluate."""
    out = []
    for part in body:
        if isinstance(part, str):
            out.append(part)
        elif part[0] == "get":
            fixed = part[1] in derived or part[2]
            out.append(language.evaluate([part], context) if fixed else f"<< cookiecutter.{part[1]} >>")
        elif part[1][0] == "true" and part[1][1] not in derived:
            then, otherwise = (unparse(branch, derived, context) for branch in part[2:])
            out.append(f"<% if cookiecutter.{part[1][1]} %>\n{then}<% else %>\n{otherwise}<% endif %>\n")
        else:
            out.append(unparse(part[2] if language.holds(part[1], context) else part[3], derived, context))
    return "".join(out)


def cookiecutter_template(folder: Path, files: Mapping[str, str]) -> None:
    """Write ``files`` as a template of cookiecutter."""
    context = Answers(service="orders").context() | {"_jinja2_env_vars": dict(language.DELIMITERS)}
    write(folder / "cookiecutter.json", json.dumps(context))
    for path, text in files.items():
        write(folder / language.FOLDER / path, text)


def copier_template(folder: Path, files: Mapping[str, str]) -> None:
    """Write ``files`` as a template of copier."""
    envops = {**language.DELIMITERS, "keep_trailing_newline": True}
    questions = {
        name: {"type": "bool" if isinstance(value, bool) else "str", "default": value}
        for name, value in Answers(service="orders").context().items()
    }
    write(folder / "copier.yml", json.dumps({"_envops": envops, **questions}))
    for path, text in files.items():
        tagged = "<<" in text or "<%" in text
        write(folder / (path + ".jinja" if tagged else path), re.sub(r"cookiecutter\.(?=\w+ [|>%])", "", text))


def write(path: Path, text: str) -> None:
    """Write a file and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def compare(ours: Path, *theirs: Path) -> None:
    """Exit unless all have written the same files with the same content."""
    paths = {path.relative_to(ours) for path in ours.rglob("*") if path.is_file()}
    for folder in theirs:
        if {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()} != paths:
            sys.exit(f"{folder.name} holds other files than ours")
        for path in paths:
            if ".gocontainer" not in str(path) and (ours / path).read_bytes() != (folder / path).read_bytes():
                sys.exit(f"{folder.name}/{path} differs from ours")


if __name__ == "__main__":
    sys.exit(main())
