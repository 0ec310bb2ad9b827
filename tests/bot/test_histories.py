"""Whatever bot, reviewer, main and releases do in whichever order, no commit is lost: random histories."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from gocontainer.answers import lockfile
from gocontainer.repository.tree import digest
from tests.bot.gitlab import AtGitlab
from tests.bot.test_proposals import Service
from tests.helpers.proposals import BRANCH, SCRIPT, Installed, as_executable, rendered_bot, write
from tests.helpers.support import need

SEEDS = range(1000 if os.environ.get("ALL") else 100)
LENGTH = 6
FILES = ("a.txt", "b.txt", ".github/workflows/deploy.yml")
LINES = 8
CONFLICTS = ".gocontainer/conflicts"
MUTANTS = {
    "sets back a branch of others": ("\nmarkers() {", "\nhas_others() { return 1; }\n\nmarkers() {", 24),
    "pushes without a lease": ('"--force-with-lease=refs/heads/$BRANCH:$seen"', "--force", 13),
    "opens a second request": ("number=$(open_request)", "number=", 17),
    "calls conflicts ready": ("state=draft\n", "state=ready\n", 2),
}
"""Scripts that are wrong: what is there, what instead, and a history that shows it."""

# Before the bot pushes, somebody else does.
GIT = """#!/bin/sh
case " $* " in *" push "*) [ ! -e {act} ] || {{ mv {act} {act}.done; PATH={path} sh {act}.done; }} ;; esac
PATH={path} exec git "$@"
"""


class History:
    """What happens to one repository, drawn at random."""

    def __init__(self, forge: Service, seed: int) -> None:
        self.random, self.number, self.log = Random(seed), 0, [f"seed {seed}"]
        self.template = {path: forge.template[path].splitlines(keepends=True) for path in FILES}
        self.forge, self.person, self.is_alone = forge, forge.person, False
        self.kept: set[str] = {self.forge.tip("main")}
        """Commits of people, which have to stay."""
        self.act = forge.folder / "act"
        self.path = os.pathsep.join([str(forge.folder / "wrapped"), str(self.forge.bin), os.environ["PATH"]])
        write(forge.folder / "wrapped/git", GIT.format(act=self.act, path=os.environ["PATH"]))

    def happens(self, chance: float) -> bool:
        """Whether somebody is at work while the bot is."""
        return not self.is_alone and self.random.random() < chance

    @property
    def newest(self) -> dict[str, str]:
        return {**self.forge.template, **{path: "".join(lines) for path, lines in self.template.items()}}

    def word(self, who: str) -> str:
        self.number += 1
        return f"{who} {self.number}\n"

    def live(self) -> None:
        """Let things happen, looking after each whether all is well, and end with the newest template in main."""
        for _ in range(LENGTH):
            self.draw((self.run_bot, self.run_bot, self.review, self.review, self.edit_main, self.release))()
            self.look()
        self.settle()

    def draw(self, among: Sequence[Callable[[], None]]) -> Callable[[], None]:
        chosen = self.random.choice(among)
        self.log.append(chosen.__name__)
        return chosen

    def look(self) -> None:
        tips = [tip for tip in (self.forge.tip("main"), self.forge.tip(BRANCH)) if tip]
        there = set(self.forge.ask("rev-list", *tips).split())
        assert self.kept <= there, self.log
        assert len(self.forge.open) <= 1, self.log
        for tip in tips:
            if self.has_markers(tip):
                assert tip != tips[0], self.log
                assert not self.forge.is_green(tip), self.log

    def has_markers(self, tip: str) -> bool:
        patterns = ("^<<<<<<<", "^>>>>>>>")
        arguments = [word for pattern in patterns for word in ("-e", pattern)]
        return bool(self.forge.ask("grep", "-l", *arguments, tip, "--", ":!.gocontainer/propose.sh", codes=(0, 1)))

    # What releases and main do.

    def release(self) -> None:
        path = self.random.choice(FILES)
        self.template[path][self.random.randrange(LINES)] = self.word("template")
        self.forge.installed.publish(self.newest)

    def edit_main(self) -> None:
        self.at("origin/main")
        self.edit("main")
        self.push("main")

    def edit(self, who: str) -> None:
        path = self.random.choice(FILES)
        place = self.person.folder / path
        lines = place.read_text().splitlines(keepends=True) if place.exists() else []
        number = self.random.randrange(LINES)
        lines[number : number + 1] = [self.word(who)]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("".join(lines))
        self.person.commit(who)

    def at(self, commit: str) -> None:
        self.person.git("fetch", "--quiet", "--prune", "origin")
        self.person.git("checkout", "--quiet", "--force", "--detach", commit)

    def push(self, branch: str, *flags: str) -> None:
        self.person.git("push", "--quiet", *flags, "origin", f"HEAD:refs/heads/{branch}")
        if self.person.git("log", "-1", "--format=%cn").strip() != "gocontainer":  # else nothing was changed
            self.kept.add(self.person.git("rev-parse", "HEAD").strip())

    # What the bot does, with somebody between its jobs and before its push.

    def run_bot(self) -> None:
        artifact = self.forge.folder / f"proposal-{self.number}-{self.forge.runs}"
        done = self.forge.job("merge", artifact)
        assert done.code == 0, (self.log, done)
        if self.happens(0.3):
            self.draw((self.review, self.edit_main, self.release))()
        overtaken = self.happens(0.3)
        if overtaken:
            self.at(self.forge.tip(BRANCH) or "origin/main")
            self.edit("overtaking")
            commit = self.person.git("rev-parse", "HEAD").strip()
            self.act.write_text(f"git -C {self.person.top} push -q origin {commit}:refs/heads/{BRANCH}\n")
        done = self.forge.job("propose", artifact, self.path)
        assert done.code == 0, (self.log, done)
        if overtaken and not self.act.exists():
            self.log.append("overtaken")
            self.kept.add(commit)
        self.act.unlink(missing_ok=True)

    # What people do to the proposal.

    def review(self) -> None:
        if not self.forge.tip(BRANCH):
            return
        self.at(f"origin/{BRANCH}")
        self.draw((self.add, self.amend, self.decide, self.half_decide, self.take, self.take, self.take_main,
                   self.rebase, self.refuse, self.delete))()  # fmt: skip

    def add(self) -> None:
        self.edit("review")
        self.push(BRANCH)

    def amend(self) -> None:
        self.person.git("commit", "--quiet", "--amend", "--allow-empty", "--message", self.word("amended"))
        self.rewrite()

    def rewrite(self) -> None:
        """Replace the branch, as people may; what they gave up is not missed."""
        kept = set(self.forge.ask("rev-list", "main").split()) | set(self.person.git("rev-list", "HEAD").split())
        self.push(BRANCH, "--force")
        self.kept &= kept | {self.person.git("rev-parse", "HEAD").strip()}

    def decide(self) -> None:
        self.resolve()
        (self.person.folder / CONFLICTS).unlink(missing_ok=True)
        self.person.commit("decided")
        self.push(BRANCH)

    def half_decide(self) -> None:
        if self.random.random() < 0.5:
            (self.person.folder / CONFLICTS).unlink(missing_ok=True)
        else:
            self.resolve(self.random.choice(FILES))
        self.person.commit("half decided")
        self.push(BRANCH)

    def resolve(self, *paths: str) -> None:
        for path in paths or FILES:
            place = self.person.folder / path
            side, lines = "", []
            for line in place.read_text().splitlines(keepends=True) if place.exists() else ():
                mark = line[:7]
                if mark in ("<<<<<<<", "|||||||", "=======", ">>>>>>>"):
                    side = "" if mark == ">>>>>>>" else mark
                elif side in ("", "======="):
                    lines.append(line)
            if place.exists():
                place.write_text("".join(lines))
            beside = place.with_name(f"{place.name}.template")
            if beside.exists():
                beside.replace(place)

    def take(self) -> None:
        """Merge the pull request where it is green, as the forge does."""
        tip = self.forge.tip(BRANCH)
        if not self.forge.open or self.forge.is_draft(self.forge.open[0]) or not self.forge.is_green(tip):
            return
        self.person.git("checkout", "--quiet", "--detach", "origin/main")
        squash = self.random.random() < 0.4
        self.person.git("merge", "--quiet", "--squash" if squash else "--no-ff", tip, codes=(0, 1))
        if self.person.git("ls-files", "--unmerged"):
            self.person.git("reset", "--hard", "--quiet")
            return
        if squash:
            self.person.git("commit", "--quiet", "--allow-empty", "--message", "squashed")
            self.forge.close()
        self.push("main")
        if self.random.random() < 0.6:
            self.delete()
        self.log.append("taken")

    def take_main(self) -> None:
        self.person.git("merge", "--quiet", "origin/main", codes=(0, 1))
        if self.person.git("ls-files", "--unmerged"):
            self.person.git("reset", "--hard", "--quiet")
        else:
            self.push(BRANCH)

    def rebase(self) -> None:
        self.person.git("rebase", "--quiet", "origin/main", codes=(0, 1))
        if (self.person.top / ".git/rebase-merge").exists():
            self.person.git("rebase", "--abort")
        else:
            self.rewrite()

    def refuse(self) -> None:
        self.forge.close()

    def delete(self) -> None:
        self.forge.requests  # noqa: B018
        self.person.git("push", "--quiet", "origin", f":refs/heads/{BRANCH}")
        self.kept &= set(self.forge.ask("rev-list", "main").split())

    def settle(self) -> None:
        """Decide what is open, take it, and see that main has the newest template and nothing is proposed."""
        if self.forge.tip(BRANCH):
            self.at(f"origin/{BRANCH}")
            self.delete()
        self.is_alone = True
        self.log.append("settle")
        self.run_bot()
        if self.forge.open:
            (request,) = self.forge.open
            assert request["body"], self.log
            self.at(f"origin/{BRANCH}")
            assert self.forge.is_green(self.forge.tip(BRANCH)) is not self.forge.is_draft(request), self.log
            if self.forge.is_draft(request):
                self.decide()
            assert self.forge.is_green(self.forge.tip(BRANCH)), self.log
            self.person.git("push", "--quiet", "origin", "HEAD:main")
            self.look()
        self.run_bot()
        assert not self.forge.open, self.log
        lock = json.loads(self.forge.ask("show", f"main:{lockfile.LOCK}"))
        assert lock["digest"] == digest(as_executable(self.newest)), self.log


@pytest.fixture(scope="module")
def gitlabs_bot(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    need("bash", "curl", "jq")
    return rendered_bot(tmp_path_factory.mktemp("bot"), AtGitlab.workflow, **AtGitlab.given)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_no_order_loses_a_commit(tmp_path: Path, program: Installed, bot: dict[str, str], seed: int) -> None:
    History(Service(tmp_path / "history", program, bot), seed).live()


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_no_order_loses_a_commit_at_gitlab(
    tmp_path: Path, program: Installed, gitlabs_bot: dict[str, str], seed: int
) -> None:
    with AtGitlab(tmp_path / "history", program, gitlabs_bot).served() as service:
        History(service, seed).live()


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new", "seed"), MUTANTS.values(), ids=MUTANTS)
def test_a_script_that_is_wrong_is_noticed(
    tmp_path: Path, program: Installed, bot: dict[str, str], old: str, new: str, seed: int
) -> None:
    assert bot[SCRIPT].count(old) == 1
    wrong = {**bot, SCRIPT: bot[SCRIPT].replace(old, new)}
    with pytest.raises(AssertionError, match=f"seed {seed}"):
        History(Service(tmp_path / "history", program, wrong), seed).live()
