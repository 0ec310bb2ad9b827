"""What the page asks for: its questions, one file, the archive of all. Plain data in, plain data out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gocontainer.answers.detect import Surroundings
from gocontainer.answers.lockfile import LOCK, PACK, with_lockfile
from gocontainer.answers.model import Answers, Layer
from gocontainer.errors import UnknownKey, UsageError
from gocontainer.form.archive import zipped
from gocontainer.form.difference import lines_of
from gocontainer.form.texts import texts
from gocontainer.options.patterns import nearest
from gocontainer.options.sets import members
from gocontainer.options.table import BY_NAME
from gocontainer.options.types import Option, SelectMany, Text, Value, When
from gocontainer.prompts import find
from gocontainer.repository.tree import File
from gocontainer.texts import LANGUAGES, speak, tr
from gocontainer.wizard import parts, review
from gocontainer.wizard.conversation import Conversation, Question
from gocontainer.wizard.preview import Preview, grown
from gocontainer.wizard.settling import Settled, Settler, changes, shown

SERVICE = "my-service"
"""What the service is called until somebody says so."""


class Nowhere(Settler):
    """Settles answers for no place: nothing is detected there, and nothing is in the way."""

    def __init__(self) -> None:
        super().__init__((), Surroundings(Path()))

    def suggested_name(self) -> str:
        return SERVICE

    def detect(self, target: Path) -> Layer:
        del target
        return Layer("detected", {})

    def refuse_occupied(self, settled: Settled) -> None:
        pass


class Request(NamedTuple):
    """What the page asks."""

    language: str
    said: Mapping[str, object]
    """The answers that were given, as a link has them."""
    name: str = ""
    """The option that is answered now; nothing where the page is only opened."""
    value: object = None
    open: Sequence[str] = ()
    """The groups whose questions are shown: to know what cannot be chosen takes longer than all else."""
    path: str = ""
    """The file to be shown."""

    @classmethod
    def read(cls, body: bytes | str) -> Request:
        """Return the request in ``body``; raise ValueError where it is none."""
        document = json.loads(body)
        if not isinstance(document, dict) or document.keys() - {*cls._fields}:
            raise ValueError(document)
        given: dict[str, Any] = {"language": "en", "said": {}, **document}
        request = cls(**given)
        if not request._is_one():
            raise ValueError(document)
        return request

    def _is_one(self) -> bool:
        """Whether everything is of its kind, and the language and the option are ours."""
        lists = isinstance(self.said, dict) and isinstance(self.open, list | tuple)
        texts = all(isinstance(each, str) for each in (self.language, self.name, self.path))
        return lists and texts and self.language in LANGUAGES and self.name in ("", *BY_NAME)


def respond(name: str, body: bytes | str) -> bytes:
    """Return what the page asks for by one of ``ANSWERS``; raise ValueError where ``body`` is no such request."""
    request = Request.read(body)
    speak(request.language)
    return ANSWERS[name](request)


def _conversation(said: Mapping[str, object]) -> tuple[Conversation, list[str]]:
    """Return a conversation in which all of ``said`` was said that can be, and why the rest was not."""
    taken, refused = {}, []
    for name, raw in said.items():
        try:
            taken[name] = _option(name).parse(raw, name)
        except UsageError as error:
            refused.append(str(error))
    try:
        return Conversation(Nowhere(), taken), refused
    except UsageError:
        talk = Conversation(Nowhere())
        errors = [talk.answer(name, value) for name, value in taken.items()]
        return talk, [*refused, *filter(None, errors)]


def _option(name: str) -> Option:
    if name not in BY_NAME:
        raise UnknownKey(name, name, nearest(name, BY_NAME))
    return BY_NAME[name]


def page(request: Request) -> bytes:
    """Return all that the page shows, after the answer of the request where it has one."""
    talk, notes = _conversation(request.said)
    preview, before, error = Preview(), talk.settled, None
    if request.name:
        error = talk.answer(request.name, request.value)
        notes = [*changes(before, talk.settled, (request.name,)), *parts.consequences(before, talk.settled, preview)]
    asked = talk.changeable()
    document = {
        "language": request.language,
        "texts": texts(),
        "said": talk.said,
        "service": talk.settled.answers["service"],
        "error": error,
        "notes": notes,
        "groups": [_group(talk, group, request.open) for group in talk.groups],
        "idle": [_idle(name) for name in BY_NAME if name not in asked],
        "estimate": str(preview.estimate(talk.settled)),
        "files": list(_files(talk.settled, preview)),
        "command": review.command(talk.settled.answers, []),
        "given": given(talk.settled.answers),
    }
    return _as_json(document)


def given(answers: Answers) -> Mapping[str, Value]:
    """Return what somebody said, and what moved for it: all that a template has to be told."""
    return {name: value for name, value in answers.applicable().items() if answers.origins[name] != "default"}


def _group(talk: Conversation, group: str, opened: Sequence[str]) -> Mapping[str, Any]:
    names = sorted(talk.members(group), key=lambda name: name != "service")  # the name is what everybody asks first
    return {
        "name": group,
        "title": find.entry(group).title,
        "count": f"{sum(name in talk.said for name in names)} / {len(names)}",
        "questions": [_question(talk, talk.question(name)) for name in names if group in opened],
    }


def _question(talk: Conversation, question: Question) -> Mapping[str, Any]:
    """Return a question with its choices, each with the reason where it cannot be chosen."""
    option = question.option
    row = review.row(option.name, talk.settled)
    many = isinstance(option, SelectMany)
    return {
        "name": option.name,
        "title": tr(option.title),
        "question": tr(option.question),
        "why": tr(option.why),
        "kind": "many" if many else "one" if question.offers else "text",
        "rule": parts.rule(option),
        "numeric": not isinstance(option, Text),
        "value": members(question.value) if many else question.value,
        "default": question.default,
        "back": _way_back(talk, question),
        "origin": row.origin,
        "remark": row.remark,
        "offers": [offer._asdict() | {"title": shown(offer.value)} for offer in question.offers],
    }


def _way_back(talk: Conversation, question: Question) -> str | None:
    """Return how to take an answer back that somebody gave; a service has to have a name."""
    option, default = question.option, question.default
    if option.name not in talk.said or option.required or default in (None, question.value):
        return None
    return tr("Back to {value}", value=shown(default))


def _idle(name: str) -> Mapping[str, str]:
    """Return a question that has no meaning now, and which answers give it one."""
    return {"title": tr(BY_NAME[name].title), "needs": _needs(BY_NAME[name].when)}


def _needs(when: When) -> str:
    needs = [
        tr("{name} is {values}", name=tr(BY_NAME[name].title), values=tr(" or ").join(map(shown, few)))
        for name, few in when.items()
    ]
    return tr(" and ").join(needs)


def _files(settled: Settled, preview: Preview) -> Iterator[Mapping[str, Any]]:
    """Yield folders and files as a tree: those of the answers, and those that only the defaults have."""
    marks = preview.difference(defaults(settled), settled)
    reasons = {leaf.path: leaf.reason for leaf in preview.leaves(settled)}
    for leaf in grown([*preview.paths(settled), *(path for path in marks if marks[path] == "-")]):
        mark = marks.get(leaf.path, "")
        yield {**leaf._asdict(), "name": leaf.name, "reason": reasons.get(leaf.path, ""), "mark": mark}


def defaults(settled: Settled) -> Settled:
    """Return what a service of the same name has where nothing else was said."""
    return Nowhere().settle({"service": settled.value("service")})


def file(request: Request) -> bytes:
    """Return the lines of a file, each with ``+`` or ``-`` where the defaults have another."""
    settled = _conversation(request.said)[0].settled
    files = written if request.path in (LOCK, PACK) else Preview().tree
    after, before = (files(each).get(request.path) for each in (settled, defaults(settled)))
    if after is None and before is None:
        raise ValueError(request.path)
    if request.path == PACK:
        return _as_json({"lines": [(" ", tr("The first render, packed: updates compare with it."))]})
    return _as_json({"lines": list(lines_of(before, after))})


def written(settled: Settled) -> Mapping[str, File]:
    """Return every file that the command writes."""
    return with_lockfile(Preview().tree(settled), settled.answers)


def archive(request: Request) -> bytes:
    """Return all files as a zip archive, in a folder with the name of the service."""
    settled = _conversation(request.said)[0].settled
    return zipped(written(settled), str(settled.value("service")))


ANSWERS: Mapping[str, Callable[[Request], bytes]] = {"page": page, "file": file, "archive": archive}
"""What can be asked for."""


def _as_json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
