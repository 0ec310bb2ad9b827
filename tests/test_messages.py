"""What people read is looked up, the catalogues are fresh, and none of it reaches what programs read."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import wcwidth
from hypothesis import given, strategies

from gocontainer import texts
from gocontainer.answers.sources import RESERVED, from_environment
from gocontainer.console import lines_of, padded
from gocontainer.cost.comparison import PROMQL
from gocontainer.dev import messages
from gocontainer.inspection import explain
from gocontainer.options.table import BY_NAME
from tests.helpers.english import english
from tests.helpers.scratch_checkout import ScratchCheckout
from tests.helpers.support import ROOT, Run, clean_environment, git, gocontainer, ok, rendered, replace

PACKAGE = ROOT / "generator/gocontainer"
CATALOGUE = "locale/zh_CN/LC_MESSAGES/gocontainer.po"


@pytest.fixture
def checkout(tmp_path: Path) -> ScratchCheckout:
    return ScratchCheckout(tmp_path / "checkout")


def unlookable(tree: ast.Module) -> Iterator[str]:
    """Calls of ``tr`` whose text is put together in code, so that no catalogue has it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("tr", "mark"):
            text = node.args[0] if node.args else None
            is_literal = isinstance(text, ast.Constant) and isinstance(text.value, str)
            if not is_literal and not isinstance(text, ast.Name | ast.Attribute):
                yield ast.unparse(node)


def unfilled(tree: ast.Module) -> Iterator[str]:
    """Calls of ``tr`` that do not give the values that the text names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "tr" and node.args:
            text, given = node.args[0], {each.arg for each in node.keywords}
            if isinstance(text, ast.Constant) and messages.placeholders(str(text.value)) != given and None not in given:
                yield ast.unparse(node)


def test_every_text_that_is_looked_up_is_a_literal_or_of_a_table_and_gets_its_values() -> None:
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        assert [*unlookable(tree), *unfilled(tree)] == [], path


@pytest.mark.parametrize(
    "bad",
    [
        'tr(f"Write {count} files")',
        'tr("Write " + count)',
        'tr("Write {} files".format(count))',
        'tr("Write" if now else "Would write")',
        "tr()",
        'tr(table["key"])',
    ],
)
def test_a_text_that_is_put_together_would_be_noticed(bad: str) -> None:
    assert list(unlookable(ast.parse(bad))) == [bad.replace('"', "'")]


@pytest.mark.parametrize("bad", ["tr('Write {count} files')", "tr('Write {count} files', number=1)", "tr('Go', n=1)"])
def test_a_value_that_is_missing_or_too_much_would_be_noticed(bad: str) -> None:
    assert list(unfilled(ast.parse(bad))) == [bad]


def test_a_new_text_is_stale_for_both_commands_and_then_lacks_its_translation(checkout: ScratchCheckout) -> None:
    checkout.edit(
        "errors.py", ('"""The number of SIGHUP', 'tr("A new text of {count} words", count=6)\n"""The number of SIGHUP')
    )
    checkout.edit(
        "errors.py",
        (
            "from __future__ import annotations\n",
            "from __future__ import annotations\n\nfrom gocontainer.texts import tr\n",
        ),
    )
    for command in ("derive", "messages"):
        run = checkout.run("dev", command, "--check")
        assert (run.code, f"stale generator/gocontainer/{CATALOGUE}\n" in run.err) == (4, True)
    checkout.derive()
    assert "no translation of 'A new text of {count} words'" in checkout.run("dev", "messages", "--check").err


def test_a_text_that_is_gone_leaves_the_catalogue(checkout: ScratchCheckout) -> None:
    help_of_port = BY_NAME["port"].help
    assert help_of_port in (checkout.package / CATALOGUE).read_text()
    checkout.edit("options/table.py", (help_of_port, "Port, and what is on it."))
    checkout.derive()
    now = (checkout.package / CATALOGUE).read_text()
    assert help_of_port not in now
    assert "Port, and what is on it." in now


def test_a_translation_that_names_other_values_is_refused(checkout: ScratchCheckout) -> None:
    catalogue = checkout.package / CATALOGUE
    replace(catalogue, ('msgid "default: {default}"\nmsgstr "', 'msgid "default: {default}"\nmsgstr "{other}'))
    run = checkout.run("dev", "messages", "--check")
    assert run.code == 4
    assert "zh_CN: other values than 'default: {default}' has in '{other}" in run.err


def test_a_catalogue_is_the_same_bytes_each_time_and_has_no_date_line_number_or_old_text(
    checkout: ScratchCheckout,
) -> None:
    before = {path: path.read_bytes() for path in (checkout.package / "locale").rglob("gocontainer.*")}
    assert {path.suffix for path in before} == {".po", ".mo"}
    for path in before:
        path.unlink() if path.suffix == ".mo" else path.touch()
    checkout.run("dev", "messages")
    assert {path: path.read_bytes() for path in before} == before
    text = (checkout.package / CATALOGUE).read_text()
    assert "fuzzy" not in text
    assert "\n#~" not in text
    assert "Date" not in text
    assert not [line for line in text.splitlines() if line.startswith("#:") and line[-1].isdigit()]


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_TW.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "zh_CN"}, "zh_CN"),
        ({"LANG": "zh_CN.UTF-8", "GOCONTAINER_LANG": "en"}, "en"),
        ({"LC_ALL": "C", "GOCONTAINER_LANG": "zh-CN"}, "zh_CN"),
        ({"GOCONTAINER_LANG": "tlh", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"GOCONTAINER_LANG": "", "LANG": "zh_CN.UTF-8"}, "zh_CN"),
    ],
)
def test_the_environment_says_the_language_and_an_unknown_one_is_english(
    environment: dict[str, str], language: str
) -> None:
    assert texts.language_of(environment) == language


def test_the_variable_of_the_language_is_no_option(tmp_path: Path) -> None:
    assert not {*RESERVED} & BY_NAME.keys()
    assert from_environment({"GOCONTAINER_LANG": "zh_CN", "GOCONTAINER_PORT": "9000"}).values == {"port": "9000"}
    for language in ("zh_CN", "en", "tlh"):
        ok(gocontainer("new", f"a-{language[:2]}", cwd=tmp_path, env={"GOCONTAINER_LANG": language}))


def test_no_translation_has_an_english_word() -> None:
    page = "A Guide to the Go Garbage Collector, Memory limit"
    for message in [each for each in messages.read(ROOT, "zh_CN") if each.id]:
        text = re.sub(r"\{[^}]*\}|%\(\w+\)s", "", str(message.string))
        assert english(text, [page]) == [], message.string


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("已生成 orders：43 个文件，位于 /srv/orders", []),
        ("基础镜像（--base-image）：distroless-static，平台 linux/amd64", []),
        ("请运行 'gocontainer options' 查看列表", []),
        ("  make run      # 在端口 8080 上提供服务", []),
        ("  cd orders\n  make          # lists the rest", ["lists", "the", "rest"]),
        ("Pod 使用 PVC 和 YurtAppSet，需要 128Mi 内存", []),
        ("An HTTP service in Go.", []),
        ("Error: 没有命令", ["Error"]),
        ("Warning 没有镜像", ["Warning"]),
        ("镜像 not found", ["not", "found"]),
        ("3/6 Review", ["Review"]),
    ],
)
def test_an_english_word_is_told_from_names_flags_values_paths_and_commands(text: str, words: list[str]) -> None:
    assert english(text) == words


CALLS = (
    ("new", "orders", "--no-input"),
    ("new", "orders", "--no-input", "--dry-run"),
    ("new", "orders", "--cgo"),
    ("new", "orders", "--port=99999"),
    ("new", "Orders"),
    ("status", "orders"),
    ("status", "nowhere"),
    ("explain", "orders"),
    ("update", "orders"),
    ("update", "orders", "--set", "port=9000", "--dry-run"),
    ("update", "orders", "--abort"),
    ("update", "orders", "--set", "prot=1"),
    ("options",),
    ("cost", "--seconds=2", "--tasks-per-day=100", "--bursts=2"),
    ("cost",),
    ("--help",),
    ("new", "--help"),
    ("new", "--no-such-flag"),
    ("no-such-command",),
)
IN_CHINESE = (
    *(
        (command, "--help")
        for command in ("new", "init", "update", "status", "explain", "cost", "doctor", "form", "options")
    ),
    *((command, "--help") for command in ("completion", "help")),
    ("--help",),
    ("help", "new"),
    ("options",),
    ("doctor",),
    ("status", "orders"),
    ("status", "orders", "n0"),
    ("explain", "orders"),
    ("update", "orders"),
    ("update", "orders", "--set", "port=9000"),
    ("update", "orders", "--set", "port=9000", "--dry-run"),
    ("update", "orders", "--set", "target=knative", "--dry-run"),
    ("update", "orders", "--to", "9.9"),
    ("update", "orders", "--abort"),
    ("update", "orders", "--restore", "Makefile"),
    ("update", "orders", "--set", "prot=1"),
    ("update", "orders", "--set", "port"),
    ("update", "orders", "--on-conflict", "none"),
    ("update", "n0"),
    ("cost", "--seconds=2", "--tasks-per-day=100", "--bursts=2"),
    ("cost", "--seconds=two"),
    ("cost",),
    ("doctor", "n0"),
    ("options", "--complete"),
    ("completion",),
    ("completion", "tcsh"),
    ("help", "n0"),
    ("statu",),
    ("new",),
    ("new", "orders"),
    ("new", "my-service", "--no-input"),
    ("new", "my-service", "--no-input", "--dry-run", "--image=registry.example.com/other"),
    ("new", "my-service", "--no-git", "--cgo", "--ci=none", "--liveness-period=50"),
    ("new", "my-service", "--target=knative", "--eventing=kafka", "--memory=1Gi"),
    ("new", "Orders"),
    ("new", "null"),
    (
        "new",
        "my-service",
        "--port=99999",
        "--base-image=alpin",
        "--memory=3",
        "--platforms=linux",
        "--set",
        "cgo=maybe",
    ),
    ("new", "my-service", "--cgo", "--base-image=alpine"),
    ("new", "my-service", "--scale-to-zero"),
    ("new", "my-service", "--cpu=1", "--cpu=2"),
    ("new", "my-service", "--service=a1"),
    ("new", "my-service", "--plain", "--inline"),
    ("new", "my-service", "--resume"),
    ("new", "my-service", "--no-input", "--resume"),
    ("new", "my-service", "--answers=n0.yaml"),
    ("new", "my-service", "--template=n0"),
    ("new", "my-service", "--template=orders"),
    ("new", "my-service", "--prt=1"),
    ("new", "my-service", "a1"),
    ("new", "my-service", "--output=orders/go.mod"),
)
IN_JSON = (
    ("new", "orders", "--no-input", "--json", "--dry-run"),
    ("new", "Orders", "--json"),
    ("status", "orders", "--json"),
    ("explain", "orders", "--json"),
    ("update", "orders", "--set", "port=9000", "--dry-run", "--json"),
    ("options", "--json"),
    ("options", "--schema"),
    ("cost", "--seconds=2", "--tasks-per-day=100", "--json"),
    ("dev", "messages", "--check"),
    ("completion", "bash"),
    ("--version",),
)


def transcript(folder: Path, calls: tuple[tuple[str, ...], ...], language: str) -> list[Run]:
    """What each call does in a folder of its own, where the first one that writes is the first that may."""
    folder.mkdir()
    return [gocontainer(*call, cwd=folder, env={"GOCONTAINER_LANG": language}) for call in calls]


def test_exit_codes_and_rendered_files_are_the_same_in_every_language(tmp_path: Path) -> None:
    runs = {language: transcript(tmp_path / language, CALLS, language) for language in texts.LANGUAGES}
    assert [run.code for run in runs["zh_CN"]] == [run.code for run in runs["en"]]
    assert {0, 2} <= {run.code for run in runs["en"]}
    trees = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path / "en/orders", tmp_path / "zh_CN/orders")
    ]
    kept = [{path: content for path, content in tree.items() if path.parts[0] != ".git"} for tree in trees]
    assert kept[0] == kept[1]
    messages_of = {language: git(tmp_path / language / "orders", "log", "--format=%B") for language in texts.LANGUAGES}
    assert messages_of["zh_CN"] == messages_of["en"]


def test_what_programs_read_is_the_same_in_every_language(tmp_path: Path) -> None:
    rendered(tmp_path)
    for call in IN_JSON:
        runs = [gocontainer(*call, cwd=tmp_path, env={"GOCONTAINER_LANG": each}) for each in texts.LANGUAGES]
        assert runs[0] == runs[1], call


@pytest.mark.parametrize("call", IN_CHINESE, ids=" ".join)
def test_nothing_that_a_person_reads_in_chinese_is_english(tmp_path: Path, call: tuple[str, ...]) -> None:
    if "orders" in call and call[0] != "new":
        ok(gocontainer("new", "orders", "--no-input", cwd=tmp_path))
    run = gocontainer(*call, cwd=tmp_path, env={"GOCONTAINER_LANG": "zh_CN"})
    pages = [row["source"] for row in explain.numbers().values()]
    formulas = [shown for shown in re.findall(r"公式 +(.*)", run.out) if "时为" not in shown]
    said = ["--set prot", "你是想用 status", "可以用 null-service", "Test <test@example.com>"]
    assert english(run.out + run.err, [*pages, *formulas, *PROMQL.values(), *said, str(tmp_path)]) == []


def test_the_catalogues_lack_nothing() -> None:
    run = gocontainer("dev", "messages", "--check")
    assert (run.code, run.err) == (0, ""), "run 'make messages', and translate what it lists"


@given(
    text=strategies.text("ab -/（）「」，。；：！？、中文字镜像", min_size=1, max_size=120),
    columns=strategies.integers(12, 60),
)
def test_a_line_of_chinese_is_broken_between_letters_and_not_before_a_full_stop(text: str, columns: int) -> None:
    text = re.sub("\\s+(?=[，。；：！？、）」])", "", text)  # a line may end at a space, and nobody writes one there
    lines = lines_of(text, columns, "", "  ")
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert [line for line in lines[1:] if line.lstrip().startswith(tuple("，。；：！？、）」"))] == []
    for line in lines:
        words = re.split(r"\s", line.strip())
        assert wcwidth.width(line) <= columns or len(words) == 1


def test_a_table_of_chinese_is_filled_by_width() -> None:
    assert [padded("镜像", 6), padded("image", 6), padded("镜像", -6)] == ["镜像  ", "image ", "  镜像"]


def test_what_click_says_is_looked_up_by_whatever_version_development_has() -> None:
    words = {str(message.id) for message in messages.read(ROOT, "zh_CN")}
    assert {"Usage:", "Options", "Commands", "Show this message and exit.", "Missing argument", "required"} <= words


def test_english_imports_no_catalogue(tmp_path: Path) -> None:
    rendered(tmp_path)
    code = "import sys; from gocontainer.cli.main import run; run(sys.argv[1:]); print(*sys.modules)"
    for language, loaded in (("en", False), ("zh_CN", True)):
        environment = {**clean_environment(), "GOCONTAINER_LANG": language}
        command = [sys.executable, "-c", code, "status", str(tmp_path / "orders")]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        assert ("gettext" in done.stdout.splitlines()[-1].split()) == loaded


def test_the_python_interface_is_english_wherever_it_runs() -> None:
    code = "import gocontainer; gocontainer.Answers(service='Orders')"
    environment = {**clean_environment(), "GOCONTAINER_LANG": "zh_CN", "LC_ALL": "zh_CN.UTF-8"}
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, env=environment)
    assert "'Orders' is not a DNS label of at most 40 characters." in done.stderr
