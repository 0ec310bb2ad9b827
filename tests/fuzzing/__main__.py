"""Drives one target: `python -m tests.fuzzing NAME`, and then options and folders of libFuzzer's."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["gocontainer", "tests.fuzzing"]):
    from tests.fuzzing.targets import targets

if __name__ == "__main__":
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, targets()[name].run)
    atheris.Fuzz()
