"""Each pipeline looks for secrets in a change, scans before a release is pushed, and at night what was released."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.helpers.support import files_of

BESIDE: dict[str, Any] = {"signing": "key", "deps_bot": "renovate"}
SCANNERS = ("trivy", "grype")


def texts(ci: str, scan: str) -> dict[str, str]:
    """The rendered files, as text."""
    files = files_of({"ci": ci, "scan": scan, "image": "harbor.example.com/shop/orders", **BESIDE})
    return {path: file.content.decode() for path, file in files.items()}


@pytest.mark.parametrize("scan", SCANNERS)
@pytest.mark.parametrize("ci", ["github", "gitea"])
def test_workflows_scan_before_the_push_and_at_night(ci: str, scan: str) -> None:
    files = texts(ci, scan)
    check, release, night = (yaml.safe_load(files[f".{ci}/workflows/{name}.yml"]) for name in ("ci", "release", "scan"))
    steps = check["jobs"]["test"]["steps"]
    assert {"run": "make secrets"} in steps
    assert steps[0]["with"]["fetch-depth"] == 0, "the history is there"
    assert {"run": "make scan RELEASE=yes"} in release["jobs"]["test"]["steps"]
    assert release["jobs"]["image"]["needs"] == "test"
    assert list(night[True]) == ["schedule", "workflow_dispatch"]  # `on` is a truth to YAML
    (job,) = night["jobs"].values()
    assert "make scan-released" in "".join(step.get("run", "") for step in job["steps"])


@pytest.mark.parametrize("scan", SCANNERS)
def test_jenkins_scans_before_the_push_and_at_night(scan: str) -> None:
    files = texts("jenkins", scan)
    text = files["Jenkinsfile"]
    assert text.index("sh 'make secrets'") < text.index("make scan RELEASE=yes") < text.index("make release ")
    assert "make scan-released" in files["Jenkinsfile.scan"]
    assert "cron(" in files["Jenkinsfile.scan"]


@pytest.mark.parametrize("scan", SCANNERS)
def test_gitlab_scans_before_the_push_and_when_a_schedule_runs(scan: str) -> None:
    jobs = yaml.safe_load(texts("gitlab", scan)[".gitlab-ci.yml"])
    assert "make secrets" in jobs["check"]["script"]
    night = jobs["scan-released"]
    assert [job["variables"]["GIT_DEPTH"] for job in (jobs["check"], night)] == [0, 0], "history and tags are there"
    assert jobs["test-release"]["script"][-1] == "make scan RELEASE=yes"
    assert jobs["test-release"]["extends"] == ".buildkit"
    stages = jobs["stages"]
    assert stages.index(jobs["test-release"]["stage"]) < stages.index(jobs["release"]["stage"])
    assert night["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}]
    assert night["script"][-1] == "make scan-released"


@pytest.mark.parametrize("ci", ["github", "gitlab", "gitea", "jenkins"])
def test_without_a_scanner_nothing_of_it_is_there(ci: str) -> None:
    files = texts(ci, "none")
    assert [path for path in files if "scan" in path] == []
    assert [path for path, text in files.items() if "gitleaks" in text or "make scan" in text] == []


@pytest.mark.parametrize("scan", SCANNERS)
@pytest.mark.parametrize("ci", ["github", "gitlab", "gitea", "jenkins"])
def test_a_scanner_comes_by_its_module_alone(ci: str, scan: str) -> None:
    """In March 2026 the tags of Trivy's action were moved, and a program and images of Trivy were poisoned."""
    files = texts(ci, scan)
    named = [path for path, text in files.items() if "aquasecurity" in text or "anchore" in text or "gitleaks/" in text]
    assert named == ["Makefile"]
    lines = [line for line in files["Makefile"].splitlines() if line.startswith(("SCANNER ", "GITLEAKS "))]
    assert [line.partition("go run ")[2].count("@v") for line in lines] == [1, 1]


def test_the_database_comes_from_the_mirror_of_its_registry() -> None:
    given = {"scan": "trivy", "registry_mirrors": "ghcr.io=harbor.example.com/ghcr"}
    script = files_of(given)["hack/scan.sh"].content.decode()
    assert "TRIVY_DB_REPOSITORY:-harbor.example.com/ghcr/aquasecurity/trivy-db:2}" in script
    assert "TRIVY_DB_REPOSITORY" not in files_of({"scan": "trivy"})["hack/scan.sh"].content.decode()
