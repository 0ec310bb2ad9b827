"""Which release of an external template an update takes, and which of two merged branches has the later one."""

from __future__ import annotations

import json
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gocontainer.answers import lockfile
from gocontainer.external.releases import newest
from tests.helpers.support import Run, clean_environment, ok
from tests.helpers.templates import Template
from tests.helpers.updates import command

README = "{{cookiecutter.slug}}/README.md"


@pytest.fixture
def template(tmp_path: Path) -> Template:
    return Template(tmp_path / "acme")


class Service:
    """A repository that a template rendered, committed."""

    def __init__(self, folder: Path, source: str) -> None:
        self.folder = folder / "out/orders"
        ok(command("new", "--no-git", "-o", str(folder / "out"), "--template", source))
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit()

    def git(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, check=False, capture_output=True, env=clean_environment(), text=True
        )
        assert done.returncode in codes, done.stderr
        return done.stdout.strip()

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "edit")

    def update(self, *arguments: str) -> Run:
        done = command("update", str(self.folder), *arguments)
        if done.code == 0 and "already" not in done.out and "--continue" not in arguments:
            self.commit()
        return done

    def lock(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / lockfile.LOCK).read_text())
        return document


@pytest.mark.parametrize(
    ("tags", "known", "expected"),
    [
        ("v1.0.0 v1.1.0 docs-9.0 build1234 nightly-20261101", "v1.0.0", "v1.1.0"),
        ("v1.0.0 v1.1.0 docs-9.0 build1234 nightly-20261101", "", "v1.1.0"),
        ("docs-9.0 build1234 nightly-20261101", "", ""),
        ("v1.9.0 v1.10.0 v1.2", "v1.2", "v1.10.0"),
        ("1.0 v1.1 1.2", "v1.1", "1.2"),
        ("release-7 release-10 v99", "release-7", "release-10"),
        ("tpl/v1.0 tpl/v1.2 lib/v3.0 v2.0", "tpl/v1.0", "tpl/v1.2"),
        ("docs-9.0 v2.0", "docs-9.0", "docs-9.0"),
        ("v1.0.0 v2.0.0-rc.1 v2.0.0-rc.2", "v1.0.0", "v1.0.0"),
        ("v2.0.0-rc.2 v2.0.0-rc.10 v2.0.0-beta.11 v1.0.0", "v2.0.0-beta.11", "v2.0.0-rc.10"),
        ("v2.0.0-rc.10 v2.0.0 v2.1.0-alpha", "v2.0.0-rc.10", "v2.0.0"),
        ("v1.0.0+build.5 v1.0.0-rc1", "", "v1.0.0+build.5"),
        ("v1.0 v1.1", "v1.0-3-gabcdef0", "v1.1"),
        ("v1.0 v2.0-rc1", "v1.0-3-gabcdef0", "v1.0"),
        ("v1.0 v1.1", "release-7", "v1.1"),
        ("v1.0 v1.1", "main", "v1.1"),
        ("latest stable", "", ""),
    ],
)
def test_the_newest_release_is_a_version_of_the_prefix_that_is_known(tags: str, known: str, expected: str) -> None:
    assert newest(tags.split(), known) == expected


def test_prereleases_are_ordered_as_semantic_versioning_says() -> None:
    ordered = ["alpha", "alpha.1", "alpha.beta", "beta", "beta.2", "beta.11", "rc.1"]  # the specification's own
    tags = [*(f"v1.0.0-{each}" for each in ordered), "v1.0.0"]
    for earlier, later in pairwise(tags):
        assert newest([later, earlier], tags[0]) == later
        assert newest([earlier, later], tags[0]) == later


def test_new_and_update_take_no_tag_that_is_no_version(template: Template, tmp_path: Path) -> None:
    template.release("v1.0.0")
    template.write({README: "1.1\n"})
    template.release("v1.1.0")
    for tag in ("docs-9.0", "build1234", "nightly-20261101"):
        template.write({README: f"{tag}\n"})
        template.release(tag)
    service = Service(tmp_path, f"{template.folder}@v1.0.0")
    assert "from v1.0.0 to v1.1.0" in service.update().out.replace(f"{template.folder} ", "")
    assert Service(tmp_path / "other", str(template.folder)).lock()["template"]["version"] == "v1.1.0"


@pytest.fixture
def service(template: Template, tmp_path: Path) -> Service:
    """A service of the first of three versions, of which the last comes earlier by its letters."""
    template.write({"{{cookiecutter.slug}}/b.txt": "1\n2\n3\n4\n5\n"})
    template.release("v1.9.0")
    template.write({"{{cookiecutter.slug}}/b.txt": "1\n2\n3\n4\n5 of 1.10\n"})
    template.release("v1.10.0")
    template.write({"{{cookiecutter.slug}}/b.txt": "1 of 2.0\n2\n3\n4\n5\n", "{{cookiecutter.slug}}/new.txt": "new\n"})
    template.release("v2")
    return Service(tmp_path, f"{template.folder}@v1.9.0")


def parted(service: Service, ours: tuple[str, ...], theirs: tuple[str, ...]) -> None:
    """Two branches that updated each for itself, in the middle of their merge."""
    service.git("branch", "topic")
    ok(service.update(*ours))
    service.git("checkout", "--quiet", "topic")
    ok(service.update(*theirs))
    service.git("checkout", "--quiet", "main")
    service.git("merge", "--no-edit", "topic", codes=(1,))


@pytest.mark.parametrize("is_ours", [True, False])
def test_the_later_lock_of_two_branches_is_the_one_whose_commit_has_the_other(service: Service, is_ours: bool) -> None:  # noqa: FBT001
    """And what was deleted then does not come back."""
    sides = ("--to", "v2"), ("--to", "v1.10.0")
    parted(service, *(sides if is_ours else sides[::-1]))
    ok(service.update("--continue"))
    assert service.lock()["template"]["version"] == "v2"
    service.commit()
    (service.folder / "new.txt").unlink()
    service.commit()
    assert "already" in ok(service.update())
    assert not (service.folder / "new.txt").exists()


def test_so_it_is_where_both_follow_a_branch(template: Template, service: Service) -> None:
    template.git("branch", "line", "v1.9.0")
    ok(service.update("--to", "line"))
    service.git("branch", "topic")
    template.git("branch", "--force", "line", "v2")
    ok(service.update())
    newer = service.lock()["template"]
    assert newer["version"] == "line"
    service.git("checkout", "--quiet", "topic")
    template.git("branch", "--force", "line", "v1.10.0")
    ok(service.update())
    service.git("merge", "--no-edit", "main", codes=(1,))
    ok(service.update("--continue"))
    assert service.lock()["template"] == newer


def test_a_history_that_does_not_say_which_is_later_is_refused(template: Template, service: Service) -> None:
    template.git("checkout", "--quiet", "-b", "side", "v1.10.0")
    template.write({README: "side\n"})
    template.release("side-1")
    parted(service, ("--to", "v2"), ("--to", "side-1"))
    before = service.git("ls-files", "--stage")
    done = service.update("--continue")
    assert (done.code, service.git("ls-files", "--stage")) == (2, before)
    assert "does not say which is later, v2 or side-1. Abort the merge" in done.err


def test_a_template_that_is_gone_can_be_read_elsewhere(template: Template, service: Service, tmp_path: Path) -> None:
    parted(service, ("--to", "v1.10.0"), ("--to", "v2"))
    template.folder.rename(tmp_path / "moved")
    assert "cannot be fetched" in service.update("--continue").err
    ok(service.update("--continue", "--template", str(tmp_path / "moved")))
    assert service.lock()["template"]["version"] == "v2"


def test_two_templates_and_answers_of_both_are_refused_in_a_sentence(
    template: Template, service: Service, tmp_path: Path
) -> None:
    Template(tmp_path / "fork").release("v1")
    start = service.git("rev-parse", "HEAD")
    parted(service, ("--to", "v2"), ("--template", str(tmp_path / "fork")))
    assert f"two templates: {template.folder} and {tmp_path / 'fork'}. Abort" in service.update("--continue").err
    service.git("merge", "--abort")
    service.git("branch", "--quiet", "-D", "topic")
    service.git("reset", "--quiet", "--hard", start)
    parted(service, ("--set", "license=none"), ("--set", "ci=true"))
    assert "Each branch has answers of its own" in service.update("--continue").err


def test_what_either_branch_keeps_is_kept(service: Service) -> None:
    service.git("branch", "topic")
    ok(service.update("--to", "v1.10.0"))
    document = service.lock()
    text = json.dumps({**document, "keep": ["b.txt"]}, indent=2, ensure_ascii=False) + "\n"
    (service.folder / lockfile.LOCK).write_text(text)
    service.commit()
    service.git("checkout", "--quiet", "topic")
    ok(service.update("--to", "v2"))
    service.git("merge", "--no-edit", "main", codes=(1,))
    ok(service.update("--continue"))
    assert (service.lock()["template"]["version"], service.lock()["keep"]) == ("v2", ["b.txt"])
