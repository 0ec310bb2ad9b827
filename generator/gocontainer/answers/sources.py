"""Raw answers from a file and from the environment."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gocontainer.answers.model import Layer
from gocontainer.errors import UnreadableAnswers
from gocontainer.texts import mark, tr

if TYPE_CHECKING:
    import yaml

_PREFIX = "GOCONTAINER_"
RESERVED = ("lang", "plain", "wizard")
"""What a variable says that is no option: how a person is spoken to. No option may have such a name."""
_PLAIN = {
    "^mapping values are not allowed here$": mark(
        "no ':' can stand here; look at quotes, indentation and the line above"
    ),
    "^expected <block end>.*": mark("this does not go on from the lines above; look at the indentation"),
    "^found unexpected end of stream$": mark("a quotation mark is not closed"),
    "^found character (.*) that cannot start any token$": mark(r"nothing can begin with \1"),
    "^could not determine a constructor for the tag (.*)$": mark(r"no tag \1 is known"),
    "^but found another document$": mark("a second document begins"),
    "the node content": mark("a value"),
    "'<stream end>'": mark("the end of the file"),
}
"""What PyYAML's parser says, in words for those who do not know its parts."""


def from_environment(environment: Mapping[str, str]) -> Layer:
    """Return every ``GOCONTAINER_<OPTION>``; a name that is no option is refused when merged."""
    given = {
        name.removeprefix(_PREFIX).lower(): value for name, value in environment.items() if name.startswith(_PREFIX)
    }
    options = {name: value for name, value in given.items() if name not in RESERVED}
    return Layer("environment", options, "{variable}")


def from_file(path: Path) -> Layer:
    """Read a YAML, TOML or JSON mapping; raise UnreadableAnswers."""
    try:
        values = _parse(path.read_text("utf-8-sig"), path.suffix.lower())
    except OSError as error:
        raise UnreadableAnswers(str(path), error.strerror or str(error), tr("Check the path.")) from error
    except UnicodeDecodeError as error:
        raise UnreadableAnswers(str(path), tr("it is not text in UTF-8")) from error
    except RecursionError as error:
        raise UnreadableAnswers(str(path), tr("it is nested too deeply")) from error
    except ValueError as error:
        raise UnreadableAnswers(str(path), " ".join(str(error).split())) from error
    if values is None:
        values = {}  # only comments
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise UnreadableAnswers(str(path), tr("it is not a mapping of options to values"))
    values.pop("$schema", None)  # for editors
    label = tr("{name} in {file}", name="{name}", file=str(path).replace("{", "{{").replace("}", "}}"))
    return Layer("file", values, label)


def _parse(text: str, suffix: str) -> object:
    if suffix == ".json":
        return _parse_json(text)
    if suffix == ".toml":
        import tomllib

        return tomllib.loads(text)
    if suffix in (".yaml", ".yml"):
        return _parse_yaml(text)
    raise ValueError(tr("the ending {suffix} is not .yaml, .toml or .json", suffix=suffix or tr("(none)")))


def _parse_json(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise ValueError(_at(text, error.pos, error.msg)) from error


def _at(text: str, position: int, problem: str) -> str:
    """Return a problem with its place in the text."""
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return tr("line {line}, column {column}: {problem}", line=line, column=column, problem=problem)


def _once(pairs: Sequence[tuple[object, object]]) -> dict[object, object]:
    """Return the mapping of ``pairs``; ValueError where a key stands twice."""
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise ValueError(tr("a key stands twice"))
    return mapping


def _parse_yaml(text: str) -> object:
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
            _once([(self.construct_object(key, deep=True), None) for key, _ in node.value])
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader)  # noqa: S506 - a SafeLoader
    except yaml.reader.ReaderError as error:
        raise ValueError(_at(text, error.position, error.reason)) from error
    except yaml.MarkedYAMLError as error:
        raise ValueError(_problem(text, error)) from error
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError(tr("a key, or a value with a tag, cannot be used")) from error


def _problem(text: str, error: yaml.MarkedYAMLError) -> str:
    """Return what the parser says, in plain words."""
    problem, mark = error.problem, error.problem_mark
    if problem is None or mark is None:
        return str(error)
    for pattern, words in _PLAIN.items():
        problem = re.sub(pattern, tr(words), problem)
    return _at(text, mark.index, problem)
