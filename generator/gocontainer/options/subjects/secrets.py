"""The question of where passwords and keys come from."""

from __future__ import annotations

from gocontainer.options.types import LACKING, Choice, Select, by_value


class SecretSource(Choice):
    """A way for passwords and keys to come to the service."""

    in_files: bool = LACKING
    """Whether the service reads them from files, and takes what changes there."""
    in_a_secret: bool = LACKING
    """Whether those are of a Secret that is mounted."""


SECRET_SOURCES = by_value(
    SecretSource(
        value="environment",
        label="variables, or none",
        in_files=False,
        in_a_secret=False,
    ),
    SecretSource(
        value="files",
        label="files of a Secret that you make",
        in_files=True,
        in_a_secret=True,
    ),
    SecretSource(
        value="external-secrets",
        label="files of a Secret that External Secrets fills",
        in_files=True,
        in_a_secret=True,
    ),
    SecretSource(
        value="vault",
        label="files that an agent of Vault or OpenBao writes",
        in_files=True,
        in_a_secret=False,
    ),
)
IN_FILES = tuple(name for name, source in SECRET_SOURCES.items() if source.in_files)
SECRETS = Select(
    name="secrets",
    group="deployment",
    title="Secrets",
    question="Where do secrets come from, such as passwords?",
    help="Where secrets such as passwords come from.",
    why="From files they are in no variable and no flag, and one that changes is taken without a restart.",
    default="environment",
    choices=tuple(SECRET_SOURCES.values()),
    before=lambda _: "environment",
)
