"""Runs in checkov's own environment: judges each group of files by itself, and prints a line of JSON for each.

A group for itself, since checkov finds a pod's NetworkPolicy anywhere in what it is given, in any namespace.
A process for all, since it takes seconds to start.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any

from checkov.main import Checkov


def judge(paths: list[str]) -> dict[str, list[Any]]:
    """Return what fails, and every resource that was looked at."""
    options = ["--skip-download", "--output", "json", "--framework", "dockerfile", "kubernetes", "github_actions"]
    run = Checkov(argv=[*options, "--file", *paths])
    with contextlib.redirect_stdout(io.StringIO()):
        run.run(banner="")
    failed, seen = [], set()
    for report in run.scan_reports:
        for check in (*report.passed_checks, *report.failed_checks, *report.skipped_checks):
            seen.add((check.file_abs_path, check.resource))
        seen |= {(each.file_abs_path, each.resource) for each in report.extra_resources}
        failed += [
            (check.file_abs_path, check.file_line_range[0], check.check_id, check.check_name, check.resource)
            for check in report.failed_checks
        ]
    return {"failed": failed, "seen": sorted(seen)}


for group in json.load(sys.stdin):
    print(json.dumps(judge(group)))  # noqa: T201
