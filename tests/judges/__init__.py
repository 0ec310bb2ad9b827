"""Third-party tools that must find nothing in a generated repository, and something in a naive one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tests.judges import pipelines, text
from tests.judges.checkov import checkov
from tests.judges.code import staticcheck
from tests.judges.kubernetes import kube_score, kubeconform, validate
from tests.judges.subject import Subject
from tests.judges.trivy import trivy

Judge = Callable[[Sequence[Subject]], list[str]]
"""Returns its findings, a line each."""

JUDGES: Mapping[str, Judge] = {
    "hadolint": text.hadolint,
    "buildkit": text.buildkit,
    "shellcheck": text.shellcheck,
    "actionlint": text.actionlint,
    "zizmor": text.zizmor,
    "gitea": pipelines.gitea,
    "declarative": pipelines.declarative,
    "gitlab": pipelines.gitlab,
    "gitlab-ci-verify": pipelines.gitlab_shell,
    "check-jsonschema": text.schema,
    "yamllint": text.yamllint,
    "kubernetes-validate": validate,
    "kubeconform": kubeconform,
    "kube-score": kube_score,
    "staticcheck": staticcheck,
    "checkov": checkov,
    "trivy": trivy,
}
