"""A kept proof hides no change: each kind of thing that a test reads is changed here, in a copy of this checkout."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.everything import ENGINES
from tests.helpers import reads, sources
from tests.helpers.support import ROOT, clean_environment, git, replace
from tests.helpers.support import ROWS as EVERY

COPIED = (
    *("generator", "template", "tests/helpers", "tests/checks", "tests/everything.py", "tests/__init__.py"),
    *("requirements-dev.lock", "pyproject.toml"),
)
ROWS = EVERY[:20]
"""What is there of the matrix: a run for all of it takes long."""
TEST = """
import pytest

from tests.helpers.support import PINS, files_of, rows


@pytest.mark.proof("Dockerfile")
@rows()
def test_row(row):
    assert b"HEALTHCHECK" in files_of(row)["Dockerfile"].content
    assert PINS["own_tool"]["kubernetes"]["value"]
"""
DOCKERFILE = "template/<<cookiecutter.service>>/Dockerfile"
RENDERING = "generator/gocontainer/rendering"


class Checkout:
    """A small checkout with one test, and a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cache = folder / "checkout", folder / "cache"

    def run(self, **environment: str) -> dict[str, int]:
        """Run the test for all rows; return how many passed, failed, were kept and were left out."""
        own = {"XDG_CACHE_HOME": str(self.cache), "PYTHONPATH": str(self.folder / "generator"), "ALL": ""}
        arguments = ["-pno:xdist", "-pno:cacheprovider", "-pno:hypothesispytest", "--tb=no", "tests/test_sample.py"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
            env=clean_environment() | own | environment,
        )
        self.said = done.stdout
        assert done.returncode in (0, 1), done.stdout + done.stderr
        kinds = {"passed": r"(\d+) passed", "failed": r"(\d+) failed"}
        kinds |= {"kept": r"\[(\d+)\] .*: proved before", "left": r"\[(\d+)\] .*: left to"}
        return {kind: int((re.findall(pattern, done.stdout) or ["0"])[-1]) for kind, pattern in kinds.items()}

    def commit(self) -> None:
        """Commit everything."""
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message=change")

    def copy(self, folder: Path) -> Checkout:
        """Return a copy with what is kept."""
        shutil.copytree(self.folder.parent, folder, dirs_exist_ok=True)
        return Checkout(folder)


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout on main in which every row was proved, two commits ago."""
    made = Checkout(tmp_path_factory.mktemp("proved"))
    for name in COPIED:
        (made.folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, made.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, made.folder / name)
    (made.folder / "tests/rows.json").write_text(json.dumps(ROWS))
    (made.folder / "tests/test_sample.py").write_text(TEST)
    (made.folder / "tests/conftest.py").write_text('pytest_plugins = ["tests.helpers.proof_hooks"]\n')
    git(made.folder, "init", "--quiet", "--initial-branch=main")
    for _ in range(2):
        made.commit()
    assert made.run(ALL="1") == {"passed": len(ROWS), "failed": 0, "kept": 0, "left": 0}
    assert made.run() == {"passed": 0, "failed": 0, "kept": len(ROWS), "left": 0}
    return made


def add(checkout: Checkout, path: str, text: str = "\n# changed\n") -> None:
    """Add a text to a file."""
    (checkout.folder / path).write_text((checkout.folder / path).read_text() + text)


def template(checkout: Checkout) -> None:
    replace(checkout.folder / DOCKERFILE, ("HEALTHCHECK", "HEALTCHECK"))


def table(checkout: Checkout) -> None:
    row = '    "Dockerfile.model": {'
    replace(checkout.folder / f"{RENDERING}/layout.py", (row, f'    "Dockerfile": {{"cgo": (True,)}},\n{row}'))


def a_test(checkout: Checkout) -> None:
    replace(checkout.folder / "tests/test_sample.py", ("HEALTHCHECK", "HEALTCHECK"))


def a_helper(checkout: Checkout) -> None:
    add(checkout, "tests/helpers/support.py", "\nfiles_of = lambda given: {}\n")


def pin(checkout: Checkout) -> None:
    name_a_pin(checkout, "kubernetes", "")


def name_a_pin(checkout: Checkout, name: str, value: str) -> None:
    """Give a pin another value."""
    path = checkout.folder / RENDERING / "pins.toml"
    text, count = re.subn(rf'(\[own_tool\.{name}\]\nvalue = )".*"', rf'\1"{value}"', path.read_text())
    assert count == 1
    path.write_text(text)


WITH_C = sum(row["cgo"] for row in ROWS)
MUTANTS = {template: 0, table: WITH_C, a_test: 0, a_helper: 0, pin: 0}
"""And how many rows read nothing that is another then."""


@pytest.mark.parametrize(("mutant", "same"), MUTANTS.items())
def test_a_mutant_is_noticed_in_every_row_that_reads_it_although_all_are_kept(
    proved: Checkout, tmp_path: Path, mutant: Callable[[Checkout], None], same: int
) -> None:
    checkout = proved.copy(tmp_path)
    mutant(checkout)
    assert checkout.run() == {"passed": 0, "failed": len(ROWS) - same, "kept": same, "left": 0}


def test_a_failure_is_not_kept(proved: Checkout, tmp_path: Path) -> None:
    checkout = proved.copy(tmp_path)
    template(checkout)
    checkout.commit()
    assert checkout.run()["failed"] == checkout.run()["failed"] == len(ROWS)


def test_what_no_test_reads_leaves_all_as_kept(proved: Checkout, tmp_path: Path) -> None:
    checkout = proved.copy(tmp_path)
    add(checkout, "template/<<cookiecutter.service>>/README.md")
    add(checkout, "tests/helpers/knative.py")
    add(checkout, "generator/gocontainer/cli/main.py")
    name_a_pin(checkout, "kube_score", "v0.0.1")
    assert checkout.run() == {"passed": 0, "failed": 0, "kept": len(ROWS), "left": 0}


def test_what_was_so_before_is_still_kept(proved: Checkout, tmp_path: Path) -> None:
    checkout = proved.copy(tmp_path)
    template(checkout)
    checkout.run()
    replace(checkout.folder / DOCKERFILE, ("HEALTCHECK", "HEALTHCHECK"))
    assert checkout.run()["kept"] == len(ROWS)


def test_everything_is_proved_again_where_that_is_asked_for(proved: Checkout, tmp_path: Path) -> None:
    assert proved.copy(tmp_path).run(ALL="1")["passed"] == len(ROWS)


def test_a_file_that_a_test_does_not_read_is_not_there(proved: Checkout, tmp_path: Path) -> None:
    checkout = proved.copy(tmp_path)
    replace(checkout.folder / "tests/test_sample.py", ('files_of(row)["Dockerfile"]', 'files_of(row)["Makefile"]'))
    assert checkout.run()["failed"] == len(ROWS)


# Where nothing is kept


@pytest.fixture
def fresh(proved: Checkout, tmp_path: Path) -> Checkout:
    """The checkout on a machine without kept results."""
    checkout = proved.copy(tmp_path)
    shutil.rmtree(checkout.cache)
    return checkout


def turn(commits: int) -> int:
    """Return how many rows a number of commits chooses."""
    return len(ROWS[commits % 8 :: 8])


def test_every_eighth_is_proved_and_the_next_commit_proves_others(fresh: Checkout) -> None:
    assert fresh.run() == {"passed": turn(2), "failed": 0, "kept": 0, "left": len(ROWS) - turn(2)}
    assert f"left out: tests/test_sample.py::test_row, {len(ROWS) - turn(2)} rows, proved last: never" in fresh.said
    fresh.commit()
    assert fresh.run() == {"passed": turn(3), "failed": 0, "kept": turn(2), "left": len(ROWS) - turn(2) - turn(3)}


def test_it_says_when_what_is_left_out_was_proved_last(fresh: Checkout) -> None:
    fresh.run(ALL="1")
    (fresh.folder / "requirements-dev.lock").write_text("# others\n")
    for _ in range(2):
        fresh.commit()  # and what changed is no news any more
    assert fresh.run()["left"] == len(ROWS) - turn(4)
    assert re.search(r"left out: tests/test_sample.py::test_row, \d+ rows, proved last: \d{4}-\d\d-\d\d\n", fresh.said)


def test_every_row_that_changed_since_main_is_proved(fresh: Checkout) -> None:
    git(fresh.folder, "switch", "--quiet", "--create", "work")
    row = '    "Dockerfile.model": {'
    replace(fresh.folder / f"{RENDERING}/layout.py", (row, f'    "Dockerfile": {{"license": ("mit", "none")}},\n{row}'))
    for _ in range(2):
        fresh.commit()
    changed = {number for number, each in enumerate(ROWS) if each["license"] == "apache-2.0"}
    due = changed | {*range(len(ROWS))[4::8]}
    found = fresh.run()
    assert found == {"passed": len(due - changed), "failed": len(changed), "kept": 0, "left": len(ROWS) - len(due)}


def test_every_row_of_a_choice_that_changed_is_proved(fresh: Checkout) -> None:
    label = 'label="a shell and apk"'
    replace(fresh.folder / "generator/gocontainer/options/subjects/base_images.py", (label, 'label="musl and apk"'))
    due = {number for number, each in enumerate(ROWS) if each["base_image"] == "alpine"} | {*range(len(ROWS))[2::8]}
    assert fresh.run() == {"passed": len(due), "failed": 0, "kept": 0, "left": len(ROWS) - len(due)}


def test_where_main_is_not_known_the_turn_alone_decides_and_it_says_so(fresh: Checkout) -> None:
    shutil.rmtree(fresh.folder / ".git")
    git(fresh.folder, "init", "--quiet", "--initial-branch=work")
    fresh.commit()
    template(fresh)
    assert fresh.run() == {"passed": 0, "failed": turn(1), "kept": 0, "left": len(ROWS) - turn(1)}
    assert "what main renders is not known here" in fresh.said


# What is read


def test_what_a_fixture_or_a_cached_function_read_each_of_its_users_read() -> None:
    @reads.cache
    def build(name: str) -> str:
        reads.path(name)
        return name

    first, second = set[str](), set[str]()
    for found in (first, second):
        with reads.noted(found):
            assert build("template") == "template"
    assert first == second == {'{"path": "template"}'}


@pytest.mark.parametrize(
    ("patterns", "left"),
    [(("*",), ["a.go", "docs/a.md", "x/b.go"]), (("*.go",), ["a.go", "x/b.go"]), (("*", "!*.md"), ["a.go", "x/b.go"])],
)
def test_the_last_pattern_that_fits_decides(patterns: tuple[str, ...], left: list[str]) -> None:
    assert list(reads.matching(dict.fromkeys(("a.go", "docs/a.md", "x/b.go")), patterns)) == left


def test_a_test_is_made_of_what_it_imports_and_of_what_lies_beside_that() -> None:
    files = sources.Sources.of(ROOT / "tests/edge/test_queue.py").files
    made = {path.relative_to(ROOT).as_posix() for path in files if ROOT in path.parents}  # CRDs lie beside the clone
    assert {"tests/edge/programs.py", "tests/edge/queue/main.go", "tests/helpers/support.py"} <= made
    assert {"tests/conftest.py", "tests/edge/conftest.py", "tests/images/engine.py", "requirements-dev.lock"} <= made
    assert not {"tests/rows.json", "tests/kube/node.py", "generator/gocontainer/options/table.py"} & made


def test_a_table_of_gocontainers_is_read_with_its_module() -> None:
    made = sources.Sources.of(ROOT / "tests/test_hardening.py").files
    assert ROOT / "generator/gocontainer/dev/hardening.toml" in made


def test_the_pins_that_a_module_names_are_found() -> None:
    pins = {"a": {"x": 1, "y": 2}, "b": {"z": 3}}
    for text, found in (
        ('PINS["a"]["x"]["value"]', [1]),
        ('PINS["a"][name]', [{"x": 1, "y": 2}]),
        ("PINS[table]", [pins]),
        ('PINS["c"]["x"]', [None]),
        ("from tests.helpers.support import PINS", []),
    ):
        assert list(sources.named_pins(ast.parse(text), pins)) == found


def test_what_is_kept_renders_by_the_way_that_is_noted() -> None:
    """Only tests that are never kept may render otherwise."""
    kept = [path for path in (ROOT / "tests").rglob("test_*.py") if "mark.proof" in path.read_text()]
    kept += [path for folders in ENGINES.values() for each in folders for path in (ROOT / each).rglob("*.py")]
    assert len(kept) > 50
    files = {*kept}.union(*map(sources.closure, kept))
    assert {path.name for path in files if renders(path.read_text())} == {
        *("support.py", "distinct_packages.py"),
        "proofs.py",  # which renders to compare
        "explain.py",  # of which the pages' proof takes the table of numbers, and no render
        "hardening.py",  # of which the rows' proof takes the table of lines, and no render
        "test_kubernetes_versions.py",  # whose proof reads rows; what another test of it renders is updated
        "test_proposals.py",  # whose bot is an installed gocontainer, as in tests/forge
        "test_adopt.py",  # of which tests/kube adopts by gocontainer, and takes no render
        "test_live_updates.py",  # which calls gocontainer too, and so reads all that renders
    }


def renders(text: str) -> bool:
    """Whether a module renders by itself."""
    return re.search(r"^from gocontainer(\.rendering\.engine)? import .*\brender\b", text, re.MULTILINE) is not None


def test_a_module_that_renders_by_itself_is_found() -> None:
    assert renders("import re\nfrom gocontainer import File, render\n")
    assert not renders("from tests.helpers.support import rendered\n")
