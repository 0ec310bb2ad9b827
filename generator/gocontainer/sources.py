"""Raw answers from a file and from the environment."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gocontainer.answers import Layer
from gocontainer.errors import UnreadableAnswers

_PREFIX = "GOCONTAINER_"


def from_environment(environment: Mapping[str, str]) -> Layer:
    """Return every ``GOCONTAINER_<OPTION>``; a name that is no option is refused when merged."""
    names = {
        name.removeprefix(_PREFIX).lower(): value for name, value in environment.items() if name.startswith(_PREFIX)
    }
    return Layer("environment", names, "{variable}")


def from_file(path: Path) -> Layer:
    """Read a YAML, TOML or JSON mapping; raise UnreadableAnswers."""
    try:
        values = _parse(path.read_text("utf-8-sig"), path.suffix.lower())
    except OSError as error:
        raise UnreadableAnswers(str(path), error.strerror or str(error), "Check the path.") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswers(str(path), " ".join(str(error).split())) from error
    if values is None:
        values = {}  # only comments
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise UnreadableAnswers(str(path), "it is not a mapping of options to values")
    values.pop("$schema", None)  # for editors
    label = "{name} in " + str(path).replace("{", "{{").replace("}", "}}")
    return Layer("file", values, label)


def _parse(text: str, suffix: str) -> object:
    if suffix == ".json":
        return json.loads(text, object_pairs_hook=_once)
    if suffix == ".toml":
        import tomllib

        return tomllib.loads(text)
    if suffix in (".yaml", ".yml"):
        return _parse_yaml(text)
    raise ValueError(f"the ending {suffix or '(none)'!s} is not .yaml, .toml or .json")


def _once(pairs: Sequence[tuple[object, object]]) -> dict[object, object]:
    """Return the mapping of ``pairs``; ValueError where a key stands twice."""
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise ValueError("a key stands twice")
    return mapping


def _parse_yaml(text: str) -> object:
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
            _once([(self.construct_object(key, deep=True), None) for key, _ in node.value])
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, AttributeError, LookupError, TypeError) as error:  # tags with unfit values raise the latter
        raise ValueError(str(error)) from error
