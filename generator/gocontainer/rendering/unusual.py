"""What a person should know of numbers that are out of the ordinary."""

from __future__ import annotations

from gocontainer.rendering.sizing import Sizes
from gocontainer.texts import mark, tr

LONGEST_REVISION = 600
"""More Knative refuses, unless its operator raises the limit."""
USUAL = {
    "period": (5, 10, mark("each probe costs CPU, and a short pause counts as a failure sooner")),
    "timeout": (2, 5, mark("a busy node or a collection of garbage fails the probe of a healthy pod")),
    "failures": (2, 3, mark("one lost packet restarts a healthy pod")),
}
"""What articles give for liveness, from and to, and what less of it costs."""


def unusual(sizes: Sizes) -> dict[str, str]:
    """Return for each option outside what is usual, from its value on, what that costs."""
    late = tr("a hung pod is restarted only after up to {seconds} s", seconds=sizes.restarted)
    text = mark("{value} is outside the usual {few} to {many}: {cost}.")
    found = {
        f"liveness_{field}": tr(text, value=value, few=few, many=many, cost=tr(below) if value < few else late)
        for field, (few, many, below) in USUAL.items()
        if not few <= (value := getattr(sizes.liveness, field)) <= many
    }
    if sizes.concurrency > sizes.requests:
        found["concurrency"] = tr(
            "{value} is too many: {memory} has room for {room}.",
            value=sizes.concurrency,
            memory=sizes.memory,
            room=sizes.requests,
        )
    if sizes.knative and sizes.revision_timeout > LONGEST_REVISION:
        found["task_seconds"] = tr(
            "Knative refuses the {seconds} s that follow from it unless its operator has raised"
            " max-revision-timeout-seconds.",
            seconds=sizes.revision_timeout,
        )
    return found
