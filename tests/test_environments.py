"""Which image each environment runs: how it is named, promoted, copied and carried through updates."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gocontainer.repository import tree
from tests.helpers.release import FOLDER, frozen
from tests.helpers.support import Run, committed, git, gocontainer, need, ok, rendered, replace
from tests.judges import subject

OVERLAYS = "deploy/overlays"
SHARED = "deploy/components/image/kustomization.yaml"
FIRST = f"ghcr.io/acme/orders:v1.2.3@sha256:{'0a' * 32}"
SECOND = f"harbor.example.com/shop/orders:v2@sha256:{'ff' * 32}"


def make(repository: Path, *arguments: str) -> Run:
    need("make")
    command = ["make", "--silent", *arguments]
    done = subprocess.run(command, cwd=repository, check=False, capture_output=True, text=True)
    return Run(done.returncode, done.stdout, done.stderr)


def image_of(kustomization: Path) -> str:
    """Return what the service runs by a kustomization, as kubectl renders it."""
    for document in yaml.safe_load_all(subject.kustomize(kustomization)):
        if document["kind"] in ("Deployment", "Service") and "template" in document["spec"]:
            return str(document["spec"]["template"]["spec"]["containers"][0]["image"])
    raise AssertionError(kustomization)


def images(repository: Path) -> dict[str, str]:
    """Return what runs in each environment."""
    return {path.name: image_of(path) for path in sorted((repository / OVERLAYS).iterdir())}


def image_file(environment: str) -> str:
    return f"{OVERLAYS}/{environment}/image/kustomization.yaml"


@pytest.mark.parametrize(
    "image", ["ghcr.io/acme/orders:1.0", FIRST, f"localhost:5000/a/b_c:T_1.0-x@sha256:{'ff' * 32}"]
)
def test_set_image_names_the_image_of_one_environment_in_one_file(tmp_path: Path, image: str) -> None:
    repository = rendered(tmp_path, image="ghcr.io/acme/orders")
    before = tree.load(repository)
    for each in (f"x.io/y:before@sha256:{'00' * 32}", image):
        assert make(repository, "set-image", "ENV=dev", f"IMAGE={each}").code == 0
    after = tree.load(repository)
    assert [path for path in after if after[path] != before.get(path)] == [image_file("dev")]
    assert images(repository) == {"dev": image, "prod": "ghcr.io/acme/orders:v0.1.0"}


@pytest.mark.parametrize("given", [{}, {"target": "knative"}], ids=str)
def test_the_file_that_make_writes_is_the_one_that_was_rendered(tmp_path: Path, given: dict[str, Any]) -> None:
    repository = rendered(tmp_path, image="ghcr.io/acme/orders", **given)
    before = tree.load(repository)
    ok(make(repository, "set-image", "ENV=dev", "IMAGE=ghcr.io/acme/orders:v0.1.0"))
    assert tree.load(repository) == before


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ((), "say ENV=name, one of: dev prod"),
        (("IMAGE=a:1",), "say ENV=name, one of: dev prod"),
        (("ENV=production", "IMAGE=a:1"), "say ENV=name, one of: dev prod"),
        (("ENV='; touch pwned; '", "IMAGE=a:1"), "say ENV=name, one of: dev prod"),
        (("ENV=../../deploy/components", "IMAGE=a:1"), "say ENV=name, one of: dev prod"),
        (("ENV=dev",), "say IMAGE=name:tag"),
    ],
)
def test_set_image_guesses_neither_environment_nor_image(tmp_path: Path, said: tuple[str, ...], answer: str) -> None:
    repository = rendered(tmp_path)
    before = tree.load(repository)
    done = make(repository, "set-image", *said)
    assert (done.code, done.err.splitlines()[0]) == (2, answer)
    assert tree.load(repository) == before


@pytest.mark.parametrize(
    "image",
    ["orders", "orders:", "localhost:5000/orders", "a:b c", "a:'b'", "a:1@sha256:00", "$$(touch pwned):1", "A:1"],
)
def test_set_image_refuses_what_names_no_image(tmp_path: Path, image: str) -> None:
    repository = rendered(tmp_path)
    before = tree.load(repository)
    assert make(repository, "set-image", "ENV=dev", f"IMAGE={image}").code == 2
    assert tree.load(repository) == before
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize("given", [{}, {"target": "knative"}], ids=str)
def test_nothing_else_names_the_image(tmp_path: Path, given: dict[str, Any]) -> None:
    repository = rendered(tmp_path, image="ghcr.io/acme/orders", **given)
    named = [path for path, file in tree.load(repository).items() if b"newTag:" in file.content]
    places = [image_file("dev"), image_file("prod")] if not given else [SHARED]
    assert sorted(named) == ["Makefile", *places]


def test_a_digest_is_pulled_once_and_a_tag_each_time(tmp_path: Path) -> None:
    repository = rendered(tmp_path)
    beside = rendered(tmp_path / "beside")
    patch = beside / "deploy/base/deployment.yaml"
    patch.write_text(patch.read_text().replace("      containers:\n", "      containers:\n        - name: own\n", 1))
    for each in (repository, beside):
        tagged = (each / image_file("dev")).read_text()
        assert set(policies(each)) == {"Always"}
        ok(make(each, "set-image", "ENV=dev", f"IMAGE={FIRST}"))
        ok(make(each, "set-image", "ENV=dev", f"IMAGE={SECOND}"))
        assert policies(each) == ["IfNotPresent", "Always"]
        ok(make(each, "promote"))
        assert policies(each) == ["IfNotPresent", "IfNotPresent"]
        ok(make(each, "set-image", "ENV=dev", "IMAGE=localhost/orders:v0.1.0"))
        assert policies(each) == ["Always", "IfNotPresent"]
        assert (each / image_file("dev")).read_text() == tagged


def policies(repository: Path) -> list[str]:
    """Return when each environment pulls the image of the service."""
    every = [yaml.safe_load_all(subject.kustomize(each)) for each in sorted((repository / OVERLAYS).iterdir())]
    return [
        str(container["imagePullPolicy"])
        for documents in every
        for document in documents
        if document["kind"] == "Deployment"
        for container in document["spec"]["template"]["spec"]["containers"]
        if container["name"] == "orders"
    ]


def test_promote_has_prod_run_what_dev_runs_to_the_byte(tmp_path: Path) -> None:
    repository = rendered(tmp_path)
    ok(make(repository, "set-image", "ENV=dev", f"IMAGE={FIRST}"))
    ok(make(repository, "promote"))
    assert images(repository) == {"dev": FIRST, "prod": FIRST}
    ok(make(repository, "set-image", "ENV=dev", f"IMAGE={SECOND}"))
    assert images(repository) == {"dev": SECOND, "prod": FIRST}


@pytest.mark.parametrize("said", ["FROM=staging", "TO=staging", "TO=", 'FROM="; touch pwned; "'])
def test_promote_refuses_who_is_no_environment(tmp_path: Path, said: str) -> None:
    repository = rendered(tmp_path)
    before = tree.load(repository)
    done = make(repository, "promote", said)
    assert (done.code, done.err.count("is no environment that names an image: dev prod\n")) == (2, 1)
    assert tree.load(repository) == before


@pytest.mark.parametrize(
    "given", [{}, {"config_center": "nacos"}, {"target": "knative", "scale_on": "lag", "eventing": "kafka"}], ids=str
)
def test_a_copy_of_a_folder_is_one_more_environment(tmp_path: Path, given: dict[str, Any]) -> None:
    """As docs/environments.md says it."""
    repository = rendered(tmp_path, **given)
    shutil.copytree(repository / OVERLAYS / "prod", repository / OVERLAYS / "staging")
    own = repository / OVERLAYS / "staging/kustomization.yaml"
    own.write_text(re.sub("(?m)^namespace: .*$", "namespace: staging", own.read_text()))
    ok(make(repository, "set-image", "ENV=dev", f"IMAGE={FIRST}"))
    ok(make(repository, "promote", "TO=staging"))
    assert images(repository)["prod"] != images(repository)["staging"] == FIRST
    ok(make(repository, "set-image", "ENV=staging", f"IMAGE={SECOND}"))
    assert image_of(repository / OVERLAYS / "staging") == SECOND
    assert make(repository, "set-image").err.splitlines()[0] == "say ENV=name, one of: dev prod staging"
    shown = subprocess.run(["make", "render"], cwd=repository, check=True, capture_output=True, text=True).stdout
    spaces = {each["metadata"]["namespace"] for each in yaml.safe_load_all(shown) if each}
    assert len(spaces) == 3
    assert "staging" in spaces


def test_the_way_back_says_what_the_manifests_do(tmp_path: Path) -> None:
    """Each claim of docs/environments.md that a manifest can hold; tests/kube follows a rollout."""
    repository = rendered(tmp_path)
    page = (repository / "docs/environments.md").read_text()
    (prod,) = [
        each for each in yaml.safe_load_all(subject.kustomize(repository / OVERLAYS / "prod"))
        if each["kind"] == "Deployment"
    ]  # fmt: skip
    assert f"The last {prod['spec']['revisionHistoryLimit']} rollouts are kept." in page
    assert "prod's Deployment names none" in page
    assert "replicas" not in prod["spec"]
    for options in re.findall(r"    generatorOptions:\n(?:    .*\n)+", page):
        changed = repository / "deploy/base/kustomization.yaml"
        before = changed.read_text()
        changed.write_text(before + options.replace("\n    ", "\n").removeprefix("    "))
        documents = list(yaml.safe_load_all(subject.kustomize(repository / OVERLAYS / "prod")))
        annotated = [each["kind"] for each in documents if "annotations" in each["metadata"]]
        assert "ConfigMap" in annotated
        changed.write_text(before)
    fixed = rendered(tmp_path / "fixed", min_replicas=3, max_replicas=3)
    assert "autoscaler" not in (fixed / "docs/environments.md").read_text()


# Updates


def names(repository: Path, image: str, place: str = SHARED) -> None:
    """Name the image in a file as 0.1.0 had it, by its own `make set-image`."""
    ok(make(repository, "set-image", f"IMAGE={image}", f"DEPLOYED={place}"))


def own_overlay(repository: Path) -> None:
    """A third environment: prod's, with a change of its owner's."""
    shutil.copytree(repository / OVERLAYS / "prod", repository / OVERLAYS / "staging")
    replace(
        repository / OVERLAYS / "staging/kustomization.yaml",
        ("namespace: orders", "namespace: orders-staging"),
        ("  - ../../components/image\n", "  - ../../components/image  # as all others\n"),
    )


def above_prod(repository: Path) -> None:
    path = repository / OVERLAYS / "canary/kustomization.yaml"
    path.parent.mkdir()
    path.write_text("kind: Kustomization\nnameSuffix: -canary\nresources: [../prod]\n")


def in_a_folder(repository: Path) -> None:
    """An environment that lies elsewhere, and goes on naming the file of all."""
    path = repository / "deploy/regions/eu/kustomization.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("kind: Kustomization\nresources: [../../base]\ncomponents: ['../../components/image/']\n")


def dev_its_own(repository: Path) -> None:
    """Dev names an image itself, in its own kustomization."""
    path = repository / OVERLAYS / "dev/kustomization.yaml"
    replace(path, ("  - ../../components/image\n", ""))
    name, _, digest = SECOND.partition("@")
    new = {"name": "orders", "newName": name.rpartition(":")[0], "newTag": "v2", "digest": digest}
    path.write_text(path.read_text() + f"images: {json.dumps([new])}\n")


def dev_by_another_component(repository: Path) -> None:
    """Dev has a component of its own, where the template has one now."""
    own = repository / image_file("dev")
    own.parent.mkdir()
    own.write_bytes((repository / SHARED).read_bytes())
    names(repository, SECOND, image_file("dev"))
    replace(repository / OVERLAYS / "dev/kustomization.yaml", ("  - ../../components/image\n", "  - image\n"))


def lines_beside(repository: Path) -> None:
    """The owner's lines are next to the one that moves."""
    (repository / "deploy/components/ours").mkdir(parents=True)
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {of: us}\n"
    (repository / "deploy/components/ours/kustomization.yaml").write_text(component)
    for name in ("dev", "prod"):
        replace(
            repository / OVERLAYS / name / "kustomization.yaml",
            ("  - ../../components/image\n", "  - ../../components/ours\n  - ../../components/image/\n"),
        )


def crlf(repository: Path) -> None:
    for name in ("dev", "prod"):
        path = repository / OVERLAYS / name / "kustomization.yaml"
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


OWNERS = (
    own_overlay, above_prod, in_a_folder, dev_its_own, dev_by_another_component, lines_beside, crlf,
)  # fmt: skip
CASES = [("service", [each]) for each in OWNERS] + [("hardened", [own_overlay, above_prod, lines_beside])]
CASES += [("minimal", [own_overlay, in_a_folder])]
EVERYWHERE = (OVERLAYS, "deploy/regions")


def everywhere(repository: Path) -> dict[str, str]:
    """Return what runs by each kustomization that could be applied."""
    places = (path.parent for top in EVERYWHERE for path in sorted((repository / top).glob("*/kustomization.yaml")))
    return {path.relative_to(repository).as_posix(): image_of(path) for path in places}


def updated(repository: Path, *arguments: str) -> dict[str, Any]:
    """Commit all, update, and return the report."""
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "ours")
    report: dict[str, Any] = json.loads(ok(gocontainer("update", str(repository), "--commit", "--json", *arguments)))
    assert report["conflicts"] == []
    return report


@pytest.fixture
def pack(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return committed(tmp_path / "orders", frozen(FOLDER / "0.1.0" / getattr(request, "param", "service")))


@pytest.mark.parametrize(("pack", "edits"), CASES, indirect=["pack"])
def test_each_environment_runs_after_an_update_what_it_ran_before(pack: Path, edits: list[Any]) -> None:
    names(pack, FIRST)
    for edit in edits:
        edit(pack)
    before, file = everywhere(pack), (pack / SHARED).read_bytes()
    assert FIRST in before.values()
    updated(pack)
    assert everywhere(pack) == before
    assert (pack / SHARED).exists() == (in_a_folder in edits)
    own = [
        path for path in (pack / OVERLAYS).glob("*/image/kustomization.yaml") if SECOND not in image_of(path.parents[1])
    ]
    assert own, "none is left in the place of all"
    assert {path.read_bytes() for path in own} == {file}


def test_every_environment_is_one_for_make_after_the_update(pack: Path) -> None:
    names(pack, FIRST)
    own_overlay(pack)
    updated(pack)
    ok(make(pack, "set-image", "ENV=dev", f"IMAGE={SECOND}"))
    assert images(pack) == {"dev": SECOND, "prod": FIRST, "staging": FIRST}
    assert "every environment" not in (pack / image_file("dev")).read_text()
    ok(make(pack, "promote", "TO=staging"))
    assert images(pack) == {"dev": SECOND, "prod": FIRST, "staging": SECOND}


def test_without_a_base_the_image_is_carried_as_well(pack: Path) -> None:
    names(pack, FIRST)
    git(pack, "commit", "--quiet", "--all", "--message", "ours")
    gocontainer("update", str(pack), "--baseless", "--on-conflict", "theirs", "--commit")
    assert images(pack) == {"dev": FIRST, "prod": FIRST}


def test_a_kept_overlay_is_not_touched_and_goes_on(pack: Path) -> None:
    names(pack, FIRST)
    lock = json.loads((pack / ".gocontainer.lock").read_text())
    lock["keep"] = [f"{OVERLAYS}/prod/kustomization.yaml"]
    (pack / ".gocontainer.lock").write_text(json.dumps(lock, indent=2) + "\n")
    kept = (pack / OVERLAYS / "prod/kustomization.yaml").read_bytes()
    updated(pack)
    assert (pack / OVERLAYS / "prod/kustomization.yaml").read_bytes() == kept
    assert images(pack) == {"dev": FIRST, "prod": FIRST}
    assert not (pack / image_file("prod")).exists()


def test_who_took_the_file_of_all_away_gets_none_back(pack: Path) -> None:
    (pack / SHARED).unlink()
    for name in ("dev", "prod"):
        replace(
            pack / OVERLAYS / name / "kustomization.yaml",
            ("components:\n  - ../../components/image\n", "components:\n"),
        )
    before = images(pack)
    updated(pack)
    assert images(pack) == before == {"dev": "orders", "prod": "orders"}
    assert not (pack / image_file("dev")).exists()


def test_another_target_runs_what_prod_ran_and_back_again(pack: Path) -> None:
    names(pack, FIRST)
    updated(pack)
    ok(make(pack, "set-image", "ENV=dev", f"IMAGE={SECOND}"))
    updated(pack, "--set", "target=knative", "--set", "eventing=kafka")
    assert image_of(pack / "deploy/knative") == FIRST
    assert not (pack / OVERLAYS).exists()
    updated(pack, "--set", "scale_on=lag")
    assert images(pack) == {"dev": FIRST, "prod": FIRST}
    assert not (pack / SHARED).exists()


def test_dev_and_prod_keep_their_digests_through_ten_updates(pack: Path) -> None:
    names(pack, FIRST)
    updated(pack)
    ok(make(pack, "set-image", "ENV=dev", f"IMAGE={SECOND}"))
    before = {name: (pack / image_file(name)).read_bytes() for name in ("dev", "prod")}
    for port in range(9001, 9011):
        updated(pack, "--set", f"port={port}", "--set", f"image=example.com/{port}/orders")
        assert {name: (pack / image_file(name)).read_bytes() for name in before} == before
    assert images(pack) == {"dev": SECOND, "prod": FIRST}


def test_an_image_that_moved_as_a_file_would_be_set_back(pack: Path) -> None:
    """What git alone makes of it, which shows that the tests above could fail."""
    names(pack, FIRST)
    git(pack, "commit", "--quiet", "--all", "--message", "ours")
    git(pack, "checkout", "--quiet", "-b", "template", "HEAD^")
    shared = (pack / SHARED).read_bytes()
    (pack / SHARED).unlink()
    for name in ("dev", "prod"):
        (pack / image_file(name)).parent.mkdir()
        (pack / image_file(name)).write_bytes(shared)
        replace(pack / OVERLAYS / name / "kustomization.yaml", ("  - ../../components/image\n", "  - image\n"))
    git(pack, "add", "--all")
    git(pack, "commit", "--quiet", "--message", "template")
    git(pack, "merge", "--quiet", "--no-edit", "main")
    assert FIRST not in images(pack)["prod"]
