"""go.mod and go.sum of the output, right for every combination of what bears dependencies.

Needs the network and Go; for maintainers only (``gocontainer dev derive --deps``). One universe
module imports whatever any combination imports; tidied, it fixes every version. Each combination is
then tidied at those versions, and the lines that not all share are put under the answers that need
them.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gocontainer.answers.model import Answers
from gocontainer.dev.interactions import with_a_meaning
from gocontainer.dev.pairwise import fine
from gocontainer.options.table import BY_NAME, OPTIONS
from gocontainer.options.types import Value
from gocontainer.rendering import language
from gocontainer.rendering.engine import render

Combination = tuple[tuple[str, Value], ...]

_MODULE = "example.com/service"


def combinations() -> Iterator[Combination]:
    """Yield every combination of the options that bear dependencies, as far as they can stand together."""
    bearing = [option for option in OPTIONS if option.dependencies]
    for levels in itertools.product(*(option.samples() for option in bearing)):
        combination = tuple(zip((option.name for option in bearing), levels, strict=True))
        if fine(dict(combination)):
            yield combination


def resolve(root: Path) -> None:
    """Write the go.mod and go.sum templates below ``root``."""
    folder = root / "template" / language.FOLDER
    pins = language.pins()
    go = f"{pins['tool']['go']}.0"
    with tempfile.TemporaryDirectory() as scratch:
        places = {combination: Path(scratch) / str(n) for n, combination in enumerate(combinations())}
        for combination, place in places.items():
            _unpack(combination, place)
        versions = _universe(list(places.values()), pins["module"], go, Path(scratch) / "universe")
        tidied = {combination: _tidy(place, versions, go) for combination, place in places.items()}
    every = list(tidied)
    mods = {c: _requirements(mod) for c, (mod, _) in tidied.items()}
    blocks = [_conditional({c: mods[c][indirect] for c in every}, every) for indirect in (False, True)]
    go_mod = ["module << cookiecutter.module >>", "", f"go {go}"]
    for block in blocks:
        go_mod += ["", "require (", *block, ")"]
    sums = _conditional({c: set(text.splitlines()) for c, (_, text) in tidied.items()}, every)
    _write(folder / "go.mod", go_mod)
    _write(folder / "go.sum", sums)
    language.load.cache_clear()


def _write(path: Path, lines: Sequence[str]) -> None:
    path.write_text("\n".join([*lines, ""]), "utf-8", newline="\n")


def _unpack(combination: Combination, place: Path) -> None:
    told = {name: value for name, value in combination if value != BY_NAME[name].default}
    answers = Answers(service="service", **with_a_meaning(told))  # type: ignore[arg-type]
    for path, file in render(answers).items():
        if path.endswith(".go"):
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_bytes(file.content)


def _go(place: Path, *arguments: str) -> str:
    done = subprocess.run(["go", *arguments], cwd=place, check=True, text=True, stdout=subprocess.PIPE)
    return done.stdout


def _universe(places: Sequence[Path], pins: Mapping[str, str], language: str, universe: Path) -> dict[str, str]:
    """Return the version of every module that any of ``places`` needs."""
    imports = set()
    for place in places:
        (place / "go.mod").write_text(f"module {_MODULE}\n\ngo {language}\n")
        found = json.loads(
            "[" + _go(place, "list", "-e", "-json=Imports,TestImports", "./...").replace("}\n{", "},{") + "]"
        )
        for package in found:
            imports |= {*package.get("Imports", ()), *package.get("TestImports", ())}
    outside = sorted(path for path in imports if "." in path.split("/")[0] and not path.startswith(_MODULE))
    universe.mkdir()
    (universe / "main.go").write_text(
        "package main\n\nimport (\n" + "".join(f'\t_ "{p}"\n' for p in outside) + ")\n\nfunc main() {}\n"
    )
    (universe / "go.mod").write_text(f"module universe\n\ngo {language}\n")
    _go(universe, "get", *(f"{module}@{version}" for module, version in pins.items()))
    _go(universe, "mod", "tidy")
    listed = _go(universe, "list", "-m", "-f", "{{if not .Main}}{{.Path}} {{.Version}}{{end}}", "all")
    return dict(line.split() for line in listed.splitlines() if line)


def _tidy(place: Path, versions: Mapping[str, str], language: str) -> tuple[str, str]:
    requirements = "".join(f"\t{module} {version}\n" for module, version in versions.items())
    (place / "go.mod").write_text(f"module {_MODULE}\n\ngo {language}\n\nrequire (\n{requirements})\n")
    _go(place, "mod", "tidy")
    return (place / "go.mod").read_text(), (place / "go.sum").read_text()


def _requirements(mod: str) -> dict[bool, set[str]]:
    """Return the require lines, those of indirect modules under True."""
    lines = [line.removeprefix("require").strip() for line in mod.splitlines()]
    needed = ["\t" + line for line in lines if " v" in line]
    return {
        indirect: {line for line in needed if line.endswith("// indirect") == indirect} for indirect in (False, True)
    }


def _conditional(lines: Mapping[Combination, set[str]], every: Sequence[Combination]) -> list[str]:
    """Return all lines, sorted, each run that not everyone shares inside its condition."""
    who = {line: [c for c in every if line in lines[c]] for line in set().union(*lines.values())}
    out: list[str] = []
    for needed_by, group in itertools.groupby(sorted(who, key=_order), key=lambda line: who[line]):
        run = list(group)
        shared = len(needed_by) == len(every)
        out += run if shared else [f"<% if {_test(needed_by, every)} %>", *run, "<% endif %>"]
    return out


def _order(line: str) -> tuple[object, ...]:
    """Order lines as Go does: by path, then v1.9.0 before v1.10.0."""
    path, version, *rest = line.split()
    numbers = [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", version.removesuffix("/go.mod"))]
    return path, numbers, version, rest


def _test(needed_by: Sequence[Combination], every: Sequence[Combination]) -> str:
    """Return a test that holds for exactly ``needed_by``: answers, or answers that meet, joined by ``or``."""
    every = [_with_negations(combination) for combination in every]
    needed_by = [_with_negations(combination) for combination in needed_by]
    answers = sorted({answer for combination in every for answer in combination}, key=str)
    enough: list[Combination] = []
    for size in (1, 2, 3):
        for some in itertools.combinations(answers, size):
            having = [c for c in every if set(some) <= set(c)]
            known = any(set(each) <= set(some) for each in enough)
            if having and not known and all(c in needed_by for c in having):
                enough.append(some)
        if _explained(needed_by, enough):
            for some in sorted(enough, key=lambda some: sum(set(some) <= set(c) for c in every)):
                rest = [each for each in enough if each != some]
                if _explained(needed_by, rest):
                    enough = rest
            return " or ".join(" and ".join(_term(name, value) for name, value in some) for some in enough)
    raise ValueError(f"no three answers explain {needed_by}; extend _test")


def _with_negations(combination: Combination) -> Combination:
    """Return a combination with what it does not answer, where there are more than two choices.

    So a module that all choices but one need is also there for a choice that is new.
    """
    others = (
        (f"not {name}", other)
        for name, value in combination
        for other in BY_NAME[name].samples()
        if other != value and len(BY_NAME[name].samples()) > 2  # noqa: PLR2004
    )
    return (*combination, *others)


def _explained(needed_by: Sequence[Combination], enough: Sequence[Combination]) -> bool:
    """Say whether each combination has one of the sets of answers that are enough."""
    return all(any(set(some) <= set(c) for some in enough) for c in needed_by)


def _term(name: str, value: Value) -> str:
    if isinstance(value, bool):
        return f"cookiecutter.{name}" if value else f"not cookiecutter.{name}"
    negation, _, name = name.rpartition(" ")
    return f'{negation} cookiecutter.{name} == "{value}"'.lstrip()
