"""Which template an update goes to: our own, or an external one, about which the other modules are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from gocontainer import __version__
from gocontainer.answers import lockfile
from gocontainer.answers.model import Layer
from gocontainer.errors import CannotUpdate, NotARepository, UnreadableLock
from gocontainer.external import cruft
from gocontainer.update import steps


class Wanted(NamedTuple):
    """What the command line says of a template."""

    template: str | None = None
    revision: str | None = None
    trust: bool = False


@contextmanager
def prepared(folder: Path, settings: Layer, wanted: Wanted, *, baseless: bool = False) -> Iterator[steps.Update]:
    """Prepare an update: to our own template, or to an external one where it is one."""
    external = _concerns(folder, wanted)
    if not external and wanted.revision not in (None, __version__):
        hint = f"Install gocontainer {wanted.revision} and run it instead."
        raise CannotUpdate(f"this is gocontainer {__version__}", hint)
    with steps.opened(folder, *([cruft.FILE] if external else [])) as scratch:
        if external:
            from gocontainer.external import template  # takes long to import

            yield template.prepare(scratch, settings, wanted, baseless=baseless)
        else:
            yield steps.prepare(scratch, settings, baseless=baseless)


def _concerns(folder: Path, wanted: Wanted) -> bool:
    """Whether an update of ``folder`` is one to an external template."""
    if wanted.template is not None:
        return True
    try:
        return lockfile.read(folder).name != lockfile.NAME
    except NotARepository:
        return (folder / cruft.FILE).is_file()
    except UnreadableLock:
        return False
