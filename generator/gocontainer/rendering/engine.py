"""From answers to a tree of files, in memory. Reads the template; writes nothing."""

from __future__ import annotations

from gocontainer.answers.model import Answers
from gocontainer.rendering import language, layout
from gocontainer.rendering.variables import template_variables
from gocontainer.repository.tree import File


def render(answers: Answers) -> dict[str, File]:
    """Return the repository for ``answers``: path to file, sorted by path."""
    loaded = language.load()
    context = answers.context() | template_variables(answers, loaded["pins"])
    return {
        path: File(language.evaluate(program, context).encode(), path in layout.EXECUTABLE)
        for path, program in sorted(loaded["files"].items())
        if layout.included(path, context)
    }
