"""Which template an update goes to: our own, or an external one, about which the other modules are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gocontainer import __version__
from gocontainer.answers import lockfile
from gocontainer.answers.model import Layer
from gocontainer.errors import CannotUpdate
from gocontainer.external import cruft
from gocontainer.external.wanted import Wanted
from gocontainer.texts import tr
from gocontainer.update import steps


@contextmanager
def prepared(folder: Path, settings: Layer, wanted: Wanted, *, baseless: bool = False) -> Iterator[steps.Update]:
    """Prepare an update: to our own template, or to an external one where it is one."""
    with steps.opened(folder, cruft.FILE) as scratch:
        mine = scratch.project.mine
        taken_over = lockfile.LOCK not in mine and cruft.FILE in mine
        remembered = None if taken_over else steps.recall(scratch.project)
        if wanted.directory is not None and wanted.template is None:
            hint = tr("Name the template with --template as well.")
            raise CannotUpdate(tr("--directory is in the repository of a template"), hint)
        if remembered is None or wanted.template is not None or remembered.name != lockfile.NAME:
            from gocontainer.external import template  # takes long to import

            yield template.prepare(scratch, remembered, settings, wanted, baseless=baseless)
        elif wanted.revision in (None, __version__):
            yield steps.prepare(scratch, remembered, settings, baseless=baseless)
        else:
            hint = tr("Install gocontainer {version} and run it instead.", version=wanted.revision)
            raise CannotUpdate(tr("this is gocontainer {version}", version=__version__), hint)
