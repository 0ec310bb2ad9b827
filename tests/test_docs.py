"""The site builds, its links lead somewhere, and what its pages show is what happens."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest

from gocontainer.cli.click_commands import main
from gocontainer.cli.main import EXIT_CODES
from gocontainer.dev.reference import NOTE
from gocontainer.options.profiles import PROFILE
from gocontainer.options.table import OPTIONS
from tests.helpers import reads
from tests.helpers.goldens import FOLDER
from tests.helpers.snippets import (
    BIN,
    anchors,
    failures,
    links,
    misquoted,
    plan,
    requoted,
    snippets,
    tokens,
    unchecked,
)
from tests.helpers.support import COMMAND, ROOT, clean_environment, need, ok, rendered
from tests.helpers.support import Run as Outcome

README = ROOT / "README.md"
README_ZH = ROOT / "README.zh-CN.md"
DERIVED = {page for page in (ROOT / "docs/reference").glob("*.md") if NOTE in page.read_text()}
MEASURED = {*(ROOT / "docs/measured").glob("*.md")}
"""Tables that benchmarks write; they are parts of a page."""
PAGES = [README, README_ZH, *sorted({*(ROOT / "docs").rglob("*.md")} - DERIVED)]
TOP = sorted(ROOT.glob("*.md"))
TUTORIALS = {*(ROOT / "docs").glob("tutorial*.md")}
"""They have two terminals and the wizard; tests/test_tutorial.py follows them."""
HOSTS = {
    "docs.docker.com",
    "docs.gitea.com",
    "docs.github.com",
    "docs.sigstore.dev",
    "docs.zizmor.sh",
    "dubbo.apache.org",
    "github.com",
    "go.dev",
    "help.aliyun.com",
    "keepachangelog.com",
    "kubernetes.io",
    "opentelemetry.io",
    "prometheus.io",
}
"""Where links of the docs may lead."""

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


# Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built with every warning an error."""
    folder = tmp_path_factory.mktemp("site")
    ok(build(ROOT / "docs", folder))
    return folder


def build(source: Path, folder: Path) -> Outcome:
    arguments = ["-W", "--keep-going", "-n", "-q", "-b", "html", "-d", f"{folder}.doctrees", str(source), str(folder)]
    done = subprocess.run(
        [str(BIN / "sphinx-build"), *arguments], check=False, capture_output=True, text=True, env=clean_environment()
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def test_the_site_has_every_page(site: Path) -> None:
    pages = {*(ROOT / "docs").rglob("*.md")} - MEASURED
    sources = {path.relative_to(ROOT / "docs").with_suffix("") for path in pages}
    assert sources <= {path.relative_to(site).with_suffix("") for path in site.rglob("*.html")}
    assert list(site.rglob("answers.schema.json")), "the schema is a download"


def test_programs_find_each_page_of_the_index_with_its_title(site: Path) -> None:
    said = (site / "llms.txt").read_text()
    assert said.startswith("# gocontainer\n\n> ")
    found = re.findall(r"(?m)^- \[(.+)\]\((\S+)\)", said)
    assert len(found) > 50
    assert [path for _, path in found if not (site / path).is_file()] == []


def test_a_derived_page_opens_with_its_title_and_not_with_a_warning() -> None:
    assert len(DERIVED) == 5
    assert [page.name for page in DERIVED if NOTE in seen(page.read_text())] == []


def test_a_warning_that_readers_see_is_found() -> None:
    assert NOTE in seen(f"# Options\n\n{NOTE}\n")
    assert seen(f"<!-- {NOTE} -->\n\n# Options\n") == "Options"


def seen(text: str) -> str:
    """What a page shows, without its comments."""
    return "\n".join(token.content for token in tokens(text) if token.type == "inline")


def test_every_table_that_was_measured_is_shown() -> None:
    text = "".join(path.read_text() for path in (ROOT / "docs/explanation").glob("*.md"))
    assert MEASURED
    assert [path.name for path in MEASURED if f"```{{include}} ../measured/{path.name}\n" not in text] == []


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    assert [found for path in site.rglob("*.html") for found in outside(path.read_text())] == []
    assert [path for path in site.rglob("*.css") if re.search(r"url\(['\"]?(https?:)?//", path.read_text())] == []


def outside(html: str) -> list[str]:
    """The resources that a page loads from another host."""
    return re.findall(r"<(?:script|img|link|iframe)\b[^>]*(?:src|href)=\"(?:https?:)?//[^>]*>", html)


def test_a_web_font_is_found() -> None:
    assert outside('<link rel="stylesheet" href="https://fonts.example/inter.css">')
    assert not outside('<link rel="stylesheet" href="_static/furo.css"><a href="https://example.com">x</a>')


def test_a_page_without_its_place_or_with_a_dead_anchor_stops_the_build(tmp_path: Path) -> None:
    source = tmp_path / "docs"
    source.mkdir()
    (source / "conf.py").write_text("extensions = ['myst_parser']\nmyst_heading_anchors = 3\n")
    (source / "index.md").write_text("# Index\n\n[there](#nowhere)\n")
    (source / "lost.md").write_text("# Lost\n")
    run = build(source, tmp_path / "site")
    assert run.code == 1
    assert "'nowhere'" in run.err
    assert "lost.md" in run.err


# Links


def dead(page: Path, text: str) -> list[str]:
    """The relative links of a page that lead nowhere."""
    found = []
    for link in links(text):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if urlsplit(link).scheme:
            continue
        if not target.exists() or (anchor and anchor not in anchors(text if target == page else target.read_text())):
            found.append(link)
    return found


def foreign(text: str) -> list[str]:
    """The external links of a page that are not https or lead to a host that is not listed."""
    parts = [(link, urlsplit(link)) for link in links(text)]
    abroad = [(link, part) for link, part in parts if part.scheme or part.netloc]
    return [link for link, part in abroad if part.scheme != "https" or part.netloc not in HOSTS]


@pytest.mark.parametrize("page", TOP, ids=lambda page: page.name)
def test_every_link_of_the_top_pages_leads_to_a_file_or_heading(page: Path) -> None:
    assert dead(page, page.read_text()) == []


def test_a_link_to_no_file_or_no_heading_is_found() -> None:
    text = "# A `b` c\n[x](nowhere.md) [y](#a-b) [z](#a-b-c) [w](docs/reference/cli.md#no) [v](https://example.com)"
    assert dead(README, text) == ["nowhere.md", "#a-b", "docs/reference/cli.md#no"]


@pytest.mark.parametrize(
    "page", sorted({*PAGES, *TOP, *(p for p in DERIVED if p.suffix == ".md")}), ids=lambda p: p.name
)
def test_every_external_link_is_https_to_a_listed_host(page: Path) -> None:
    """That the page there exists is not tested: a test fetches nothing. Whoever lists a host has read it."""
    assert foreign(page.read_text()) == []


def test_a_link_to_another_host_or_without_https_is_found() -> None:
    text = (
        "[a](https://example.com) <http://keepachangelog.com> [b][c] [d](https://keepachangelog.com)"
        " <a href='https://example.org'>e</a> ![f](//example.net/f.svg)\n\n[c]: ftp://x\n"
    )
    wrong = [
        "https://example.com",
        "http://keepachangelog.com",
        "ftp://x",
        "https://example.org",
        "//example.net/f.svg",
    ]
    assert foreign(text) == wrong


# Snippets


@pages
def test_every_snippet_says_how_it_is_checked(page: Path) -> None:
    assert unchecked(page.read_text()) == []


@pytest.mark.parametrize(
    "block",
    [
        "```sh\nls\n```",
        "```\nls\n```",
        "    ls",
        "```text\nx\n```",
        "% not run:\n```console\n$ ls\n```",
        "% from\n```go\nx\n```",
        "% screen\n```go\nx\n```",
        "```yaml\na: 1\n```",
        "% file: a.go\n```go\nx\n```",
        "```{code-block} go\nx\n```",
    ],
)
def test_a_snippet_that_nothing_checks_is_found(block: str) -> None:
    assert len(unchecked(f"Text.\n\n{block}\n")) == 1


def test_both_forms_of_a_mark_are_read() -> None:
    text = "% from a b.go\n```go\nx\n```\n\n<!-- not run: it asks -->\n```console\n$ ls\n```\n"
    assert [(each.line, each.kind, each.argument) for each in snippets(text)] == [
        (2, "quote", "a b.go"),
        (7, "shown", "it asks"),
    ]


@pages
def test_every_quote_stands_in_its_file(page: Path) -> None:
    assert misquoted(page.read_text()) == []


def test_a_wrong_quote_is_found() -> None:
    right = "% from tests/helpers/support.py\n```python\nfrom __future__ import annotations\n```\n"
    assert misquoted(right) == []
    for old, new in (
        ("annotations", "division"),
        ("support", "nowhere"),
        ("import annotations", "import"),
        (right[27:], "```go\n```"),
    ):
        assert len(misquoted(right.replace(old, new))) == 1


def test_a_quote_is_written_afresh_where_some_of_its_lines_changed() -> None:
    right = "% from tests/helpers/support.py\n```python\nimport json\nimport os\n```\n"
    wrong = right.replace("import os", "import division")
    lost = wrong.replace("import json", "import addition")
    other = wrong.replace("% from ", "% file: ")
    assert len(misquoted(wrong)) == 1
    assert [requoted(text) for text in (right, wrong, lost, other)] == [right, right, lost, other]


# Commands


@COMMAND
@pytest.mark.parametrize("page", [page for page in PAGES if page not in TUTORIALS], ids=lambda page: page.stem)
def test_every_command_of_a_page_does_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    text = page.read_text()
    reads.path(page.relative_to(ROOT).as_posix())
    if any(re.match(r"make\b", step.command) for step in plan(text, tmp_path)):
        need("go")
    chinese = page == README_ZH or page.stem.endswith("-zh")
    found = failures(text, tmp_path, "zh_CN" if chinese else "en")
    assert not found, "\n".join(found)


GOOD = """
% file: sub/a.yaml
```yaml
a: 1
```

```console
$ cd sub && export X=5
$ cat a.yaml \\
    && echo $X
a: 1
5
$ pwd && false
/home/you/sub
[exit 1]
```

```python
open("made", "w").close()
```

```console
$ ls && seq 9
a.yaml
...
2
...
$ echo one two three
one two ...
```
"""


def test_a_page_that_is_right_passes(tmp_path: Path) -> None:
    assert failures(GOOD, tmp_path) == []
    assert (tmp_path / "sub/made").exists()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[exit 1]\n", ""),
        ("[exit 1]", "[exit 2]"),
        ("a: 1\n5", "a: 1\n6"),
        ("a: 1\n5\n", ""),
        ("...\n2\n...", "...\n2"),
        ("one two ...", "one three ..."),
        ('open("made", "w").close()', "1 / 0"),
        ("$ ls", "$ exit 0"),
        ("$ echo one two three\n", ""),
        ("```console\n$ ls", "```console\nsome output\n$ ls"),
    ],
)
def test_a_page_that_is_wrong_is_found(tmp_path: Path, old: str, new: str) -> None:
    assert old in GOOD
    assert len(failures(GOOD.replace(old, new), tmp_path)) == 1


# Everything is documented, and nothing else is


CONTEXT = click.Context(main)


def commands(group: click.Command = main, path: str = "gocontainer") -> Iterator[tuple[str, click.Command]]:
    """Every command that is not hidden, with its full name."""
    yield path, group
    if isinstance(group, click.Group):
        for name in group.list_commands(CONTEXT):
            command = group.get_command(CONTEXT, name)
            if command is not None and not command.hidden:
                yield from commands(command, f"{path} {name}")


def own_flags(command: click.Command) -> Iterator[str]:
    """The flags of a command that are no row of the options' table."""
    table = {option.name for option in (PROFILE, *OPTIONS)}
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden and parameter.name not in table:
            yield max(parameter.opts, key=len)


def words(texts: Sequence[str]) -> str:
    """The code of some pages: spans, commands and quotes."""
    return "\n".join(
        token.content for text in texts for token in tokens(text) if token.type.startswith(("code", "fence"))
    )


def undocumented(texts: Sequence[str]) -> list[str]:
    """The commands, flags and exit codes that no page written by hand names."""
    code = words(texts)
    names = [*dict(commands()), *(flag for _, command in commands() for flag in own_flags(command))]
    rows = "\n".join(text for text in texts if "\n| exit | " in text)
    return [name for name in names if not re.search(rf"{re.escape(name)}(?![\w-])", code)] + [
        f"exit {number}" for number in EXIT_CODES if not re.search(rf"^\| {number} \|", rows, re.MULTILINE)
    ]


def test_every_command_flag_and_exit_code_is_in_a_page_written_by_hand() -> None:
    assert undocumented([page.read_text() for page in PAGES]) == []


def test_what_no_page_names_is_found() -> None:
    everything = [page.read_text() for page in PAGES]
    for name, instead in (("completion", "completions"), ("--dry-run", "--dry"), ("| 130 |", "| 131 |")):
        assert any(name.strip("| ") in each for each in undocumented([t.replace(name, instead) for t in everything]))


def test_every_option_has_its_heading_in_the_reference() -> None:
    headings = anchors((ROOT / "docs/reference/options.md").read_text())
    assert {option.name for option in (PROFILE, *OPTIONS)} <= headings


_CALL = re.compile(r"(?:^(?:\$ )?(?:[A-Z_]+=\S* )*|&& |\$\()gocontainer ([^\n|>;)]+)", re.MULTILINE)


def imagined(text: str) -> list[str]:
    """The commands and flags of gocontainer that a page names and that do not exist."""
    calls = _CALL.findall(words([text]).replace("\\\n", " "))
    return [wrong for call in calls for wrong in wrong_in(call.split(), main)]


def wrong_in(call: Sequence[str], command: click.Command) -> list[str]:
    if isinstance(command, click.Group) and call and not call[0].startswith("-"):
        name, *rest = call
        found = command.get_command(CONTEXT, name)
        return wrong_in(rest, found) if found else [name]
    known = {flag for each in command.params for flag in (*each.opts, *each.secondary_opts)} | {"--help", "-h"}
    return [word for word in call if word.startswith("-") and word.partition("=")[0] not in known]


@pages
def test_no_page_names_a_command_or_a_flag_that_does_not_exist(page: Path) -> None:
    assert imagined(page.read_text()) == []


def test_an_imagined_command_or_flag_is_found() -> None:
    text = (
        "`gocontainer --version` `gocontainer new --no-cgo --cgoo` `gocontainer news`\n\n    $ X=1 gocontainer dev x\n"
    )
    assert imagined(text) == ["--cgoo", "news", "x"]


def targets(makefile: Path) -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", makefile.read_text(), re.MULTILINE))


def test_every_make_target_that_a_page_names_exists(tmp_path: Path) -> None:
    known = targets(ROOT / "Makefile") | targets(rendered(tmp_path) / "Makefile")
    known |= targets(FOLDER / "edge/Makefile") | targets(FOLDER / "serverless/Makefile")
    known |= targets(
        rendered(tmp_path / "signed", ci="jenkins", deps_bot="renovate", signing="key", scan="trivy") / "Makefile"
    )
    known |= targets(rendered(tmp_path / "policy", policy="native") / "Makefile")
    known |= targets(rendered(tmp_path / "observed", collector="deployment") / "Makefile")
    assert "bench-new" in known
    code = words([page.read_text() for page in {*PAGES, *TOP}])
    named = re.findall(r"^(?:\$ )?make ([a-z][a-z-]*)", code, re.MULTILINE)
    assert "lint" in named
    assert set(named) <= known
