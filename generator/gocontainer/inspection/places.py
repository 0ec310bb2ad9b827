"""Where a number stands in a file, and what it is there."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from gocontainer.options.types import Value

_STEP = re.compile(r"([^.\[\]]+)|\[([^]]+)\]")
_UNITS = {"time.Millisecond": "ms", "time.Second": "s", "time.Minute": "m", "time.Hour": "h"}


class Place(NamedTuple):
    """Where a number stands: in YAML a kind and a path, or how a comment begins; elsewhere a pattern."""

    file: str
    field: str


def find(text: str, place: Place, service: str) -> str | None:
    """Return the number at ``place`` in ``text``, if it is there."""
    if not place.file.endswith(".yaml"):
        found = re.search(place.field, text)
        return _product(found[1]) if found else None
    if place.field.startswith("#"):
        return each_once(text[port] for port in ports_below(text, place.field)) or None
    kind, _, path = place.field.format(service=service).partition(".")
    value = _walk(_documents(text).get(kind), path)
    return None if value is None else plain(value)


def ports_below(text: str, comment: str) -> Iterator[slice]:
    """Yield where the ports stand in a manifest between the comment that begins so and the next one as deep."""
    rule = rf"(?m)^( *){re.escape(comment)}.*\n(?:\1#.*\n)*((?:\1(?!#).*\n)*)"
    if found := re.search(rule, text):
        for port in re.compile(r'port: "?(\d+)').finditer(text, *found.span(2)):
            yield slice(*port.span(1))


def _product(text: str) -> str:
    """Return a product in Go as one number, with its unit if it is a time; anything else as it is."""
    factors = text.replace(" ", "").split("*")
    unit = _UNITS.get(factors[-1], "")
    numbers = factors[:-1] if unit else factors
    return f"{math.prod(map(int, numbers))}{unit}" if all(number.isdecimal() for number in numbers) else text


@cache
def _documents(text: str) -> Mapping[str, Any]:
    """Return the objects in a manifest by their kind; nothing where it is no YAML."""
    import yaml

    try:
        documents = [each for each in yaml.safe_load_all(text) if isinstance(each, dict)]
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return {}
    return {str(each.get("kind")): each for each in documents}


def _walk(value: Any, path: str) -> Any:
    for key, item in _STEP.findall(path):
        if key and isinstance(value, dict):
            value = value.get(key)
        elif item.isdecimal() and isinstance(value, list):
            value = value[int(item)] if int(item) < len(value) else None
        elif item and isinstance(value, dict):
            value = value.get(item)
        elif item and isinstance(value, list):
            value = next((each for each in value if isinstance(each, dict) and each.get("name") == item), None)
        else:
            return None
    return value


def plain(value: Value) -> str:
    """Return a value as files write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def each_once(ports: Iterable[str]) -> str:
    """Return ports as a list, each once."""
    return ", ".join(dict.fromkeys(ports))
