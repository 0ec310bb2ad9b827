"""The image of gocontainer itself, built by a real BuildKit, writes and updates its caller's repositories."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from gocontainer import __version__
from tests.helpers.proof_hooks import ENGINE_READS
from tests.helpers.support import CACHE, ROOT, clean_environment, git, locked
from tests.images import bases
from tests.images.engine import Build, Engine, push_layout, under_registry
from tests.judges import JUDGES
from tests.judges.subject import Subject

FROM = re.compile(r"^FROM (python:\S+)@(sha256:[0-9a-f]{64}) AS base$", re.MULTILINE)
LOCK = ROOT / "requirements.lock"
PYTHON_PACKAGES = (
    "libbz2-1.0 libexpat1 libffi8 liblzma5 libpython3.11-minimal libpython3.11-stdlib libssl3 python3-distutils "
    "python3.11 python3.11-minimal"
)
APT = "#!/bin/sh\ncase $* in 'install '*' git') exec tar -C / -xf /usr/share/packages/git.tar ;; esac\n"
"""Has one package, which it does not fetch."""
INDEX = "[global]\nno-index = true\nfind-links = /usr/share/wheels\ndisable-pip-version-check = true\n"
CALLER = 12345
"""A number that no image knows."""
MADE = pytest.mark.proof(
    *ENGINE_READS,
    runs=(
        "Dockerfile",
        ".dockerignore",
        "requirements.lock",
        "generator",
        "template",
        "hatch_build.py",
        "pyproject.toml",
    ),
)
OWN = Subject("gocontainer", ROOT, ROOT / "no manifests")


class Own(NamedTuple):
    """What the image is built of, with the stand-in's digest in the place of the real one's."""

    folder: Path
    build: Build
    image: str


def wheels() -> Path:
    """Return a folder with what the wheel needs, each by its hash, fetched once for each state of the lock."""
    folder = CACHE / f"wheels-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        if not (folder / "all").exists():
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--only-binary", ":all:"]
            subprocess.run([*command, "--python-version", "3.11", "-r", LOCK, "-d", folder], check=True)
            (folder / "all").touch()
    return folder


def python() -> bases.Standin:
    """Return a Debian with Python, pip, and a package that can be installed."""
    tar = bases.Tar().packages(f"{bases.SLIM_PACKAGES} {PYTHON_PACKAGES}").basics().certificates()
    tar.folders("usr/local/bin", "usr/share/wheels", "usr/share/packages")
    tar.file("usr/bin/apt-get", APT.encode(), 0o755).file("etc/pip.conf", INDEX.encode())
    tar.file("usr/share/packages/git.tar", bases.Tar().packages(bases.GIT_PACKAGES).end())
    for wheel in wheels().glob("*.whl"):
        tar.file(f"usr/share/wheels/{wheel.name}", wheel.read_bytes())
    (pip,) = (Path(each) / "pip" for each in sys.path if (Path(each) / "pip/__main__.py").is_file())
    tar.tree("usr/lib/python3/dist-packages/pip", pip)
    tar.file("usr/local/bin/pip", b'#!/bin/sh\nexec python3.11 -m pip "$@"\n', 0o755)
    for name in ("python", "python3"):
        tar.link(f"usr/local/bin/{name}", "/usr/bin/python3.11")
    return bases.Standin(
        tar.end(), {"Cmd": ["python3"], "Env": ["PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin"]}
    )


def copied(folder: Path, name: str, digest: str) -> Path:
    """Write what is built, and a wheel, and what must not reach the builder."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder / "dist"), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, env=clean_environment() | {"PYTHONPATH": ""})
    for each in ("Dockerfile", ".dockerignore", "requirements.lock", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / each, folder)
    dockerfile, count = FROM.subn(f"FROM {name}@{digest} AS base", (ROOT / "Dockerfile").read_text())
    assert count == 1
    (folder / "Dockerfile").write_text(dockerfile)
    for path in (".env", ".git/config", "dist/token", "generator/gocontainer/id_rsa"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("secret")
    return folder


@pytest.fixture(scope="module")
def own(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Own:
    found = FROM.search((ROOT / "Dockerfile").read_text())
    assert found
    layout = bases.layout(python(), tmp_path_factory.mktemp("python"))
    push_layout(layout, f"{engine.registry}/{under_registry(found[1])}")
    (index,) = json.loads((layout / "index.json").read_text())["manifests"]
    folder = copied(tmp_path_factory.mktemp("own"), found[1], index["digest"])
    build = engine.build(folder, arguments={"VERSION": "v9.8.7"})
    return Own(folder, build, engine.load(build))


def called(engine: Engine, image: str, folder: Path, *arguments: str) -> str:
    """Call gocontainer as one whose number nobody knows, with one folder, no network and nothing else to write to."""
    locks = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=none")
    volume, caller = f"--volume={folder}:/work", f"--user={CALLER}"
    return engine.docker("run", "--rm", *locks, volume, caller, image, *arguments)


def shared(folder: Path) -> Path:
    """Let everybody write in a folder that stays root's."""
    subprocess.run(["chmod", "-R", "a+rwX", folder], check=True)
    return folder


@MADE
@pytest.mark.parametrize("name", ["hadolint", "buildkit"])
def test_our_own_dockerfile_passes(name: str) -> None:
    assert JUDGES[name]([OWN]) == []


@MADE
def test_the_image_runs_without_rights_and_says_what_it_is(engine: Engine, own: Own) -> None:
    assert engine.docker("run", "--rm", "--network=none", own.image, "--version").endswith(__version__)
    config = own.build.image.config()["config"]
    assert (config["User"], config["Entrypoint"], config["WorkingDir"]) == ("65532:65532", ["gocontainer"], "/work")
    assert config["Labels"]["org.opencontainers.image.version"] == "v9.8.7"


@MADE
def test_nothing_reaches_the_builder_but_the_wheel_and_its_lock(engine: Engine, own: Own) -> None:
    (wheel,) = (own.folder / "dist").glob("*.whl")
    assert {*engine.context(own.folder)} == {f"dist/{wheel.name}", "requirements.lock"}


@MADE
def test_what_is_needed_is_there_and_what_installed_it_is_not(own: Own) -> None:
    last = own.build.image.layers()
    files = {path for layer in last for path in layer.files()}
    installed = {path.split("/")[5] for path in files if re.match(r"opt/gocontainer/lib/[^/]+/site-packages/", path)}
    assert {"gocontainer", "cookiecutter", "yaml"} <= installed
    assert [name for name in installed if name.startswith("pip")] == []
    assert "usr/bin/git" in files


@MADE
def test_it_writes_a_repository_and_updates_it_for_its_caller(engine: Engine, own: Own, tmp_path: Path) -> None:
    called(engine, own.image, shared(tmp_path), "new", "orders", "--no-input")
    repository = tmp_path / "orders"
    assert {path.stat().st_uid for path in repository.rglob("*")} == {CALLER}
    subprocess.run(["chown", "-R", "0:0", repository], check=True)
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=start")
    called(engine, own.image, shared(tmp_path), "update", "orders", "--set", "port=9090")
    assert "EXPOSE 9090" in (repository / "Dockerfile").read_text()
    assert "Dockerfile" in git(repository, "status", "--porcelain")


@MADE
def test_without_its_setting_git_would_refuse_a_folder_of_another(engine: Engine, own: Own, tmp_path: Path) -> None:
    repository = tmp_path / "orders"
    called(engine, own.image, shared(tmp_path), "new", "orders", "--no-input")
    subprocess.run(["chown", "-R", "0:0", repository], check=True)
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=start")
    changed = tmp_path / "changed"
    changed.mkdir()
    text = (own.folder / "Dockerfile").read_text()
    line = "    && git config --system safe.directory '*'\n"
    assert line in text
    (changed / "Dockerfile").write_text(text.replace(line, "    && true\n"))
    image = engine.load(engine.build(own.folder, dockerfile=changed))
    with pytest.raises(AssertionError, match="dubious ownership"):
        called(engine, image, shared(tmp_path), "update", "orders", "--set", "port=9090")
