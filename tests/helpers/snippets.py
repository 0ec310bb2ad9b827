"""The snippets of the docs: what each is, what it quotes, and what its commands print when they are run.

`make quotes` writes the quotes afresh.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from shlex import quote
from typing import NamedTuple
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.helpers.support import ROOT, clean_environment

BIN = Path(sys.executable).parent
DIRECTIVES = {"{toctree}", "{include}"}


def tokens(text: str) -> Iterator[Token]:
    """Every block and inline token of a page."""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        yield token
        yield from token.children or ()


def links(text: str) -> list[str]:
    """Where the links and pictures of a page lead, those in HTML too."""
    found = []
    for token in tokens(text):
        if token.type in ("link_open", "image"):
            found.append(unquote(str(token.attrs.get("href") or token.attrs["src"])))
        elif token.type.startswith("html"):
            found += re.findall(r"""(?:href|src)=["']?([^"'\s>]+)""", token.content)
    return found


class Heading(NamedTuple):
    """A heading: h1, h2 and so on, what it says, and its line, counted from zero."""

    level: str
    title: str
    line: int

    @property
    def anchor(self) -> str:
        """Its anchor, as the forge and the site name it."""
        return re.sub(r"[^\w\- ]", "", self.title.lower()).replace(" ", "-")


def headings(text: str) -> list[Heading]:
    """The headings of a page."""
    blocks = pairwise(MarkdownIt("commonmark").parse(text))
    return [
        Heading(each.tag, after.content, (each.map or [0])[0]) for each, after in blocks if each.type == "heading_open"
    ]


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings."""
    return {heading.anchor for heading in headings(text)}


class Snippet(NamedTuple):
    """A fenced block: where it is, what it is of, and the comment right above it."""

    line: int
    language: str
    mark: str
    text: str

    @property
    def kind(self) -> str | None:
        """How the block is checked; None where nothing checks it."""
        name = self.mark.partition(":")[0]
        if self.language in DIRECTIVES:
            return "directive"
        if self.mark.startswith("from "):
            return "quote"
        if self.language == "console":
            return {"": "run", "terminal": "run", "not run": "shown"}.get(name)
        if self.language == "text":
            return {"screen": "shown", "wrong": "shown", "tree": "tree"}.get(name)
        if self.language == "python":
            return None if self.mark else "python"
        return "file" if name == "file" and self.language in ("yaml", "toml", "json") else None

    @property
    def argument(self) -> str:
        """The path or the reason that the comment gives."""
        return re.sub(r"^(from(?= )|tree:|file:|not run:|terminal:|wrong:) *", "", self.mark)


_MARK = re.compile(r"(?:%|<!--) *(.*?)(?: *-->)?")


def snippets(text: str) -> list[Snippet]:
    """The fenced blocks of a page; indented code is one without a language."""
    lines = text.splitlines()
    found = []
    for token in tokens(text):
        if token.type in ("fence", "code_block") and token.map:
            line = token.map[0]
            mark = _MARK.fullmatch(lines[line - 1].strip()) if line else None
            found.append(Snippet(line + 1, token.info.split(" ")[0], mark[1] if mark else "", token.content))
    return found


def unchecked(text: str) -> list[str]:
    """The blocks of a page that no test could check, and those whose comment lacks its reason or path."""
    return [
        f"line {snippet.line}: {snippet.language or 'indented'} {snippet.mark}".rstrip()
        for snippet in snippets(text)
        if snippet.kind is None or (snippet.mark and snippet.kind != "directive" and not snippet.argument)
    ]


def misquoted(text: str) -> list[str]:
    """The quotes of a page that do not stand like that in their file, and the trees that are not like their folder."""
    right = {"quote": stands, "tree": drawn}
    return [
        f"line {snippet.line}: {snippet.argument}"
        for snippet in snippets(text)
        for check in [right.get(snippet.kind or "")]
        if check and not check(snippet.text, ROOT / snippet.argument)
    ]


def stands(quote: str, source: Path) -> bool:
    """Whether a file has these lines, in this order where a line `...` leaves some out."""
    parts = re.split(r"(?m)^\.\.\.\n", quote)
    if not all(parts) or not source.is_file():
        return False
    rest = f"\n{source.read_text().rstrip()}\n"
    for part in parts:
        _, found, rest = rest.partition(f"\n{part}")
        rest = f"\n{rest}"
        if not found:
            return False
    return True


def drawn(tree: str, folder: Path) -> bool:
    """Whether a tree names what is in a folder: nothing else, and no folder or program of it is left out."""
    named = re.findall(r"(?m)^[├└]── (\S+)", tree)
    tops = {path.name for path in folder.iterdir() if path.suffix not in (".md", ".sum") and path.name != "LICENSE"}
    shown = {name.partition("/")[0] for name in named}
    return all((folder / name).exists() for name in named) and {n for n in tops if n[0] != "."} <= shown


def requoted(text: str) -> str:
    """A page whose quotes are what their files say now, where at least half of a quote's lines stand there still."""
    lines = text.splitlines(keepends=True)
    for snippet in snippets(text):
        old, source = snippet.text.splitlines(keepends=True), ROOT / snippet.argument
        if snippet.kind == "quote" and source.is_file() and lines[snippet.line : snippet.line + len(old)] == old:
            new = _most_alike(old, source.read_text().splitlines(keepends=True))
            lines[snippet.line : snippet.line + len(old)] = new
    return "".join(lines)


def _most_alike(old: Sequence[str], lines: Sequence[str]) -> Sequence[str]:
    """Return the run of as many lines that has most of the ``old`` ones in their places, or those."""

    def alike(run: Sequence[str]) -> int:
        return sum(line == other and line.strip() != "" for line, other in zip(old, run, strict=True))

    runs = [lines[start : start + len(old)] for start in range(len(lines) - len(old) + 1)]
    best = max(runs, key=alike, default=old)
    return best if 2 * alike(best) >= alike(old) else old


class Step(NamedTuple):
    """One command of a page, what it prints, and its exit code."""

    line: int
    command: str
    expected: Sequence[str]
    code: int


def steps(snippet: Snippet) -> list[Step]:
    """The commands of a console block; a backslash at the end of a line continues it."""
    found: list[Step] = []
    for number, line in enumerate(snippet.text.splitlines(), snippet.line + 1):
        if line.startswith("$ "):
            found.append(Step(number, line[2:], [], 0))
        elif not found:
            found.append(Step(number, "", [line], 0))
        elif not found[-1].expected and found[-1].command.endswith("\\"):
            found[-1] = found[-1]._replace(command=f"{found[-1].command}\n{line}")
        elif code := re.fullmatch(r"\[exit (\d+)\]", line):
            found[-1] = found[-1]._replace(code=int(code[1]))
        else:
            found[-1] = found[-1]._replace(expected=[*found[-1].expected, line])
    return found


def plan(text: str, home: Path) -> list[Step]:
    """All that a page runs, in order: files are written, Python is a command."""
    found: list[Step] = []
    for snippet in snippets(text):
        if snippet.kind == "run":
            found += steps(snippet)
        elif snippet.kind == "python":
            found.append(Step(snippet.line, f"python -c {quote(snippet.text)}", ["..."], 0))
        elif snippet.kind == "file":
            path = home / snippet.argument
            write = f"mkdir -p {quote(str(path.parent))} && printf %s {quote(snippet.text)} > {quote(str(path))}"
            found.append(Step(snippet.line, write, [], 0))
    return found


def matches(expected: Sequence[str], output: str) -> bool:
    """Whether a command printed this: a line `...` is any lines, and ` ...` any rest of its line."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..." else re.escape(line.removesuffix(" ...")) + " .*" * line.endswith(" ...") + r"\n"
        for line in expected
    )
    lines = [line.rstrip() for line in output.splitlines()]
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in lines)) is not None


_END = "\x1e"


def failures(text: str, home: Path, language: str = "en") -> list[str]:
    """Run a page in one bash session that speaks its language, and return what differs from what it shows.

    Home and current folder are ``home``, which output names /home/you; ~/gocontainer is this checkout.
    """
    todo = plan(text, home)
    if not todo:
        return []
    (home / "gocontainer").symlink_to(ROOT)
    script = "".join(f"{{ {step.command}\n}} </dev/null 2>&1\nprintf '\\036%s\\n' $?\n" for step in todo)
    done = subprocess.run(
        ["bash", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        cwd=home,
        env=environment(home) | {"GOCONTAINER_LANG": language},
        timeout=300,
    )
    ends = re.findall(rf"(.*?){_END}(\d+)\n", done.stdout.replace(str(home), "/home/you"), re.DOTALL)
    found = [] if len(ends) == len(todo) else [f"the session ended after {len(ends)} of {len(todo)}: {done.stderr}"]
    return found + [
        f"line {step.line}: {step.command}\nexit {code}, not {step.code}\n{output}"
        for step, (output, code) in zip(todo, ends, strict=False)
        if int(code) != step.code or not matches(step.expected, output)
    ]


def environment(home: Path) -> dict[str, str]:
    """A fresh home, the commands of this environment, and the caches of Go, so that nothing is fetched."""
    inherited = clean_environment()
    inherited = {name: value for name, value in inherited.items() if not name.startswith(("XDG_", "MAKE", "MFLAGS"))}
    return inherited | go_caches() | {"HOME": str(home), "PATH": f"{BIN}:{inherited['PATH']}"}


@cache
def go_caches() -> dict[str, str]:
    names = ("GOCACHE", "GOMODCACHE", "GOENV")
    if shutil.which("go") is None:
        return {}
    done = subprocess.run(["go", "env", *names], check=True, capture_output=True, text=True)
    return dict(zip(names, done.stdout.splitlines(), strict=True))


if __name__ == "__main__":
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        before = page.read_text("utf-8")
        if (after := requoted(before)) != before:
            page.write_text(after, "utf-8")
            sys.stdout.write(f"wrote {page.relative_to(ROOT)}\n")
