"""Where images come from in a network that reaches no foreign registry: the answer ``registry_mirrors``."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from gocontainer import texts
from gocontainer.answers.detect import Surroundings
from gocontainer.errors import InvalidAnswer
from gocontainer.options.schema import answers_schema
from gocontainer.options.table import BY_NAME
from gocontainer.rendering.engine import render
from gocontainer.rendering.variables import mirrored
from gocontainer.repository.dockerfile import references
from gocontainer.repository.tree import File, Tree
from gocontainer.wizard.conversation import Conversation
from gocontainer.wizard.settling import Settler
from tests.helpers.support import PINS, ROWS, answers, files_of, gocontainer, rendered, row_id
from tests.pipelines.commands import WORKFLOWS

HARBOR = "docker.io=harbor.corp.cn/dockerhub,gcr.io=harbor.corp.cn/gcr"
MIRRORS = BY_NAME["registry_mirrors"]


@pytest.mark.parametrize(
    ("image", "place"),
    [
        ("golang:1.26", "harbor.corp.cn/dockerhub/library/golang:1.26"),
        ("docker/dockerfile:1", "harbor.corp.cn/dockerhub/docker/dockerfile:1"),
        ("docker.io/library/alpine:3", "harbor.corp.cn/dockerhub/library/alpine:3"),
        ("gcr.io/distroless/static-debian13:nonroot", "harbor.corp.cn/gcr/distroless/static-debian13:nonroot"),
        ("quay.io/acme/x:1", "quay.io/acme/x:1"),
        ("scratch", "scratch"),
    ],
)
def test_each_registry_has_its_project_and_official_images_are_in_library(image: str, place: str) -> None:
    assert mirrored(image, HARBOR) == place
    assert mirrored(image, "") == image


def test_one_mirror_for_all_has_a_path_for_each_registry() -> None:
    assert mirrored("golang:1.26", "m.cn:5000/all") == "m.cn:5000/all/docker.io/library/golang:1.26"
    assert mirrored("quay.io/acme/x:1", "m.cn") == "m.cn/quay.io/acme/x:1"


@pytest.mark.parametrize(
    "raw",
    ["", "m.cn", "localhost/x", "m.cn:5000/all", HARBOR, {"docker.io": "m.cn/hub"}, {"r.cn:5000": "localhost:1/x"}, {}],
    ids=str,
)
def test_a_map_is_a_line_or_a_mapping(raw: Any) -> None:
    taken = MIRRORS.parse(raw, "here")
    assert MIRRORS.parse(taken, "here") == taken, "what is remembered is an answer again"
    jsonschema.Draft202012Validator(json.loads(answers_schema())).validate({"registry_mirrors": raw})


@pytest.mark.parametrize(
    "raw",
    [
        "https://m.cn", "hub", "gcr.io=hub", "gcr.io=", "=m.cn", "m.cn,n.cn", "gcr.io=m.cn,n.cn",
        "gcr.io=a.cn,gcr.io=b.cn",
        "m.cn/", "m.cn/UP", "m.cn/x:1", "gcr.io=m.cn, docker.io=m.cn", "m.cn\n", "m.cn;ls", "$(ls).cn",
        "m.cn/$x", "m.cn/'",
        {"gcr.io": 5}, {"hub": "m.cn"}, {"gcr.io": "m.cn,docker.io=n.cn"}, {"gcr.io": "m.cn\n"}, ["m.cn"], None, 5,
        {f"r{number}.io": "m.cn" for number in range(21)}, f"m.cn/{'a' * 200}",
    ],
    ids=repr,
)  # fmt: skip
def test_any_other_is_refused_in_one_sentence_that_shows_the_grammar(raw: Any) -> None:
    with pytest.raises(InvalidAnswer) as caught:
        MIRRORS.parse(raw, "--registry-mirrors")
    assert str(caught.value).endswith(f"is not a list of mirrors. {MIRRORS.hint}")  # type: ignore[attr-defined]
    assert "\n" not in str(caught.value)
    validator = jsonschema.Draft202012Validator(json.loads(answers_schema()))
    assert not validator.is_valid({"registry_mirrors": raw})


@pytest.mark.parametrize("base_image", ["distroless-static", "alpine", "debian-slim", "scratch"])
def test_every_image_of_a_build_comes_from_the_mirrors(base_image: str) -> None:
    files = files_of(
        {"registry_mirrors": HARBOR, "base_image": base_image, "target": "kubeedge", "edge_features": "model"}
    )
    names = [
        each.name
        for path in ("Dockerfile", "Dockerfile.model")
        for each in references(files[path].content.decode())
        if each.kind in ("image", "syntax") and not each.name.startswith("$")
    ]
    assert len(names) >= 3
    assert [name for name in names if not name.startswith("harbor.corp.cn/")] == []


def images_in(workflow: str) -> list[str]:
    """The images that a workflow pulls beside those of the Dockerfile: the builder, and what lists the contents."""
    steps = [step for job in yaml.safe_load(workflow)["jobs"].values() for step in job["steps"]]
    found = []
    for step in steps:
        given = step.get("with", {})
        if "setup-buildx" in step.get("uses", ""):
            found.append(given.get("driver-opts", "").removeprefix("image=") or "moby/buildkit")
        if given.get("sbom"):
            found.append(str(given["sbom"]).removeprefix("generator="))
    return found


def test_the_pipelines_builder_comes_from_the_mirrors_too() -> None:
    for path, count in ((".github/workflows/ci.yml", 1), (".github/workflows/release.yml", 2)):
        plain = images_in(files_of({})[path].content.decode())
        taken = images_in(files_of({"registry_mirrors": HARBOR})[path].content.decode())
        assert len(plain) == len(taken) == count
        assert [name for name in plain if name.startswith("harbor.corp.cn/")] == [], "the default asks no mirror"
        assert [name for name in taken if not name.startswith("harbor.corp.cn/dockerhub/")] == []


PULLED = sorted(
    {str(pin["value"]) for table in ("base_image", "builder_image", "observe_image") for pin in PINS[table].values()}
    - {"scratch"},
    key=len,
)
NAMED = re.compile(
    rf"(?<![\w./-])(?:{'|'.join(map(re.escape, PULLED))})(?![\w-])|\b(?:docker|gcr|ghcr|quay)\.io/[a-z0-9]\S*"
)


def not_mirrored(files: Tree) -> list[str]:
    """What files say that names an image at its own registry, or in a pipeline by any key for one."""
    found = []
    for path, file in files.items():
        if not path.startswith(".gocontainer") and path != "go.sum":
            found += NAMED.findall(file.content.decode())
        found += [each for each in in_pipeline(path, file.content.decode()) if not each.startswith("harbor.corp.cn/")]
    return found


def in_pipeline(path: str, text: str) -> list[str]:
    """The images that a pipeline's jobs run in; nothing where a file is no pipeline."""
    if path.startswith(WORKFLOWS):
        return [*of_jobs(yaml.safe_load(text))]
    if path.startswith((".gitlab-ci.yml", ".gitlab/")):
        return re.findall(r"(?m)^ *(?:image|- name): (\S+)$", text)
    return re.findall(r"\b(?:image|docker) '([^']+)'", text) if path.startswith("Jenkinsfile") else []


def of_jobs(value: object, key: str = "") -> Iterator[str]:
    """Yield the images that jobs and their services run in, wherever a pipeline says so."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from of_jobs(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from of_jobs(inner)
    elif key in ("container", "image"):
        yield str(value)


def test_no_row_names_an_image_at_a_registry_that_has_a_mirror() -> None:
    for row in ROWS:
        own = {"image": "harbor.corp.cn/shop/orders", "registry_mirrors": f"{HARBOR},ghcr.io=harbor.corp.cn/ghcr"}
        assert not_mirrored(render(answers(**{**row, **own}))) == [], row_id(row)


def test_an_image_that_was_forgotten_is_found() -> None:
    found = not_mirrored(files_of({"image": "harbor.corp.cn/shop/orders"}))
    assert {"docker/dockerfile:1", PINS["base_image"]["build"]["value"]} <= {*found}
    job = "jobs: {test: {container: node:22, services: {db: {image: 'harbor.corp.cn/dockerhub/library/postgres:17'}}}}"
    for path, text in {
        **dict.fromkeys((f"{folder}x.yml" for folder in WORKFLOWS), job),
        ".gitlab-ci.yml": "default:\n  image: node:22\nservices:\n  - name: harbor.corp.cn/moby/buildkit:rootless\n",
        "Jenkinsfile": "agent { docker 'node:22' }",
        "Jenkinsfile.template": "agent { docker { image 'node:22' } }",
    }.items():
        assert not_mirrored({path: File(text.encode())}) == ["node:22"]
    assert not_mirrored({"README.md": File(b"docker run quay.io/acme/x:1")}) == ["quay.io/acme/x:1"]


def test_without_mirrors_nothing_is_rendered_for_them() -> None:
    assert files_of({"registry_mirrors": ""}) == files_of({})
    changed = [path for path, file in files_of({"registry_mirrors": HARBOR}).items() if file != files_of({})[path]]
    assert changed == [".github/workflows/ci.yml", ".github/workflows/release.yml", "Dockerfile", "docs/decisions.md"]


def asked(repository: Path, mirror: str) -> list[str]:
    """The names that `make pin` resolves, by a crane that resolves everything."""
    crane = repository / "crane"
    crane.write_text('#!/bin/sh\necho "$3" >> asked\necho sha256:0\n')
    crane.chmod(0o755)
    command = ["make", "--silent", "pin", f"CRANE={crane}", f"MIRROR={mirror}"]
    done = subprocess.run(command, cwd=repository, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return (repository / "asked").read_text().split()


def test_pin_asks_a_mirror_by_the_same_grammar(tmp_path: Path) -> None:
    repository = rendered(tmp_path)
    names = [each.name for each in references((repository / "Dockerfile").read_text()) if each.kind != "stage"]
    for mirror in (HARBOR, "docker.io=m.cn:5000/hub", "m.cn/all", ""):
        (repository / "asked").unlink(missing_ok=True)
        full = [mirrored(name, "docker.io=docker.io") for name in names]
        assert asked(repository, mirror) == [mirrored(name, mirror) for name in full], mirror
    text = (repository / "Dockerfile").read_text()
    assert [name for name in names if f"{name}@sha256:0" not in text] == [], "the names stay, with a digest behind each"


def test_pin_asks_the_mirrors_that_the_dockerfile_names(tmp_path: Path) -> None:
    repository = rendered(tmp_path, registry_mirrors=HARBOR)
    assert all(name.startswith("harbor.corp.cn/") for name in asked(repository, ""))


def test_every_way_to_answer_takes_a_map(tmp_path: Path) -> None:
    """A flag, a variable, and a mapping in each kind of file."""
    texts = {
        "a.yaml": "registry_mirrors:\n  docker.io: m.cn/hub\n",
        "a.toml": '[registry_mirrors]\n"docker.io" = "m.cn/hub"\n',
        "a.json": '{"registry_mirrors": {"docker.io": "m.cn/hub"}}',
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    ways: list[tuple[list[str], dict[str, str]]] = [
        (["--registry-mirrors", "docker.io=m.cn/hub"], {}),
        (["--set", "registry_mirrors=docker.io=m.cn/hub"], {}),
        ([], {"GOCONTAINER_REGISTRY_MIRRORS": "docker.io=m.cn/hub"}),
        *((["--answers", str(tmp_path / name)], {}) for name in texts),
    ]
    for number, (arguments, environment) in enumerate(ways):
        folder = tmp_path / f"way{number}"
        done = gocontainer("new", "orders", "--no-input", "--output", str(folder), *arguments, env=environment)
        assert done.code == 0, done.err
        lock = json.loads((folder / "orders" / ".gocontainer.lock").read_text())
        assert re.search(r'"registry_mirrors": "docker.io=m.cn/hub"', json.dumps(lock)), arguments


def test_answers_take_a_mapping() -> None:
    assert answers(registry_mirrors={"docker.io": "m.cn/hub"})["registry_mirrors"] == "docker.io=m.cn/hub"


@pytest.fixture
def in_english_again() -> Iterator[None]:
    yield
    texts.speak("en")


@pytest.mark.usefixtures("in_english_again")
def test_only_a_person_who_is_spoken_to_in_chinese_is_asked_by_a_page_that_everyone_gets() -> None:
    """The same three pages: many foreign registries are hard to reach there. Others find it in its group."""
    asked = {}
    for language in ("en", "zh_CN"):
        texts.speak(language)
        talk = Conversation(Settler((), Surroundings(Path("/nowhere"))))
        assert talk.go_on() is None
        asked[language] = talk.names
        assert len(talk.steps) == 4
        assert "registry_mirrors" in talk.members("delivery")
        assert talk.answer("registry_mirrors", "hub") is not None
        assert talk.answer("registry_mirrors", HARBOR) is None
    assert asked["zh_CN"] == (*asked["en"], "registry_mirrors")
