"""A site never works with a model that is half written or wrongly signed: by kill -9, at random."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.edge.programs import FIGURES, Mutation, killed, kills, program

WEIGHTS = 256 * 1024
"""Bytes of each of a version's two files."""


class Headquarters(NamedTuple):
    """Who signs: a key that the sites know, and one that they do not."""

    scratch: Path
    keys: str

    @classmethod
    def found(cls, scratch: Path) -> Headquarters:
        """Make the keys."""
        public = [subprocess.check_output([program("model"), "key", scratch / name], text=True) for name in KEYS]
        return cls(scratch, public[0].strip())

    def release(self, version: str, seed: int, key: str = "good.pem") -> Path:
        """Return a folder with a signed version."""
        folder = self.scratch / f"{version}-{seed}-{key}"
        folder.mkdir()
        chance = random.Random(seed)
        for name in ("weights.bin", "labels.bin"):
            (folder / name).write_bytes(chance.randbytes(WEIGHTS))
        (folder / "discounts.json").write_text("[]")
        subprocess.run([program("model"), "sign", self.scratch / key, version, folder], check=True)
        return folder


KEYS = ("good.pem", "strange.pem")


def said_of(folder: Path) -> str:
    """What the loader says of a version."""
    manifest = (folder / "manifest.json").read_bytes()
    version = json.loads(manifest)["version"]
    weights = hashlib.sha256((folder / "weights.bin").read_bytes()).hexdigest()
    return f"{version} {hashlib.sha256(manifest).hexdigest()} {weights}"


def spoiled(headquarters: Headquarters) -> list[Path]:
    """Versions that must never be served, each wrong in its own way."""
    strange = headquarters.release("v7", 7, "strange.pem")
    cut, swapped, tampered, renamed = (headquarters.release("v8", seed) for seed in range(80, 84))
    with (cut / "weights.bin").open("r+b") as file:
        file.truncate(WEIGHTS // 2)
    (swapped / "manifest.sig").write_bytes((strange / "manifest.sig").read_bytes())
    (tampered / "weights.bin").write_bytes(bytes(WEIGHTS))
    manifest = (renamed / "manifest.json").read_text()
    (renamed / "manifest.json").write_text(manifest.replace('"v8"', '"v9"'))
    return [strange, cut, swapped, tampered, renamed]


def plant(models: Path, bad: Path) -> None:
    """Copy a bad version to where a good one would be, and call it current, as an intruder or a bad disk would."""
    version = json.loads((bad / "manifest.json").read_text())["version"]
    shutil.copytree(bad, models / version, dirs_exist_ok=True)
    state = models / ".state.json"
    known = json.loads(state.read_text()) if state.exists() else {"current": ""}
    state.write_text(json.dumps({"current": version, "previous": known["current"]}))


def taken(command: Sequence[str | Path]) -> float:
    """Run a program to its end and return the seconds: a kill at random must be one at any moment of its life."""
    begin = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - begin


def murder(scratch: Path, kills: int, mutation: Mutation | None = None) -> tuple[Mapping[str, int], set[str]]:
    """Kill installers, and loaders that look at the same time; return what was served, how often, and what may be."""
    chance = random.Random(kills)
    headquarters = Headquarters.found(scratch)
    good = [headquarters.release(f"v{number}", number) for number in range(1, 5)]
    bad = spoiled(headquarters)
    models = scratch / "models"
    models.mkdir()
    served: dict[str, int] = {}
    installing: list[str | Path] = [
        program("server", mutation),
        f"-model-dir={models}",
        f"-model-keys={headquarters.keys}",
    ]
    looking: list[str | Path] = [program("testmodel", mutation), models, headquarters.keys]
    whole = max(taken([*installing, f"-install-model={folder}"]) for folder in good)
    for number in range(kills):
        if number % 10 == 9:
            plant(models, chance.choice(bad))
        source = chance.choice(good if number % 3 else bad)
        install = [*installing, f"-install-model={source}"]
        installer = threading.Thread(target=killed, args=(install, chance.uniform(0, 1.5 * whole)))
        installer.start()
        output = killed([*looking, ""], chance.uniform(whole / 2, 2 * whole))
        installer.join()
        for line in output.decode().splitlines():
            served[line] = served.get(line, 0) + 1
    allowed = {said_of(folder) for folder in good}
    if mutation:  # of what is bad it may keep anything
        return served, allowed
    subprocess.run([*installing, f"-install-model={good[0]}"], check=True, capture_output=True)
    last = subprocess.check_output([*looking, "v1", "once"], text=True)
    assert last.strip() == said_of(good[0]), "after all this a good version must still be taken"
    assert {path.name for path in models.glob("v*")} <= {"v1", "v2", "v3", "v4"}
    return served, allowed


@kills
def test_it_never_serves_what_is_half_written_or_wrongly_signed(tmp_path: Path, kills: int) -> None:
    served, good = murder(tmp_path, kills)
    assert set(served) - {"none"} <= good
    assert len(set(served) & good) > 1, "too little was in use to say anything"
    looks = sum(served.values()) - served.get("none", 0)
    FIGURES.append(f"{kills} kills of installers and of loaders: {looks} looks found a model, each a good one")


@pytest.mark.parametrize(
    ("check", "mutant"),
    [
        ("!keys.signed(data, signature)", "len(signature) == 0"),
        ("(size != f.Size || sum != f.SHA256)", '(size < 0 || sum == "")'),
    ],
    ids=["signature", "content"],
)
def test_a_loader_that_does_not_look_is_caught(tmp_path: Path, check: str, mutant: str) -> None:
    served, good = murder(tmp_path, 60, ("internal/model/manifest.go", check, mutant))
    assert set(served) - {"none"} - good
