"""The form of an external template that is a fork of ours: its questions, its files, and what the lock says of them."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gocontainer.answers.lockfile import LOCK
from gocontainer.errors import CannotUse
from gocontainer.external.wanted import Wanted
from gocontainer.form import fork as fork_form
from gocontainer.form.server import Server
from gocontainer.repository import tree
from tests.form.browser import Browser, browser, chromedriver
from tests.form.test_browser import downloaded, elsewhere, link
from tests.helpers.asking import ask, call, page, served, unzipped
from tests.helpers.daemons import until
from tests.helpers.support import ROOT, git, gocontainer, ok, replace
from tests.helpers.templates import Template

pytestmark = pytest.mark.proof(runs=("generator", "template", "hooks"))
QUESTION = "Where at Acme does it run?"
SAID = {"service": "orders", "cgo": "true", "owner": "the Acme \u4e2d\u6587 <team>"}


@pytest.fixture(scope="module")
def fork(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A released fork whose table asks in other words, and whose Makefile has a target more."""
    folder = tmp_path_factory.mktemp("fork") / "acme"
    folder.mkdir()
    for name in ("generator", "template", "hooks", "cookiecutter.json"):
        subprocess.run(["cp", "-R", str(ROOT / name), str(folder)], check=True)
    targets = folder / "generator/gocontainer/options/subjects/targets.py"
    replace(targets, ('question="Where does the service run?"', f'question="{QUESTION}"'))
    makefile = folder / "template/<<cookiecutter.service>>/Makefile"
    makefile.write_text(makefile.read_text() + "\n.PHONY: acme\nacme:\n")
    (folder / ".gitignore").write_text("__pycache__/\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=fork")
    git(folder, "tag", "v1.0.0")
    return folder


@pytest.fixture(scope="module")
def server(fork: Path) -> Iterator[Server]:
    with fork_form.answering(Wanted(str(fork), trust=True)) as answering, served(answering) as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    place = tmp_path_factory.mktemp("browser")
    with chromedriver(place / "log") as driver, browser(driver, place) as opened:
        yield opened


def test_in_a_browser_the_forks_table_asks_and_the_zip_is_what_its_command_writes(
    server: Server, shared: Browser, fork: Path, tmp_path: Path
) -> None:
    shared.requested()
    shared.open(link(server.address, **SAID))
    shared.click("#group-deployment summary")
    until(lambda: QUESTION in shared.run("return document.body.textContent"), "the fork's question")
    folder, files = unzipped(downloaded(shared))
    command = shared.run("return document.getElementById('command').textContent")
    assert elsewhere(shared.requested(), server.address) == []
    assert shared.complaints() == []
    program, *words = shlex.split(command)
    assert (program, folder) == ("gocontainer", "orders")
    ok(gocontainer(*words, "--no-git", cwd=tmp_path))
    assert tree.load(tmp_path / "orders") == files
    assert files["Makefile"].content.endswith(b"acme:\n")
    lock = json.loads(files[LOCK].content)
    assert (lock["template"]["name"], lock["template"]["version"], lock["template"]["trusted"]) == (
        str(fork),
        "v1.0.0",
        True,
    )
    assert (lock["answers"]["base_image"], lock["answers"]["owner"]) == ("distroless-base", SAID["owner"])


def test_an_archive_of_it_is_updated_from_the_fork(server: Server, fork: Path, tmp_path: Path) -> None:
    _, files = unzipped(ask(server, "archive", said={"service": "orders"}))
    for path, file in files.items():
        tree.put(tmp_path / "orders" / path, file)
    git(tmp_path / "orders", "init", "--quiet", "--initial-branch=main")
    git(tmp_path / "orders", "add", "--all")
    git(tmp_path / "orders", "commit", "--quiet", "--message=ours")
    ok(gocontainer("update", str(tmp_path / "orders"), "--set", "port=9000", "--trust", "--commit"))
    assert json.loads((tmp_path / "orders" / LOCK).read_text())["template"]["name"] == str(fork)


def test_the_lock_that_is_shown_is_the_archives(server: Server) -> None:
    shown = json.loads(ask(server, "file", said=SAID, path=LOCK))["lines"]
    _, files = unzipped(ask(server, "archive", said=SAID))
    assert "\n".join(line for _, line in shown) + "\n" == files[LOCK].content.decode()
    makefile = json.loads(ask(server, "file", said=SAID, path="Makefile"))["lines"]
    assert makefile[-1][1] == "acme:"


def test_it_speaks_the_language_that_is_asked_for(server: Server) -> None:
    assert page(server, said=SAID, language="zh_CN")["texts"] != page(server, said=SAID)["texts"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"said": 1}', b'{"name": "bse"}', b"\xff", b'{"path": 1}\n{}'])
@pytest.mark.parametrize("name", ["page", "file", "archive"])
def test_what_is_no_request_is_refused_and_the_next_one_is_answered(server: Server, name: str, body: bytes) -> None:
    headers = {"Origin": server.address.rstrip("/")}
    assert call(server, "POST", f"/{name}", body, headers).status == 400
    assert page(server, said=SAID)["service"] == "orders"


def test_a_fork_whose_code_fails_is_said_in_a_sentence(fork: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    subprocess.run(["cp", "-R", str(fork), str(broken)], check=True)
    place = broken / "generator/gocontainer/form/answering.py"
    place.write_text(place.read_text().replace("def page(", "def page(request):\n    raise KeyError\n\n\ndef old("))
    git(broken, "commit", "--quiet", "--all", "--message=broken")
    git(broken, "tag", "v1.0.1")
    with fork_form.answering(Wanted(str(broken), trust=True)) as answering, served(answering) as running:
        for _ in range(2):
            reply = call(running, "POST", "/page", b"{}", {"Origin": running.address.rstrip("/")})
            assert (reply.status, b"The form of the template" in reply.content) == (500, True), reply


def test_what_is_no_fork_has_no_form(tmp_path: Path) -> None:
    plain = Template(tmp_path / "plain").folder
    with pytest.raises(CannotUse, match="has no form"), fork_form.answering(Wanted(str(plain), trust=True)):
        pass


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--template", "acme"), "The form of acme is code of it. Give --trust"),
        (("--trust",), "--trust has no meaning without --template."),
    ],
)
def test_nothing_runs_unless_it_is_trusted(arguments: tuple[str, ...], said: str) -> None:
    run = gocontainer("form", "--port", "0", *arguments)
    assert (run.code, said in run.err) == (2, True), run
