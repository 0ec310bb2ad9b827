"""What is known of the code of a repository that was adopted: the lock remembers it, and each render needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from gocontainer.errors import InvalidAnswer
from gocontainer.options.types import Value
from gocontainer.texts import tr

PARTS = ("image", "deploy", "ci")
"""What of a repository can be written beside code that is there."""
IGNORE_FILES = (".dockerignore", "Dockerfile.dockerignore")
POSSIBLE: Mapping[str, tuple[Value, ...]] = {
    "target": ("kubernetes",),
    "ci": ("github", "gitea", "none"),
    "collector": ("none",),
    "deps_bot": ("dependabot", "none"),
    "config_center": ("none",),
    "eventing": ("none",),
    "expose": ("none",),
    "mesh": ("none",),
    "monitoring": ("none",),
    "network_policy": ("kubernetes", "none"),
    "policy": ("none",),
    "scale_on": ("cpu",),
    "scan": ("none",),
    "secrets": ("environment",),
    "signing": ("none",),
    "streams": (False,),
    "tracing": (False,),
    "update_wheel": ("",),
}
"""The answers that an adopted repository can have; the others need code, or files, of the template. The last one of
each stands where it was not answered, and another value was found nowhere."""


class Adopted(NamedTuple):
    """Code that is not the template's, as its files have to know it."""

    main: str
    """The program, as `go build` takes it: ./cmd/orders, or a dot."""
    parts: tuple[str, ...] = PARTS
    live: str = ""
    """The path that answers while it lives; nothing where there is none."""
    ready: str = ""
    """The path that answers while it can take requests."""
    port_variable: str = ""
    """The variable that has its port, if one has."""
    embedded: tuple[str, ...] = ()
    """What the code embeds beside Go files, as .dockerignore names it."""
    ignore_file: str = IGNORE_FILES[0]
    """What says which files the build of the image sees: the second one has no say in builds of other Dockerfiles."""

    def document(self) -> dict[str, Any]:
        """Return what the lock says."""
        values = self._asdict()
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Adopted:
        """Return what a lock says; raise TypeError or ValueError where it is not as this tool writes it."""
        values: Any = {name: tuple(value) if isinstance(value, list) else value for name, value in document.items()}
        known = cls(**values)
        texts = (known.main, known.live, known.ready, known.port_variable, *known.parts, *known.embedded)
        is_known = {*known.parts} <= {*PARTS} and known.ignore_file in IGNORE_FILES
        if any("\n" in text for text in texts) or not is_known:
            raise ValueError(known)
        return known

    def refuse(self, answers: Mapping[str, Value]) -> None:
        """Raise InvalidAnswer where ``answers`` ask for what only code of the template can do."""
        for name, values in POSSIBLE.items():
            if answers[name] not in values:
                rule = " or ".join(str(value).lower() or "nothing" for value in values)
                hint = tr("A repository that was adopted has code of its own, which the template does not know.")
                raise InvalidAnswer(name, answers[name], rule, hint)

    def variables(self) -> dict[str, str]:
        """Return what templates see of it."""
        return {
            "__deploys": "true" if "deploy" in self.parts else "",
            "__embedded": "\n".join(f"!{path}" for path in self.embedded),
            "__live_path": self.live,
            "__main": self.main,
            "__port_variable": self.port_variable,
            "__ready_path": self.ready,
        }
