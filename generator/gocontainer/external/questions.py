"""What a template asks: a script as ``worker.py``, which it loads, and which asks nobody itself either.

``python questions.py REQUEST`` writes the variables that the request does not answer, in the order in which
cookiecutter asks: those with a dict come last. Each default is rendered from the answers so far.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cookiecutter import prompt
from rich.errors import MarkupError
from rich.markup import render

if TYPE_CHECKING:
    from gocontainer.external import values, worker
else:  # nothing of ours is on the path, and no name of ours is to hide one of the template's
    _spec = spec_from_file_location("_gocontainer_worker", Path(__file__).with_name("worker.py"))
    worker = module_from_spec(_spec)
    _spec.loader.exec_module(worker)
    values = worker.values


def look(rendering: worker.Rendering) -> dict[str, Any]:
    """Return the questions that are left; of those whose default cannot be rendered yet only their number."""
    try:
        here = rendering.place()
    except values.Refused as refused:
        if refused.document["kind"] != "which":
            raise
        return {"kind": "questions", "questions": [_which(refused.document["templates"])], "left": 1}
    names, locked, asked = rendering.given(here)
    answers = {**locked, **asked}
    context = rendering.context(here, answers)
    left = [name for name in names if name not in answers]
    left.sort(key=lambda name: isinstance(context["cookiecutter"][name], dict))
    questions: list[dict[str, Any]] = []
    for name in left:
        try:
            question = _question(context, name)
        except worker.FAILURES:
            if not questions:
                raise
            break
        questions.append(question)
        if not question["choices"]:  # what follows from a default is shown as it would be: that may be a random one
            context["cookiecutter"][name] = values.sealed(question["default"])
    return {"kind": "questions", "questions": questions, "left": len(left)}


def _which(templates: Any) -> dict[str, Any]:
    """Return the question which of several templates it is: a mapping, or a list as cookiecutter 1 has it."""
    options = templates if isinstance(templates, dict) else {}
    labels = prompt._prompts_from_options(options)  # noqa: SLF001 - what cookiecutter itself shows
    choices = [(each, each, _plain(labels.get(each, ""))) for each in templates]
    return {"name": "template", "label": "template", "default": choices[0][0], "choices": choices, "fixed": False}


def _question(context: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a variable with its default."""
    variables = context["cookiecutter"]
    raw, labels = variables[name], variables.get("__prompts__", {}).get(name) or name
    named = labels if isinstance(labels, dict) else {"__prompt__": labels}
    choices = []
    if isinstance(raw, list):
        choices = [(each, text, _plain(named.get(text, ""))) for each, text in values.choices(context, name)]
    rendered = values.rendered_before(context, name)[1][name]
    return {
        "name": name,
        "label": _plain(named.get("__prompt__", name)),
        "default": raw[0] if choices else rendered,
        "choices": choices,
        "fixed": all(str(each) == text for each, text, _ in choices) if choices else str(raw) == str(rendered),
    }


def _plain(label: object) -> str:
    """Return a label without the markup that cookiecutter gives to rich."""
    try:
        return render(str(label)).plain
    except MarkupError:
        return str(label)


if __name__ == "__main__":
    worker.main(Path(sys.argv[1]), look)
