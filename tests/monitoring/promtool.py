"""Debian's promtool, unpacked and not installed: an installed one would start a server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.helpers.support import CACHE, Run, locked, missing, need


@cache
def program() -> Path:
    """Return where it is; fetch it first where it is not."""
    folder = CACHE / "promtool"
    found = folder / "usr/bin/promtool"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        if not found.exists():
            need("apt-get", "dpkg")
            if not _unpacked(folder):
                missing("Debian's package prometheus")
    return found


def _unpacked(folder: Path) -> bool:
    fetch = ["apt-get", "download", "prometheus"]
    for prepare in ((), ("apt-get", "update", "-qq")):
        if prepare and os.geteuid() == 0:
            subprocess.run(prepare, check=False, capture_output=True)
        if subprocess.run(fetch, cwd=folder, check=False, capture_output=True).returncode == 0:
            (package,) = folder.glob("prometheus_*.deb")
            subprocess.run(["dpkg", "-x", package, folder], check=True, capture_output=True)
            package.unlink()
            return True
    return False


def run(*arguments: str | Path) -> Run:
    """Run it and return what it said."""
    done = subprocess.run([program(), *arguments], check=False, capture_output=True, text=True)
    return Run(done.returncode, done.stdout, done.stderr)


class Question(dict[str, Any]):
    """A file of tests: series, and whether each query must then find something, and 1 of it."""

    def __init__(self, rules: Path, series: Mapping[str, str], minutes: int, finds: Mapping[str, bool]) -> None:
        samples = {True: [{"labels": "{}", "value": 1}], False: []}
        super().__init__(
            rule_files=[str(rules)],
            evaluation_interval="1m",
            tests=[
                {
                    "interval": "1m",
                    "input_series": [{"series": name, "values": values} for name, values in series.items()],
                    "promql_expr_test": [
                        {"expr": query, "eval_time": f"{minutes}m", "exp_samples": samples[found]}
                        for query, found in finds.items()
                    ],
                }
            ],
        )


def fails(folder: Path, questions: Sequence[Question]) -> list[int]:
    """Ask all at once, and return the places of those that are answered otherwise."""
    paths = [folder / f"question-{place}.yaml" for place in range(len(questions))]
    for path, question in zip(paths, questions, strict=True):
        path.write_text(json.dumps(question))
    said = run("test", "rules", *paths)
    blocks = said.out.split("Unit Testing:")[1:]
    assert len(blocks) == len(questions), said
    return [place for place, block in enumerate(blocks) if "SUCCESS" not in block]
