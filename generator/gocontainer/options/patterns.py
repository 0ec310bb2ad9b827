"""Patterns and words that several questions share, and what a text or a number may be read as."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gocontainer.texts import written

# Words that YAML reads as a truth value or as nothing.
YAML_WORDS = ("true", "false", "yes", "no", "on", "off", "y", "n", "null")
# Names that Windows keeps for devices; Go refuses them in module paths on every system.
DEVICES = ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)))

# One line of printable text: no control, format, private or unassigned-range characters, no space
# at either end, and none of the template's delimiters, which plain cookiecutter would execute.
_INVISIBLE = (
    r"\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    r"\ud800-\uf8ff\ufe00-\ufe0f\ufeff\ufff0-\uffff"
)
LINE = rf"(?!.*<[<%#])(?! )[^{_INVISIBLE}]*[^ {_INVISIBLE}]"
LABEL = "[a-z0-9]+(?:-+[a-z0-9]+)*"
REPOSITORY = r"(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)+"
"""The path of an image below the host of its registry."""
PLACE = rf"https?://{LABEL}(?:\.{LABEL})*(?::[1-9][0-9]{{0,4}})?(?:/[A-Za-z0-9._~-]+)*/?"
"""An address without credentials."""
HOST = rf"(?:localhost|(?=[a-z0-9-]+[.:]){LABEL}(?:\.{LABEL})*)(?::[1-9][0-9]{{0,4}})?"
"""A registry as an image names it: with a dot or a port, since any other word is a path at Docker Hub."""


def whole(pattern: str) -> str:
    """Return ``pattern`` for all of a text: to Python, unlike to JSON Schema, ``$`` is also before a last newline."""
    return rf"^(?:{pattern})$(?!\n)"


def numbers(low: int, high: int) -> str:
    """Return a pattern of the whole numbers from ``low`` to ``high``, written without leading zeros."""
    digits = range(len(str(low)), len(str(high)) + 1)
    return "|".join(
        _as_long(str(max(low, 10 ** (count - 1) if count > 1 else 0)), str(min(high, 10**count - 1)))
        for count in digits
    )


def _as_long(low: str, high: str) -> str:
    """Return a pattern of the numbers between two that have as many digits."""
    if low[:1] == high[:1]:
        return low[:1] + (_as_long(low[1:], high[1:]) if low else "")
    zeros, nines = "0" * (len(low) - 1), "9" * (len(low) - 1)
    first, last = int(low[0]), int(high[0])
    parts = []
    if low[1:] != zeros:
        parts.append(low[0] + _as_long(low[1:], nines))
        first += 1
    if high[1:] != nines:
        parts.append(high[0] + _as_long(zeros, high[1:]))
        last -= 1
    if first <= last:
        parts.append(
            (f"[{first}-{last}]" if first < last else str(first)) + (f"[0-9]{{{len(zeros)}}}" if zeros else "")
        )
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def in_any_case(words: Sequence[str]) -> str:
    """Return a pattern of ``words`` in small letters, capitals, or both."""
    letters = ("".join(f"[{each}{each.upper()}]" if each.isalpha() else each for each in word) for word in words)
    return f"(?:{'|'.join(letters)})"


BLANKS = " \t\r\n"
"""What may stand around a comma."""
WORDS = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(("false", "no", "off", "0"), False)
"""What means yes or no, in any case."""


def as_text(raw: object) -> str:
    """Return ``raw`` as a text, a number without a fraction as a whole one: to JSON 2 and 2.0 are the same."""
    return raw if isinstance(raw, str) else written(int(raw) if isinstance(raw, float) and raw.is_integer() else raw)


def truth(raw: object) -> bool | None:
    """Return whether ``raw`` means yes or no; None where it means neither."""
    return raw if isinstance(raw, bool) else WORDS.get(as_text(raw).lower())


def either(words: Sequence[str]) -> str:
    """Return ``a, b or c``."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the one of ``words`` that is most like ``word``, if any is like it."""
    import difflib

    return next(iter(difflib.get_close_matches(word.lower(), list(words), n=1)), None)


def names_like(text: str, longest: int) -> list[str]:
    """Return names in small Latin letters that are like ``text``, the nearest first."""
    import unicodedata

    latin = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", latin).strip("-")
    if len(name) > longest:  # cut between two words, unless it is but one
        name = name[: longest + 1].rpartition("-")[0] or name[:longest]
    return [name, f"{name}-service", f"service-{name}"] if name else []
