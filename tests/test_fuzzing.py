"""Strangers' bytes: no parser does anything with them but take them, or refuse them in a sentence."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gocontainer.answers.lockfile import LOCK, order, parse
from gocontainer.errors import InvalidAnswer, UnreadableLock
from gocontainer.options.table import BY_NAME
from gocontainer.update.resolvers import MARKER, resolve
from gocontainer.verification import objects, texts
from tests.fuzzing.targets import targets
from tests.helpers.proofs import everything
from tests.helpers.support import ROOT, Run

RUNS, SEED = (200_000, []) if everything() else (2_000, ["-seed=1"])
"""What a change is judged by is the same each time; what looks for the unknown is not."""
LONG, DEEP = "f" * 6000, 700
YOURS, BASE, LINE, THEIRS = (sign * MARKER for sign in "<|=>")
SIDES = (
    f"{YOURS} a\nFROM golang:1.26\n{BASE} b\nFROM golang:1.25\n{LINE}\nTitle\n{LINE}\nFROM golang:1.27\n{THEIRS} c\n"
)
"""A heading of reStructuredText in a conflict looks like the line between its sides."""
HARD = {
    "answers-file": (
        f"\0port: 0x{LONG}\n".encode(),
        f"\0cgo: 0x{LONG}\n".encode(),
        f"\1memory = 0x{LONG}\n".encode(),
        b"\0a: &a [x, x, x, x, x, x, x, x, x]\n"
        + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1) if n else b"*a"] * 9)) for n in range(12))
        + b"port: *a11\nmemory: *a11\nservice: *a11\n",
    ),
    "lock": (
        b"[" * 100_000,
        b'{"template": {"version": "1.\xc2\xb2"}, "answers": {}, "defaults": [], "digest": "", "keep": []}',
        b'{"template": {"version": "%s"}, "answers": {}, "defaults": [], "digest": "", "keep": []}' % (b"9" * 5000),
        b'{"template": {"version": "1"}, "answers": [[1, 2]], "defaults": [], "digest": "", "keep": []}',
        b'{"template": {"version": "1"}, "answers": {}, "defaults": "port", "digest": "", "keep": [1]}',
    ),
    "manifests": (b"[" * DEEP, b"{a: " * DEEP, b"? [a]\n: b\n", b"1" * 5000, b"a = " + b"[" * DEEP),
    "markers": (b"Dockerfile\n=======\n" + SIDES.encode(),),
}
"""What parsers once fell over."""


def fuzz(name: str, corpus: Path, runs: int) -> Run:
    """Run a target that many times, from what it begins with."""
    for number, seed in enumerate(targets()[name].seeds):
        (corpus / str(number)).write_bytes(seed)
    command = [
        sys.executable,
        "-m",
        "tests.fuzzing",
        name,
        f"-runs={runs}",
        "-max_len=2000",
        f"-artifact_prefix={corpus}/",
        *SEED,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, str(corpus)], check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("name", list(targets()))
def test_what_a_target_begins_from_and_what_it_once_fell_over_is_taken_or_refused(name: str) -> None:
    for each in (*targets()[name].seeds, *HARD.get(name, ()), b"", b"\0", b"\xff\xfe\xfd"):
        targets()[name].run(each)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in targets() if name != "planted"])
def test_no_bytes_are_a_fault(name: str, tmp_path: Path) -> None:
    done = fuzz(name, tmp_path, RUNS)
    assert done.code == 0, done.err[-3000:]
    assert f"Done {RUNS} runs" in done.err


@pytest.mark.slow
def test_a_fault_is_found(tmp_path: Path) -> None:
    done = fuzz("planted", tmp_path, 100_000)
    assert done.code != 0
    assert "ZeroDivisionError" in done.out + done.err


def test_a_number_of_any_length_is_refused_in_a_sentence() -> None:
    for name in ("port", "cgo", "memory"):
        with pytest.raises(InvalidAnswer) as refusal:
            BY_NAME[name].parse(16**6000, "the file")
        assert "0x1000" in str(refusal.value)


def test_what_names_itself_again_and_again_is_refused_in_a_sentence() -> None:
    value: object = "x"
    for _ in range(100):
        value = [value] * 9
    with pytest.raises(InvalidAnswer) as refusal:
        BY_NAME["port"].parse(value, "the file")
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize("text", [HARD["lock"][0], *HARD["lock"][3:]])
def test_a_lock_that_is_none_is_refused_in_a_sentence(text: bytes) -> None:
    with pytest.raises(UnreadableLock, match=re.escape(LOCK)):
        parse(text, Path(LOCK))


def test_a_version_of_strange_digits_has_a_place_in_the_order() -> None:
    assert order("1.\N{SUPERSCRIPT TWO}") == order("1")
    assert order("1.2") < order(f"1.{'9' * 5000}") < order("2")


def test_a_conflict_whose_sides_nobody_can_tell_is_left_to_a_person() -> None:
    good = SIDES.replace(f"{LINE}\nTitle\n", "")
    assert resolve("Dockerfile", good)
    assert resolve("Dockerfile", SIDES) is None
    assert resolve("Dockerfile", good.replace(f"{LINE}\n", "")) is None


def test_what_is_nested_too_deep_has_no_objects_and_no_faults() -> None:
    for each in HARD["manifests"]:
        assert list(objects.objects(objects.parsed(each))) == []
    assert texts.find("a.json", b"[" * 100_000) == []
    assert texts.find("a.json", b"1" * 5000) == [], "a long number is a number"
    assert texts.find("a.yaml", b"[" * DEEP) == []
