"""The bot proposes a newer template as one pull request; the workflow is run step by step against a bare remote."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from gocontainer import File, render
from gocontainer.answers import lockfile
from tests.helpers.proposals import (
    BRANCH,
    SCRIPT,
    SECRET,
    TOKEN,
    WHEEL,
    WORKFLOW,
    Forge,
    Installed,
    installed,
    write,
)
from tests.helpers.support import ROWS, answers, git, gocontainer, ok, rendered
from tests.helpers.templates import Template
from tests.helpers.updates import Repository

PIPELINE = ".github/workflows/deploy.yml"
CONFLICTS = ".gocontainer/conflicts"


def text(**changed: str) -> str:
    """Twelve lines, some of them changed."""
    return "".join(f"{changed.get(f'at{number}', f'line {number}')}\n" for number in range(12))


class Service(Forge):
    """A service whose template has three files beside the bot."""

    def __init__(self, folder: Path, program: Installed, bot: dict[str, str]) -> None:
        self.template = {**bot, **dict.fromkeys(("a.txt", "b.txt", PIPELINE), text())}
        program.publish(self.template)
        super().__init__(folder, program, self.template)

    def release(self, path: str, **changed: str) -> None:
        """Release a template of which one file is another."""
        self.template[path] = text(**changed)
        self.installed.publish(self.template)

    def commit(self, branch: str, path: str, content: str | None) -> str:
        """Commit a file to a branch as somebody does, and return the commit."""
        self.person.git("fetch", "--quiet", "origin")
        self.person.git("checkout", "--quiet", "--detach", f"origin/{branch}")
        if content is None:
            (self.person.folder / path).unlink()
        else:
            self.person.write(path, content)
        self.person.commit(f"edit {path}")
        self.person.git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
        return self.tip(branch)

    def proposed(self, path: str) -> str:
        """A file of the proposal."""
        return self.ask("show", f"{BRANCH}:{path}") + "\n"

    def propose(self) -> str:
        """Run the workflow, which has to be green, and return the tip of the proposal."""
        done = self.run()
        assert done.code == 0, done.said
        return self.tip(BRANCH)


@pytest.fixture
def service(tmp_path: Path, bot: dict[str, str], program: Installed) -> Service:
    return Service(tmp_path / "forge", program, bot)


def test_a_newer_template_becomes_one_pull_request_with_the_report_as_its_text(service: Service) -> None:
    main = service.tip("main")
    service.release("a.txt", at3="newer")
    tip = service.propose()
    (request,) = service.open
    assert (request["draft"], request["title"]) == (False, "Update with other answers")
    assert "Updated . with other answers: 1 file\n      ~ a.txt\n" in request["body"]
    assert "For whoever is on call:\n      nothing that runs changes\n" in request["body"]
    assert "gocontainer update" not in request["body"]
    assert service.ask("rev-list", f"main..{BRANCH}") == tip
    assert service.proposed("a.txt") == text(at3="newer")
    assert service.is_green(tip)
    assert service.tip("main") == main


def test_where_there_is_no_newer_template_nothing_is_proposed(service: Service) -> None:
    assert service.propose() == ""
    assert service.requests == []


def test_a_proposal_that_main_has_got_goes(service: Service) -> None:
    service.release("a.txt", at3="newer")
    service.propose()
    service.person.git("fetch", "--quiet", "origin")
    service.person.git("push", "--quiet", "origin", f"origin/{BRANCH}:main")
    assert [each["state"] for each in service.requests] == ["merged"]
    assert service.propose() == ""
    assert len(service.requests) == 1


def test_the_next_release_replaces_what_only_the_bot_wrote(service: Service) -> None:
    service.release("a.txt", at3="newer")
    first = service.propose()
    service.release("b.txt", at3="newest")
    second = service.propose()
    assert service.ask("rev-list", f"main..{BRANCH}") == second != first
    (request,) = service.requests
    assert "~ a.txt\n      ~ b.txt" in request["body"]


def test_a_proposal_that_comes_to_the_same_stays_while_main_moves(service: Service) -> None:
    service.release("a.txt", at3="newer")
    first = service.propose()
    service.commit("main", "other.txt", "mine\n")
    assert service.propose() == first
    service.commit("main", "a.txt", text(at9="mine"))
    assert service.propose() == first, "it merges clean, and comes to the same"


@pytest.mark.parametrize("amended", [False, True])
def test_what_somebody_committed_to_the_proposal_is_merged_upon(service: Service, *, amended: bool) -> None:
    service.release("a.txt", at3="newer")
    service.propose()
    theirs = service.commit(BRANCH, "mended.txt", "mended\n")
    if amended:
        service.person.git("reset", "--quiet", "--soft", "HEAD^")
        service.person.git("commit", "--quiet", "--amend", "--no-edit")
        service.person.git("push", "--quiet", "--force", "origin", f"HEAD:{BRANCH}")
        theirs = service.tip(BRANCH)
    assert service.propose() == theirs, "nothing is newer"
    main = service.commit("main", "other.txt", "mine\n")
    service.release("b.txt", at3="newest")
    tip = service.propose()
    assert {theirs, main} <= {*service.ask("rev-list", tip).split()}
    assert service.proposed("mended.txt") == "mended\n"
    assert (service.proposed("a.txt"), service.proposed("b.txt")) == (text(at3="newer"), text(at3="newest"))
    assert len(service.open) == 1


def test_a_conflict_is_a_draft_with_both_sides_and_a_failing_check(service: Service) -> None:
    service.commit("main", "a.txt", text(at3="mine"))
    service.commit("main", PIPELINE, text(at3="mine"))
    service.release("a.txt", at3="newer")
    service.release(PIPELINE, at3="newer")
    tip = service.propose()
    (request,) = service.open
    assert (request["draft"], request["title"]) == (True, "Update the template, with conflicts to decide")
    assert "! a.txt: conflict (contents)" in request["body"]
    assert "<<<<<<< yours\nmine\n||||||| before\nline 3\n=======\nnewer\n>>>>>>> template\n" in service.proposed(
        "a.txt"
    )
    assert (service.proposed(PIPELINE), service.proposed(f"{PIPELINE}.template")) == (
        text(at3="mine"),
        text(at3="newer"),
    )
    assert f"{PIPELINE} is as it was: {PIPELINE}.template is the template's." in service.proposed(CONFLICTS)
    assert not service.is_green(tip)
    assert not service.is_green(service.commit(BRANCH, CONFLICTS, None)), "there are markers yet"
    decided = service.commit(BRANCH, "a.txt", text(at3="both"))
    assert service.is_green(decided)
    assert service.propose() == decided


def test_what_is_being_decided_stays_as_it_is(service: Service) -> None:
    service.commit("main", "a.txt", text(at3="mine"))
    service.release("a.txt", at3="newer")
    service.propose()
    half = service.commit(BRANCH, "note.txt", "I look at it\n")
    service.release("b.txt", at3="newest")
    assert service.propose() == half
    service.commit(BRANCH, "a.txt", text(at3="both"))
    service.commit(BRANCH, CONFLICTS, None)
    service.propose()
    assert (service.proposed("a.txt"), service.proposed("b.txt")) == (text(at3="both"), text(at3="newest"))
    (request,) = service.open
    assert not request["draft"]


def test_where_main_and_somebodys_branch_conflict_the_branch_stays(service: Service) -> None:
    service.release("a.txt", at3="newer")
    service.propose()
    theirs = service.commit(BRANCH, "b.txt", text(at1="theirs"))
    service.commit("main", "b.txt", text(at1="mine"))
    service.release("a.txt", at3="newest")
    assert service.propose() == theirs


def stays_closed_until_something_is_newer(service: Service) -> None:
    """Close what the bot opened: it opens no other one for the same."""
    service.release("a.txt", at3="newer")
    service.propose()
    service.close()
    service.commit("main", "other.txt", "mine\n")
    service.propose()
    assert service.open == []
    service.release("a.txt", at3="newest")
    service.propose()
    assert [each["number"] for each in service.open] == [2]


def test_what_somebody_closed_is_not_opened_again_until_there_is_something_newer(service: Service) -> None:
    stays_closed_until_something_is_newer(service)


def test_nobody_who_was_faster_is_overwritten(service: Service, tmp_path: Path) -> None:
    service.release("a.txt", at3="newer")
    first = service.propose()
    service.release("a.txt", at3="newest")
    assert service.job("merge", tmp_path / "proposal").code == 0
    theirs = service.commit(BRANCH, "mended.txt", "mended\n")
    done = service.job("propose", tmp_path / "proposal")
    assert (done.code, f"{BRANCH} has moved meanwhile" in done.said) == (0, True)
    assert service.tip(BRANCH) == theirs != first


@pytest.mark.parametrize(
    "lie", ["ready {seen} {main}", "nothing {seen} -", "ready {seen} ; rm", "ready - -", "x - -", "link"]
)
def test_a_proposal_that_would_lose_a_commit_or_is_none_is_refused(service: Service, tmp_path: Path, lie: str) -> None:
    service.release("a.txt", at3="newer")
    service.propose()
    theirs = service.commit(BRANCH, "mended.txt", "mended\n")
    service.release("a.txt", at3="newest")
    artifact = tmp_path / "proposal"
    assert service.job("merge", artifact).code == 0
    if lie == "link":
        (artifact / "report").unlink()
        (artifact / "report").symlink_to("/proc/self/environ")
    else:
        (artifact / "proposal").write_text(lie.format(seen=theirs, main=service.tip("main")) + "\n")
    done = service.job("propose", artifact)
    assert done.code == 1, done.said
    assert service.tip(BRANCH) == theirs
    assert TOKEN not in done.said + str(service.requests)


# What a poisoned package could do in the job that installs it: it hands on all that it sees, and plants hooks, git's
# settings and programs for whoever comes after it.
HOSTILE = """#!/bin/sh
env > "$RUNNER_TEMP/proposal/seen"
printf '#!/bin/sh\nenv >> {stolen}\n' > "$HOME/pre-push"
chmod +x "$HOME/pre-push"
git config --global core.hooksPath "$HOME"
cp "$HOME/pre-push" "$RUNNER_TEMP/venv/bin/gh"
cp "$HOME/pre-push" .gocontainer/propose.sh
exec {real} "$@"
"""
IN_THE_FIRST = ("      - name: merge\n", f"      - name: merge\n        env:\n          GH_TOKEN: {SECRET}\n")


@pytest.mark.parametrize("spoiled", [False, True])
def test_a_hostile_package_in_the_first_job_sees_no_secret(
    tmp_path: Path, program: Installed, bot: dict[str, str], *, spoiled: bool
) -> None:
    workflow = bot[WORKFLOW].replace(*IN_THE_FIRST) if spoiled else bot[WORKFLOW]
    service = Service(tmp_path / "forge", program, {**bot, WORKFLOW: workflow})
    stolen, hostile, artifact, hooks = (tmp_path / name for name in ("stolen", "hostile", "proposal", "hooks"))
    write(hostile, HOSTILE.format(stolen=stolen, real=program.program))
    write(service.bin / "python3", (service.bin / "python3").read_text().replace(str(program.program), str(hostile)))
    service.release("a.txt", at3="newer")
    service.job("merge", artifact)
    assert "RUNNER_TEMP" in (artifact / "seen").read_text(), "it ran"
    write(hooks / "pre-push", f"#!/bin/sh\nenv >> {stolen}\n")
    done = service.job("propose", artifact, settings=f"[core]\n\thooksPath = {hooks}\n")
    assert done.code == 0, done.said
    assert not stolen.exists()
    handed = "".join(each.read_text(errors="replace") for each in artifact.rglob("*") if each.is_file())
    assert (TOKEN in handed) is spoiled
    assert TOKEN not in done.said + str(service.requests)


def test_the_second_job_runs_only_git_and_the_forges_client(service: Service, tmp_path: Path) -> None:
    service.release("a.txt", at3="newer")
    assert service.job("merge", tmp_path / "proposal").code == 0
    for name in ("git", "bash", "sh", "env", "head", "cut", "sed", "grep"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    (tmp_path / "bin/gh").symlink_to(service.bin / "gh")
    done = service.job("propose", tmp_path / "proposal", str(tmp_path / "bin"))
    assert done.code == 0, done.said
    assert len(service.open) == 1


def test_only_the_second_job_holds_the_token_and_needs_an_environment(service: Service) -> None:
    workflow = yaml.safe_load((service.person.folder / WORKFLOW).read_text())
    first, second = workflow["jobs"]["merge"], workflow["jobs"]["propose"]
    assert "secrets." not in str(first)
    assert "environment" not in first
    assert first["permissions"] == second["permissions"] == {"contents": "read"}
    assert second["environment"] == "template"
    assert workflow[True]["schedule"] == [{"cron": "23 5 * * 1"}]


def test_everything_is_installed_by_its_hash(bot: dict[str, str]) -> None:
    named = bot[".gocontainer/requirements.txt"].replace("\\\n", "").splitlines()
    packages = [line for line in named if not line.startswith("#")]
    assert packages[0] == f"gocontainer @ {WHEEL}"
    assert len(packages) > 20
    assert [line for line in packages[1:] if "==" not in line or "--hash=sha256:" not in line] == []
    assert "--require-hashes --only-binary :all: -r .gocontainer/requirements.txt" in bot[WORKFLOW]


INSTALLS = re.compile(
    r"\b(?:pip3?\"? +(?:install|download)|pipx|uvx|uv (?:tool|pip|run|add)|python3? -m pip|npm|npx|gem|cargo)\b.*"
)
BY_HASH = "--quiet --require-hashes --only-binary :all: -r"


def by_name(files: Mapping[str, File]) -> list[str]:
    """What installs or runs a package by its name: all that does so otherwise than by hash."""
    lines = [line for file in files.values() for line in file.content.decode("utf-8", "replace").splitlines()]
    found = [each[0] for line in lines if (each := INSTALLS.search(line))]
    return [each for each in found if BY_HASH not in each]


def test_nothing_is_rendered_that_installs_a_bare_name() -> None:
    files = render(answers())
    assert not {WORKFLOW, SCRIPT, ".gocontainer/requirements.txt"} & files.keys()
    assert b"propose.sh" not in files[".github/workflows/ci.yml"].content
    for row in ROWS:
        assert by_name(render(answers(**row))) == []


@pytest.mark.parametrize(
    "line",
    [
        "pip install gocontainer",
        '"$V/bin/pip" install --quiet gocontainer==1.0.0',
        "\tpip install --require-hashes -r a",
        "uvx --from gocontainer==1.0.0 gocontainer",
        "run `pipx run gocontainer`",
        "python3 -m pip install x",
        "npx renovate",
    ],
)
def test_what_installs_a_bare_name_is_found(line: str) -> None:
    assert by_name({"docs/a.md": File(f"a\n{line}\n".encode())})


def test_the_check_of_each_change_comes_before_all_else(tmp_path: Path) -> None:
    repository = rendered(tmp_path, update_wheel=WHEEL)
    steps = yaml.safe_load((repository / ".github/workflows/ci.yml").read_text())["jobs"]["test"]["steps"]
    assert [step.get("run") for step in steps][:2] == [None, f"{SCRIPT} check"]
    assert os.access(repository / SCRIPT, os.X_OK)
    git(repository, "init", "--quiet")
    git(repository, "add", "--all")
    done = subprocess.run([SCRIPT, "check"], cwd=repository, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_template_of_a_whole_repository_is_proposed_with_what_it_changes_on_call(
    tmp_path: Path, program: Installed
) -> None:
    newest = render(answers(update_wheel=WHEEL))
    config = newest["internal/config/config.go"].content
    older = {**newest, "internal/config/config.go": File(config.replace(b"20*time.Second", b"15*time.Second"))}
    assert older != newest
    program.publish({})
    forge = Forge(tmp_path / "forge", program, older)
    done = forge.run()
    assert done.code == 0, done.said
    (request,) = forge.open
    assert "      drain, seconds: 15, now 20 (" in request["body"]
    assert "      the image, from the next release on\n" in request["body"]
    assert "Verified: nothing that worked is broken." in request["body"]
    changed = forge.ask("diff", "--name-only", "main", BRANCH).split()
    assert changed == [lockfile.LOCK, lockfile.PACK, "internal/config/config.go"]


def test_the_answer_follows_the_wheel_that_is_merged_with(service: Service) -> None:
    newer = WHEEL.replace("1.0.0", "1.1.0")
    requirements = service.template[".gocontainer/requirements.txt"].replace(WHEEL, newer)
    service.commit("main", ".gocontainer/requirements.txt", requirements)
    service.template[".gocontainer/requirements.txt"] = requirements
    service.release("a.txt", at3="newer")
    tip = service.propose()
    assert service.is_green(tip)
    assert f'"update_wheel": "{newer}"' in service.proposed(lockfile.LOCK)


@pytest.mark.parametrize("trusted", [False, True])
def test_an_external_template_is_proposed_too(tmp_path: Path, bot: dict[str, str], *, trusted: bool) -> None:
    template = Template(tmp_path / "template")
    template.write({"hooks/post_gen_project.py": "open('hook.txt', 'w').write('ran')\n"} if trusted else {})
    template.release("v1")
    flags = ["--trust"] * trusted
    out = tmp_path / "out"
    ok(
        gocontainer(
            "new", "orders", "-o", str(out), "--template", str(template.folder), "--no-input", "--no-git", *flags
        )
    )
    folder = next(out.iterdir())
    for path, content in bot.items():
        if path != ".gocontainer/requirements.txt":
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(
                content.replace('/proposal"\n', '/proposal" --trust\n', 1) if trusted else content
            )
            (folder / path).chmod(0o755)
    person = Repository.at(folder)
    git(folder, "init", "--quiet", "--initial-branch=main")
    person.commit("start")
    template.write({"{{cookiecutter.slug}}/README.md": "# newer\n"})
    template.release("v2")
    with installed(tmp_path / "x") as program:
        forge = Forge.of(tmp_path / "forge", program, person)
        done = forge.run()
    assert done.code == 0, done.said
    (request,) = forge.open
    assert "from" in request["title"]
    assert "v2" in request["title"]
    assert forge.ask("show", f"{BRANCH}:README.md") == "# newer"
