"""What the template language admits means what it means to Jinja; the rest is refused."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from cookiecutter.utils import create_env_with_context, work_in
from jinja2 import FileSystemLoader

from gocontainer.errors import TemplateError
from gocontainer.rendering import language

PARTIALS = {
    "indented.yaml": "    probe:\n      period: << cookiecutter.port >>\n",
    "ci/github.md": "Tag it.\n\n    git tag\n",
    "ci/gitea.md": "Tag it there.\n",
    "ci/gitlab.md": "Push it.\n",
    "ci/jenkins.md": "Tell Jenkins.\n",
    "ci/none.md": "<% if cookiecutter.cgo %>\nWith C.\n<% endif %>\nBuild it.\n",
    "license/mit.md": "MIT\n",
    "nested.md": '<% include "license/mit.md" %>\n',
}
ELIF = """\
a
<% if cookiecutter.cgo %>
one
<% elif cookiecutter.ci == "github" %>
two
<% elif cookiecutter.tracing %>
three
<% else %>
four
<% endif %>
z
"""
BY_CHOICE = '## Deploy\n\n<% include "ci/" ~ cookiecutter.ci ~ ".md" %>\n\nThen.\n'


def by_jinja(folder: Path, source: str, context: dict[str, str | bool]) -> str:
    """Render as cookiecutter does: its environment, its loader, its folders."""
    for path, text in {f"templates/{name}": text for name, text in PARTIALS.items()}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "project").mkdir(exist_ok=True)
    (folder / "project/file").write_text(source)
    environment = create_env_with_context({"cookiecutter": {"_jinja2_env_vars": language.DELIMITERS}})
    with work_in(folder / "project"):
        environment.loader = FileSystemLoader([".", f"../{language.PARTIALS}"])
        return str(environment.get_template("file").render(cookiecutter=context))


@pytest.mark.parametrize(
    "source",
    [
        ELIF,
        ELIF.replace("<% else %>\nfour\n", ""),
        'spec:\n<% include "indented.yaml" %>\n    other: 1\n',
        '  <% include "indented.yaml" %>\n',
        '<% if cookiecutter.cgo %>\n<% include "indented.yaml" %>\n<% else %>\nx\n<% endif %>\n',
        BY_CHOICE,
    ],
)
def test_cases_and_partials_mean_what_they_mean_to_cookiecutter(tmp_path: Path, source: str) -> None:
    program = language.parse(source, "file", PARTIALS)
    seen = set()
    for cgo, tracing, ci in itertools.product((True, False), (True, False), ("github", "none")):
        context: dict[str, str | bool] = {"cgo": cgo, "tracing": tracing, "ci": ci, "port": "8080"}
        text = language.evaluate(program, context)
        assert text == by_jinja(tmp_path, source, context)
        seen.add(text)
    assert len(seen) > 1 or "if" not in source, "the conditions decide nothing"


def test_a_program_knows_no_partials_and_no_cases() -> None:
    """They are resolved when it is compiled."""
    none = [["if", ["true", "cgo"], ["With C.\n"], []], "Build it.\n"]
    jenkins = [["if", ["is", "ci", "jenkins"], ["Tell Jenkins.\n"], none]]
    gitea = [["if", ["is", "ci", "gitea"], ["Tag it there.\n"], jenkins]]
    assert language.parse(BY_CHOICE, "file", PARTIALS) == [
        "## Deploy\n\n",
        [
            "if",
            ["is", "ci", "github"],
            ["Tag it.\n\n    git tag\n"],
            [["if", ["is", "ci", "gitlab"], ["Push it.\n"], gitea]],
        ],
        "\nThen.\n",
    ]
    assert language.parse(ELIF, "file", {})[1] == [
        "if",
        ["true", "cgo"],
        ["one\n"],
        [["if", ["is", "ci", "github"], ["two\n"], [["if", ["true", "tracing"], ["three\n"], ["four\n"]]]]],
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("<% for x in y %><% endfor %>", "for is not part"),
        ("<% set x = 1 %>", "assign is not part"),
        ("<< 'a' if cookiecutter.cgo else 'b' >>", "no bare name"),
        ("<< cookiecutter.a.b >>", "no bare name"),
        ("<< cookiecutter.a | replace('a', 'b') >>", "no bare name"),
        ("<< other >>", "no bare name"),
        ("<% if %>", "Expected an expression"),
        ("<< cookiecutter.a | nothing >>", "no bare name"),
        ("<% if cookiecutter.cgo %><% elif other %><% endif %>", "no bare name"),
        ("<% extends 'ci/none.md' %>", "extends is not part"),
        ("<% import 'ci/none.md' as x %>", "import is not part"),
        ("<% include 'ci/none.md' ignore missing %>", "include is not part"),
        ("<% include 'ci/none.md' without context %>", "include is not part"),
        ("<% include ['ci/none.md', 'nested.md'] %>", "anything but a name or a choice"),
        ("<% include cookiecutter.ci %>", "anything but a name or a choice"),
        ("<% include 'x.md' %>", "there is no partial templates/x.md"),
        ("<% include '../ci/none.md' %>", "there is no partial templates/../ci/none.md"),
        ("<% include 'license/' ~ cookiecutter.license ~ '.md' %>", "there is no partial templates/license/none.md"),
        ("<% include 'ci/' ~ cookiecutter.cgo ~ '.md' %>", "cgo, which has no choices"),
        ("<% include 'ci/' ~ cookiecutter.platforms ~ '.md' %>", "platforms, which has no choices"),
        ("<% include 'ci/' ~ cookiecutter.__edge ~ '.md' %>", "__edge, which has no choices"),
    ],
)
def test_what_is_outside_the_language_is_refused(bad: str, reason: str) -> None:
    with pytest.raises(TemplateError, match=f"bad:1: .*{reason}"):
        language.parse(bad, "bad", PARTIALS)


def test_a_partial_includes_no_other() -> None:
    with pytest.raises(TemplateError, match=r"templates/nested\.md:1: an include in a partial is not part"):
        language.parse("text\n<% include 'nested.md' %>\n", "file", PARTIALS)
