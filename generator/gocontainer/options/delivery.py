"""The questions of who builds each change, and who proposes changes of what it is built from."""

from __future__ import annotations

from collections.abc import Sequence

from gocontainer.options.types import LACKING, Choice, Select, by_value


class CiProvider(Choice):
    """A CI provider; its pipeline is a file of the template."""

    registry: str = LACKING
    """The registry that its own token may push to; elsewhere the pipeline needs a secret."""
    runners: str = LACKING
    """The table of pins.toml with its machines, by architecture; nothing where the pipeline names none."""

    @property
    def pins(self) -> Sequence[tuple[str, str]]:
        return [(self.runners, architecture) for architecture in ("amd64", "arm64") if self.runners]


CI_PROVIDERS = by_value(
    CiProvider(value="github", label="GitHub Actions", registry="ghcr.io", runners="runner"),
    CiProvider(value="none", label="no pipeline", registry="", runners=""),
)
CI = Select(
    name="ci",
    group="delivery",
    title="CI",
    question="Who builds and tests each change?",
    help="Who builds and tests each change.",
    why="The pipeline calls the same make targets as you do.",
    default="github",
    choices=tuple(CI_PROVIDERS.values()),
)
DEPS_BOT = Select(
    name="deps_bot",
    group="delivery",
    title="Dependency bot",
    question="Who proposes newer modules, base images, actions and a newer template?",
    help="Who proposes newer modules, base images, actions and a newer template.",
    why="A week after their release, so that a poisoned one is found by others first.",
    default="dependabot",
    choices=(
        Choice(value="dependabot", label="GitHub's own, nothing to install"),
        Choice(value="renovate", label="on any forge, also pins digests and the Makefile's tools"),
        Choice(value="none", label="nobody"),
    ),
)
DELIVERY = (CI, DEPS_BOT)
