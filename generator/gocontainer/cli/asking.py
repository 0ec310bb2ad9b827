"""Whether somebody can be asked while a command runs, and in which manner."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gocontainer.cli.requests import WrongCall
from gocontainer.console import tell
from gocontainer.errors import InvalidAnswer
from gocontainer.texts import series, tr

if TYPE_CHECKING:
    from gocontainer.external.wanted import Person
    from gocontainer.prompts.question import Asking

VARIABLE, MANNERS = "GOCONTAINER_WIZARD", ("screen", "inline", "plain")
"""How the wizard asks for good."""


def is_terminal() -> bool:
    """Whether somebody types and reads here."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def wants_lines(environment: Mapping[str, str]) -> bool:
    """Whether a person's terminal cannot move its cursor, or the person has said for good to be asked line by line."""
    dumb = environment.get("TERM", "" if os.name == "nt" else "dumb") == "dumb"
    said = (environment.get(name, "").lower() for name in ("GOCONTAINER_PLAIN", "ACCESSIBLE"))
    return dumb or any(word not in ("", "0", "false", "no", "off") for word in said)


def manner(*, plain: bool = False, inline: bool = False) -> tuple[bool, bool]:
    """Return whether the wizard asks line by line, and whether by prompts; on its screen where neither is so.

    A flag counts more than GOCONTAINER_WIZARD, and what a terminal cannot do counts most.
    """
    if plain and inline:
        raise WrongCall("gocontainer new", tr("{one} and {other} are both given.", one="--inline", other="--plain"))
    word = os.environ.get(VARIABLE, "") or MANNERS[0]
    if word not in MANNERS:
        raise InvalidAnswer(VARIABLE, word, tr("one of {choices}", choices=series(MANNERS)), tr("Give another."))
    said = "plain" if plain else "inline" if inline else word
    return said == "plain" or wants_lines(os.environ), said == "inline"


def may_ask(*, no_input: bool = False, as_json: bool = False) -> bool:
    """Whether a person may be asked."""
    return not no_input and not as_json and is_terminal()


def prompts(*, by_lines: bool) -> Asking:
    """Return what asks at this terminal: line by line, or by prompts, which redraw their lines."""
    if by_lines:
        from gocontainer.prompts.lines import Lines

        return Lines(tell, input)
    from gocontainer import wizard
    from gocontainer.prompts.terminal import Prompts

    return Prompts(wizard.glyphs())


def settings(folder: Path, given: Sequence[str], *, as_json: bool) -> Sequence[str]:
    """Return the ``--set`` of an update, with those that lack their value asked for where somebody may be."""
    if all("=" in each for each in given) or not may_ask(as_json=as_json):
        return given
    from gocontainer.prompts.settings import complete

    by_lines, _ = manner()
    return complete(prompts(by_lines=by_lines), folder, given)


def person(
    *, no_input: bool = False, as_json: bool = False, plain: bool = False, inline: bool = False
) -> Callable[[], Person] | None:
    """Return what makes the person who is asked about an external template; None where nobody may be."""
    if not may_ask(no_input=no_input, as_json=as_json):
        return None
    by_lines, _ = manner(plain=plain, inline=inline)

    def made() -> Person:
        from gocontainer.prompts.template import TemplatePrompts

        return TemplatePrompts(prompts(by_lines=by_lines))

    return made
