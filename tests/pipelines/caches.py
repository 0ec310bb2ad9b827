"""What a job of a pipeline finds of an earlier run, read from it: folders, and the files that its key names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from tests.pipelines.commands import WORKFLOWS

MODULES, BUILT, FINDINGS = "GOMODCACHE", "GOCACHE", "GOLANGCI_LINT_CACHE"
"""The variables that say where modules lie, what was compiled, and what the linter found."""


class Cache(NamedTuple):
    """The folders that are as a run left them while ``files`` are the same; without files they always are."""

    folders: tuple[str, ...]
    files: tuple[str, ...] = ()


def caches(path: str, text: str) -> dict[str, Cache]:
    """Return what is kept for each job, by its name; a job for which nothing is kept is not there.

    The stages of a Jenkinsfile have the home of an agent, and are one job.
    """
    if path.startswith(WORKFLOWS):
        steps = ((name, step) for name, job in yaml.safe_load(text)["jobs"].items() for step in job["steps"])
        return {name: _by_setup_go(step["with"]) for name, step in steps if _sets_up(step)}
    if path.startswith("Jenkinsfile"):
        return {"": Cache((BUILT, FINDINGS, MODULES))} if "\n    agent any\n" in text else {}
    jobs = yaml.safe_load(text.replace("!reference ", ""))
    whole = {name: _extended(jobs, name) for name, job in jobs.items() if isinstance(job, dict) and "script" in job}
    return {name: _by_gitlab(job) for name, job in whole.items() if "cache" in job}


def _sets_up(step: Mapping[str, Any]) -> bool:
    return "actions/setup-go@" in step.get("uses", "") and step["with"].get("cache") is not False


def _by_setup_go(given: Mapping[str, Any]) -> Cache:
    """Its src/package-managers.ts and src/cache-restore.ts at v7.0.0 say what it keeps, and by which file by itself."""
    return Cache((BUILT, MODULES), tuple(given.get("cache-dependency-path", "go.mod").split()))


def _extended(jobs: Mapping[str, Any], name: str) -> dict[str, Any]:
    parents = jobs[name].get("extends", [])
    whole: dict[str, Any] = {}
    for job in (*(_extended(jobs, each) for each in ([parents] if isinstance(parents, str) else parents)), jobs[name]):
        whole = {**whole, **job, "variables": {**whole.get("variables", {}), **job.get("variables", {})}}
    return whole


def _by_gitlab(job: Mapping[str, Any]) -> Cache:
    """Nothing outside of the project is kept."""
    places = {MODULES: f"{job['variables'].get('GOPATH', '')}/pkg/mod", **job["variables"]}
    kept = tuple(f"$CI_PROJECT_DIR/{path}/" for path in job["cache"]["paths"])
    folders = (name for name in (BUILT, FINDINGS, MODULES) if f"{places.get(name, '')}/".startswith(kept))
    return Cache(tuple(folders), tuple(job["cache"]["key"]["files"]))
