"""The form in a real Chromium: links, archives, keys, a screen reader's view, and nothing from elsewhere."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from gocontainer.answers.lockfile import with_lockfile
from gocontainer.form.server import Server
from gocontainer.repository import tree
from tests.form.browser import Browser, browser, chromedriver
from tests.form.npm import axe
from tests.form.static import Site, static
from tests.helpers.asking import served, unzipped
from tests.helpers.daemons import until
from tests.helpers.proofs import everything
from tests.helpers.support import ROWS, Row, answers, files_of, row_id

pytestmark = pytest.mark.proof(runs=("generator", "template", "docs/form", "docs/static_form.py"))
KNATIVE = next(row for row in ROWS if row["target"] == "knative")
SERVED = ROWS if everything() else [ROWS[0], ROWS[1], KNATIVE, ROWS[-1]]
STATIC = ROWS if everything() else [KNATIVE]
DOWN, TAB, SPACE = "\ue015", "\ue004", " "


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chromedriver(tmp_path_factory.mktemp("driver") / "log") as address:
        yield address


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as running:
        yield running


@pytest.fixture(scope="module")
def shared(driver: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for what leaves nothing behind: each address is opened in a document of its own."""
    with browser(driver, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with static(tmp_path_factory.mktemp("site")) as running:
        yield running


def link(address: str, **said: object) -> str:
    return f"{address}#{urlencode({name: str(value) for name, value in said.items()})}"


def downloaded(opened: Browser) -> bytes:
    """Click for the archive, and return it."""
    opened.click("#download")
    until(lambda: list(opened.downloads.glob("*.zip")), "the archive")
    (archive,) = opened.downloads.glob("*.zip")
    content = archive.read_bytes()
    archive.unlink()
    return content


def digest_of(row: Row) -> str:
    """The digest of what the command writes."""
    return tree.digest(with_lockfile(files_of(row), answers(**row)))


def elsewhere(addresses: list[str], home: str) -> list[str]:
    """Return what was asked of another place than the page's own folder, and was no content of its own."""
    return [each for each in addresses if not each.startswith((home, f"blob:{home}", "about:", "data:"))]


@pytest.mark.parametrize("row", SERVED, ids=row_id)
def test_the_archive_of_a_link_has_the_files_of_the_command(server: Server, shared: Browser, row: Row) -> None:
    shared.open(link(server.address, service="orders", **row))
    folder, files = unzipped(downloaded(shared))
    assert (folder, tree.digest(files)) == ("orders", digest_of(row))


def test_a_link_made_by_clicks_gives_the_same_archive_in_a_fresh_profile(
    server: Server, driver: str, tmp_path: Path
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with browser(driver, tmp_path / "one") as one, browser(driver, tmp_path / "two") as two:
        one.open(link(server.address, service="orders"))
        plain = downloaded(one)
        one.click("#group-runtime summary")
        until(lambda: one.run("return !!document.getElementById('question-cgo-0')"), "the group")
        one.click("#question-cgo-0")
        until(lambda: "cgo=true" in one.run("return location.hash"), "the answer")
        address, made = one.run("return location.href"), downloaded(one)
        two.open(address)
        assert plain != made == downloaded(two)
        one.run("history.back()")
        until(lambda: "cgo" not in one.run("return document.getElementById('command').textContent"), "the way back")
        assert downloaded(one) == plain


def test_the_page_asks_for_nothing_but_its_own_folder_and_complains_of_nothing(server: Server, shared: Browser) -> None:
    shared.requested()
    shared.complaints()
    shared.open(link(server.address, service="orders", lang="zh_CN"))
    asked = shared.requested()
    assert elsewhere(asked, server.address) == []
    assert server.address + "page" in asked
    assert shared.complaints() == []
    assert elsewhere([*asked, "https://example.com/x.js"], server.address) == ["https://example.com/x.js"]


def test_a_page_of_another_origin_reads_and_asks_nothing(server: Server, site: Site, shared: Browser) -> None:
    shared.post("/url", url=f"{site.address}link.js")
    script = """
        const [address, done] = arguments;
        fetch(address + "page", { method: "POST", body: '{"said": {}}' })
          .then((reply) => done("read"), () => done("refused"));
    """
    assert shared.wait(script, server.address) == "refused"
    assert shared.wait(script, site.address) == "read", "the check cannot fail"


def test_an_answer_is_shown_as_text_and_runs_nothing(server: Server, shared: Browser) -> None:
    evil = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>'
    shared.open(link(server.address, service="orders", description=evil, owner=evil, bse=evil))
    assert shared.run("return document.getElementById('question-description-0').value") == evil
    assert evil in shared.run("return document.getElementById('command').textContent")
    assert shared.run("return [window.ran ?? null, document.images.length]") == [None, 0]


def test_keys_alone_answer_and_keep_the_focus(server: Server, shared: Browser) -> None:
    shared.open(link(server.address, service="orders"))
    shared.run("document.getElementById('question-service-0').focus()")
    shared.type(TAB + DOWN)
    until(lambda: "profile=serverless" in shared.run("return location.hash"), "the answer")
    assert shared.run("return document.activeElement.id") == "question-profile-2"
    assert "Adds" in shared.run("return document.querySelector('[role=status]').textContent")
    shared.run("document.querySelector('#group-runtime summary').focus()")
    shared.type(SPACE)
    until(lambda: shared.run("return document.querySelectorAll('#group-runtime .question').length > 3"), "the group")
    shared.run("document.getElementById('skip').focus()")
    shared.type(SPACE)
    assert shared.run("return document.activeElement.id") == "files-title"


def test_a_wrong_answer_stays_in_its_line_with_the_reason(server: Server, shared: Browser) -> None:
    shared.open(link(server.address, service="orders"))
    shared.run("const line = document.getElementById('question-service-0'); line.focus(); line.select()")
    shared.type("Orders" + TAB)
    until(lambda: shared.run("return document.querySelector('[aria-invalid]')?.value") == "Orders", "the refusal")
    described = "document.querySelector('[aria-invalid]').getAttribute('aria-describedby').split(' ')"
    assert "DNS label" in shared.run(
        f"return {described}.map((id) => document.getElementById(id).textContent).join(' ')"
    )
    assert "service=orders" in shared.run("return location.hash")


LOOKS = list(itertools.product(("en", "zh_CN"), ("light", "dark"), (1280, 390)))


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
def test_axe_finds_nothing_and_the_page_fits(
    server: Server, shared: Browser, language: str, scheme: str, width: int
) -> None:
    shared.look(width, 844, scheme)
    shared.open(link(server.address, service="orders", cgo="true", target="knative", lang=language))
    shared.click("#group-runtime summary")
    until(lambda: shared.run("return !!document.querySelector('.obstacle')"), "the group")
    assert shared.run("return document.documentElement.scrollWidth") <= width
    assert found_by_axe(shared) == []
    assert shared.run("return document.documentElement.lang") == language.replace("_", "-")


def found_by_axe(shared: Browser) -> list[str]:
    shared.run(axe())
    script = "axe.run().then(({ violations }) => arguments[0](violations.map((each) => each.id)))"
    return [str(each) for each in shared.wait(script)]


def test_axe_finds_a_line_without_a_label_and_grey_on_grey(server: Server, shared: Browser) -> None:
    shared.look(1280, 900, "light")
    shared.open(link(server.address, service="orders"))
    shared.run("document.querySelector('label[for=question-service-0]').remove()")
    shared.run("document.getElementById('estimate').style.color = '#ccc'")
    assert {*found_by_axe(shared)} >= {"label", "color-contrast"}


@pytest.mark.parametrize("row", STATIC, ids=row_id)
def test_the_static_page_gives_the_same_archive(site: Site, shared: Browser, row: Row) -> None:
    shared.open(link(site.address, service="orders", **row))
    folder, files = unzipped(downloaded(shared))
    assert (folder, tree.digest(files)) == ("orders", digest_of(row))


def test_the_static_page_loads_its_own_folder_alone(site: Site, driver: str, tmp_path: Path) -> None:
    site.asked.clear()
    with browser(driver, tmp_path) as fresh:
        fresh.open(link(site.address, service="orders"))
        assert elsewhere(fresh.requested(), site.address) == []
    workers = {"worker.js", "gocontainer.zip", "pyodide/pyodide.asm.wasm", "pyodide/python_stdlib.zip"}
    assert workers <= {each.removeprefix("/form/") for each in site.asked}
    assert [each for each in site.asked if not each.startswith("/form/")] == []
