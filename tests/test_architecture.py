"""The structure that ARCHITECTURE.md describes, held by the code's own imports."""

from __future__ import annotations

import ast
import statistics
from functools import cache

import pytest

import gocontainer
from tests.helpers.support import ROOT

PACKAGE = ROOT / "generator/gocontainer"
SOURCES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}
"""Module, from the package down, to its file; a folder's own module has the folder's name."""
PACKAGES = (
    "texts",
    "errors",
    "console",
    "options",
    "repository",
    "answers",
    "rendering",
    "follow_up",
    "verification",
    "update",
    "external",
    "inspection",
    "cost",
    "sites",
    "prompts",
    "wizard",
    "form",
    "cli",
    "adopt",
    "dev",
    "hold_form",
    "hold_wizard",
    "__main__",
)
"""Each may import those above it."""
MOST_MODULES = 14
"""In a package, its ``__init__`` aside."""
MOST_WORDS = 1250
"""On the page that a newcomer reads first: five minutes, at 250 a minute."""
LONGEST_FUNCTION, LONGEST_MODULE, MEDIAN_FUNCTION = 50, 300, 10


@cache
def trees() -> list[tuple[str, ast.Module]]:
    return [(name, ast.parse(path.read_text())) for name, path in SOURCES.items()]


@cache
def imports(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name.removeprefix("gocontainer.") in SOURCES else node.module for name in names}
    return found


def own(tree: ast.Module) -> set[str]:
    """The modules of ours that a module imports; the top's public names are no module."""
    return {name.removeprefix("gocontainer.") for name in imports(tree) if name.startswith("gocontainer.")}


def upward(name: str, tree: ast.Module) -> list[str]:
    """Imports of a package that stands lower in the list."""
    place = PACKAGES.index(name.partition(".")[0])
    return [module for module in own(tree) if PACKAGES.index(module.partition(".")[0]) > place]


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import one another in a circle, if any."""
    left = dict(graph)
    while free := [name for name, needed in left.items() if not needed & left.keys() - {name}]:
        for name in free:
            del left[name]
    return sorted(left)


def test_packages_import_only_those_above_them() -> None:
    assert {name.partition(".")[0] for name in SOURCES} == {*PACKAGES, "__init__"}
    for name, tree in trees():
        assert name == "__init__" or upward(name, tree) == [], name


def test_an_upward_import_would_be_noticed() -> None:
    assert upward("options.table", ast.parse("from gocontainer.answers import model")) == ["answers.model"]
    assert upward("cli.main", ast.parse("from gocontainer.answers import model")) == []


def test_no_modules_import_one_another_in_a_circle() -> None:
    assert circle({name: own(tree) for name, tree in trees() if name != "__init__"}) == []
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["a", "b", "c"]


def test_a_package_says_what_is_in_it_and_is_small_enough_to_look_through() -> None:
    modules: dict[str, list[str]] = {}
    packages = {name.rpartition(".")[0] for name in SOURCES}
    for name, tree in trees():
        package, _, module = name.rpartition(".")
        modules.setdefault(package, []).extend([module] if name not in packages else [])
        assert ast.get_docstring(tree), name
    assert max(map(len, modules.values())) <= MOST_MODULES


def test_the_page_of_the_architecture_is_read_in_five_minutes() -> None:
    def words(text: str) -> int:
        return sum(any(map(str.isalnum, word)) for word in text.replace("|", " ").split())

    text = (ROOT / "ARCHITECTURE.md").read_text()
    assert words(text) <= MOST_WORDS
    assert words(f"{text} {text}") > MOST_WORDS, "the check cannot fail"


@pytest.mark.parametrize(
    ("library", "only"),
    [
        ("prompt_toolkit", {"prompts.terminal", "wizard.terminal"}),
        ("questionary", {"prompts.terminal"}),
        ("wcwidth", {"console", "wizard.pages"}),
        (
            "click",
            {
                "adopt.command",
                "cli.click_commands",
                "cli.click_texts",
                "cli.completion",
                "cli.new",
                "console",
                "cost.command",
                "dev.command",
                "dev.derive",
                "dev.messages",
                "dev.reference",
                "form.command",
                "inspection.doctor_command",
                "sites.command",
            },
        ),
        ("jinja2", {"external.worker", "rendering.language"}),
        ("cookiecutter", {"external.questions", "external.values", "external.worker"}),
        (
            "subprocess",
            {
                "answers.detect",
                "dev.go_modules",
                "external.fork",
                "external.runner",
                "inspection.doctor",
                "repository.git",
                "sites.cluster",
                "verification.go_modules",
            },
        ),
        ("babel", {"dev.messages"}),
        ("rich", {"external.questions"}),
        ("requests", set()),
    ],
)
def test_a_library_is_used_in_one_place(library: str, only: set[str]) -> None:
    assert {name for name, tree in trees() if library in {each.partition(".")[0] for each in imports(tree)}} == only


def test_only_the_console_prints_and_only_the_command_line_exits() -> None:
    for name, tree in trees():
        called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        if name not in ("cli.click_commands", "console", "dev.command", "__main__"):
            assert not called & {"print", "click.echo", "sys.exit", "exit", "sys.stdout.write"}, name


def test_functions_and_modules_are_short() -> None:
    lengths = {}
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lengths[f"{name}.{node.name}"] = (node.end_lineno or 0) - node.lineno + 1
    assert max(lengths.values()) <= LONGEST_FUNCTION, max(lengths, key=lambda name: lengths[name])
    assert statistics.median(lengths.values()) <= MEDIAN_FUNCTION
    for path in SOURCES.values():
        assert len(path.read_text().splitlines()) <= LONGEST_MODULE, path.name


def test_the_tables_need_the_standard_library_only() -> None:
    """cookiecutter's own Python imports them."""
    import sys

    tables = [name for name in SOURCES if name.partition(".")[0] in ("errors", "options")]
    tables += ["answers.model", "rendering.layout", "rendering.sizing", "rendering.variables"]
    for name in tables:
        outside = {module.partition(".")[0] for module in imports(ast.parse(SOURCES[name].read_text()))}
        assert outside <= {*sys.stdlib_module_names, "gocontainer"}, name


def test_the_public_names_are_a_contract() -> None:
    assert gocontainer.__all__ == ["Answers", "File", "GocontainerError", "Tree", "render"]
    for name in gocontainer.__all__:
        assert getattr(gocontainer, name)
    with pytest.raises(AttributeError):
        gocontainer.nothing  # noqa: B018


def test_nothing_names_this_machine_or_a_package_registry() -> None:
    parts = (("pypi", "org"), ("proxy.golang", "org"), ("files", "pythonhosted"), ("registry", "npmjs"))
    hosts = [".".join(part) for part in parts]
    folders = ("generator", "template", "hooks", "docs", "tests", "benchmarks", ".github")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix not in (".pyc", ".pack")]
    for path in [*paths, *ROOT.glob("*.*"), ROOT / "Makefile"]:
        if path.is_file() and path.name != ".git":  # which a second work tree has as a file
            text = path.read_text(errors="replace")
            assert not [word for word in (*hosts, str(ROOT), "/" + "work/") if word in text], path
