"""The form: the command's files, questions with reasons, one origin, and nothing that an answer could do."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gocontainer.answers.lockfile import LOCK, PACK, with_lockfile
from gocontainer.answers.model import Answers, Layer
from gocontainer.form import server as form_server
from gocontainer.form.answering import ANSWERS, Nowhere, respond
from gocontainer.form.difference import lines_of
from gocontainer.form.server import Server
from gocontainer.form.texts import texts
from gocontainer.options.table import BY_NAME
from gocontainer.rendering.engine import render
from gocontainer.repository import tree
from gocontainer.repository.tree import File
from gocontainer.texts import speak
from tests.helpers.asking import ask, call, page, served, unzipped
from tests.helpers.support import GOCONTAINER, ROOT, ROWS, clean_environment, gocontainer

PAGE = ROOT / "generator/gocontainer/form/page"
OPEN = ["basics", "runtime", "observability", "deployment", "serverless", "edge", "delivery"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as running:
        yield running
    speak("en")


def said(**given: Any) -> dict[str, Any]:
    """What a link has: texts, each of which means what it means in an answers file."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()}


def question(shown: Any, name: str) -> Any:
    (found,) = (each for group in shown["groups"] for each in group["questions"] if each["name"] == name)
    return found


def test_every_row_by_the_form_has_the_files_of_the_command(server: Server) -> None:
    for row in ROWS:
        folder, files = unzipped(ask(server, "archive", said=said(service="orders", **row)))
        answers = Answers.merge_with_room(Layer("flag", {"service": "orders", **row}))
        assert folder == "orders"
        assert tree.digest(files) == tree.digest(with_lockfile(render(answers), answers)), row


@pytest.mark.parametrize("given", [{}, {"profile": "hardened", "port": "9000"}, {"cgo": "true", "target": "knative"}])
def test_the_command_that_is_shown_writes_the_archives_files(server: Server, tmp_path: Path, given: Any) -> None:
    answers = {"service": "orders", **given}
    _, files = unzipped(ask(server, "archive", said=answers))
    program, *words = shlex.split(page(server, said=answers)["command"])
    assert (program, gocontainer(*words, cwd=tmp_path).code) == ("gocontainer", 0)
    assert tree.load(tmp_path / "orders") == files


def test_an_archive_is_the_same_at_any_time_and_in_any_language(server: Server) -> None:
    archives = {ask(server, "archive", said={"service": "orders"}, language=each) for each in ("en", "zh_CN")}
    assert len(archives) == 1
    assert ask(server, "archive", said={"service": "shop"}) not in archives


def test_an_answer_says_what_it_changes_and_what_moves_for_it(server: Server) -> None:
    shown = page(server, said={"service": "orders"}, name="cgo", value=True, open=OPEN)
    assert shown["said"] == {"service": "orders", "cgo": True}
    assert shown["notes"][0] == "base_image is distroless-base now, to go with cgo."
    assert re.fullmatch(r"Changes \d+ files\.", shown["notes"][-1])
    reasons = {offer["value"]: offer["obstacle"] for offer in question(shown, "base_image")["offers"]}
    assert "needs glibc" in reasons["scratch"]
    assert reasons["debian-slim"] is None
    assert question(shown, "base_image")["origin"] == "with cgo"


def test_what_cannot_be_said_changes_nothing_and_says_why(server: Server) -> None:
    shown = page(server, said={"service": "orders", "cgo": "true"}, name="base_image", value="scratch")
    assert "needs glibc" in shown["error"]
    assert shown["said"] == {"service": "orders", "cgo": True}
    shown = page(server, said={"service": "orders"}, name="port", value="80")
    assert shown["error"] == "'80' is not a whole number from 1024 to 65535. Give one, such as 8080."


def test_a_question_without_a_meaning_is_not_asked_and_says_what_it_needs(server: Server) -> None:
    idle = {each["title"]: each["needs"] for each in page(server, said={})["idle"]}
    assert idle["Events"] == "Target is knative"
    shown = page(server, said={"target": "knative"}, open=OPEN)
    assert "Events" not in {each["title"] for each in shown["idle"]}
    assert question(shown, "eventing")["value"] == "none"


def test_only_the_questions_of_open_groups_are_sent_and_the_name_comes_first(server: Server) -> None:
    shown = page(server, said={"port": "9000"}, open=["basics"])
    asked = {group["name"]: [each["name"] for each in group["questions"]] for group in shown["groups"]}
    assert asked["basics"][:2] == ["service", "profile"]
    assert not any(names for group, names in asked.items() if group != "basics")
    assert next(group["count"] for group in shown["groups"] if group["name"] == "runtime").startswith("1 / ")


def test_an_answer_can_be_taken_back_and_counts_as_not_given(server: Server) -> None:
    shown = page(server, said={"service": "orders", "port": "9000"}, open=OPEN)
    port = question(shown, "port")
    assert (port["back"], port["default"]) == ("Back to 8080", 8080)
    assert page(server, said=shown["said"], name="port", value=8080)["said"] == {"service": "orders"}
    assert question(shown, "service")["back"] is None


def test_files_are_marked_by_how_they_differ_from_the_defaults(server: Server) -> None:
    assert {each["mark"] for each in page(server, said={"service": "shop"})["files"]} == {""}
    answers = {"service": "shop", "ci": "none", "expose": "ingress"}
    marks = {each["path"]: each["mark"] for each in page(server, said=answers)["files"]}
    assert marks[".github/workflows/ci.yml"] == "-"
    assert marks["deploy/overlays/prod/kustomization.yaml"] == "~"
    assert "+" in marks.values()
    assert marks["go.mod"] == ""


def test_a_file_is_shown_with_the_lines_that_the_defaults_have(server: Server) -> None:
    answers = {"service": "shop", "port": "9000"}
    changed = [each["path"] for each in page(server, said=answers)["files"] if each["mark"] == "~"]
    assert changed
    for path in changed:
        lines = json.loads(ask(server, "file", said=answers, path=path))["lines"]
        assert [line for mark, line in lines if mark == "+" and "9000" in line], path
        assert [line for mark, line in lines if mark == "-" and "8080" in line], path
    for path in (LOCK, PACK, "README.md"):
        assert json.loads(ask(server, "file", said={"port": "9000"}, path=path))["lines"], path


def test_the_lines_of_both_versions_can_be_told_apart() -> None:
    old, new = File(b"a\nb\nc\n"), File(b"a\nx\nc\nd\n")
    lines = list(lines_of(old, new))
    assert lines == [(" ", "a"), ("-", "b"), ("+", "x"), (" ", "c"), ("+", "d")]
    assert [line for mark, line in lines_of(None, new) if mark == "+"] == ["a", "x", "c", "d"]


def test_a_link_with_what_this_version_does_not_know_opens_and_says_so(server: Server) -> None:
    shown = page(server, said={"service": "orders", "bse_image": "scratch", "port": "x", "cgo": "true"})
    assert shown["said"] == {"service": "orders", "cgo": True}
    assert any("base_image" in note for note in shown["notes"])
    assert any("'x'" in note for note in shown["notes"])
    shown = page(server, said={"service": "orders", "cgo": "true", "base_image": "scratch"})
    assert shown["said"] == {"service": "orders", "cgo": True}
    assert any("needs glibc" in note for note in shown["notes"])


def test_a_place_and_an_environment_change_nothing(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ask(server, "archive", said={})
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "my-service").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOCONTAINER_CGO", "true")
    assert ask(server, "archive", said={}) == before
    assert Nowhere().settle({}).answers["ci"] == "github"


@pytest.mark.parametrize("value", ["../x", "/etc/x", "a/b", "..", "con", "$(id)", "<script>", "a\nb", "C:x"])
def test_no_name_leads_out_of_the_archives_folder(server: Server, value: str) -> None:
    assert page(server, said={}, name="service", value=value)["error"]
    folder, files = unzipped(ask(server, "archive", said={"service": value, "description": value}))
    assert folder == "my-service"
    assert not [path for path in files if path.startswith("/") or ".." in path.split("/") or "\\" in path]


ORIGIN = "http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": ORIGIN}, 200),
        ({"Origin": "http://localhost:{port}", "Host": "localhost:{port}"}, 200),
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://example.com"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "https://127.0.0.1:{port}"}, 403),
        ({"Origin": ORIGIN, "Host": "example.com"}, 403),
        ({"Origin": ORIGIN, "Host": "example.com:{port}"}, 403),
        ({"Origin": ORIGIN, "Host": "127.0.0.1"}, 403),
        ({"Origin": ORIGIN, "Host": "127.0.0.1.example.com:{port}"}, 403),
    ],
)
def test_only_the_page_itself_may_ask(server: Server, headers: dict[str, str], status: int) -> None:
    given = {name: value.format(port=server.server_port) for name, value in headers.items()}
    assert call(server, "POST", "/page", b'{"said": {}}', given).status == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 200), ({"Origin": ORIGIN}, 200), ({"Origin": "http://example.com"}, 403), ({"Host": "example.com"}, 403)],
)
def test_only_this_machine_by_its_own_name_gets_the_page(server: Server, headers: dict[str, str], status: int) -> None:
    given = {name: value.format(port=server.server_port) for name, value in headers.items()}
    assert call(server, "GET", "/", headers=given).status == status


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/page", b"", 400),
        ("/page", b"[]", 400),
        ("/page", b'{"said": []}', 400),
        ("/page", b'{"said": {}, "language": "../x"}', 400),
        ("/page", b'{"said": {}, "name": "nothing"}', 400),
        ("/page", b'{"said": {}, "open": 1}', 400),
        ("/page", b'{"said": {}, "code": "1"}', 400),
        ("/page", b"\xff", 400),
        ("/page", b"[" * 60000, 400),
        ("/page", b"x" * (form_server.LONGEST + 1), 413),
        ("/file", b'{"said": {}, "path": "../../etc/passwd"}', 400),
        ("/file", b'{"said": {}, "path": "/etc/passwd"}', 400),
        ("/respond", b"{}", 404),
        ("/../page", b"{}", 404),
    ],
)
def test_what_is_no_request_is_refused_and_the_form_goes_on(
    server: Server, path: str, body: bytes, status: int
) -> None:
    assert call(server, "POST", path, body, {"Origin": server.address.rstrip("/")}).status == status
    assert page(server, said={})["error"] is None


def test_values_of_any_kind_are_answers_that_cannot_be_and_no_fault(server: Server) -> None:
    for value in (None, [], {}, 1.5, True, "", "\0", "x" * 10000, [["a"]], {"a": 1}, -1):
        for name in BY_NAME:
            shown = page(server, said={name: value}, name=name, value=value)
            assert shown["service"], (name, value)


@pytest.mark.parametrize("path", ["/answering.py", "/../server.py", "/%2e%2e/server.py", "//etc/passwd", "/page"])
def test_nothing_but_the_files_of_the_page_is_served(server: Server, path: str) -> None:
    assert call(server, "GET", path).status == 404


def test_every_reply_forbids_what_the_page_does_not_need(server: Server) -> None:
    for name in ("/", "/form.js", "/nothing"):
        headers = call(server, "GET", name).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_every_file_that_the_page_loads_is_served(server: Server) -> None:
    loaded = re.findall(r'(?:href|src|from)[= ]"(?:\./)?([a-z.]+)"', "".join(map(Path.read_text, PAGE.iterdir())))
    assert {*loaded, "index.html"} == {path.name for path in PAGE.iterdir()}
    for name in loaded:
        assert call(server, "GET", f"/{name}").status == 200, name


MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|javascript:|\son\w+=\""
)


def test_the_page_makes_no_markup_and_no_code_of_texts() -> None:
    for folder in (PAGE, ROOT / "docs/form"):
        for path in folder.iterdir():
            assert not MARKUP.search(path.read_text()), path
    assert MARKUP.search("element.innerHTML = answer")


def test_every_text_of_the_page_is_there_in_both_languages(server: Server) -> None:
    script = "".join(path.read_text() for path in PAGE.iterdir())
    used = {*re.findall(r'data-text="(\w+)"', script), *re.findall(r"texts\??\.(\w+)", script)}
    assert used == {*texts()}
    english, chinese = (page(server, said={}, language=each)["texts"] for each in ("en", "zh_CN"))
    assert {name for name in used if english[name] == chinese[name]} == {"languages"}


def test_a_language_is_a_word_of_the_link_and_no_answer() -> None:
    assert "lang" not in BY_NAME


def test_the_files_of_the_page_are_few_and_small() -> None:
    assert sum(path.stat().st_size for path in PAGE.parent.rglob("*") if path.suffix != ".pyc") < 60_000


def test_the_command_serves_this_machine_alone_until_ctrl_c() -> None:
    with subprocess.Popen(
        [GOCONTAINER, "form", "--port", "0"], stdout=subprocess.PIPE, text=True, env=clean_environment()
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        found = re.fullmatch(r"The form is at http://127\.0\.0\.1:(\d+)/ until Ctrl-C\.\n", line)
        assert found, line
        port = int(found[1])
        socket.create_connection(("127.0.0.1", port)).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port))
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0


def test_a_port_that_is_taken_is_named_with_the_way_out(server: Server) -> None:
    run = gocontainer("form", "--port", str(server.server_port))
    assert run.code == 1
    assert f"The form cannot listen on port {server.server_port}: " in run.err
    assert run.err.endswith("Choose another one with --port.\n")


@pytest.mark.parametrize("port", ["65536", "-1", "x", "", "1" * 5000])
def test_what_is_no_port_is_refused_with_the_way_out(port: str) -> None:
    run = gocontainer("form", f"--port={port}")
    assert (run.code, run.out) == (2, "")
    assert "is not the number of a port: say one from 0 to 65535." in run.err


def test_a_browser_without_a_server_is_answered_alike() -> None:
    request = json.dumps({"said": {"service": "orders"}, "language": "en"})
    assert {*ANSWERS} == {"page", "file", "archive"}
    assert respond("archive", request) == respond("archive", request.encode())
