"""What Go says of a commit: its modules are built and vetted in a private folder, and nothing is fetched."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from gocontainer.repository.tree import scratch
from gocontainer.repository.worktree import folders
from gocontainer.texts import tr
from gocontainer.verification.findings import Finding, Sides, Snapshot, new

_ENVIRONMENT = {
    "CGO_ENABLED": "0",
    "GO111MODULE": "on",
    "GOFLAGS": "-trimpath -buildvcs=false",  # what is set elsewhere could run a program, or build less
    "GONOPROXY": "none",  # private modules would be fetched from their own hosts
    "GOPROXY": "off",
    "GOSUMDB": "off",
    "GOTOOLCHAIN": "local",
    "GOVCS": "*:off",
}
_CALLS = (("build", "-gcflags=-e", "-o", os.devnull, "./..."), ("vet", "./..."))
_PROBLEM = re.compile(r"(?:vet: )?([^\s:][^:]*):(\d+)(?::\d+)?: (.+)")
_DISABLED, _MISSING = (
    "module lookup disabled by GOPROXY=off",
    re.compile(r"(?m)(\S+@v\S+): module|^go: downloading (\S+) (v\S+)$"),
)
_TOO_OLD = re.compile(r"requires go >= (\S+) \(running go (\S+);")


class Said(NamedTuple):
    """What Go said of one module."""

    found: tuple[Finding, ...] = ()
    blind: frozenset[str] | None = frozenset()
    """Folders of packages that it could not look into: they, or what they import, do not compile. None means all."""
    note: str = ""
    """Why it could not say anything."""

    def sees(self, folder: str) -> bool:
        """Whether it looked into the package of a folder."""
        return not self.note and self.blind is not None and folder not in self.blind


class Checked(NamedTuple):
    """What Go finds in the merge, and what of it in the merge alone."""

    found: list[Finding]
    fresh: list[Finding]
    notes: list[str]
    unknown: set[str]
    """Folders of changed packages that it says nothing of."""


def check(sides: Sides) -> Checked:
    """Build and vet the merge, and the last commit where something is wrong."""
    modules = _modules(sides.merged, sides.prefix)
    checked = Checked([], [], [], set())
    after = _ask(sides.merged, modules, sides.prefix)
    failed = [module for module in _modules(sides.mine, sides.prefix) if module in after and after[module].found]
    before = _ask(sides.mine, failed, sides.prefix)
    changed = {path.rpartition("/")[0] for path in sides.changed if path.endswith(".go")}
    for module in modules:
        now, known = after[module], before.get(module, Said())
        seen = [each for each in now.found if known.sees(_folder(each))]
        checked.fresh.extend(new(seen, known.found))
        checked.found.extend(now.found)
        checked.notes.extend([now.note or known.note] if now.note or known.note else [])
        inside = {folder for folder in changed if f"{folder}/".startswith(module)}
        checked.unknown.update(folder for folder in inside if now.note or not known.sees(folder))
    return checked


def _folder(found: Finding) -> str:
    return found.path.rpartition("/")[0]


def _modules(files: Snapshot, prefix: str) -> list[str]:
    """Return the folders of modules, each empty or with a slash at its end."""
    found = [
        path.removesuffix("go.mod") for path in files if path.startswith(prefix) and f"/{path}".endswith("/go.mod")
    ]
    if prefix not in found and any(f"{folder}go.mod" in files for folder in _around(prefix)):
        found.append(prefix)  # a part of a larger module
    away = ("_", ".")
    inside = [(folder, folder.removeprefix(prefix).split("/")[:-1]) for folder in found]
    return [
        folder
        for folder, names in sorted(inside)
        if not any(name.startswith(away) or name in ("testdata", "vendor") for name in names)
    ]


def _around(prefix: str) -> list[str]:
    """Return the folders around the service's, each empty or with a slash at its end."""
    return ["", *(f"{folder}/" for folder in folders(prefix))] if prefix else []


def _ask(files: Snapshot, modules: Sequence[str], prefix: str) -> dict[str, Said]:
    """Build and vet modules of a commit."""
    if not modules:
        return {}
    with scratch() as top:
        _write(files, _needed(files, modules, prefix), top)
        return {module: _say(top, module) for module in modules}


def _needed(files: Snapshot, modules: Sequence[str], prefix: str) -> list[str]:
    """Return the files that modules are built of: all, where they may name some outside of the folder."""
    outside = any(f"{folder}{name}" in files for folder in _around(prefix) for name in ("go.mod", "go.work"))
    texts = [files[f"{module}go.mod"] for module in modules if f"{module}go.mod" in files]
    named = any(re.search(rb"=>\s*\"?\.\.", text) for text in texts)
    return [path for path in files if outside or named or path.startswith(prefix)]


def _write(files: Snapshot, paths: Sequence[str], top: Path) -> None:
    files.load(paths)
    for path in paths:
        place = top / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if files.entries[path].mode == "120000":
            place.symlink_to(os.fsdecode(files[path]))
        else:
            place.write_bytes(files[path])


def _say(top: Path, module: str) -> Said:
    """Have Go look at one module."""
    found = dict[tuple[str, int, str], Finding]()
    blind: frozenset[str] | None = frozenset()
    for call in _CALLS:
        try:
            code, text = _go(top / module, *call)
        except OSError:
            return Said(note=tr("Go is not here: nothing was built."))
        note = _reason(module, text) if code else ""
        if note:
            return Said(note=note)
        problems = [*_problems(module, text.replace(f"{top}{os.sep}", ""))] if code else []
        found |= {(each.path, each.line, each.said): each for each in problems if each not in found.values()}
        hidden = _hidden(top, module, call[0], text) if code else frozenset[str]()
        blind = None if blind is None or hidden is None else blind | hidden
    return Said(tuple(found.values()), blind)


def _hidden(top: Path, module: str, call: str, text: str) -> frozenset[str] | None:
    """Return the folders of packages that do not compile, and of those that import one; None where that is all."""
    failed = {line[2:].split(" ")[0].strip("[]") for line in text.splitlines() if line.startswith("# ")}
    if not failed:
        return None
    if call == "vet":  # of what does not compile it names the first alone
        return frozenset(_folder(each) for each in _problems(module, text) if each.kind == "types")
    _, said = _go(top / module, "list", "-e", "-test", "-f", '{{.Dir}}\t{{.ImportPath}} {{join .Deps " "}}', "./...")
    rows = (line.partition("\t") for line in said.splitlines() if "\t" in line)
    found = [folder for folder, _, names in rows if failed.intersection(names.split())]
    seen = (os.path.relpath(folder, top.resolve()).replace(os.sep, "/") for folder in found)
    return frozenset("" if folder == "." else folder for folder in seen)


def _go(folder: Path, *arguments: str) -> tuple[int, str]:
    inherited = {name: value for name, value in os.environ.items() if name != "GOWORK" or value == "off"}
    done = subprocess.run(
        ["go", *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        env={**inherited, **_ENVIRONMENT},
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stderr + done.stdout


def _reason(module: str, text: str) -> str:
    """Return why Go cannot tell whether a module builds; nothing where it can."""
    too_old = _TOO_OLD.search(text)
    if _DISABLED in text:
        missing = {each[1] or f"{each[2]}@{each[3]}" for each in _MISSING.finditer(text)}
        get = f"go mod download {' '.join(sorted(missing))}"
        return tr("{module}go.mod has modules that are not here, so nothing was built: '{get}'", module=module, get=get)
    if too_old:
        return tr(
            "{module}go.mod asks for Go {version}, and this is {own}: nothing was built.",
            module=module,
            version=too_old[1],
            own=too_old[2],
        )
    return ""


def _problems(module: str, text: str) -> Iterator[Finding]:
    """Yield each problem with its place; what has none is of go.mod."""
    found, other = False, ""
    for line in text.splitlines():
        each = _PROBLEM.fullmatch(line)
        if each:
            found = True
            path = module + each[1].replace("\\", "/").removeprefix("./")
            yield Finding("types" if line.startswith("vet: ") else "go", path, int(each[2]), each[3])
        elif line.strip() and not line.startswith(("#", "\t")):
            other = line
    if not found:
        yield Finding("go", f"{module}go.mod", 1, other.removeprefix("go: ") or "go")
