"""A Python that forks for each thing it is told to do: a process of its own each time, without the start of one."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

# Follows the program, which defines ``run(line)``: what it returns is the exit code.
LOOP = """
import os, sys
sys.stdout = sys.stderr = open(os.devnull, "w")
for line in sys.stdin:
    if not (child := os.fork()):
        code = 1
        try:
            code = run(line)
        finally:
            os._exit(code)
    os.write(1, b"%d\\n" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


class Forking(NamedTuple):
    """The Python that forks."""

    process: subprocess.Popen[str]

    def run(self, line: str) -> list[int]:
        """Have a child do what a line says; return what numbers it wrote to descriptor 1, and its exit code."""
        assert self.process.stdin
        assert self.process.stdout
        print(line, file=self.process.stdin, flush=True)
        return [int(word) for word in self.process.stdout.readline().split()]


@contextmanager
def forking(program: str, *arguments: str, env: Mapping[str, str]) -> Iterator[Forking]:
    """Start the Python, and end it; what a child that was killed left among temporary files goes with it."""
    command = [sys.executable, "-c", program + LOOP, *arguments]
    with (
        tempfile.TemporaryDirectory() as scratch,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**env, "TMPDIR": scratch},
        ) as process,
    ):
        yield Forking(process)
        assert process.stdin
        process.stdin.close()
