"""The conversation at a terminal, on the whole screen or line by line.

    given layers + surroundings --(settling)--> Settled <--(conversation)--> screen --(terminal)--> a person
                                                                         `-> plain ----------------> a person

``settling`` makes complete answers of what was said and of the surroundings, which it looks at once: what has no
meaning is left out, and a default that is in the way moves. ``conversation`` keeps only what the person said and on
which page they are, so that every way through comes to the same answers; a property test walks random ways and
compares the bytes with those of the command that is printed at the end. ``controls`` has what is pointed at and what
each key does, ``screen`` what is shown then, from ``parts``, ``pages``, ``review`` and ``preview``; none of them knows
a terminal. ``terminal`` is the only module that imports prompt_toolkit; ``plain`` is the same conversation line by
line, and ``find`` knows an answer by what somebody types of its name. ``resume`` keeps what was said when somebody
leaves.

An accepted default counts as nothing said: it stays a default in the lock, follows a later change of the profile, and
needs no flag in the printed command.

The pages are filmed at a real pseudo-terminal (``tests/helpers/films.py``) in three sizes, with and without colours and
in ASCII, and compared letter by letter. A film has a language.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gocontainer.answers.detect import surroundings
from gocontainer.answers.model import Answers, Layer, service_in
from gocontainer.errors import Cancelled, UsageError
from gocontainer.options.types import Value
from gocontainer.rendering import language
from gocontainer.texts import tr
from gocontainer.wizard import pages, plain, resume
from gocontainer.wizard.conversation import Conversation
from gocontainer.wizard.preview import Preview
from gocontainer.wizard.settling import Settler, shown


class Said(NamedTuple):
    """The outcome of a conversation: complete answers, and where to write."""

    answers: Answers
    target: Path


class Manner(NamedTuple):
    """How to converse."""

    plain: bool
    inline: bool
    resumed: bool
    dry_run: bool
    kept: Path
    """Where answers are kept when the conversation is left."""
    say: plain.Say


def converse(given: Sequence[Layer], output: Path | None, manner: Manner) -> Said:
    """Ask for what ``given`` leaves open; raise Cancelled, its answers so far kept, or UsageError."""
    left = resume.read(manner.kept).below(given) if manner.resumed else None
    output = output or (left.output if left else None)
    layers = left.given if left else tuple(given)
    around = surroundings(output, service_in(layers))
    conversation = started(Settler(layers, around), left)
    found = list(around.found(language.load()["pins"]["tool"]["go"]))
    try:
        if manner.inline and not manner.plain:
            _inline(conversation, found, dry_run=manner.dry_run)
        elif manner.plain or not _on_the_screen(conversation, found, dry_run=manner.dry_run):
            plain.converse(conversation, Preview(), found, manner.say, input)
    except Cancelled as ended:
        ended.kept = resume.keep(manner.kept, conversation, output)
        raise
    resume.keep(manner.kept, conversation, output)  # until the repository is written
    return Said(conversation.settled.answers, conversation.settler.target(conversation.settled))


def started(settler: Settler, left: resume.SavedConversation | None) -> Conversation:
    """Return a conversation, after an earlier one where there was one: what cannot be any more is left out."""
    if left is None:
        return Conversation(settler)
    said: dict[str, Value] = {}
    notes = []
    for name, value in left.said.items():
        try:
            settler.settle({**said, name: value})
            said[name] = value
        except UsageError:
            told = tr(
                "{name} {value} does not go with what this call gives, and is left out.", name=name, value=shown(value)
            )
            notes.append(told)
    conversation = Conversation(settler, said)
    conversation.notes = (*conversation.notes, *notes)
    conversation.drafts = dict(left.drafts)
    conversation.go_to(*left.place)
    return conversation


def _inline(conversation: Conversation, found: Sequence[str], *, dry_run: bool) -> None:
    from gocontainer.prompts.terminal import Prompts
    from gocontainer.wizard import inline

    signs = glyphs()
    inline.converse(conversation, found, Prompts(signs), signs, dry_run=dry_run)


def _on_the_screen(conversation: Conversation, found: Sequence[str], *, dry_run: bool) -> bool:
    """Hold the conversation on the whole screen; False where that is too small, or becomes so."""
    from gocontainer.wizard.screen import Screen
    from gocontainer.wizard.terminal import Terminal

    screen = Screen(conversation, Preview(), glyphs(), found, dry_run=dry_run)
    screen.columns, screen.rows = shutil.get_terminal_size()
    if not screen.tiny:
        Terminal(screen).run()
    return screen.done


def glyphs() -> pages.Glyphs:
    """Return the signs that the terminal shows."""
    return pages.Glyphs() if speaks_unicode(os.environ, sys.stdout.encoding) else pages.ASCII


def speaks_unicode(environment: Mapping[str, str], encoding: str) -> bool:
    """Whether the terminal shows more than ASCII, as far as its user's locale tells.

    Python itself moves the plain C locale to UTF-8 by LC_CTYPE (PEP 538), which says nothing about the terminal.
    """
    if environment.get("TERM") == "linux" or encoding.lower().replace("-", "") != "utf8":
        return False
    coerced = environment.get("LC_CTYPE") == "C.UTF-8" and environment.get("LANG", "C") in ("", "C", "POSIX")
    names = ("LC_ALL", "LANG") if coerced else ("LC_ALL", "LC_CTYPE", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "C")
    return sys.platform in ("darwin", "win32") or "utf" in locale.lower()
