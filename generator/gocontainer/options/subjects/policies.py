"""The question of who refuses pods beyond what Pod Security does."""

from __future__ import annotations

from gocontainer.options.types import Choice, Select

POLICY = Select(
    name="policy",
    group="deployment",
    title="Admission policy",
    question="Who refuses pods beyond what Pod Security does?",
    help="Who refuses pods beyond what Pod Security does.",
    why="Pod Security needs nothing; a policy also asks for digests, limits, a read-only root and our own registry.",
    default="none",
    choices=(
        Choice(value="none", label="Pod Security alone, which each cluster has"),
        Choice(value="native", label="Kubernetes itself, from 1.30 on; nothing to install"),
        Choice(value="kyverno", label="Kyverno; each namespace has a policy of its own"),
        Choice(value="gatekeeper", label="OPA Gatekeeper, by a ConstraintTemplate in CEL"),
    ),
    when={"target": ("kubernetes",)},
    before=lambda _: "none",
)
POLICIES = tuple(name for name in POLICY.values if name != "none")
"""Whoever may refuse more."""
