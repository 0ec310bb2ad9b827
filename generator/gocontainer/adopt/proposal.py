"""Answers for a repository by what was found in it, each with the line that says so."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from gocontainer.adopt import go_code, surroundings
from gocontainer.adopt.go_code import Program
from gocontainer.adopt.sources import Evidence, Found, Sources, label
from gocontainer.adopt.surroundings import Surroundings
from gocontainer.answers.adopted import IGNORE_FILES, PARTS, POSSIBLE, Adopted
from gocontainer.answers.detect import detected
from gocontainer.answers.model import Answers, Layer, fill, fits
from gocontainer.errors import CannotUse
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Value, holds
from gocontainer.rendering import language
from gocontainer.repository.dockerfile import is_dockerfile
from gocontainer.texts import listed, tr

_GENERIC = frozenset(["", "api", "app", "cmd", "main", "server", "service", "src"])
"""Names of programs that say nothing of the service."""
_LOWEST = 1024
"""Below it a port needs a privilege."""


class Proposal(NamedTuple):
    """What is proposed for a program."""

    program: Program
    values: Mapping[str, Value]
    adopted: Adopted
    evidence: Mapping[str, Evidence]
    """Where it was seen, by the name of an answer or of a field of ``adopted``."""
    around: Surroundings
    low_port: Evidence | None
    """Where the code listens on a port that it may not have."""

    def saying(self, **said: Any) -> Proposal:
        """Return it with what a person says of the code."""
        seen = {name: where for name, where in self.evidence.items() if name not in said}
        return self._replace(adopted=self.adopted._replace(**said), evidence=seen)


def chosen(sources: Sources, named: str | None) -> Program:
    """Return the program that is called so, or that is the only likely one; raise CannotUse."""
    found = go_code.programs(sources)
    module = _module(sources).match[1]
    if not found:
        hint = tr("A service is taken up, not a library: name the folder of a module that has a main package.")
        raise CannotUse(tr("no package of {module} is a program", module=module), hint)
    likely = found if len(found) == 1 else [each for each in found if (each.name or "") in ("", _base(module))]
    if named is not None:
        wanted = named.removeprefix("./").rstrip("/")
        likely = [each for each in found if wanted in (each.folder.removeprefix("./"), each.name) and wanted]
    if len(likely) == 1:
        return likely[0]
    names = listed([each.folder for each in found])
    hint = tr("Name one: --program {folder}.", folder=found[0].folder)
    if named is not None:
        raise CannotUse(tr("{name} is none of the programs {names}", name=named, names=names), hint)
    raise CannotUse(tr("there are several programs: {names}", names=names), hint)


def _module(sources: Sources) -> Found:
    """Return the module; raise CannotUse where the folder is none."""
    found = go_code.module(sources)
    if found:
        return found
    folders = sources.modules
    hint = tr("Name the folder that has its go.mod.")
    if folders:
        hint = tr("Name one of its modules: {names}.", names=listed(folders))
    raise CannotUse(tr("{folder} is no Go module: it has no go.mod", folder=sources.folder), hint)


def _base(module: str) -> str:
    """Return the last part of a module's path, its major version aside."""
    parts = module.split("/")
    if len(parts) > 1 and re.fullmatch(r"v\d+", parts[-1]):
        del parts[-1]
    return re.sub(r"\.v\d+$", "", parts[-1])


def propose(sources: Sources, program: Program) -> Proposal:
    """Return what the code and its surroundings suggest."""
    found, module, around = {}, _module(sources), surroundings.look(sources)
    evidence = {"main": program.where, "module": module.where}
    found["module"] = module.match[1]
    found["service"] = _service(program, module.match[1], sources.folder.name)
    named = [*go_code.ports(sources, program), *around.exposed]
    port = next((each for each in named if each[0] >= _LOWEST), None)
    values: dict[str, Value] = {**found, "network_policy": "none"}
    if port:
        values["port"], evidence["port"] = port
    linked = go_code.uses_c(sources)
    if linked:
        values["cgo"], evidence["cgo"] = True, linked
    ours = [each for each in ("github", "gitea") if each in around.pipelines]
    if around.pipelines:
        name = next(iter([*ours, *around.pipelines]))
        values["ci"], evidence["ci"] = name if ours else "none", around.pipelines[name]
    if around.bot:
        values["deps_bot"], evidence["deps_bot"] = "none", around.bot
    values = {name: value for name, value in values.items() if fits(name, value)}
    low = next((where for number, where in named if number < _LOWEST), None)
    places = {port[1]} if port else {low}
    known, seen = _adopted(sources, program, places)
    return Proposal(program, values, known, {**evidence, **seen}, around, None if port or known.port_variable else low)


def _service(program: Program, module: str, folder: str) -> str:
    """Return a name that a service can have, after the program, the module or the folder."""
    for name in (program.name, _base(module), folder):
        found = label(name)
        if found not in _GENERIC and fits("service", found):
            return found
    return "service"


def _adopted(
    sources: Sources, program: Program, ports: Collection[Evidence | None]
) -> tuple[Adopted, dict[str, Evidence]]:
    """Return what each render has to know, and where it was seen; ``ports`` are the lines that say the port."""
    live, ready = go_code.health(sources, program)
    variables = go_code.variables(sources, program)
    files = go_code.embedded(sources)
    of_port = (name for name, where in variables.items() if name == "PORT" or ("PORT" in name and where in ports))
    variable = next(of_port, "")
    seen = {
        **({"live": next(iter(live.values()))} if live else {}),
        **({"ready": next(iter(ready.values()))} if ready else {}),
        **({"port_variable": variables[variable]} if variable else {}),
        **({"embedded": files[0][1]} if files else {}),
    }
    known = Adopted(
        program.folder,
        PARTS,
        next(iter(live), next(iter(ready), "")),
        next(iter(ready), ""),
        variable,
        tuple(sorted({path for path, _ in files})),
        IGNORE_FILES[_has_other_builds(sources)],
    )
    return known, seen


def _has_other_builds(sources: Sources) -> bool:
    """Whether something else says, or needs, what the builds of other images see."""
    return any(path == IGNORE_FILES[0] or (is_dockerfile(path) and path != "Dockerfile") for path in sources.paths)


def answered(sources: Sources, proposal: Proposal, layers: Sequence[Layer]) -> Answers:
    """Return the answers: what was found, and over it what a person says in ``layers``.

    Raises UsageError, or CannotUse where no image could be built of the code.
    """
    around = {name: value for name, value in detected(sources.folder).values.items() if name not in proposal.values}
    possible = {name: value for name, value in around.items() if value in POSSIBLE.get(name, (value,))}
    found = Layer("detected", possible), Layer("code", proposal.values, adopted=proposal.adopted)
    filled = fill((*found, *layers))
    given = {name for layer in layers for name in layer.values}
    fixed = {
        name: values[-1]
        for name, values in POSSIBLE.items()
        if name not in given and filled.values[name] not in values and holds(BY_NAME[name].when, filled.values)
    }
    answers = Answers.merge_with_room(*found, Layer("code", fixed), *layers)
    proposal.adopted.refuse(answers)
    if "image" in proposal.adopted.parts:
        _refuse_unbuildable(sources)
    return answers


def _refuse_unbuildable(sources: Sources) -> None:
    """Raise CannotUse where the image's build would not see a module, or has too old a Go."""
    outside = go_code.outside(sources)
    if outside:
        reason = tr("{line} takes a module from outside of this folder, which no build of it sees", line=outside)
        raise CannotUse(reason, tr("Run 'go mod vendor' and leave 'replace' out, or say --only deploy,ci."))
    wanted, there = go_code.version(sources), language.load()["pins"]["tool"]["go"]
    if wanted and _order(wanted.match[1]) > _order(there):
        reason = tr("{line} asks for a newer Go than the image is built with, {version}", line=wanted.where,
                    version=there)  # fmt: skip
        raise CannotUse(reason, tr("Say --only deploy,ci, or take a newer gocontainer."))


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")[:2]))
