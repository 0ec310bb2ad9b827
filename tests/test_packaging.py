"""The wheel, the sdist and an editable install all render the same bytes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from hatch_build import URLS, with_absolute_links

from tests.helpers.snippets import links
from tests.helpers.support import ROOT, clean_environment

OF_REACH = re.compile(r"gocontainer/(?:adopt/|form/|hold_form|external/fork)")
SMALL = 300_000
"""Bytes of the wheel that adopting and the form may take."""
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
    assert "50 of 50 files as rendered" in run(*command, "status", cwd=repository)


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
    assert {"gocontainer/rendering/program.json", "gocontainer/form/page/index.html"} <= {*names}
    assert "gocontainer/locale/zh_CN/LC_MESSAGES/gocontainer.mo" in names
    assert not [name for name in names if "__pycache__" in name]
    assert any(name.endswith("LICENSE") for name in names)


def metadata(artifact: Path) -> EmailMessage:
    """The metadata of a wheel."""
    with zipfile.ZipFile(artifact) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name), policy=default)


def test_adopting_and_the_form_are_small_and_no_python_for_browsers_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        entries = archive.infolist()
    of_reach = [each for each in entries if OF_REACH.match(each.filename)]
    assert {each.filename.split("/")[1] for each in of_reach} == {"adopt", "external", "form", "hold_form.py"}
    assert sum(each.compress_size for each in of_reach) < SMALL
    assert [each.filename for each in entries if "pyodide" in each.filename or each.filename.endswith(".wasm")] == []


def test_without_an_address_the_wheels_readme_has_no_link_that_leads_nowhere(wheel: Path) -> None:
    readme = str(metadata(wheel).get_payload())
    assert readme.startswith("# gocontainer\n")
    assert relative(readme) == []
    assert relative((ROOT / "README.md").read_text()) != []


def test_with_an_address_the_wheels_readme_has_its_picture_and_the_project_its_links(tmp_path: Path) -> None:
    address = "https://forge.example/acme/gocontainer"
    build(ROOT, tmp_path, "sdist")
    (archive,) = tmp_path.glob("*.tar.gz")
    run("tar", "-xzf", str(archive), "-C", str(tmp_path))
    (source,) = (path for path in tmp_path.iterdir() if path.is_dir())
    settings = source / "pyproject.toml"
    settings.write_text(settings.read_text().replace('repository = ""', f'repository = "{address}"'))
    (source / "PKG-INFO").unlink()
    found = metadata(build(source, tmp_path / "wheel", "wheel"))
    readme = str(found.get_payload())
    assert relative(readme) == []
    assert f"]({address}/raw/HEAD/docs/wizard.svg)" in readme
    assert f"]({address}/blob/HEAD/docs/tutorial.md)" in readme
    assert found.get_all("Project-URL") == [f"{name}, {address}{path}" for name, path in URLS.items()]


def relative(readme: str) -> list[str]:
    """The links and pictures of a README that need the checkout."""
    return [link for link in links(readme) if not link.startswith(("https://", "#"))]


def test_a_link_of_each_kind_becomes_absolute_and_others_stay() -> None:
    text = "[a](b.md#c) ![d](e.svg) [f](https://forge.example/g) [h](#i)"
    assert with_absolute_links(text, "https://x") == (
        "[a](https://x/blob/HEAD/b.md#c) ![d](https://x/raw/HEAD/e.svg) [f](https://forge.example/g) [h](#i)"
    )
    assert with_absolute_links(text, "") == "a  [f](https://forge.example/g) [h](#i)"


def test_the_sdist_has_what_a_build_needs_and_nothing_private(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    template = {path.relative_to(ROOT).as_posix() for path in (ROOT / "template").rglob("*") if path.is_file()}
    assert {name for name in template if "__pycache__" not in name} <= names
    assert "generator/gocontainer/locale/zh_CN/LC_MESSAGES/gocontainer.mo" in names
    assert {"hatch_build.py", "LICENSE", "README.md", "generator/gocontainer/rendering/pins.toml"} <= names
    assert not [name for name in names if name.startswith((".venv", "tests/goldens", ".git/"))]
