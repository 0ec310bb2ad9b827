"""What plain cookiecutter needs to render this template: the derived values and the filters.

``template/cookiecutter.json`` is derived from the tables, and names each derived value as a private ``__name`` key,
which comes through here. A flag is "true" or "", since cookiecutter renders private values to strings. The hooks
import the tables of the checkout as well, so that there is no second copy of patterns, conflicts or the layout.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment
from jinja2.ext import Extension

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "generator"))

from gocontainer.rendering import language
from gocontainer.rendering.variables import FILTERS, template_variables


class Derived(Extension):
    """Adds ``answers | derived("__name")`` and the template language's own filters."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters.update(FILTERS)
        pins = language.pins()

        def derived(answers: Mapping[str, str | bool], name: str) -> str:
            try:
                return template_variables(answers, pins)[name]
            except (KeyError, ValueError):
                return ""  # a wrong answer: pre_gen_project says so in a sentence

        environment.filters["derived"] = derived
