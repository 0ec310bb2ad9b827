"""Texts that a merge of lines puts together: whether they parse, and what stands in them twice."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

from gocontainer.verification.findings import Files, Finding, Sides, line_of, new

_NAMED = ("containers", "env", "initContainers", "ports", "volumes")
"""Lists of Kubernetes whose entries have a name of their own."""
_TARGET = re.compile(r"(?m)^([\w./%-]+(?:[ \t]+[\w./%-]+)*):(?![=:])[^\n=]*\n\t")
_SHELL = re.compile(r"(?m)^(?:function[ \t]+)?([\w-]+)[ \t]*\(\)")
_VARIABLE = re.compile(r"(?m)^(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=")
_GO_TEXTS = re.compile(r"`[^`]*`|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|//[^\n]*", re.DOTALL)
_DECLARED = re.compile(
    r"(?m)^(?:func[ \t]+(?:\([^)]*?\*?(\w+)(?:\[[^\]]*\])?\)[ \t]*)?|type[ \t]+|var[ \t]+|const[ \t]+)(\w+)"
)
_CONSTRAINT = re.compile(r"(?m)^//go:build (.+)$")
_PACKAGE = re.compile(r"(?m)^package[ \t]+(\w+)")
_SYSTEMS = {
    *("386", "amd64", "arm", "arm64", "loong64", "ppc64le", "riscv64", "s390x", "wasm"),
    *("aix", "android", "darwin", "freebsd", "illumos", "ios", "js", "linux", "netbsd", "openbsd", "solaris", "unix"),
    *("wasip1", "windows"),
}
"""Ends of names of Go files that are compiled for one system alone."""


def check(sides: Sides) -> tuple[list[Finding], list[Finding]]:
    """Return what is wrong with files in which both sides have a part, and what of it was so with neither's own."""
    found, fresh = list[Finding](), list[Finding]()
    for path in sides.changed:
        sources = [files[path] for files in (sides.mine, sides.theirs) if path in files]
        if _ends(sides.merged[path]) in map(_ends, sources):
            continue
        wrong = find(path, sides.merged[path])
        if wrong:
            olds = ((old, files[old]) for files in (sides.mine, sides.theirs) for old in _olds(path, files, sides))
            found += wrong
            fresh += new(wrong, *(find(*old) for old in olds))
    return found, fresh


def _olds(path: str, files: Files, sides: Sides) -> list[str]:
    """Return where a side has a file: where another name was given to it, perhaps under one that is gone."""
    name = PurePosixPath(path).name
    gone = (each for each in sides.mine if each not in sides.merged and PurePosixPath(each).name == name)
    return [path] if path in files else [each for each in gone if each in files]


def _ends(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")


def find(path: str, content: bytes) -> list[Finding]:
    """Return what is wrong with a text, if it is one that is understood."""
    name = PurePosixPath(path).name
    kind = "Makefile" if name in ("Makefile", "GNUmakefile", "makefile") else PurePosixPath(name).suffix or name
    reader = _READERS.get(kind)
    try:
        return list(reader(path, content.decode("utf-8", "replace"))) if reader else []
    except RecursionError:  # nested too deep for anybody
        return []


def _yaml(path: str, text: str) -> Iterator[Finding]:
    try:
        documents = [*yaml.compose_all(text, Loader=yaml.SafeLoader)]
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        yield Finding("syntax", path, line, getattr(error, "problem", "") or "YAML")
        return
    for node in documents:
        keys = {str(key.value) for key, _ in node.value} if isinstance(node, yaml.MappingNode) else set()
        yield from _keys(path, node, "", {id(node)}, objects={"apiVersion", "kind"} <= keys)


def _keys(path: str, node: yaml.Node | None, place: str, seen: set[int], *, objects: bool) -> Iterator[Finding]:
    """Yield the keys that stand twice in a mapping, or in one below; an alias is its anchor."""
    below: list[tuple[str, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        names = [(str(key.value), key) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        yield from _twice((f"{place}{name}", path, key.start_mark.line + 1) for name, key in names)
        below = [(f"{place}{key.value}.", value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
        lists = ((str(key.value), value) for key, value in node.value if objects and key.value in _NAMED)
        for name, value in lists:
            yield from _twice((f"{place}{name} {each}", path, at) for each, at in _names(value))
    elif isinstance(node, yaml.SequenceNode):
        below = [(place, each) for each in node.value]
    for inner, value in below:
        if id(value) not in seen:
            seen.add(id(value))
            yield from _keys(path, value, inner, seen, objects=objects)


def _names(node: yaml.Node) -> list[tuple[str, int]]:
    """Return the names in a list of mappings, each with its line."""
    each = node.value if isinstance(node, yaml.SequenceNode) else []
    pairs = [pair for entry in each if isinstance(entry, yaml.MappingNode) for pair in entry.value]
    return [(str(value.value), key.start_mark.line + 1) for key, value in pairs if key.value == "name"]


def _twice(names: Iterable[tuple[str, str, int]]) -> Iterator[Finding]:
    """Yield the names that stand once more, each of which comes with its file and line."""
    seen = set[str]()
    for name, path, line in names:
        if name in seen:
            yield Finding("twice", path, line, name)
        seen.add(name)


def _json(path: str, text: str) -> Iterator[Finding]:
    twice = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in found]
        twice.extend(sorted({name for name in names if names.count(name) > 1}))
        return dict(found)

    try:
        json.loads(text, object_pairs_hook=pairs, parse_int=str)
    except json.JSONDecodeError as error:
        yield Finding("syntax", path, error.lineno, error.msg)
    yield from (Finding("twice", path, line_of(text, f'"{name}"'), name) for name in twice)


def _toml(path: str, text: str) -> Iterator[Finding]:
    try:
        tomllib.loads(text)
    except ValueError as error:  # a number that is too long is one too
        said, _, at = str(error).partition(" (at ")
        line = re.search(r"line (\d+)", at)
        yield Finding("syntax", path, int(line[1]) if line else 1, said)


def _matched(pattern: re.Pattern[str]) -> Callable[[str, str], Iterator[Finding]]:
    """Return what finds the names that a pattern matches twice."""

    def reader(path: str, text: str) -> Iterator[Finding]:
        found = [(name, path, text.count("\n", 0, each.start()) + 1) for each in pattern.finditer(text)
                 for name in each[1].split() if not name.startswith((".", "%"))]  # fmt: skip
        yield from _twice(found)

    return reader


_READERS: Mapping[str, Callable[[str, str], Iterator[Finding]]] = {
    ".env": _matched(_VARIABLE),
    ".json": _json,
    ".mk": _matched(_TARGET),
    ".properties": _matched(_VARIABLE),
    ".sh": _matched(_SHELL),
    ".toml": _toml,
    ".yaml": _yaml,
    ".yml": _yaml,
    "Makefile": _matched(_TARGET),
}


def declared_twice(files: Files, folders: set[str]) -> list[Finding]:
    """Return what Go files of a folder declare twice, as far as their text tells it: there may be no Go to ask."""
    groups: dict[tuple[str, ...], list[tuple[str, str, int]]] = {}
    for path in sorted(files):
        folder, _, name = path.rpartition("/")
        if name.endswith(".go") and folder in folders:
            text = files[path].decode("utf-8", "replace")
            package, names = _declarations(text)
            group = (folder, package, _condition(name, text))
            groups.setdefault(group, []).extend((each, path, line) for each, line in names)
    return [each for declared in groups.values() for each in _twice(declared)]


def _condition(name: str, text: str) -> str:
    """Return what says when a file is compiled: of two that never are together each may declare the same."""
    found, ends = _CONSTRAINT.search(text), name.removesuffix(".go").removesuffix("_test").split("_")[-2:]
    return " ".join([*(end for end in ends if end in _SYSTEMS), found[1] if found else ""])


def _declarations(text: str) -> tuple[str, list[tuple[str, int]]]:
    """Return the package, and what is declared at the top level, with its line."""
    code = _GO_TEXTS.sub(lambda found: "\n" * found[0].count("\n"), text)
    package, names = _PACKAGE.search(code), []
    for each in _DECLARED.finditer(code):
        name = f"{each[1]}.{each[2]}" if each[1] else each[2]
        if name not in ("_", "init"):
            names.append((name, code.count("\n", 0, each.start()) + 1))
    return package[1] if package else "", names
