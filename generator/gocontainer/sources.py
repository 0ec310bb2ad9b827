"""Raw answers from a file and from the environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

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
        text = path.read_text("utf-8")
        values = _parse(text, path.suffix.lower())
    except OSError as error:
        raise UnreadableAnswers(str(path), error.strerror or str(error)) from error
    except ValueError as error:
        raise UnreadableAnswers(str(path), " ".join(str(error).split())) from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise UnreadableAnswers(str(path), "it is not a mapping of options to values")
    label = "{name} in " + str(path).replace("{", "{{").replace("}", "}}")
    return Layer("file", values, label)


def _parse(text: str, suffix: str) -> object:
    if suffix == ".json":
        return json.loads(text)
    if suffix == ".toml":
        import tomllib

        return tomllib.loads(text)
    if suffix in (".yaml", ".yml"):
        import yaml

        try:
            return yaml.safe_load(text)
        except (yaml.YAMLError, RecursionError) as error:
            raise ValueError(str(error)) from error
    raise ValueError(f"the ending {suffix or '(none)'!s} is not .yaml, .toml or .json")
