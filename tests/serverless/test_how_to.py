"""The how-to for a function, followed: its repository, `make run-flow`, and what curl gets."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from tests.helpers import reads
from tests.helpers.daemons import listens, until
from tests.helpers.snippets import BIN, matches, snippets, steps
from tests.helpers.support import ROOT, clean_environment, missing, need

PAGE = ROOT / "docs/how-to/function.md"
PORTS = (7070, 8080, 8081)


def test_a_newcomer_gets_a_running_function(tmp_path: Path) -> None:
    need("go", "make", "curl", "bash")
    if any(listens(port) for port in PORTS):
        missing(f"one of the ports {PORTS}")
    reads.gocontainer()
    environment = clean_environment() | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    blocks = [block for block in snippets(PAGE.read_text()) if block.language == "console"]
    followed = {step.command: step.expected for block in blocks for step in steps(block)}
    [new] = [command for command in followed if command.startswith("gocontainer new")]
    subprocess.run(["bash", "-c", new], cwd=tmp_path, env=environment, check=True, capture_output=True)
    log = tmp_path / "flow.log"
    with log.open("wb") as out:
        flow = subprocess.Popen(["make", "run-flow"], cwd=tmp_path / "orders", stdout=out, stderr=out, process_group=0)
    try:
        until(lambda: "Ctrl-C ends it." in log.read_text() or flow.poll() is not None, "the flow", 600)
        assert flow.poll() is None, log.read_text()
        assert matches(followed["make run-flow"], log.read_text()), log.read_text()
        calls = [command for command in followed if command.startswith("curl")]
        assert len(calls) == 2
        for call in calls:
            done = subprocess.run(["bash", "-c", call], check=True, capture_output=True, text=True)
            assert matches(followed[call], done.stdout), done.stdout
    finally:
        os.killpg(flow.pid, signal.SIGINT)
        flow.wait(60)
    assert not any(listens(port) for port in PORTS), "Ctrl-C ends all of it"
