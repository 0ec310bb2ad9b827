"""``gocontainer update`` against copier and cruft: the same repository, the same change of the template.

First what an update may never do is counted on random histories (losses.py), then how the time grows with
the number of files, then whole processes are timed in turn. The newer template is a copy of this checkout
with another version, whose wheel runs; the rivals get both states of the same files in their own form, with
every derived value filled in, as tags of a local git repository. All write to memory where the machine
has a folder there.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path

from losses import compare as compare_losses
from losses import git
from new import MEMORY, ROOT, cookiecutter_template, copier_template, install, rival_files, run, write
from tests.helpers.updates import Repository
from timing import costs, verdict

from gocontainer import Answers, __version__, render
from gocontainer.answers.lockfile import LOCK, PACK, with_lockfile
from gocontainer.rendering import language
from gocontainer.repository import tree
from gocontainer.repository.kept import ONCE

ROUNDS = 9
FLOORS = {"copier": (18.0, 25.0), "cruft": (4.5, 8.0)}
SIGNS = {".go": "//", ".mod": "//", ".yaml": "#", ".yml": "#", ".md": "-", ".sh": "#", "": "#"}
OWN = (LOCK, PACK, ".copier-answers.yml", ".cruft.json")
ANSWERS_FILE = "<< _copier_conf.answers_file >>.jinja"
CRUFT_FOLDER = f"{language.FOLDER}<#{{{{}}}}#>"
"""cruft looks for a folder with braces in its name, whatever the delimiters are; these are a comment."""
NEWER = f"9{__version__}"
VERSIONED = ".gocontainer/requirements.txt"
"""The one file that names the version that wrote it."""
Files = Mapping[str, str]


def main() -> int:
    """Print everything and the verdict."""
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    harmless = compare_losses(int(os.environ.get("HISTORIES", "2000")), int(os.environ.get("RIVALS", "200")))
    print()
    linear(memory)
    with tempfile.TemporaryDirectory(dir=memory) as scratch, tempfile.TemporaryDirectory() as disk:
        place, files = Path(scratch), rival_files()
        newer = {path: changed(path, text) for path, text in files.items()}
        touched = [path for path in files if files[path] != newer[path]]
        if VERSIONED in newer:  # a version under development has none
            newer[VERSIONED] = newer[VERSIONED].replace(__version__, NEWER)
        python = install(place, checkout(place / "newer"))
        projects = {"ours": ours(place), "copier": copier(place, files, newer), "cruft": cruft(place, files, newer)}
        for folder in projects.values():
            edit(folder, touched)
        copies(projects, place)
        copies({"disk": projects["ours"]}, Path(disk))
        copies({"verified": projects["ours"]}, place)
        times = costs(
            {
                "python -c pass": lambda _: [python, "-c", "pass"],
                "git --version": lambda _: ["git", "--version"],
                "gocontainer update": lambda n: [python, "-m", "gocontainer", "update", f"{place}/ours{n}"],
                "the same, on a disk": lambda n: [python, "-m", "gocontainer", "update", f"{disk}/disk{n}"],
                "the same, --verify": lambda n: [
                    python, "-m", "gocontainer", "update", f"{place}/verified{n}", "--verify",
                ],
                "copier update": lambda n: [
                    python, "-m", "copier", "update", "--defaults", "--quiet", f"{place}/copier{n}",
                ],
                "cruft update": lambda n: [
                    python, "-m", "cruft", "update", "--skip-apply-ask", "--project-dir", f"{place}/cruft{n}",
                ],
            },
            ROUNDS,
        )  # fmt: skip
        same(place / "ours1", place / "copier1", place / "cruft1", Path(disk) / "disk1", place / "verified1")
    print(
        f"\n{len(files)} files, {len(touched)} changed by the template, {ROUNDS} rounds, medians, "
        f"Python {sys.version.split()[0]}, written to {memory or 'a disk'}\n"
    )
    for name, cost in times.items():
        print(f"  {name:24} {cost.wall:6.0f} ms {cost.cpu / 1000:6.2f} s of a processor")
    print()
    taken = times["gocontainer update"].wall
    ratios = {name: (times[f"{name} update"].wall / taken, *floors) for name, floors in FLOORS.items()}
    return max(verdict("update", f"{taken / 1000:.2f} s", ratios), int(not harmless))


def linear(place: Path | None) -> None:
    """Print how long an update takes by the number of files."""
    for count in (100, 300, 1000):
        base = {
            f"folder{number % 20}/{number}.txt": "".join(f"{number} {line}\n" for line in range(50))
            for number in range(count)
        }
        newer = {path: text + "new\n" for path, text in base.items()}
        best = min(update_of(base, newer, place) for _ in range(3))
        print(f"  {count:5} files, all changed: {1000 * best:5.0f} ms, {1000 * best / count:.2f} ms for a file")


def update_of(base: Files, newer: Files, place: Path | None) -> float:
    """Return the seconds of an update in this process."""
    with tempfile.TemporaryDirectory(dir=place) as folder:
        repository = Repository(Path(folder) / "orders", base)
        start = time.perf_counter()
        if repository.update(newer).code:
            sys.exit("an update without conflicts failed")
        return time.perf_counter() - start


def changed(path: str, text: str) -> str:
    """Return a file of the newer template: every third ends in another line."""
    sign = SIGNS.get(Path(path).suffix)
    chosen = sign and path not in ONCE and not path.startswith(".gocontainer") and len(path) % 3 == 0
    return f"{text}{sign} The newer template says so.\n" if chosen else text


def checkout(folder: Path) -> Path:
    """Copy what the wheel is built from, as a newer version with a newer template."""
    for name in ("generator", "template", "hooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.glob("*.*"):
        if path.is_file():
            shutil.copy(path, folder)
    shutil.copy(ROOT / "LICENSE", folder)
    version = folder / "generator/gocontainer/__init__.py"
    version.write_text(version.read_text().replace(__version__, NEWER))
    sources = folder / "template" / language.FOLDER
    for path in sources.rglob("*"):
        if path.is_file():
            path.write_text(changed(path.relative_to(sources).as_posix(), path.read_text()))
    return folder


def ours(place: Path) -> Path:
    """Write the default repository as this version does."""
    answers = Answers(service="orders")
    tree.save(with_lockfile(render(answers), answers), place / "ours")
    return place / "ours"


def copier(place: Path, files: Files, newer: Files) -> Path:
    """Write it as copier does."""

    def fill(folder: Path, now: Files) -> None:
        copier_template(folder, now)
        write(folder / ANSWERS_FILE, "<< _copier_answers|to_nice_yaml >>\n")

    source = tagged(place / "copier-template", fill, files, newer)
    options = ("--defaults", "--quiet", "--vcs-ref", "1.0.0")
    run(sys.executable, "-m", "copier", "copy", *options, str(source), str(place / "copier"))
    return place / "copier"


def cruft(place: Path, files: Files, newer: Files) -> Path:
    """Write it as cruft does."""

    def fill(folder: Path, now: Files) -> None:
        shutil.rmtree(folder / CRUFT_FOLDER, ignore_errors=True)
        cookiecutter_template(folder, now)
        (folder / language.FOLDER).rename(folder / CRUFT_FOLDER)

    source = tagged(place / "cruft-template", fill, files, newer)
    options = ("--no-input", "--checkout", "1.0.0", "--output-dir", str(place / "created"))
    run(sys.executable, "-m", "cruft", "create", *options, str(source))
    return (place / "created/orders").rename(place / "cruft")


def tagged(folder: Path, fill: Callable[[Path, Files], None], *states: Files) -> Path:
    """Commit the states of a template one after the other, each with a tag."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--template=")
    for number, files in enumerate(states, 1):
        fill(folder, files)
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", "a state")
        git(folder, "tag", f"{number}.0.0")
    return folder


def edit(folder: Path, touched: list[str]) -> None:
    """Change files as their owner does, some of them where the template changes others of their lines; commit."""
    for path in islice(touched, 3):
        text = (folder / path).read_text()
        first, _, rest = text.partition("\n")
        write(folder / path, f"{first}\n{SIGNS[Path(path).suffix]} The owner says so.\n{rest}")
    write(folder / "owner.txt", "The owner's own.\n")
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--template=")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "mine")


def copies(projects: Mapping[str, Path], place: Path) -> None:
    """Copy each project for each round."""
    for number in range(ROUNDS + 1):
        for name, folder in projects.items():
            shutil.copytree(folder, place / f"{name}{number}", symlinks=True)


def same(*folders: Path) -> None:
    """Exit unless all hold the same files with the same content, and the change of the template."""
    found = []
    for folder in folders:
        files = tree.load(folder)
        found.append({path: file.content for path, file in files.items() if path not in OWN})
    for folder, files_there in zip(folders, found, strict=True):
        differing = {
            path for path in files_there.keys() | found[0].keys() if files_there.get(path) != found[0].get(path)
        }
        if differing:
            sys.exit(f"{folder.name} differs in {', '.join(sorted(differing))}")
    if not any(b"The newer template says so." in content for content in found[0].values()):
        sys.exit("nothing was updated")


if __name__ == "__main__":
    sys.exit(main())
