"""VictoriaMetrics' tester of rules, which is asked what promtool is asked."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from docs.demo import free_ports

from tests.helpers.support import PINS, go_tool
from tests.monitoring.promtool import Question


def fails(folder: Path, questions: Sequence[Question]) -> list[int]:
    """Ask all at once, and return the places of those that are answered otherwise."""
    program = go_tool(
        "github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert-tool", str(PINS["own_tool"]["vmalert_tool"]["value"])
    )
    paths = [folder / f"metrics-{place}.yaml" for place in range(len(questions))]
    for path, question in zip(paths, questions, strict=True):
        path.write_text(json.dumps(question).replace('"promql_expr_test"', '"metricsql_expr_test"'))
    found: list[int] = []
    # It ends at the first that fails.
    while left := [str(path) for place, path in enumerate(paths) if place not in found]:
        command = [program, "unittest", *(f"--files={path}" for path in left), f"--httpListenPort={free_ports(1)[0]}"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        said = dict(re.findall(r"Unit Testing:\s+(\S+)\s+(SUCCESS|FAILED)", done.stdout))
        failed = [place for place, path in enumerate(paths) if said.get(str(path)) == "FAILED"]
        if not failed:
            assert said.keys() == {*left}, done
            break
        found += failed
    return sorted(found)
