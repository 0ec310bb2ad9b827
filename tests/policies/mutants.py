"""Policies that a mistake made too weak, with the pod by which it is noticed, and exceptions that hold or do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

Edit = tuple[str, str]


class Mutant(NamedTuple):
    """Texts of a policy that are replaced, and a case that it must refuse and then admits."""

    edits: Sequence[Edit]
    case: str
    exception: str = "none"
    """The exception that the policy has."""
    kind: str = "Deployment"


class Exceptional(NamedTuple):
    """An entry of a policy's exceptions, and whether a pod that writes to its own file system is admitted by it."""

    entry: str
    admitted: bool


def _entry(**given: str) -> str:
    fields = {"rule": "read-only", "account": "orders", "who": "ann@example.com", "why": "it unpacks", "until": "2999"}
    entry = {**fields, **given}
    entry["until"] = f"{entry['until']}-01-31T00:00:00Z"
    return "{" + ", ".join(f"'{name}': '{value}'" for name, value in entry.items() if value) + "}"


CASE = "writable"
"""What exceptions are tried with."""
EXCEPTIONS: Mapping[str, Exceptional] = {
    "none": Exceptional("", admitted=False),
    "right": Exceptional(_entry(), admitted=True),
    "over": Exceptional(_entry(until="2020"), admitted=False),
    "of-another-account": Exceptional(_entry(account="importer"), admitted=False),
    "from-another-rule": Exceptional(_entry(rule="digest"), admitted=False),
    "by-nobody": Exceptional(_entry().replace("ann@example.com", ""), admitted=False),
    "without-a-reason": Exceptional(_entry().replace("it unpacks", ""), admitted=False),
    "without-its-who": Exceptional(_entry(who=""), admitted=False),
}


def with_exception(policy: str, name: str) -> str:
    """Return a policy with an exception."""
    return edited(policy, [("        []\n", f"        [{EXCEPTIONS[name].entry}]\n")])


def edited(policy: str, edits: Sequence[Edit]) -> str:
    """Replace texts, each of which stands there."""
    for old, new in edits:
        assert old in policy, old
        policy = policy.replace(old, new, 1)
    return policy


def mutated(policy: str, mutant: Mutant) -> str:
    """Return the policy with its exception and its mistake."""
    return edited(with_exception(policy, mutant.exception), mutant.edits)


def _gone(rule: str, case: str) -> Mutant:
    return Mutant([(f"'{rule}' in variables.allowed ||", "true ||")], case)


def _weaker(old: str, new: str, case: str, *, exception: str = "none", kind: str = "Deployment") -> Mutant:
    return Mutant([(old, new)], case, exception, kind)


RULES: Mapping[str, Mutant] = {
    "privileged is gone": _gone("privileged", "privileged"),
    "host-namespaces is gone": _gone("host-namespaces", "host-pid"),
    "non-root is gone": _gone("non-root", "root-by-number"),
    "read-only is gone": _gone("read-only", "writable"),
    "digest is gone": _gone("digest", "tag"),
    "registry is gone": _gone("registry", "elsewhere"),
    "limits is gone": _gone("limits", "no-limits"),
    "token is gone": _gone("token", "default-token"),
    "no init containers": _weaker(
        "variables.pod.containers + variables.pod.?initContainers.orValue([]) +",
        "variables.pod.containers +",
        "privileged-init",
    ),
    "the first container alone": _weaker(
        "variables.pod.containers + ", "[variables.pod.containers[0]] + ", "writable-beside"
    ),
    "the node's network": _weaker("!variables.pod.?hostNetwork.orValue(false) && ", "", "host-network"),
    "the node's processes": _weaker("!variables.pod.?hostPID.orValue(false) &&", "", "host-pid"),
    "the node's IPC": _weaker("!variables.pod.?hostIPC.orValue(false) && ", "", "host-ipc"),
    "the node's ports": _weaker("port.?hostPort.orValue(0) == 0", "true", "host-port"),
    "root by number": _weaker(
        "variables.pod.?securityContext.runAsUser.orValue(1)) != 0)", "1) >= 0)", "root-by-number"
    ),
    "root of the pod": _weaker("variables.pod.?securityContext.runAsUser.orValue(1)", "1", "root-of-the-pod"),
    "who says nothing is not root": _weaker(
        "variables.pod.?securityContext.runAsNonRoot.orValue(false)",
        "variables.pod.?securityContext.runAsNonRoot.orValue(true)",
        "says-nothing-of-root",
    ),
    "the pod's word before the container's": _weaker(
        "container.?securityContext.runAsNonRoot.orValue(", "(", "may-be-root"
    ),
    "who says nothing does not write": _weaker(
        "readOnlyRootFilesystem.orValue(false)", "readOnlyRootFilesystem.orValue(true)", "says-nothing-of-writing"
    ),
    "any digest": _weaker("[0-9a-f]{64}$", "", "short-digest"),
    "any tag": _weaker("@sha256:[0-9a-f]{64}$", "", "tag"),
    "a registry without its slash": _weaker("['ghcr.io/acme/']", "['ghcr.io/acme']", "longer-name"),
    "any registry": _weaker("['ghcr.io/acme/']", "['']", "elsewhere"),
    "one image of ours is enough": _weaker(
        "'registry' in variables.allowed || variables.containers.all(",
        "'registry' in variables.allowed || variables.containers.exists(",
        "beside-elsewhere",
    ),
    "no limit of memory": _weaker("container.?resources.limits.memory.hasValue() && ", "", "no-memory-limit"),
    "no limit of CPU": _weaker(" && container.?resources.limits.cpu.hasValue()", "", "no-cpu-limit"),
    "no limits of init containers": _weaker(
        "(variables.pod.containers + variables.pod.?initContainers.orValue([])).all(",
        "variables.pod.containers.all(",
        "no-limits-of-init",
    ),
    "no account is no default": _weaker(
        "serviceAccountName.orValue('default') != 'default'",
        "serviceAccountName.orValue('') != 'default'",
        "no-account",
    ),
    "no token unless asked for": _weaker(
        "automountServiceAccountToken.orValue(true)", "automountServiceAccountToken.orValue(false)", "no-account"
    ),
    "exceptions for ever": _weaker("variables.made < timestamp(each.until)", "true", CASE, exception="over"),
    "exceptions for everybody": _weaker(
        "each.account == variables.pod.?serviceAccountName.orValue('default')",
        "true",
        CASE,
        exception="of-another-account",
    ),
    "exceptions by nobody": _weaker("each.who != '' && ", "", CASE, exception="by-nobody"),
    "exceptions without a reason": _weaker(" && each.why != ''", "", CASE, exception="without-a-reason"),
    "exceptions from every rule": _weaker(
        "map(each, each.rule)", "map(each, 'read-only')", CASE, exception="from-another-rule"
    ),
    "only what was there": _weaker("oldObject == null || ", "oldObject != null && ", "tag"),
}
"""Mistakes in the rules, which each engine has."""
SELECTORS: Mapping[str, Mutant] = {
    "errors admit": _weaker("failurePolicy: Fail", "failurePolicy: Ignore", CASE, exception="without-its-who"),
    "told, and not refused": _weaker("validationActions: [Deny, Audit]", "validationActions: [Audit]", "tag"),
    "other namespaces": _weaker("[orders, orders-dev]", "[orders-dev]", "tag"),
    "the other operation": _weaker(
        "[apps]\n        apiVersions: [v1]\n        operations: [CREATE, UPDATE]",
        "[apps]\n        apiVersions: [v1]\n        operations: [UPDATE]",
        "tag",
    ),
    "no Deployments": _weaker("daemonsets, deployments, statefulsets", "daemonsets, statefulsets", "tag"),
    "no DaemonSets": _weaker("[daemonsets, ", "[", "tag", kind="DaemonSet"),
    "no StatefulSets": _weaker("deployments, statefulsets", "deployments", "tag", kind="StatefulSet"),
    "no CronJobs": _weaker("[cronjobs, jobs]", "[jobs]", "tag", kind="CronJob"),
    "no Jobs": _weaker("[cronjobs, jobs]", "[cronjobs]", "tag", kind="Job"),
    "no pods": _weaker("[pods, ", "[", "tag", kind="Pod"),
}
"""Mistakes in what Kubernetes' own policy is asked about, and what becomes of its answer."""
