"""Patterns that several questions share."""

from __future__ import annotations

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
