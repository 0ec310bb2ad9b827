"""Dockerfiles as BuildKit reads them: the images that one starts from, and where it names them.

Joins continued lines, leaves out comments and heredocs, and puts in what ARG says before the first FROM. What
BuildKit refuses is read as far as it goes. ``tests/test_dockerfile.py`` compares this with BuildKit itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Literal, NamedTuple

_FILE_NAME = re.compile(r"(?:Docker|Container)file(?:\..+)?|.+\.(?:Docker|Container)file", re.IGNORECASE)
_DIRECTIVE = re.compile(r"\s*#\s*(check|escape|syntax)\s*=\s*(\S+)(?:\s.*)?", re.IGNORECASE)
_SPACES = re.compile(r"[\t\v\f\r ]+")
_BEFORE = re.compile(r"\s*(?:ONBUILD\s+)?(\S*)(?:\s+--(?:'[^']*'|\"[^\"]*\"|\S)*)*\s*", re.IGNORECASE)
"""What stands before the arguments of an instruction: its keyword and its flags."""
_QUOTED = r"""'[^']*'|"(?:{0}.|(?!{0})[^"])*"|{0}."""
_HEREDOC = re.compile(r"\d*<<(-?)\s*([^<]+)")
_VARIABLE = re.compile(r"[0-9]+|[@*#?$!-]|\w+")
_PLATFORM = {"PLATFORM": "linux/amd64", "OS": "linux", "OSVERSION": "", "ARCH": "amd64", "VARIANT": ""}
_BUILT_IN = {f"{role}{name}": _PLATFORM[name] for role, name in product(("BUILD", "TARGET"), _PLATFORM)}
"""Arguments that are there without ARG, as on the commonest machine."""


Kind = Literal["image", "scratch", "stage", "syntax"]


class Reference(NamedTuple):
    """What one FROM, or the syntax directive, names."""

    name: str
    """With its tag and digest, and with the defaults of arguments put in."""
    kind: Kind
    place: tuple[int, int] | None
    """Line and column, both from 0; None where the name itself goes on in the next line."""


def is_dockerfile(path: str) -> bool:
    """Whether a file is a Dockerfile by its name, such as Dockerfile.debug or migrate.Containerfile."""
    return _FILE_NAME.fullmatch(path.rpartition("/")[2]) is not None


def images(text: str) -> list[str]:
    """Return the images that a Dockerfile starts from, without their digests; stages and scratch are none."""
    return [each.name.partition("@")[0] for each in references(text) if each.kind == "image"]


def references(text: str) -> Iterator[Reference]:
    """Yield what the syntax directive and each FROM name, in the order of the file."""
    lines, escape = text.split("\n"), "\\"
    lines[0] = re.sub("^\ufeff", " ", lines[0])
    for number, found in _directives(lines):
        if found[1].lower() == "syntax":
            yield Reference(found[2], "syntax", (number, found.start(2)))
        elif found[1].lower() == "escape" and found[2] == "`":
            escape = "`"
    known: dict[str, Kind] = {"scratch": "scratch"}
    values, begun = dict(_BUILT_IN), False
    for each in _instructions(lines, escape):
        if each.keyword == "ARG" and not begun:
            values = _with_defaults(values, each.arguments, escape)
        elif each.keyword == "FROM":
            begun = True
            written, *alias = _SPACES.split(each.arguments)
            name = _expanded(written, values, escape)
            if name:
                yield Reference(name, known.get(name, "image"), each.place(len(written)))
            known |= {stage.lower(): "stage" for stage in alias[1:]}


def _directives(lines: Sequence[str]) -> Iterator[tuple[int, re.Match[str]]]:
    """Yield the parser directives, which stand before all else."""
    for number, line in enumerate(lines):
        found = _DIRECTIVE.fullmatch(line)
        if not found:
            return
        yield number, found


class _Instruction:
    """The lines of one instruction, without comments and without the signs that continue them."""

    def __init__(self, parts: Sequence[tuple[int, str]]) -> None:
        self.parts = parts
        text = "".join(part for _, part in parts)
        before = _BEFORE.match(text)
        assert before, "it matches everything"
        self.keyword, self.start = before[1].upper(), before.end()
        self.arguments = text[self.start :].rstrip()

    def place(self, length: int) -> tuple[int, int] | None:
        """Return where the first ``length`` characters of the arguments stand."""
        column = self.start
        for number, part in self.parts:
            if column < len(part):
                return (number, column) if column + length <= len(part) else None
            column -= len(part)
        return None

    def heredocs(self) -> Iterator[tuple[str, str]]:
        """Yield the last line of each heredoc that follows, and what may stand before it.

        A command that is a JSON list has none: all its words are quoted.
        """
        if self.keyword not in ("ADD", "COPY", "RUN") or "<<" not in self.arguments:
            return
        for word in _words(self.arguments, "\\"):
            found = _HEREDOC.fullmatch(word)
            if found:
                yield re.sub(_QUOTED.format(r"\\"), _unquoted, found[2]), "\t" if found[1] else ""


def _instructions(lines: Sequence[str], escape: str) -> Iterator[_Instruction]:
    sign = re.escape(escape)
    continued = re.compile(rf"(^|[^{sign}]){sign}[ \t]*$")
    numbered, parts = iter(enumerate(lines)), list[tuple[int, str]]()
    for number, each in numbered:
        line = each.rstrip("\r")
        if not line.strip() or line.lstrip().startswith("#"):  # also in the middle of an instruction
            continue
        parts.append((number, continued.sub(r"\1", line)))
        if parts[-1][1] != line:
            continue
        instruction, parts = _Instruction(parts), []
        yield instruction
        for last, before in instruction.heredocs():
            next((line for _, line in numbered if line.rstrip("\r").lstrip(before) == last), None)
    yield _Instruction(parts)


def _words(text: str, escape: str) -> list[str]:
    """Split at spaces that are not quoted; none where a quote has no end."""
    quoted = _QUOTED.format(re.escape(escape))
    if re.search("['\"]", re.sub(quoted, "", text)):
        return []
    return re.findall(rf"(?:{quoted}|<<[ \t\r]*|\S)+", text)


def _unquoted(found: re.Match[str]) -> str:
    return re.sub(r'\\(["$\\])', r"\1", found[0][1:-1]) if found[0][0] in "'\"" else found[0][1:]


def _with_defaults(values: Mapping[str, str], arguments: str, escape: str) -> dict[str, str]:
    """Return ``values`` and what the words of an ARG set; one without a default sets nothing."""
    changed = dict(values)
    for word in _words(arguments, escape):
        name, sign, value = word.partition("=")
        changed |= {name: _expanded(value, changed, escape)} if sign else {}
    return changed


def _expanded(word: str, values: Mapping[str, str], escape: str) -> str:
    """Return a word without quotes and with values for its variables; as written where it says something else."""
    try:
        return _Expansion(word, values, escape).until("")
    except (ValueError, RecursionError):
        return word


class _Expansion:
    """A word that is read from left to right. Raises ValueError at what is no word, and at ``${NAME#pattern}``."""

    def __init__(self, text: str, values: Mapping[str, str], escape: str) -> None:
        self.text, self.values, self.escape, self.at = text, values, escape, 0

    def take(self) -> str:
        """Return the next character, or nothing at the end."""
        self.at += 1
        return self.text[self.at - 1 : self.at]

    def until(self, end: str) -> str:
        """Return what stands before ``end``: another quote, a brace, or nothing for all of it."""
        parts = []
        while (sign := self.take()) != end:
            if sign == "$":
                parts.append(self.variable())
            elif sign == self.escape:
                after = self.take()
                parts.append(sign + after if end == '"' and after not in ('"', "$", self.escape) else after)
            elif sign == '"':
                parts.append(self.until('"'))
            elif sign == "'" and end != '"':
                start, self.at = self.at, self.text.index("'", self.at) + 1
                parts.append(self.text[start : self.at - 1])
            elif sign:
                parts.append(sign)
            else:
                raise ValueError(self.text)
        return "".join(parts)

    def name(self) -> str:
        """Return the name that stands here, if any."""
        found = _VARIABLE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found[0] if found else ""

    def variable(self) -> str:
        """Return what a variable stands for: $NAME, ${NAME}, ${NAME:-or}, ${NAME:+then}, ${NAME:?or fail}."""
        if self.text[self.at : self.at + 1] != "{":
            name = self.name()
            return self.values.get(name, "") if name else "$"
        self.at += 1
        name, operator = self.name(), self.take()
        value, empty = self.values.get(name), operator == ":"
        if name and operator == "}":
            return value or ""
        operator = self.take() if empty else operator
        word = self.until("}")
        there = value is not None and not (empty and not value)
        if not name or operator not in ("+", "-", "?") or (operator == "?" and not there):
            raise ValueError(self.text)
        return word if (operator == "+") == there else value or ""
