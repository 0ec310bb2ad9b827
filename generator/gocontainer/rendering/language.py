"""The template language: what of Jinja a template file may use, and how it is evaluated.

A file is parsed once, by Jinja itself, into a program: plain lists that JSON can carry. The wheel ships the program of
every file (``hatch_build.py``), so that a run imports no template engine: 54 ms for ``gocontainer new``, of which
Python's own start is 10, against 94 ms where Jinja is imported and the files are parsed (``make bench-new``, two cores,
2026-11-24). It also keeps ``<`` out of the wheel's file names. A checkout, and so an editable install, parses its files
afresh. Whatever is not listed here is refused when the file is parsed, which keeps templates as simple as the rules of
ARCHITECTURE.md want them:

    << cookiecutter.name >>   << cookiecutter.name | filter >>
    <% if test %> ... <% elif test %> ... <% else %> ... <% endif %>
    <% include "partial" %>   <% include "folder/" ~ cookiecutter.option ~ ".ending" %>
    test: name, not test, name == constant, test and test, test or test

An ``elif`` is an ``if`` in the ``else`` of the one before. A partial is a file in ``template/templates``, where plain
cookiecutter looks for it as well; a fork of this template, and any external one, has its own in the same place. It
becomes a part of the program of each file that includes it, and one that an answer names becomes a condition for each
choice, so that a run knows neither. It has its own indentation, ends its last line, and includes no other.

That our evaluation means what Jinja means is tested on every row: plain cookiecutter gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gocontainer.errors import NotACheckout, TemplateError
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Select, SelectMany
from gocontainer.rendering import adopted
from gocontainer.rendering.variables import FILTERS

if TYPE_CHECKING:
    from jinja2 import nodes

FOLDER = "<<cookiecutter.service>>"
PARTIALS = "templates"
"""Where cookiecutter looks for what a file includes: beside FOLDER."""
DELIMITERS: Mapping[str, str | bool] = {
    "variable_start_string": "<<",
    "variable_end_string": ">>",
    "block_start_string": "<%",
    "block_end_string": "%>",
    "comment_start_string": "<#",
    "comment_end_string": "#>",
    "trim_blocks": True,
    "lstrip_blocks": True,
}
_HERE = Path(__file__).parent
_COMPILED = _HERE / "program.json"

Program = Sequence[Any]
"""Literal strings, ``["get", name, filter]`` and ``["if", test, then, otherwise]``."""


@cache
def load() -> Mapping[str, Any]:
    """Return ``{"pins": ..., "files": {path: program}, "adopted": ...}`` from the wheel or from the checkout."""
    if _COMPILED.is_file():
        compiled: dict[str, Any] = json.loads(_COMPILED.read_bytes())
        return compiled
    return compile_checkout(checkout())


def checkout() -> Path:
    """Return the top of the checkout that this module runs from; raise NotACheckout."""
    root = _HERE.parents[2]
    if not (root / "template" / FOLDER).is_dir():
        raise NotACheckout(str(root))
    return root


def compile_checkout(root: Path) -> dict[str, Any]:
    """Parse every template file below ``root``, the top of a checkout."""
    partials = read(root / "template" / PARTIALS)
    files, own = read(root / "template" / FOLDER), read(root / "template" / adopted.FOLDER)
    return {
        "pins": pins(),
        "files": {name: parse(text, name, partials) for name, text in files.items()},
        "adopted": {name: parse(text, name, partials) for name, text in own.items()},
    }


def read(folder: Path) -> dict[str, str]:
    """Return path and text of every file below ``folder``, sorted by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in paths}


def pins() -> dict[str, dict[str, str]]:
    """Return ``{table: {name: value}}`` of pins.toml, without where each was read."""
    import tomllib

    tables = tomllib.loads((_HERE / "pins.toml").read_text("utf-8"))
    return {table: {name: pin["value"] for name, pin in entries.items()} for table, entries in tables.items()}


def parse(source: str, path: str, partials: Mapping[str, str] | None) -> list[Any]:
    """Parse a file, or a partial, for which there are no ``partials``; raise TemplateError where it is not legal."""
    from jinja2 import Environment, TemplateSyntaxError

    environment = Environment(keep_trailing_newline=True, autoescape=False, **DELIMITERS)  # type: ignore[arg-type]  # noqa: S701
    environment.filters.update(FILTERS)
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as error:
        raise TemplateError(path, error.lineno, str(error.message)) from error
    return _Parser(path, partials).body(tree.body)


class _Parser:
    def __init__(self, path: str, partials: Mapping[str, str] | None) -> None:
        self.path, self.partials = path, partials

    def refuse(self, node: nodes.Node, what: str) -> TemplateError:
        return TemplateError(self.path, node.lineno, f"{what} is not part of the template language")

    def body(self, body: Sequence[nodes.Node]) -> list[Any]:
        from jinja2 import nodes

        program: list[Any] = []
        for node in body:
            if isinstance(node, nodes.Output):
                program += [self.output(part) for part in node.nodes]
            elif isinstance(node, nodes.If):
                program += self.cases(node)
            elif isinstance(node, nodes.Include) and node.with_context and not node.ignore_missing:
                program += self.include(node)
            else:
                raise self.refuse(node, type(node).__name__.lower())
        return program

    def cases(self, node: nodes.If) -> list[Any]:
        """Return an ``if``, each ``elif`` being one in the ``otherwise`` of the one before."""
        program = self.body(node.else_)
        for case in reversed([node, *node.elif_]):
            program = [["if", self.test(case.test), self.body(case.body), program]]
        return program

    def include(self, node: nodes.Include) -> list[Any]:
        """Return the program of a partial, or the condition that picks one of several."""
        from jinja2 import nodes

        if self.partials is None:
            raise self.refuse(node, "an include in a partial")
        match node.template:
            case nodes.Const(value=str(name)):
                return self.partial(node, name)
            case nodes.Concat(nodes=[nodes.Const(value=before), option, nodes.Const(value=after)]):
                return self.choices(node, self.name(option), lambda value: f"{before}{value}{after}")
        raise self.refuse(node, "an include by anything but a name or a choice")

    def choices(self, node: nodes.Node, name: str, place: Callable[[str], str]) -> list[Any]:
        """Return a condition with a partial for each choice of the option ``name``."""
        option = BY_NAME.get(name)
        if not isinstance(option, Select) or isinstance(option, SelectMany):
            raise self.refuse(node, f"an include by {name}, which has no choices")
        *others, last = option.values
        program = self.partial(node, place(last))
        for value in reversed(others):
            program = [["if", ["is", name, value], self.partial(node, place(value)), program]]
        return program

    def partial(self, node: nodes.Node, name: str) -> list[Any]:
        """Return the program of the partial ``name``."""
        source = (self.partials or {}).get(name)
        if source is None:
            raise TemplateError(self.path, node.lineno, f"there is no partial {PARTIALS}/{name}")
        return parse(source, f"{PARTIALS}/{name}", None)

    def output(self, node: nodes.Expr) -> Any:
        from jinja2 import nodes

        if isinstance(node, nodes.TemplateData):
            return node.data
        if isinstance(node, nodes.Filter) and node.name in FILTERS and not node.args and node.node is not None:
            return ["get", self.name(node.node), node.name]
        return ["get", self.name(node), ""]

    def name(self, node: nodes.Node) -> str:
        from jinja2 import nodes

        if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == "cookiecutter":
            return node.attr
        raise self.refuse(node, "an expression that is no bare name")

    def test(self, node: nodes.Node) -> list[Any]:
        from jinja2 import nodes

        match node:
            case nodes.Not():
                return ["not", self.test(node.node)]
            case nodes.And() | nodes.Or():
                return [type(node).__name__.lower(), self.test(node.left), self.test(node.right)]
            case nodes.Compare(ops=[nodes.Operand(op="eq", expr=nodes.Const(value=value))]):
                return ["is", self.name(node.expr), value]
        return ["true", self.name(node)]


def evaluate(program: Program, context: Mapping[str, str | bool]) -> str:
    """Return the text of ``program``; KeyError for a name that is not in ``context``."""
    out = []
    for part in program:
        if isinstance(part, str):
            out.append(part)
        elif part[0] == "get":
            value = str(context[part[1]])
            out.append(FILTERS[part[2]](value) if part[2] else value)
        else:
            out.append(evaluate(part[2] if holds(part[1], context) else part[3], context))
    return "".join(out)


def holds(test: Sequence[Any], context: Mapping[str, str | bool]) -> bool:
    """Whether a test of a program is true in ``context``."""
    match test:
        case ["not", inner]:
            return not holds(inner, context)
        case ["and", left, right]:
            return holds(left, context) and holds(right, context)
        case ["or", left, right]:
            return holds(left, context) or holds(right, context)
        case ["is", name, value]:
            return bool(context[name] == value)
        case _:
            return bool(context[test[1]])
