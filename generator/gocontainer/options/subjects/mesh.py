"""The question of the mesh that carries requests between services."""

from __future__ import annotations

from gocontainer.options.types import Choice, Select

MESH = Select(
    name="mesh",
    group="deployment",
    title="Mesh",
    question="Which mesh carries requests between services?",
    help="Mesh that carries requests between services.",
    why="It fails over to another zone in seconds, encrypts, and asks who calls; each pod gets a proxy beside it.",
    default="none",
    choices=(
        Choice(value="none", label="none: callers reach the Service itself"),
        Choice(value="istio", label="Istio, by a sidecar in each pod"),
    ),
    when={"target": ("kubernetes",)},
    before=lambda _: "none",
)
