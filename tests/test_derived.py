"""What follows from the tables is fresh, and a new choice needs nothing but its rows and its own files.

The additions are what 'Where do I add ...' in ARCHITECTURE.md says: at most two files are edited, and all else is
derived.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from gocontainer.options.subjects.delivery import CI_PROVIDERS
from tests.helpers.scratch_checkout import ScratchCheckout
from tests.helpers.support import ROOT, ROWS, go, gocontainer, need, ok, pip_tool, replace

SAMPLES = ROOT / "tests/additions"


@pytest.fixture
def checkout(tmp_path: Path) -> ScratchCheckout:
    return ScratchCheckout(tmp_path / "checkout")


def test_derived_files_are_fresh() -> None:
    assert gocontainer("dev", "derive", "--check").code == 0, "run 'make derive'"


def test_a_stale_file_is_named_with_exit_4(checkout: ScratchCheckout) -> None:
    replace(checkout.folder / "docs/reference/options.md", ("# Options\n", "# Option\n"))
    run = checkout.run("dev", "derive", "--check")
    assert (run.code, run.err) == (4, "stale docs/reference/options.md\nRun 'make derive'.\n")
    checkout.derive()


WOLFI = """    BaseImage(
        value="wolfi",
        label="glibc, a shell and apk",
        libc="glibc",
        certificates=True,
        time_zones=False,
        has_shell=True,
        suits="a shell, C code and certificates",
    ),
"""
WOLFI_PINS = """
[base_image.wolfi]
value = "registry.example.com/wolfi-base:1"
source = "a sample: nothing was read"
read = 2026-11-30
no_end_of_life = "a sample"

[base_image_mb.wolfi]
value = "6.4"
source = "a sample: nothing was measured"
read = 2026-11-30
"""
CONSUL = """    ConfigCenter(
        value="consul",
        label="Consul, which tells of a change",
        name="Consul",
        port="8500",
        port_source="developer.hashicorp.com: required ports",
        credentials="`token`",
        place="APP_CENTER_KEY={service}/{overlay}",
        place_note="",
        grpc=False,
        binary_mb=5.23,
        binary_mb_without_tracing=4.23,
    ),
"""
WOODPECKER = """    CiProvider(value="woodpecker", label="Woodpecker", registry="", runners="", deps_bot="renovate"),
"""


def before(text: str, new: str) -> tuple[str, str]:
    """A text that stands in a file once, and what stands there when ``new`` is put before it."""
    return text, new + text


ONLY_CONSUL = '    "internal/center/consul{}.go": {{"config_center": ("consul",)}},\n'


SUPEREDGE = """    EdgePlatform(
        value="superedge",
        label="sites on SuperEdge",
        node="superedge.io/node",
        same_zone=True,
    ),
"""


class Addition(NamedTuple):
    """A choice that is new, the edits that it needs, its own files, and what is seen of it in a repository."""

    option: str
    value: str
    label: str
    edits: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    files: Mapping[str, str]
    estimate: str
    rendered: Mapping[str, str]
    absent: str
    explained: str = ""
    partials: Mapping[str, str] = {}
    modules: Mapping[str, str] = {}
    beside: Mapping[str, str] = {}
    """What plain cookiecutter, where no default moves, has to be told as well."""


ADDITIONS = (
    Addition(
        option="base_image",
        value="wolfi",
        label="glibc, a shell and apk",
        edits=(
            ("options/subjects/base_images.py", (before(")\nBASE_IMAGE = Select(", WOLFI),)),
            ("rendering/pins.toml", (before("\n# The last day of support of what images are made of", WOLFI_PINS),)),
        ),
        files={},
        estimate="Image about 12 MB",
        rendered={"Dockerfile": "FROM registry.example.com/wolfi-base:1\nCOPY --from=build /out/orders"},
        absent="deploy/edge",
    ),
    Addition(
        option="config_center",
        value="consul",
        label="Consul, which tells of a change",
        edits=(
            ("options/subjects/config_centers.py", (before(')\n"""The sizes were measured', CONSUL),)),
            (
                "rendering/layout.py",
                (
                    (
                        '"internal/center/http.go": {"config_center": ("nacos", ',
                        '"internal/center/http.go": {"config_center": ("nacos", "consul", ',
                    ),
                    (
                        '"internal/center/http_test.go": {"config_center": ("nacos", ',
                        '"internal/center/http_test.go": {"config_center": ("nacos", "consul", ',
                    ),
                    before('    "internal/center/etcd.go"', ONLY_CONSUL.format("") + ONLY_CONSUL.format("_test")),
                ),
            ),
        ),
        files={"internal/center/consul.go": "consul.go", "internal/center/consul_test.go": "consul_test.go"},
        estimate="Image about 7 MB",
        rendered={
            "internal/center/consul.go": '"orders/settings"',
            "deploy/components/config-center/kustomization.yaml": "APP_CENTER_ADDRESS=http://consul:8500\n",
            "deploy/overlays/prod/config-center/kustomization.yaml": "      - APP_CENTER_KEY=orders/prod\n",
            "README.md": "Of flag > `APP_` variable > Consul > file > default the first",
        },
        absent="internal/center/nacos.go",
        explained="  the config centre: 8500\n"
        "    formula  config_center_port 8500\n"
        "    answers  config_center\n"
        "    file     deploy/components/network-policy/config-center.yaml\n"
        "    buys     settings are read where this server listens by default\n"
        "    source   developer.hashicorp.com: required ports\n",
    ),
    Addition(
        option="ci",
        value="woodpecker",
        label="Woodpecker",
        edits=(
            ("options/subjects/delivery.py", (before('    CiProvider(value="none"', WOODPECKER),)),
            (
                "rendering/layout.py",
                (before('    "Dockerfile.model"', '    ".woodpecker.yml": {"ci": ("woodpecker",)},\n'),),
            ),
        ),
        files={".woodpecker.yml": "woodpecker.yml"},
        partials={"release/woodpecker.md": "woodpecker-release.md"},
        estimate="Image about 7 MB",
        rendered={".woodpecker.yml": "    image: golang:", "README.md": "The pipeline tests each commit"},
        absent=".github/workflows",
        beside={"signing": "key", "deps_bot": "renovate"},
    ),
    Addition(
        option="target",
        value="superedge",
        label="sites on SuperEdge",
        edits=(
            ("options/subjects/targets.py", (before(")\nEDGE_PLATFORMS =", SUPEREDGE),)),
            (
                "sites/platforms.py",
                (
                    ("import kubeedge, native, openyurt\n", "import kubeedge, native, openyurt, superedge\n"),
                    before('}\n"""By what', '    "superedge": Platform("deploy/superedge", superedge.files),\n'),
                ),
            ),
        ),
        files={},
        modules={"sites/superedge.py": "superedge.py"},
        estimate="Image about 7 MB, 1 pod,",
        rendered={
            "deploy/edge/deployment.yaml": "- key: superedge.io/node\n",
            "Makefile": " sites --platform superedge\n",
            "docs/edge.md": "| `deploy/superedge` | what is applied.",
        },
        absent="deploy/base",
    ),
)


def add(checkout: ScratchCheckout, addition: Addition) -> None:
    """Do by hand what an addition needs."""
    assert len(addition.edits) <= 2
    for path, edits in addition.edits:
        checkout.edit(path, *edits)
    for path, sample in addition.files.items():
        (checkout.template / path).write_text((SAMPLES / sample).read_text())
    for path, sample in addition.modules.items():
        (checkout.package / path).write_text((SAMPLES / sample).read_text())
    for path, sample in addition.partials.items():
        (checkout.partials / path).write_text((SAMPLES / sample).read_text())


@pytest.mark.parametrize("addition", ADDITIONS, ids=lambda addition: addition.value)
def test_a_new_choice_needs_its_rows_and_its_own_files(checkout: ScratchCheckout, addition: Addition) -> None:
    add(checkout, addition)
    checkout.derive()
    rows = checkout.rows()
    assert rows[: len(ROWS)] == ROWS
    assert {row[addition.option] for row in rows[len(ROWS) :]} == {addition.value}
    known_everywhere(checkout, addition)
    flag = "--" + addition.option.replace("_", "-")
    ok(checkout.run("new", "orders", flag, addition.value, "--no-git", "-o", str(checkout.folder / "out")))
    said = {addition.option: addition.value, **addition.beside}
    checkout.cookiecutter(checkout.folder / "theirs", service="orders", **said)
    for written in (checkout.folder / "out/orders", checkout.folder / "theirs/orders"):
        for path, text in addition.rendered.items():
            assert text in (written / path).read_text()
        assert not (written / addition.absent).exists()
    assert addition.explained in ok(checkout.run("explain", str(checkout.folder / "out/orders")))
    ok(checkout.run("status", str(checkout.folder / "out/orders")))


def known_everywhere(checkout: ScratchCheckout, addition: Addition) -> None:
    """The choice is in the schema, the docs, the help, the types, the completion and the wizard, with its size."""
    option, value = addition.option, addition.value
    schema = json.loads(ok(checkout.run("options", "--schema")))
    assert value in schema["properties"][option]["enum"]
    reference = checkout.folder / "docs/reference"
    assert f"| `{value}` | {addition.label} |" in (reference / "options.md").read_text()
    assert value in (reference / "cli.md").read_text()
    for path in addition.files:
        assert f"| `{path}` | " in (reference / "files.md").read_text()
    flag = "--" + option.replace("_", "-")
    assert value in ok(checkout.run("new", "--help"))
    assert f'"{value}"' in (checkout.package / "answers/answer_types.py").read_text()
    completed = checkout.python(
        "-c",
        "from gocontainer.cli.click_commands import main; main(prog_name='gocontainer')",
        _GOCONTAINER_COMPLETE="bash_complete",
        COMP_WORDS=f"gocontainer new {flag} {value[:2]}",
        COMP_CWORD="3",
    )
    assert value in completed.out
    asked = (
        "from pathlib import Path\n"
        "from gocontainer.answers.detect import Surroundings\n"
        "from gocontainer.wizard.conversation import Conversation\n"
        "from gocontainer.wizard.preview import Preview\n"
        "from gocontainer.wizard.settling import Settler\n"
        "settler = Settler((), Surroundings(Path('nowhere')))\n"
        "conversation = Conversation(settler)\n"
        f"conversation.change({option!r})\n"
        f"print([offer.value for offer in conversation.question({option!r}).offers])\n"
        f"settled = settler.settle(dict(service='orders', {option}={value!r}))\n"
        "print(Preview().estimate(settled), len(Preview().leaves(settled)))\n"
        f"print(len(Preview().there_for({option!r}, settled)))\n"
    )
    said = ok(checkout.python("-c", asked))
    assert f"'{value}'" in said
    assert addition.estimate in said


def test_an_image_with_glibc_is_named_where_c_code_needs_one(checkout: ScratchCheckout) -> None:
    add(checkout, ADDITIONS[0])
    checkout.derive()
    run = checkout.run("new", "orders", "--cgo", "--base-image", "alpine", "--no-input")
    assert run.err.endswith("Take base_image distroless-base, debian-slim, ubuntu or wolfi.\n")
    page = (checkout.folder / "docs/how-to/base-image.md").read_text()
    assert "| a shell, and Ubuntu's support | `ubuntu` |\n| a shell, C code and certificates | `wolfi` |\n\n" in page


def test_the_client_of_a_new_config_centre_compiles_and_its_tests_pass(checkout: ScratchCheckout) -> None:
    need("go")
    add(checkout, ADDITIONS[1])
    checkout.derive()
    ok(checkout.run("new", "orders", "--config-center", "consul", "--no-git"))
    for command in (("vet", "./..."), ("test", "./internal/center/...", "./internal/app/...")):
        ok(go(checkout.folder / "orders", *command), command)


def test_the_objects_of_a_new_edge_platform_are_written(checkout: ScratchCheckout) -> None:
    add(checkout, ADDITIONS[-1])
    checkout.derive()
    ok(checkout.run("new", "orders", "--target", "superedge", "--no-git"))
    path = f"{Path(pip_tool('kubectl')).parent}{os.pathsep}{os.environ['PATH']}"
    render = "import os, sys; os.chdir('orders'); from gocontainer.cli.main import run; sys.exit(run(sys.argv[1:]))"
    ok(checkout.python("-c", render, "sites", "--platform", "superedge", "render", PATH=path))
    written = checkout.folder / "orders/deploy/superedge/wave-2.yaml"
    assert written.read_text().count('superedge.io/node: "yes"') == 2


@pytest.mark.parametrize(
    ("path", "old", "new", "lacks"),
    [
        (
            "options/subjects/base_images.py",
            '        suits="C code, no shell",\n',
            "",
            "base_image distroless-base lacks suits",
        ),
        ("options/subjects/base_images.py", '        label="a shell and apk",\n', "", "base_image alpine lacks label"),
        (
            "rendering/pins.toml",
            "[base_image.alpine]",
            "[x.y]",
            "base_image alpine lacks [base_image.alpine] in pins.toml",
        ),
        (
            "rendering/pins.toml",
            '"29.8"',
            '"30 MB"',
            "base_image debian-slim lacks [base_image_mb.debian-slim] in pins.toml",
        ),
        (
            "rendering/pins.toml",
            'value = "alpine:3.24"\n',
            "",
            "base_image alpine lacks [base_image.alpine] in pins.toml",
        ),
        ("options/subjects/config_centers.py", '        port="2379",\n', "", "config_center etcd lacks port"),
        (
            "options/subjects/config_centers.py",
            "        binary_mb_without_tracing=5.24,\n",
            "",
            "config_center etcd lacks binary_mb_without_tracing",
        ),
        (
            "options/subjects/delivery.py",
            '        registry="ghcr.io",\n        runners="runner",\n',
            "",
            "ci github lacks registry, ci github lacks runners",
        ),
        (
            "rendering/pins.toml",
            "[runner.arm64]",
            "[x.y]",
            "ci github lacks [runner.arm64] in pins.toml, ci gitea lacks [runner.arm64] in pins.toml",
        ),
        ("options/subjects/targets.py", "        deployment=False,\n", "", "target knative lacks deployment"),
        (
            "sites/platforms.py",
            '    "native": Platform("deploy/native", native.files),\n',
            "",
            "target native lacks its objects in sites/platforms.py",
        ),
        (
            "options/subjects/targets.py",
            '        node="apps.openyurt.io/nodepool",\n',
            "",
            "target openyurt lacks node",
        ),
    ],
)
def test_a_row_that_lacks_something_is_refused_by_its_name(
    checkout: ScratchCheckout, path: str, old: str, new: str, lacks: str
) -> None:
    checkout.edit(path, (old, new))
    run = checkout.run("dev", "derive", "--check")
    hint = "ARCHITECTURE.md has a table of what a new choice needs."
    assert (run.code, run.out) == (2, "")
    assert run.err == f"Error: Rows of the tables are not complete: {lacks}. {hint}\n"


def test_a_choice_without_its_partial_is_named(checkout: ScratchCheckout) -> None:
    (checkout.partials / "how").mkdir(parents=True)
    *others, last = (checkout.partials / f"how/{choice}.md" for choice in CI_PROVIDERS)
    for partial in others:
        partial.write_text("text\n")
    readme = checkout.template / "README.md"
    readme.write_text(readme.read_text() + '<% include "how/" ~ cookiecutter.ci ~ ".md" %>\n')
    run = checkout.run("dev", "derive", "--check")
    assert run.code == 1
    line = len(readme.read_text().splitlines())
    assert f"README.md:{line}: there is no partial templates/how/none.md" in run.err
    last.write_text("text\n")
    checkout.derive()
