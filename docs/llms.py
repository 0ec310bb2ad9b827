"""The list of the docs' pages for programs that read them, in the form of llmstxt.org."""

from __future__ import annotations

import re
from pathlib import Path

_TREE = re.compile(r"```\{toctree\}\n:caption: (.+)\n:hidden:\n\n((?:.+\n)+)```")
_LINK = re.compile(r"!?\[([^]]*)\]\([^)]*\)")


def llms_txt(docs: Path) -> str:
    """Return docs/llms.txt: each page of the index in its order, with its title and its first sentence."""
    index = (docs / "index.md").read_text("utf-8")
    title, summary = _opening(index)
    lines = [f"# {title}", "", f"> {summary}"]
    for caption, pages in _TREE.findall(index):
        lines += ["", f"## {caption}", ""]
        for page in pages.split():
            title, summary = _opening((docs / f"{page}.md").read_text("utf-8"))
            title = title or page.rpartition("/")[2].capitalize()  # it is another file of the repository
            lines.append(f"- [{title}]({page}.html)" + (f": {summary}" if summary else ""))
    return "\n".join([*lines, ""])


def _opening(page: str) -> tuple[str, str]:
    """Return the title of a page and the first sentence of its first paragraph, without links and breaks."""
    title, _, rest = re.sub(r"(?ms)^(```+).*?^\1$", "", page).partition("# ")[2].partition("\n")
    paragraphs = re.findall(r"(?m)^(?![#|<%!>:-]|In Chinese: |\[English\]).+(?:\n(?!$).+)*", rest.partition("\n## ")[0])
    first = _LINK.sub(r"\1", " ".join(paragraphs[0].split())) if paragraphs else ""
    return title, re.split(r"(?<=[.。])(?:\s|$)|(?<=。)|:$", first, maxsplit=1)[0]
