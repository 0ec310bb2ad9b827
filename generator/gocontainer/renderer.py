"""From answers to a tree of files, in memory. Reads the template; writes nothing."""

from __future__ import annotations

from gocontainer import layout, template
from gocontainer.answers import Answers
from gocontainer.derived import derive
from gocontainer.tree import File


def render(answers: Answers) -> dict[str, File]:
    """Return the repository for ``answers``: path to file, sorted by path."""
    loaded = template.load()
    context = answers.context() | derive(answers, loaded["pins"])
    return {
        path: File(template.evaluate(program, context).encode(), path in layout.EXECUTABLE)
        for path, program in sorted(loaded["files"].items())
        if layout.included(path, context)
    }
