"""Reads ``deploy/sites.yaml``: all that is impossible in it is said at once, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import yaml

from gocontainer.answers.model import refuse
from gocontainer.errors import UsageError
from gocontainer.sites.fleet import FILE, Fleet, Gate, Site, Version, Wave, token
from gocontainer.sites.yaml_format import TAG, Loader
from gocontainer.texts import mark, tr


class WrongLine(UsageError):
    """Line ``line`` of ``file`` says something impossible: ``reason`` says what."""

    says = mark("{file}:{line}: {reason}.")

    def __init__(self, file: str, line: int, reason: str) -> None:
        self.file, self.line, self.reason = file, line, reason


class _Rule(NamedTuple):
    """What a value may be, for programs and for people."""

    pattern: str
    expected: str


_LABEL = r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?"
_NAME = _Rule(_LABEL, mark("of lower-case letters, digits and inner hyphens, 40 at most"))
_SIZE = _Rule(_LABEL, mark("one of the sizes under memory"))
_AMOUNT = _Rule(r"[1-9][0-9]{0,5}(Mi|Gi)", mark("an amount such as 48Mi"))
_ARCHITECTURE = _Rule(r"amd64|arm64|arm", mark("amd64, arm64 or arm"))
_KEY = r"[a-z]([-a-z0-9.]{0,61}[a-z0-9])?"
_LABEL_VALUE = _Rule(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?", mark("a label's value"))
_PERSON = _Rule(r"person", mark("'person', or 'prometheus' with a 'query'"))
_ADDRESS = _Rule(r"https?://[^\s]+", mark("an address such as http://prometheus.monitoring:9090"))
_QUERY = _Rule(r"(?s).*\S.*", mark("a query"))
_REFERENCE = _Rule(
    r"[a-z0-9][a-z0-9._/:-]*:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?",
    mark("name:tag or name:tag@sha256:DIGEST"),
)
_FIXED = re.compile(r":(v?[0-9]+\.[0-9]+\.[0-9]+([-.][0-9A-Za-z.-]+)?|[0-9a-f]{7,40})\Z")
"""A version or a commit. Whatever else a tag is, it may be another image tomorrow."""
_FIELDS = ("release", "quorum", "gate", "memory", "waves", "sites")
Fields = Mapping[str, yaml.Node]


class _Loader(Loader):
    """Makes nodes of one document, in which every value stands where it counts."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        above: Any = super()
        if self.check_event(yaml.AliasEvent):
            reason = tr("an alias stands for a value: write the value itself")
            raise yaml.MarkedYAMLError(problem=reason, problem_mark=above.peek_event().start_mark)
        node: yaml.Node | None = above.compose_node(parent, index)
        return node


def parse(content: bytes) -> Fleet:
    """Return what the file says; raise WrongLine, or WrongAnswers for several, where something is impossible."""
    try:
        text = content.decode()
        root = yaml.compose(text, _Loader)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise WrongLine(FILE, line, tr("this is no UTF-8")) from error
    except RecursionError as error:
        raise WrongLine(FILE, 1, tr("it is nested too deep")) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise WrongLine(FILE, line, tr("there is a letter that YAML does not allow")) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise WrongLine(FILE, line, ", ".join(filter(None, (error.context, error.problem)))) from error
    reader = _Reader(text)
    fleet = reader.fleet(root)
    refuse(reader.errors)
    return fleet


class _Reader:
    """Collects everything that is wrong with the file."""

    def __init__(self, text: str) -> None:
        self.text, self.errors = text, list[UsageError]()
        self.places: dict[str, yaml.ScalarNode] = {}
        self.has_model = False

    def fail(self, node: yaml.Node | None, reason: str) -> None:
        self.errors.append(WrongLine(FILE, node.start_mark.line + 1 if node else 1, reason))

    def fleet(self, root: yaml.Node | None) -> Fleet:
        fields = self.fields(root, tr("the file"), *_FIELDS)
        if not fields:
            return Fleet(self.text, {}, Version(), 0, Gate(), {}, (), ())
        self.has_model = "model" in _keys(fields["release"])
        release = self.version(fields["release"], "release")
        quorum, gate = self.number(fields["quorum"], "quorum", 100), self.gate(fields["gate"])
        memory = self.words(fields["memory"], "memory", _LABEL, _AMOUNT)
        waves = [self.wave(node, i) for i, node in enumerate(self.items(fields["waves"], "waves"), 1)]
        sites = self.sites(fields["sites"], memory, len(waves))
        fleet = Fleet(self.text, self.places, release, quorum, gate, memory, tuple(waves), tuple(sorted(sites)))
        for i, node in enumerate(_children(fields["waves"]), 1):
            if not fleet.of(i):
                self.fail(node, tr("wave {number} has no site", number=i))
        return fleet

    def wave(self, node: yaml.Node, number: int) -> Wave:
        where = f"waves.{number}"
        fields = self.fields(node, tr("wave {number}", number=number), *self.keys("image", "previous"))
        previous = self.version(fields["previous"], f"{where}.previous", may_be_empty=True) if fields else Version()
        return Wave(number, self.images(fields, where), previous)

    def keys(self, *names: str) -> tuple[str, ...]:
        """Return the keys of a version, with that of the model where the release has one."""
        return (*names, "model") if self.has_model else names

    def version(self, node: yaml.Node, where: str, *, may_be_empty: bool = False) -> Version:
        return self.images(self.fields(node, where, *self.keys("image")), where, may_be_empty=may_be_empty)

    def images(self, fields: Fields, where: str, *, may_be_empty: bool = False) -> Version:
        image, model = (
            self.image(fields[name], f"{where}.{name}", may_be_empty=may_be_empty) if name in fields else ""
            for name in ("image", "model")
        )
        return Version(image, model)

    def image(self, node: yaml.Node, where: str, *, may_be_empty: bool) -> str:
        """Return the name of an image whose tag does not move, and remember its place."""
        if may_be_empty and _text(node) == "":
            self.place(node, where)
            return ""
        name = self.word(node, where, _REFERENCE)
        if name and (("@" not in name and not _FIXED.search(name)) or name.endswith("-dirty")):
            reason = mark("{where}: the tag of {name} may move: take a version such as v1.2.0, a commit, or a digest")
            self.fail(node, tr(reason, where=where, name=name))
        self.place(node, where)
        return name

    def place(self, node: yaml.Node, where: str) -> None:
        """Remember where a value stands: as it is or in quotes, so that it can be edited in place."""
        if isinstance(node, yaml.ScalarNode):
            self.places[where] = node
            if not self.text.startswith(token(node, node.value), node.start_mark.index):
                self.fail(node, tr("{where}: write it on one line, without a tag or an anchor", where=where))

    def sites(self, node: yaml.Node, memory: Mapping[str, str], waves: int) -> Iterable[Site]:
        found: dict[str, Site] = {}
        for each in self.items(node, "sites"):
            site = self.site(each, memory, waves)
            if site.name in found:
                self.fail(each, tr("there are two sites {name}", name=site.name))
            found[site.name] = site
        return found.values()

    def site(self, node: yaml.Node, memory: Mapping[str, str], waves: int) -> Site:
        fields = self.fields(node, tr("a site"), "name", "wave", "arch", "memory", "labels?")
        if not fields:
            return Site("", 0, "", "", {})
        site = Site(
            self.word(fields["name"], tr("the name of a site"), _NAME),
            self.number(fields["wave"], "wave", waves),
            self.word(fields["arch"], "arch", _ARCHITECTURE),
            self.word(fields["memory"], "memory", _SIZE),
            self.words(fields["labels"], "labels", _KEY, _LABEL_VALUE) if "labels" in fields else {},
        )
        if site.memory and not memory.get(site.memory):
            self.fail(fields["memory"], tr("memory {size} is none of the sizes under memory", size=site.memory))
        return site

    def gate(self, node: yaml.Node) -> Gate:
        if isinstance(node, yaml.ScalarNode):
            self.word(node, "gate", _PERSON)
            return Gate()
        fields = self.fields(node, "gate", "prometheus", "query")
        if not fields:
            return Gate()
        return Gate(
            self.word(fields["prometheus"], "prometheus", _ADDRESS), self.word(fields["query"], "query", _QUERY)
        )

    def number(self, node: yaml.Node, what: str, most: int) -> int:
        text = _text(node) or ""
        digits = node.tag == f"{TAG}int" and re.fullmatch(r"[-+]?[0-9]{1,9}", text)
        if digits and 1 <= int(text) <= most:
            return int(text)
        self.fail(node, tr("{what} is not a number from 1 to {most}", what=what, most=most))
        return 0

    def word(self, node: yaml.Node, what: str, rule: _Rule) -> str:
        text = _text(node)
        if text is not None and node.tag != f"{TAG}null" and re.fullmatch(rule.pattern, text, re.ASCII):
            return text
        found = mark("{what}: {value!r} is not {expected}")
        self.fail(node, tr(found, what=what, value=text or "", expected=tr(rule.expected)))
        return ""

    def words(self, node: yaml.Node, what: str, key: str, rule: _Rule) -> dict[str, str]:
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, tr("{what} is not a mapping", what=what))
            return {}
        found: dict[str, str] = {}
        for name_node, value in node.value:
            name = self.word(name_node, what, _Rule(key, mark("a name of lower-case letters, digits and hyphens")))
            if name in found:
                self.fail(name_node, tr("{name} is there twice", name=name))
            found[name] = self.word(value, name, rule)
        return found

    def items(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        items = _children(node) if isinstance(node, yaml.SequenceNode) else []
        if not items:
            self.fail(node, tr("{what} is not a list of at least one", what=what))
        return items

    def fields(self, node: yaml.Node | None, what: str, *keys: str) -> Fields:
        """Return the values of a mapping that has exactly these keys; those that end in a question mark may lack."""
        known = [key.removesuffix("?") for key in keys]
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, tr("{what} is not a mapping of {keys}", what=what, keys=", ".join(known)))
            return {}
        before, found = len(self.errors), dict[str, yaml.Node]()
        for key_node, value in node.value:
            key = _text(key_node) or ""
            if key not in known:
                self.fail(key_node, tr('{what} has no "{key}"', what=what, key=key))
            elif key in found:
                self.fail(key_node, tr("{name} is there twice", name=key))
            found[key] = value
        for key in keys:
            if key not in found and not key.endswith("?"):
                self.fail(node, tr("{what} lacks {key}", what=what, key=key))
        return found if len(self.errors) == before else {}


def _text(node: yaml.Node) -> str | None:
    """Return the text of a value that is one word."""
    return str(node.value) if isinstance(node, yaml.ScalarNode) else None


def _children(node: yaml.Node) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _keys(node: yaml.Node) -> list[str | None]:
    return [_text(key) for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
