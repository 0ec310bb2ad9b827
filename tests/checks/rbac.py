"""What Roles and their bindings allow beyond what anything here needs.

After the checks of Polaris (FairwindsOps/polaris 06aafdbf274a, pkg/config/checks/*Admin*.yaml and *PodExecAttach.yaml,
read on 2026-11-30), in our own words, and narrower: a namespace has a few Roles of its own. Its binary is not run here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tests.checks.finding import Check, Document, Finding, at, group, named, objects

GROUP = "rbac.authorization.k8s.io"
ALL = "*"
INTO_CONTAINERS = {"pods/exec", "pods/attach", "pods/ephemeralcontainers"}
POWERS = {"bind", "escalate", "impersonate"}
"""Verbs that let an account become, or make, another one."""
PREDEFINED = {"admin", "cluster-admin", "edit"}
"""The ClusterRoles of each cluster by which secrets can be read, or more."""


def wildcards(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find rules that are for whatever there is, or will be."""
    for role, rule in _rules(documents):
        for field in ("apiGroups", "resources", "verbs", "nonResourceURLs"):
            if any(each == ALL or each.endswith("/*") for each in rule.get(field) or ()):
                message = f"a rule has a wildcard in {field}"
                yield Finding("rbac-wildcard", message, named(role), "Name what is used.")


def execution(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find rules by which an account runs what it likes in the pods of others, a `get` of a web socket among them."""
    for role, rule in _rules(documents):
        found = sorted(INTO_CONTAINERS & {*(rule.get("resources") or ())})
        if found and {"", ALL} & {*(rule.get("apiGroups") or ())}:
            message = f"a rule allows {' and '.join(found)}"
            yield Finding("rbac-exec", message, named(role), "Leave it to people, for as long as they need it.")


def powers(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find rules by which an account gives itself more rights than it has."""
    for role, rule in _rules(documents):
        verbs = sorted(POWERS & {*(rule.get("verbs") or ())})
        if verbs:
            yield Finding("rbac-escalation", f"a rule allows to {' and '.join(verbs)}", named(role), "Leave it out.")


def secrets(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find rules by which every secret of a namespace is read."""
    for role, rule in _rules(documents):
        if "secrets" in (rule.get("resources") or ()) and not rule.get("resourceNames"):
            message = "a rule is for every secret of the namespace"
            yield Finding("rbac-secrets", message, named(role), "Say which in resourceNames, or leave it out.")


def administrators(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find bindings to what may do nearly everything, or in the whole cluster."""
    for binding in _of_kind(documents, "RoleBinding", "ClusterRoleBinding"):
        role = at(binding, "roleRef.name")
        if at(binding, "roleRef.kind") == "ClusterRole" and role in PREDEFINED:
            yield Finding("rbac-admin", f"it binds to {role}", named(binding), "Bind to a Role with what is used.")
        elif binding["kind"] == "ClusterRoleBinding":
            message = "it holds in every namespace"
            yield Finding("rbac-admin", message, named(binding), "Take a RoleBinding for each namespace.")


def everybody(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find bindings for whoever reaches the API server, or for every pod of a namespace."""
    for binding in _of_kind(documents, "RoleBinding", "ClusterRoleBinding"):
        for subject in binding.get("subjects") or ():
            name = str(subject.get("name"))
            if name.startswith("system:") or (subject.get("kind"), name) == ("ServiceAccount", "default"):
                hint = "Bind an account that is there for this alone."
                yield Finding("rbac-everybody", f"it is for {name}", named(binding), hint)


def unbound(documents: Sequence[Document]) -> Iterator[Finding]:
    """Find bindings whose Role or account nobody made: whoever makes it later has the rights."""
    made = {(each.get("kind"), _namespace(each), at(each, "metadata.name") or "") for _, each in objects(documents)}
    for binding in _of_kind(documents, "RoleBinding"):
        space = _namespace(binding)
        for each in (binding["roleRef"], *(binding.get("subjects") or ())):
            kind, name = each.get("kind"), each.get("name")
            there = (kind, each.get("namespace", space), name) in made
            if kind in ("Role", "ServiceAccount") and name != "default" and not there:
                message = f"the {kind} {name} is not there"
                yield Finding("rbac-unbound", message, named(binding), "Make it beside the binding.")


def _namespace(document: Document) -> str:
    return str(document.get("metadata", {}).get("namespace", ""))


def _rules(documents: Sequence[Document]) -> Iterator[tuple[Document, Document]]:
    """Yield each rule with its Role."""
    for role in _of_kind(documents, "Role", "ClusterRole"):
        for rule in role.get("rules") or ():
            yield role, rule


def _of_kind(documents: Sequence[Document], *kinds: str) -> Iterator[Document]:
    for _, each in objects(documents):
        if group(each) == GROUP and each.get("kind") in kinds:
            yield each


CHECKS: Mapping[str, Check] = {
    "rbac-wildcard": wildcards,
    "rbac-exec": execution,
    "rbac-escalation": powers,
    "rbac-secrets": secrets,
    "rbac-admin": administrators,
    "rbac-everybody": everybody,
    "rbac-unbound": unbound,
}
