"""Which template a call asks for."""

from __future__ import annotations

from typing import NamedTuple


class Wanted(NamedTuple):
    """What the command line says of a template."""

    template: str | None = None
    revision: str | None = None
    trust: bool = False
