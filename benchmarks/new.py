"""``gocontainer new`` against cookiecutter and copier: the same content, the same number of files.

The rivals get the default repository's own template files in their own form, without hooks and with
every derived value already filled in, so that they have less to do than we. All run from one
environment that holds the wheel, whole process, in turn. Where the machine has a folder in memory
they write there: on a disk the time depends on what the disk did before, and only we flush. What
flushing to the disk costs us is printed beside.
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

from timing import medians, verdict

from gocontainer import Answers, render
from gocontainer.answers.lockfile import with_lockfile
from gocontainer.rendering import language, layout
from gocontainer.rendering.variables import template_variables

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 11
FLOORS = {"cookiecutter": (3.2, 4.0), "copier": (7.0, 8.0)}
MEMORY = Path("/dev/shm")  # noqa: S108


def main() -> int:
    """Print the table and the verdict."""
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as scratch, tempfile.TemporaryDirectory() as disk:
        place = Path(scratch)
        python, files = prepare(place)
        commands = {
            "python -c pass": lambda _: [python, "-c", "pass"],
            "gocontainer --version": lambda _: [python, "-m", "gocontainer", "--version"],
            "cookiecutter --version": lambda _: [python, "-m", "cookiecutter", "--version"],
            "copier --version": lambda _: [python, "-m", "copier", "--version"],
            "gocontainer new": lambda n: [
                python, "-m", "gocontainer", "new", "orders", "--no-input", "--no-git", "-o", f"{place}/ours{n}",
            ],
            "the same, to a disk": lambda n: [
                python, "-m", "gocontainer", "new", "orders", "--no-input", "--no-git", "-o", f"{disk}/ours{n}",
            ],
            "the same, parsing a checkout": lambda n: [
                sys.executable, "-m", "gocontainer", "new", "orders", "--no-input", "--no-git", "-o", f"{place}/own{n}",
            ],
            "cookiecutter": lambda n: [
                python, "-m", "cookiecutter", "--no-input", "-o", f"{place}/theirs{n}", f"{place}/cookiecutter",
            ],
            "copier copy": lambda n: [
                python, "-m", "copier", "copy", "--defaults", "--quiet", f"{place}/copier", f"{place}/copied{n}",
            ],
        }  # fmt: skip
        times = medians(commands, ROUNDS)
        compare(place / "ours1/orders", place / "theirs1/orders", place / "copied1")
    print(
        f"{len(files)} files, medians of {ROUNDS}, Python {sys.version.split()[0]}, written to {memory or 'a disk'}\n"
    )
    for name, milliseconds in times.items():
        print(f"  {name:28} {milliseconds:6.0f} ms")
    print()
    ours = times["gocontainer new"]
    rivals = {"cookiecutter": times["cookiecutter"], "copier": times["copier copy"]}
    return verdict("new", f"{ours:.0f} ms", {name: (theirs / ours, *FLOORS[name]) for name, theirs in rivals.items()})


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
