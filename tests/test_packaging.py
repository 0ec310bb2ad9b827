"""The wheel, the sdist and an editable install all render the same bytes."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.helpers.support import ROOT, clean_environment

PROGRAM = """
import json, gocontainer
from gocontainer.repository.tree import digest
given = [dict(profile="minimal"), dict(profile="hardened", base_image="scratch"), dict(tracing=False, license="none")]
trees = [digest(gocontainer.render(gocontainer.Answers(service="orders", **each))) for each in given]
print(json.dumps([gocontainer.__file__, trees]))
"""


def run(*arguments: str, cwd: Path | None = None) -> str:
    done = subprocess.run(
        arguments, check=False, capture_output=True, text=True, cwd=cwd, env=clean_environment() | {"PYTHONPATH": ""}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(source: Path, out: Path, kind: str) -> Path:
    run(sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", str(out), str(source))
    (artifact,) = out.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return artifact


def environment(folder: Path, wheel: Path) -> str:
    """A clean environment with the wheel; its dependencies are read from ours."""
    run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    python = str(folder / "bin/python")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(site) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("sdist"), "sdist")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("wheel"), "wheel")


def test_wheel_sdist_and_editable_install_render_alike(tmp_path: Path, wheel: Path, sdist: Path) -> None:
    (tmp_path / "sdist").mkdir()
    run("tar", "-xzf", str(sdist), "-C", str(tmp_path / "sdist"))
    (source,) = (tmp_path / "sdist").iterdir()
    second = build(source, tmp_path / "second", "wheel")
    pythons = [sys.executable, environment(tmp_path / "one", wheel), environment(tmp_path / "two", second)]
    homes, digests = zip(*(json.loads(run(python, "-c", PROGRAM, cwd=tmp_path)) for python in pythons), strict=True)
    assert len(set(homes)) == 3
    assert digests[0] == digests[1] == digests[2]
    assert len(set(digests[0])) == 3


def test_the_installed_wheel_needs_no_template_engine(tmp_path: Path, wheel: Path) -> None:
    python = environment(tmp_path / "venv", wheel)
    new = "run(['new', 'orders', '-o', sys.argv[1]])"
    code = f"import sys; from gocontainer.cli.main import run; {new}; print(*sys.modules)"
    loaded = run(python, "-c", code, str(tmp_path / "out")).splitlines()[-1].split()
    assert "gocontainer.rendering.engine" in loaded
    heavy = {"jinja2", "cookiecutter", "prompt_toolkit", "wcwidth", "rich", "requests", "yaml", "tomllib"}
    assert heavy & set(loaded) == set()
    assert (tmp_path / "out/orders/go.mod").exists()


def test_the_installed_wheel_explains_and_updates_what_it_wrote(tmp_path: Path, wheel: Path) -> None:
    command = [environment(tmp_path / "venv", wheel), "-m", "gocontainer"]
    run(*command, "new", "orders", cwd=tmp_path)
    repository = tmp_path / "orders"
    assert "  grace period, seconds: 33\n" in run(*command, "explain", cwd=repository)
    run(*command, "update", "--set", "drain_seconds=60", "--commit", cwd=repository)
    assert "  grace period, seconds: 73\n" in run(*command, "explain", cwd=repository)
    assert "41 of 41 files as rendered" in run(*command, "status", cwd=repository)


def test_maintainers_commands_say_that_they_need_a_checkout(tmp_path: Path, wheel: Path) -> None:
    python = environment(tmp_path / "venv", wheel)
    done = subprocess.run(
        [python, "-m", "gocontainer", "dev", "derive"], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 1
    assert "holds no template. Run this from a checkout" in done.stderr


def test_no_file_of_the_wheel_has_a_name_that_windows_refuses(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if set(name) & set('<>:"|?*\\')]
    assert "gocontainer/rendering/program.json" in names
    assert "gocontainer/locale/zh_CN/LC_MESSAGES/gocontainer.mo" in names
    assert not [name for name in names if "__pycache__" in name]
    assert any(name.endswith("LICENSE") for name in names)


def test_the_sdist_has_what_a_build_needs_and_nothing_private(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    template = {path.relative_to(ROOT).as_posix() for path in (ROOT / "template").rglob("*") if path.is_file()}
    assert {name for name in template if "__pycache__" not in name} <= names
    assert "generator/gocontainer/locale/zh_CN/LC_MESSAGES/gocontainer.mo" in names
    assert {"hatch_build.py", "LICENSE", "README.md", "generator/gocontainer/rendering/pins.toml"} <= names
    assert not [name for name in names if name.startswith((".venv", "tests/goldens", ".git/"))]
