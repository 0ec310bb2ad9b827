"""The catalogues of what people read: extracted from code and tables, and compiled for the command line."""

from __future__ import annotations

import ast
import io
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import click
from babel.messages import Catalog, pofile
from babel.messages.mofile import write_mo

from gocontainer.cli import click_texts, parameters
from gocontainer.cli.parameters import Parameter
from gocontainer.options.conflicts import CONFLICTS
from gocontainer.options.profiles import PROFILE
from gocontainer.options.table import GROUPS, OPTIONS
from gocontainer.options.types import Record, Select
from gocontainer.rendering import layout
from gocontainer.texts import LANGUAGES

PACKAGE = "generator/gocontainer"
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
_FIELDS = ("title", "question", "label", "help", "why", "expected", "hint", "reason")
"""Those of a row in the options' tables that people read."""
_SYSTEM = (
    "Disk quota exceeded",
    "File name too long",
    "Input/output error",
    "Is a directory",
    "No space left on device",
    "No such file or directory",
    "Not a directory",
    "Permission denied",
    "Read-only file system",
    "Too many levels of symbolic links",
)
"""Reasons of the system that a person may meet; Python gives them in English."""
_PAGE = re.compile(r"[\w-]+(\.[\w-]+)+: |[\w-]+/[\w-]+[:#]|\{")
"""What the name of a page or of a file begins with."""
_HEADER = """\
# The texts are derived by `gocontainer dev messages`; their translations are written here, by hand."""


class Text(NamedTuple):
    """A text that people read, and where it stands."""

    file: str
    line: int
    text: str


class _Catalogue(Catalog):
    """A catalogue whose header has no date, so that the same texts are the same bytes."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", self.locale_identifier or ""),
            ("Content-Type", "text/plain; charset=utf-8"),
        ]


def stale(root: Path, command: click.Group) -> dict[str, bytes]:
    """Return path and right content of each file of a catalogue below ``root`` that differs."""
    found = {path: content for each in TRANSLATED for path, content in _files(root, command, each).items()}
    return {path: content for path, content in found.items() if _read(root / path) != content}


def lacking(root: Path) -> Iterator[str]:
    """Yield what is wrong with the translations below ``root``: one is missing, or names other values."""
    for language in TRANSLATED:
        for message in read(root, language):
            text, translation = str(message.id), str(message.string)
            if not translation:
                yield f"{language}: no translation of {text!r}"
            elif placeholders(text) != placeholders(translation):
                yield f"{language}: other values than {text!r} has in {translation!r}"


def placeholders(text: str) -> set[str]:
    """Return the names in braces; all that is no format has none."""
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return set()


def read(root: Path, language: str) -> Catalog:
    """Return the catalogue of ``language`` as it stands below ``root``, without its header."""
    path = root / _path(language, "po")
    content = io.BytesIO(path.read_bytes() if path.is_file() else b"")
    found = pofile.read_po(content, locale=language, charset="utf-8")
    found.delete("")
    return found


def _files(root: Path, command: click.Group, language: str) -> dict[str, bytes]:
    catalogue, before = _Catalogue(locale=language, header_comment=_HEADER, fuzzy=False), read(root, language)
    for file, line, text in texts(root, command):
        known = before.get(text)
        catalogue.add(text, known.string if known else "", locations=[(file, line)])
    source, compiled = io.BytesIO(), io.BytesIO()
    pofile.write_po(source, catalogue, width=0, sort_by_file=True, include_lineno=False)
    write_mo(compiled, catalogue)
    return {_path(language, "po"): source.getvalue(), _path(language, "mo"): compiled.getvalue()}


def _path(language: str, suffix: str) -> str:
    return f"{PACKAGE}/locale/{language}/LC_MESSAGES/gocontainer.{suffix}"


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def texts(root: Path, command: click.Group) -> Iterator[Text]:
    """Yield every text that people read, in the order of the files."""
    yield from _of_code(root / PACKAGE)
    yield from _of_options()
    yield from _numbered("cli/parameters.py", (each.help for each in _parameters() if each.help))
    yield from _numbered("cli/repository_commands.py", _of_commands(command))
    yield from _numbered("errors.py", _SYSTEM)
    yield from _numbered("inspection/numbers.toml", _of_numbers(root))
    yield from _numbered("rendering/layout.py", layout.FLAGS.values())
    yield from _of_click()


def _of_code(package: Path) -> Iterator[Text]:
    """Yield the literals that are given to ``tr`` or ``mark``; the commands of maintainers stay English."""
    for path in sorted(package.rglob("*.py")):
        file = path.relative_to(package).as_posix()
        if not file.startswith("dev/"):
            yield from _literals(path, file, {"tr": 1, "mark": 1})


def _literals(path: Path, file: str, functions: Mapping[str, int]) -> Iterator[Text]:
    """Yield the literals among so many first arguments of each function."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        for argument in call.args[: functions.get(ast.unparse(call.func), 0)]:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield Text(file, call.lineno, argument.value)


def _of_options() -> Iterator[Text]:
    choices = [choice for option in (PROFILE, *OPTIONS) if isinstance(option, Select) for choice in option.choices]
    rows: dict[str, Iterable[str]] = {
        "options/table.py": (*GROUPS.values(), *_fields(PROFILE, *OPTIONS), *_fields(*choices)),
        "options/conflicts.py": _fields(*CONFLICTS),
    }
    for file, found in rows.items():
        yield from _numbered(file, found)


def _fields(*rows: Record) -> Iterator[str]:
    for row in rows:
        yield from (text for name in _FIELDS if isinstance(text := getattr(row, name, None), str) and text)


def _of_commands(command: click.Command) -> Iterator[str]:
    """Yield the help of a command and of those below it."""
    yield from (text for text, _ in click_texts.paragraphs(command.help or ""))
    if isinstance(command, click.Group):
        context = click.Context(command)
        below = [command.get_command(context, name) for name in command.list_commands(context)]
        for each in below:
            if each is not None and not each.hidden:
                yield from _of_commands(each)


def _parameters() -> Iterator[Parameter]:
    """Yield the parameters of every command that ``cli.parameters`` has a table of."""
    for table in vars(parameters).values():
        if isinstance(table, tuple):
            yield from (each for each in table if isinstance(each, Parameter))


def _of_numbers(root: Path) -> Iterator[str]:
    """Yield what ``explain`` says of each number; the titles of pages stay as they are."""
    rows = tomllib.loads((root / PACKAGE / "inspection/numbers.toml").read_text("utf-8")).values()
    for row in rows:
        yield from (row["group"], row["title"], row["buys"])
        if not _PAGE.match(row["source"]) or ", whose " in row["source"]:
            yield row["source"]


def _numbered(file: str, found: Iterable[str]) -> Iterator[Text]:
    yield from (Text(file, line, text) for line, text in enumerate(found))


def _of_click() -> Iterator[Text]:
    """Yield click's own words, of the version that development has."""
    for name in click_texts.MODULES:
        path = Path(click.__file__).with_name(f"{name}.py")
        yield from _literals(path, f"click/{path.name}", {"_": 1, "ngettext": 2})
    yield Text("click/core.py", 0, "required")  # which click takes from a dictionary
