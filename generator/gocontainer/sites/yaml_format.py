"""YAML as the Go program wrote it that repositories had for their sites: what it wrote stays byte for byte.

By go.yaml.in/yaml/v3 with an indentation of 2: which words are no strings (resolve.go), how keys are sorted
(sorter.go), and when a string is quoted or a block (encode.go, emitterc.go).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cmp_to_key, lru_cache
from typing import Any

import yaml

TAG = "tag:yaml.org,2002:"
_WORDS = {
    **dict.fromkeys(("true", "True", "TRUE", "false", "False", "FALSE"), "bool"),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), "null"),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), "float"),
    **dict.fromkeys((f"{sign}{word}" for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")), "float"),
    "<<": "merge",
}
_INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TIME = r"[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}([.,][0-9]+)?"
_TIMESTAMP = re.compile(
    rf"([0-9]{{4}})-([0-9]{{1,2}})-([0-9]{{1,2}})([Tt]{_TIME}(Z|[-+][0-9]{{2}}:[0-9]{{2}})| {_TIME})?"
)
_SIXTIES = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_OLD_BOOLS = {form for word in ("y", "n", "yes", "no", "on", "off") for form in (word, word.title(), word.upper())}
_UNPRINTABLE = r"[^\n -~\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]"
_NOT_PLAIN = re.compile(
    rf"""\A(?:---|\.\.\.|[#,\[\]{{}}&*!|>'"%@` ]|[?:-](?:[ \t]|\Z))|:(?:[ \t]|\Z)|[ \t]\#|[ ]\Z|[\n\t]|{_UNPRINTABLE}"""
)
_NOT_SINGLE = re.compile(rf"\t|{_UNPRINTABLE}")
_NOT_BLOCK = re.compile(rf"[ ]\Z|[ ]\n|(?!\t){_UNPRINTABLE}")
_ESCAPED = re.compile(rf'["\\\n]|{_UNPRINTABLE}')
_ESCAPES = dict(zip('\0\a\b\t\n\v\f\r\x1b"\\\x85', '0abtnvfre"\\N', strict=True))
_LONGEST_KEY = 128
_MOST, _MOST_DIGITS = 2**64, 70
_EXPONENTS = range(-4, 6)


def tag_of(text: str) -> str:
    """Return what a word without quotes is: bool, float, int, merge, null, timestamp or str."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return "str"
    if _is_timestamp(text):
        return "timestamp"
    plain = text if text[0] == "." else text.replace("_", "")
    if (
        len(plain) < _MOST_DIGITS
        and _INTEGER.fullmatch(plain)
        and (-_MOST // 2 if plain[0] in "+-" else 0) <= integer(plain) < _MOST
    ):
        return "int" if plain[0] not in "+-" or integer(plain) < _MOST // 2 else "float"
    return "float" if _FLOAT.fullmatch(plain) and not math.isinf(float(plain)) else "str"


def _is_timestamp(text: str) -> bool:
    found = _TIMESTAMP.fullmatch(text)
    try:
        return bool(found and date(*map(int, found.group(1, 2, 3))))
    except ValueError:
        return False


def integer(text: str) -> int:
    """Return the number that a word stands for: one that begins with 0 is octal."""
    plain = text.replace("_", "")
    digits = plain.lstrip("+-")
    old = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
    number = int(digits, 8 if old else 0)
    return -number if plain[0] == "-" else number


class Loader(yaml.SafeLoader):
    """Reads what kubectl prints, with the words that Go's library knows."""

    def resolve(self, kind: type[yaml.Node], value: str, implicit: Any) -> str:
        """Return the tag of a node."""
        if kind is yaml.ScalarNode and implicit[0]:
            return TAG + tag_of(value)
        above: Any = super()
        return str(above.resolve(kind, value, implicit))


def _number(loader: Loader, node: yaml.ScalarNode) -> int:
    return integer(loader.construct_scalar(node))


def _word(loader: Loader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


Loader.add_constructor(TAG + "int", _number)
Loader.add_constructor(TAG + "timestamp", _word)


def load_all(text: str) -> list[Any]:
    """Return the documents of ``text``; raise yaml.YAMLError."""
    return list(yaml.load_all(text, Loader))


def dump_all(documents: Iterable[Any]) -> str:
    """Return documents as one text."""
    return "---\n".join(f"{_written(each, 0)}\n" for each in documents)


def _written(value: Any, indent: int) -> str:
    """Return a value whose first line begins where the indentation already is."""
    if isinstance(value, dict) and value:
        keys = sorted(value, key=cmp_to_key(_order))
        return f"\n{' ' * indent}".join(_entry(key, value[key], indent) for key in keys)
    if isinstance(value, list) and value:
        return f"\n{' ' * indent}".join(f"- {_written(each, indent + 2)}" for each in value)
    return _scalar(value, indent)


def _entry(key: Any, value: Any, indent: int) -> str:
    name, pad = _scalar(key, indent + 2), " " * indent
    if len(str(key).encode()) > _LONGEST_KEY or "\n" in str(key):
        return f"? {name}\n{pad}: {_written(value, indent + 2)}"
    if isinstance(value, dict | list) and value:
        return f"{name}:\n{pad}  {_written(value, indent + 2)}"
    return f"{name}: {_written(value, indent + 2)}"


def _scalar(value: Any, indent: int) -> str:
    if isinstance(value, str):
        return _block(value, indent) if "\n" in value and not _NOT_BLOCK.search(value) else _line(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return "{}" if isinstance(value, dict) else str(value)


def _block(text: str, indent: int) -> str:
    hint = "2" if text[0] in " \n" else ""
    chomp = "-" if text[-1] != "\n" else "+" if text == "\n" or text[-2] == "\n" else ""
    lines = text.removesuffix("\n").split("\n")
    return "\n".join([f"|{hint}{chomp}", *(f"{' ' * indent}{line}" if line else "" for line in lines)])


@lru_cache(maxsize=10_000)
def _line(text: str) -> str:
    """Return a string on one line, in quotes where it has to be."""
    is_word = tag_of(text) != "str" or text in _OLD_BOOLS or bool(_SIXTIES.fullmatch(text))
    if not is_word and not _NOT_PLAIN.search(text):
        return text
    if not is_word and "\n" not in text and not _NOT_SINGLE.search(text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def _escape(found: re.Match[str]) -> str:
    letter = found.group()
    if letter in _ESCAPES:
        return f"\\{_ESCAPES[letter]}"
    code = ord(letter)
    return f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"  # noqa: PLR2004


def _float(number: float) -> str:
    """Return a number with the fewest digits that stand for it, with an exponent where Go has one."""
    if math.isnan(number) or math.isinf(number):
        return ".nan" if math.isnan(number) else ".inf" if number > 0 else "-.inf"
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    power = len(digits) + int(exponent) - 1
    if number == 0 or power in _EXPONENTS:
        return f"{Decimal(repr(number)).normalize():f}"
    first, *rest = map(str, digits)
    fraction = f".{''.join(rest)}" if rest else ""
    return f"{'-' * sign}{first}{fraction}e{power:+03d}"


def _order(a: Any, b: Any) -> int:
    """Compare two keys: numbers in names by what they are worth, letters behind all else."""
    if not (isinstance(a, str) and isinstance(b, str)):
        return (str(a) > str(b)) - (str(a) < str(b))
    same = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)
    if same is None:
        return len(a) - len(b)
    x, y = a[same], b[same]
    if x.isalpha() and y.isalpha():
        return -1 if x < y else 1
    if x.isalpha() or y.isalpha():
        behind_digits = same > 0 and a[same - 1].isdecimal()
        return -1 if (x.isalpha() if behind_digits else y.isalpha()) else 1
    return -1 if _numbers(a, b, same) < _numbers(b, a, same) else 1


def _numbers(name: str, other: str, at: int) -> tuple[int, int, str]:
    """Return what decides between two names from where they differ: the number there, its length, its letter."""
    digits = re.match(r"\d*", name[at:])
    assert digits, name
    before = re.search(r"\d*\Z", name[:at])
    leads = "0" in (name[at], other[at]) and before is not None and before.group().strip("0") != ""
    return int(("1" if leads else "") + digits.group() or "0"), len(digits.group()), name[at]
