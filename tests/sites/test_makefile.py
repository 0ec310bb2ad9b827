"""How a repository gets the command for its sites: by which version, from where, and what an update does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gocontainer import __version__, render
from gocontainer.options.subjects.edge import SITES_PLATFORMS
from gocontainer.sites.platforms import PLATFORMS
from tests.helpers.proposals import WHEEL
from tests.helpers.support import ROWS, Run, answers, need, rendered
from tests.helpers.updates import Repository
from tests.sites.program import platform

EDGE = {"profile": "edge", "edge_features": "model"}
FROM_WHEEL = {**EDGE, "update_wheel": WHEEL}
MOST_LINES = 3400
"""Of Go, without tests, of a site with everything: the service, its queue and its model."""
PYTHON = """#!/bin/sh
case "$*" in "-m venv --clear bin/venv") ;; *) exit 9 ;; esac
mkdir -p bin/venv/bin
cat > bin/venv/bin/pip <<'EOF'
#!/bin/sh
echo "pip $*"
printf '#!/bin/sh\\necho "fetched $*"\\n' > bin/venv/bin/gocontainer
chmod +x bin/venv/bin/gocontainer
EOF
chmod +x bin/venv/bin/pip
"""


def make(folder: Path, home: Path, *arguments: str, has: tuple[str, ...] = (), version: str = __version__) -> Run:
    """Run make where only these programs are installed, each of which says how it was called."""
    need("make")
    programs = home / "-".join(("bin", *has, version))
    if not programs.exists():
        programs.mkdir()
        for name in has:
            script = f'#!/bin/sh\n[ "$1" = --version ] && echo gocontainer {version} && exit\necho "{name} $*"\n'
            (programs / name).write_text(PYTHON if name == "python3" else script)
            (programs / name).chmod(0o755)
    for name in ("sh", "git", "sed", "cut", "mkdir", "cat", "chmod"):
        if not (programs / name).exists():
            (programs / name).symlink_to(_place(name))
    done = subprocess.run(
        [_place("make"), "--silent", *arguments],
        cwd=folder,
        env={"PATH": str(programs)},
        check=False,
        capture_output=True,
        text=True,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def _place(name: str) -> str:
    folders = os.environ["PATH"].split(os.pathsep)
    return next(str(path) for each in folders if (path := Path(each) / name).exists())


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    return rendered(tmp_path, **EDGE)


RUNS, FETCHED = "gocontainer sites --platform kubeedge render\n", "fetched sites --platform kubeedge render\n"
TARGETS = ("sites", "sites-check", "wave", "wave-status", "wave-rollback", "set-image", "set-model")
SAYS = f"gocontainer {__version__} writes the sites, and is not here: docs/edge.md says how to get it\n"


def test_the_version_that_wrote_a_repository_writes_its_sites(orders: Path, tmp_path: Path) -> None:
    done = make(orders, tmp_path, "sites", has=("gocontainer",))
    assert (done.code, done.out, done.err) == (0, RUNS, "")


@pytest.mark.parametrize("has", [(), ("gocontainer",), ("python3", "uvx", "pipx")], ids=str)
def test_where_it_is_not_installed_nothing_is_fetched_and_one_sentence_says_so(
    orders: Path, tmp_path: Path, has: tuple[str, ...]
) -> None:
    """Nobody owns the name of a package for ever: whoever took it would run on the machine of each owner."""
    for target in TARGETS:
        done = make(orders, tmp_path, target, "IMAGE=a:v1.0.0", "MODEL=a:v1.0.0", has=has, version="9.9.9")
        assert (done.code, done.out, done.err.partition("make: ")[0]) == (2, "", SAYS)
    assert "update_wheel=ADDRESS#sha256=HASH" in (orders / "docs/edge.md").read_text()
    assert "sites-check" not in (orders / ".github/workflows/ci.yml").read_text()


def test_an_owner_may_name_another(orders: Path, tmp_path: Path) -> None:
    done = make(orders, tmp_path, "sites", "GOCONTAINER=gocontainer", has=("gocontainer",), version="9.9.9")
    assert done.out == RUNS
    assert make(orders, tmp_path, "sites", "GOCONTAINER=nowhere").err.startswith(SAYS)


@pytest.mark.parametrize("has", [("python3",), ("python3", "gocontainer")], ids=str)
def test_with_a_wheel_it_is_installed_once_and_by_hash_where_that_version_is_not(
    tmp_path: Path, has: tuple[str, ...]
) -> None:
    orders = rendered(tmp_path, **FROM_WHEEL)
    done = make(orders, tmp_path, "sites", has=has, version="9.9.9")
    installs = "pip install --quiet --require-hashes --only-binary :all: -r .gocontainer/requirements.txt\n"
    assert (done.code, done.out, done.err) == (0, installs + FETCHED, "")
    assert make(orders, tmp_path, "sites", has=has, version="9.9.9").out == FETCHED
    newer = (orders / "bin/venv/bin/gocontainer").stat().st_mtime + 1
    os.utime(orders / ".gocontainer/requirements.txt", (newer, newer))
    assert make(orders, tmp_path, "sites", has=has, version="9.9.9").out == installs + FETCHED, "a newer one is named"
    assert "/bin/\n" in (orders / ".gitignore").read_text()


def test_with_a_wheel_the_installed_one_of_that_version_is_taken_or_what_an_owner_names(tmp_path: Path) -> None:
    orders = rendered(tmp_path, **FROM_WHEEL)
    assert make(orders, tmp_path, "sites", has=("gocontainer", "python3")).out == RUNS
    own = make(orders, tmp_path, "sites", "GOCONTAINER=gocontainer", has=("gocontainer", "python3"), version="9.9.9")
    assert own.out == RUNS
    assert not (orders / "bin/venv").exists()


def test_with_a_wheel_the_pipeline_checks_the_sites(tmp_path: Path) -> None:
    workflow = (rendered(tmp_path, **FROM_WHEEL) / ".github/workflows/ci.yml").read_text()
    assert "      - run: make sites-check\n" in workflow


def test_arguments_reach_the_command_whole(orders: Path, tmp_path: Path) -> None:
    def says(*arguments: str) -> str:
        done = make(orders, tmp_path, *arguments, has=("gocontainer",))
        return done.out.removeprefix("gocontainer sites --platform kubeedge ")

    assert says("wave", "N=2", "OK=yes") == "wave --ok=yes 2\n"
    assert says("wave") == "wave --ok= \n"
    assert says("wave-rollback", "N=2") == "rollback 2\n"
    assert says("set-image", "IMAGE=a b; c") == "image a b; c\n"
    assert says("wave-status") == "status\n"


def test_every_way_to_place_a_service_has_its_objects_and_its_folder(tmp_path: Path) -> None:
    found = {}
    for number, row in enumerate(each for each in ROWS if "edge_features" in each):
        orders = rendered(tmp_path / str(number), **row)
        found[platform(orders)] = (orders / "docs/edge.md").read_text()
    assert found.keys() == PLATFORMS.keys() == {*SITES_PLATFORMS}
    for name, text in found.items():
        assert f"| `{PLATFORMS[name].folder}` | what is applied." in text


def test_an_edge_repository_has_no_program_but_the_service_and_no_line_of_go_for_sites() -> None:
    files = render(answers(**EDGE))
    assert {path.split("/")[1] for path in files if path.startswith("cmd/")} == {"server", "model"}
    go = sum(file.content.count(b"\n") for path, file in files.items() if path.endswith(".go") and "_test" not in path)
    assert go <= MOST_LINES


PROGRAM = {"cmd/sites/main.go": "package main\n", "internal/sites/tool.go": "package sites\n\n// Tool.\n"}
SENTENCE = "'make sites' and 'make wave' run 'gocontainer sites' now"


def test_an_update_removes_the_program_that_nobody_edited(tmp_path: Path) -> None:
    files = render(answers(profile="edge"))
    orders = Repository(tmp_path / "orders", {**files, **PROGRAM}, profile="edge")
    done = orders.update(files, "--commit")
    assert done.code == 0
    assert SENTENCE in done.out
    assert not (orders.folder / "cmd/sites").exists()
    assert not (orders.folder / "internal/sites").exists()
    assert SENTENCE not in orders.update(files).out, "it is said once"


def test_an_update_leaves_the_program_that_somebody_edited_as_a_conflict(tmp_path: Path) -> None:
    files = render(answers(profile="edge"))
    orders = Repository(tmp_path / "orders", {**files, **PROGRAM}, profile="edge")
    orders.edit("internal/sites/tool.go", "// Tool.", "// Ours.")
    report = orders.report(files)
    assert [(each["path"], each["kind"]) for each in report["conflicts"]] == [
        ("internal/sites/tool.go", "modify/delete")
    ]
    assert [each for each in report["changed_limits"] if each.startswith(SENTENCE)]


def test_who_leaves_the_edge_is_told_nothing_of_sites(tmp_path: Path) -> None:
    orders = Repository(tmp_path / "orders", {**render(answers(profile="edge")), **PROGRAM}, profile="edge")
    assert SENTENCE not in orders.update(render(answers())).out
