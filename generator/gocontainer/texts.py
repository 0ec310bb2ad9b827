"""What people read, in their language: ``tr`` looks a sentence up, and everything else stays as it is.

The key of a sentence is the English one, as gettext has it; the catalogues lie in ``locale``. Nothing that a program
reads goes through here: JSON, exit codes and rendered files are the same in every language. There are no plural forms:
where one and many differ, each is a sentence of its own.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

LANGUAGES = {"en": "English", "zh_CN": "简体中文"}
"""The languages, each in its own words; a language has a catalogue, but for English."""
_LOCALE = Path(__file__).with_name("locale")
_FEW = 5
_WIDE_STOPS = ("\u3002", "\uff1f", "\uff01")


def _as_it_is(text: str) -> str:
    return text


_found: Callable[[str], str] = _as_it_is
"""Looks a sentence up in the catalogue in use."""


def tr(text: str, /, **values: object) -> str:
    """Return ``text`` in the language in use, with its ``{names}`` filled from ``values`` if there are any."""
    text = _found(text) if text else text  # gettext has its header under the empty text
    return text.format_map(values) if values else text


def mark(text: str) -> str:
    """Return ``text`` as it is: a text that is looked up later, where it is shown."""
    return text


def listed(names: Iterable[str]) -> str:
    """Return a few of ``names`` for a sentence."""
    shown = list(names)
    if len(shown) <= _FEW:
        return series(shown)
    return tr("{names} and {count} more", names=series(shown[:_FEW]), count=len(shown) - _FEW)


def series(names: Iterable[str]) -> str:
    """Return all of ``names`` for a sentence."""
    return tr(", ").join(names)


def joined(*sentences: str) -> str:
    """Return sentences one behind the other; a wide full stop needs no space behind it."""
    text = ""
    for each in filter(None, sentences):
        text += each if not text or text.endswith(_WIDE_STOPS) else f" {each}"
    return text


def written(value: object) -> str:
    """Return a value as a sentence names it, in little time whatever it is."""
    return _REPR.repr(value)


class _Repr(reprlib.Repr):
    """Writes any value in little time: one that names itself again and again, and a number of any length."""

    def repr_int(self, x: int, level: int) -> str:
        """Return a number, in a form that has no limit where it has more digits than any answer."""
        del level
        return repr(x) if x.bit_length() <= 64 else hex(x)  # noqa: PLR2004


_REPR = _Repr()
_REPR.maxlevel = 3
_REPR.maxlist = _REPR.maxtuple = _REPR.maxset = _REPR.maxdict = 25
_REPR.maxstring = _REPR.maxother = 200


def speak(language: str) -> None:
    """Use ``language``, one of LANGUAGES, from now on."""
    global _found  # noqa: PLW0603 - a process speaks to one person
    _found = _as_it_is
    if language != "en":
        import gettext

        with (_LOCALE / language / "LC_MESSAGES" / "gocontainer.mo").open("rb") as catalogue:
            _found = gettext.GNUTranslations(catalogue).gettext


def is_english() -> bool:
    """Whether the language in use is the one that the texts are written in."""
    return _found is _as_it_is


def language_of(environment: Mapping[str, str]) -> str:
    """Return the language that a person's environment asks for, English where it is none of ours.

    ``GOCONTAINER_LANG`` is ours alone; then POSIX: ``LC_ALL`` is above ``LC_MESSAGES``, and that above ``LANG``.
    """
    names = ("GOCONTAINER_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    wanted = next((environment[name] for name in names if environment.get(name)), "")
    word = wanted.partition(".")[0].partition("@")[0].replace("-", "_").lower()
    return "zh_CN" if word.partition("_")[0] == "zh" else "en"
