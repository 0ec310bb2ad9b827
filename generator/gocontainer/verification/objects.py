"""Objects of Kubernetes in YAML, as far as others name them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import yaml


class Object(NamedTuple):
    """An object as far as others name it."""

    api: str
    kind: str
    names: frozenset[str]
    """Its own, and those that prefixes gave it."""
    images: frozenset[str] = frozenset()
    containers: frozenset[str] = frozenset()
    path: str = ""
    """The file where it stands."""
    document: Mapping[str, Any] | None = None
    """All of it, as far as no patch changed it."""

    @property
    def title(self) -> str:
        """What a person calls it."""
        return f"{self.kind} {min(self.names, key=len)}"


def parsed(content: bytes) -> list[Any]:
    """Return the documents of a text of YAML; none where it cannot be parsed."""
    try:
        nodes = [*yaml.compose_all(content.decode("utf-8", "replace"), Loader=yaml.SafeLoader)]
        return [_plain(node, {}) for node in nodes if node is not None]
    except (yaml.YAMLError, RecursionError):
        return []


def _plain(node: yaml.Node, known: dict[int, Any]) -> Any:
    """Return mappings, lists and texts; no tag makes anything else, and an alias is its anchor."""
    if id(node) in known:
        return known[id(node)]
    if isinstance(node, yaml.MappingNode):
        mapping = known[id(node)] = {}
        mapping.update({str(key.value): _plain(value, known) for key, value in node.value})
        return mapping
    if isinstance(node, yaml.SequenceNode):
        sequence: list[Any] = []
        known[id(node)] = sequence
        sequence.extend(_plain(each, known) for each in node.value)
        return sequence
    return node.value


def texts(document: Mapping[str, Any], key: str) -> list[str]:
    """Return the texts at a key, which has one or a list of them."""
    found = document.get(key) or []
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, str)]


def mappings(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the mappings in the list at a key."""
    found = document.get(key) or []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def objects(documents: Iterable[Any], path: str = "") -> Iterator[Object]:
    """Yield the objects among documents, those in lists too."""
    for each in documents:
        if not isinstance(each, dict) or not each.get("kind"):
            continue
        if str(each["kind"]).endswith("List") and isinstance(each.get("items"), list):
            yield from objects(each["items"], path)
            continue
        metadata = each.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        inside = frozenset(name for name, _ in containers(each))
        if isinstance(name, str):
            named = frozenset([name])
            yield Object(str(each.get("apiVersion")), str(each["kind"]), named, images(each), inside, path, each)


def _walk(value: object, seen: set[int]) -> Iterator[dict[str, Any]]:
    """Yield every mapping in a document."""
    if id(value) in seen or not isinstance(value, dict | list):
        return
    seen.add(id(value))
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value:
        yield from _walk(each, seen)


def containers(document: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield the name of each container, and whether its image is said."""
    for each in _walk(document, set()):
        for key in ("containers", "initContainers"):
            for container in mappings(each, key):
                has_image = bool(container.get("image")) or "$patch" in container
                yield str(container.get("name", "")), has_image


def images(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the images that a document names, without tag and digest."""
    found = (each.get("image") for each in _walk(document, set()))
    return frozenset(re.sub(r"(:[\w.-]+)?(@.*)?$", "", each) for each in found if isinstance(each, str))


def having(objects: Iterable[Object], kind: str, name: str) -> bool:
    """Whether one of them is of that kind and has that name."""
    return any(each.kind == kind and name in each.names for each in objects)


def scaled(each: Object) -> Iterator[tuple[str, str]]:
    """Yield kind and name of what an autoscaler scales."""
    for mapping in _walk(each.document, set()):
        target = mapping.get("scaleTargetRef")
        if isinstance(target, dict):
            yield str(target.get("kind") or "Deployment"), str(target.get("name"))


def lacks(each: Object, pointer: str) -> bool:
    """Whether nothing is at a JSON pointer of an object, if that can be told."""
    place: Any = each.document
    for name in pointer.split("/")[1:] if place is not None else ():
        key = name.replace("~1", "/").replace("~0", "~")
        if isinstance(place, list) and key.isdecimal():
            place = dict(enumerate(place)).get(int(key))
        else:
            place = place.get(key) if isinstance(place, dict) else None
        if place is None:
            return True
    return False


def selects(selector: Mapping[str, Any], each: Object) -> bool:
    """Whether a selector means an object, as far as kind and name tell it."""
    kind, name, version, group = (str(selector.get(key) or "") for key in ("kind", "name", "version", "group"))
    of_group, _, of_version = each.api.rpartition("/")
    if (group and group != of_group) or (version and version != of_version):
        return False
    if kind and not _matches(kind, each.kind):
        return False
    return not name or any(_matches(name, own) for own in each.names)


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return pattern == text
