"""The structure that ARCHITECTURE.md describes, held by the code's own imports."""

from __future__ import annotations

import ast
import statistics
from functools import cache

import pytest

import gocontainer
from tests.support import ROOT

PACKAGE = ROOT / "generator/gocontainer"
SOURCES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}
"""Module, from the package down, to its file; a folder's own module has the folder's name."""
RANKS = (
    ("errors", "__init__"),
    ("console", "kinds", "patterns", "structured", "tree", "git", "answer_types"),
    ("centers", "cluster", "edge", "profiles", "project", "sandbox", "serverless", "sizing", "targets"),
    ("checks.finding", "cruft", "merge", "options", "origin"),
    ("checks.apis", "checks.edge", "checks.knative", "conflicts", "journal", "layout", "derived", "rescue"),
    ("answers", "arrivals", "autoscaler", "checks", "footprint", "matrix", "template"),
    ("detect", "lifetimes", "lock", "renderer", "sources"),
    (
        "bakery",
        "base",
        "bill",
        "explain",
        "migrations",
        "modules",
        "reference",
        "restore",
        "reunion",
        "summary",
        "wizard.settling",
    ),
    ("derive", "flags", "status", "update", "wizard.conversation", "wizard.preview"),
    ("house", "wizard.resume", "wizard.review"),
    ("wizard.pages",),
    ("wizard.plain", "wizard.screen"),
    ("wizard.terminal",),
    ("foreign", "reports", "wizard"),
    ("costing", "upkeep"),
    ("cli",),
    ("__main__",),
)
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
        elif isinstance(node, ast.ImportFrom) and node.module in (
            "gocontainer",
            "gocontainer.checks",
            "gocontainer.wizard",
        ):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def upward(name: str, tree: ast.Module) -> list[str]:
    """Imports of a module of the same rank or a higher one."""
    rank = {module: number for number, modules in enumerate(RANKS) for module in modules}
    own = [module.removeprefix("gocontainer.") for module in imports(tree) if module.startswith("gocontainer.")]
    return [module for module in own if module in rank and rank[module] >= rank[name]]


def test_every_module_has_its_rank_and_imports_only_lower_ones() -> None:
    assert {module for modules in RANKS for module in modules} == set(SOURCES)
    lazy = {"__init__": {"answers", "errors", "renderer", "tree"}}
    for name, tree in trees():
        assert set(upward(name, tree)) <= lazy.get(name, set()), name


def test_an_upward_import_would_be_noticed() -> None:
    assert upward("options", ast.parse("from gocontainer import answers\nfrom gocontainer.cli import run")) != []


@pytest.mark.parametrize(
    ("library", "only"),
    [
        ("prompt_toolkit", {"wizard.terminal"}),
        ("wcwidth", {"wizard.pages"}),
        ("click", {"cli", "console", "costing", "derive", "flags", "reference", "upkeep"}),
        ("jinja2", {"sandbox", "template"}),
        ("cookiecutter", {"sandbox"}),
        ("subprocess", {"bakery", "detect", "git", "modules"}),
        ("rich", set()),
        ("requests", set()),
    ],
)
def test_a_library_is_used_in_one_place(library: str, only: set[str]) -> None:
    assert {name for name, tree in trees() if library in {each.partition(".")[0] for each in imports(tree)}} == only


def test_only_the_console_prints_and_only_the_command_line_exits() -> None:
    for name, tree in trees():
        called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        if name not in ("cli", "console", "__main__"):
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

    tables = (
        "errors",
        "kinds",
        "patterns",
        "profiles",
        "options",
        "conflicts",
        "layout",
        "sizing",
        "derived",
        "answers",
    )
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
        if path.is_file():
            text = path.read_text(errors="replace")
            assert not [word for word in (*hosts, str(ROOT), "/" + "work/") if word in text], path
