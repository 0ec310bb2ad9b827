"""The files of a repository that somebody else wrote, as far as they say what it is; nothing of it is run."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

LARGEST = 1_000_000
"""Bytes of a file that is read; what is larger was not written by hand."""
_ELSEWHERE = frozenset(["vendor", "testdata", "node_modules"])
"""Folders with code that is not the repository's own, or that no build takes."""
_TOKENS = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*'""", re.DOTALL)
_DIRECTIVE = re.compile(r"//go:(?:build|embed)\b")


class Evidence(NamedTuple):
    """Where something was seen."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"

    def document(self) -> dict[str, str | int]:
        """Return it as JSON has it."""
        return {"file": self.path, "line": self.line, "text": self.text}


class Found(NamedTuple):
    """What a pattern matched, and where."""

    match: re.Match[str]
    where: Evidence


def without_comments(text: str) -> str:
    """Return Go code with spaces for its comments, but for those that tell the compiler something."""

    def blank(found: re.Match[str]) -> str:
        said = found[0]
        is_comment = said.startswith(("//", "/*")) and not _DIRECTIVE.match(said)
        return re.sub(r"[^\n]", " ", said) if is_comment else said

    return _TOKENS.sub(blank, text)


def label(name: str) -> str:
    """Return a name as that of a service could be."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower())[:40].strip("-")


class Sources:
    """A module's own files, by their paths from its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._texts: dict[str, str] = {}

    @cached_property
    def paths(self) -> list[str]:
        """Every file, sorted; none below a folder of _ELSEWHERE, nor in another module."""
        return sorted(self._walk())

    @cached_property
    def modules(self) -> list[str]:
        """The folders of other modules below."""
        self.paths  # noqa: B018 - the walk finds them
        return sorted(self._modules)

    def _walk(self) -> Iterator[str]:
        self._modules: list[str] = []
        for place, folders, files in os.walk(self.folder):
            inside = os.path.relpath(place, self.folder).replace(os.sep, "/")
            if inside != "." and "go.mod" in files:
                self._modules.append(inside)
                folders.clear()
                continue
            folders[:] = [each for each in folders if each not in _ELSEWHERE and each != ".git"]
            yield from (each if inside == "." else f"{inside}/{each}" for each in files)

    @cached_property
    def go(self) -> list[str]:
        """The Go files that a build takes: no tests, and none that the go command leaves out by their name."""
        return [each for each in self.paths if each.endswith(".go") and not each.endswith("_test.go") and _built(each)]

    def text(self, path: str) -> str:
        """Return a file's text, of Go code without comments; nothing where it is none or cannot be read."""
        if path not in self._texts:
            self._texts[path] = _text(self.folder / path)
            if path.endswith(".go"):
                self._texts[path] = without_comments(self._texts[path])
        return self._texts[path]

    def find(self, pattern: re.Pattern[str], paths: list[str]) -> Iterator[Found]:
        """Yield each match, in the order of files and lines."""
        for path in paths:
            text = self.text(path)
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                shown = " ".join(text.split("\n")[line - 1].split())
                yield Found(match, Evidence(path, line, shown[:100]))

    def named(self, fits: Callable[[str], object]) -> list[str]:
        """Return the files whose path fits."""
        return [path for path in self.paths if fits(path)]


def _built(path: str) -> bool:
    return not any(part.startswith(("_", ".")) for part in path.split("/"))


def _text(path: Path) -> str:
    try:
        if path.is_symlink() or path.stat().st_size > LARGEST:
            return ""
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
