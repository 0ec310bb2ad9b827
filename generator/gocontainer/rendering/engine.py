"""From answers to a tree of files, in memory. Reads the template; writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gocontainer.answers.model import Answers
from gocontainer.rendering import adopted, language, layout
from gocontainer.rendering.variables import template_variables
from gocontainer.repository.tree import File


def render(answers: Answers) -> dict[str, File]:
    """Return the repository for ``answers``: path to file, sorted by path."""
    loaded = language.load()
    context = answers.context() | template_variables(answers, loaded["pins"])
    files: Iterable[tuple[str, Any]] = loaded["files"].items()
    if answers.adopted:
        answers.adopted.refuse(answers)
        context |= answers.adopted.variables()
        files = adopted.programs(loaded["files"], loaded["adopted"], answers.adopted, context)
    return {
        path: File(language.evaluate(program, context).encode(), path in layout.EXECUTABLE)
        for path, program in sorted(files)
        if layout.included(path, context)
    }
