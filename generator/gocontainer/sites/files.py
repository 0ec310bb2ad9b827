"""The manifests of all sites as files that tell whether they were edited by hand."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from gocontainer.answers.model import refuse
from gocontainer.errors import CannotUse
from gocontainer.sites import yaml_format
from gocontainer.sites.base import Object
from gocontainer.sites.fleet import FILE
from gocontainer.texts import tr

_NOTICE = "# Written by `make sites` from deploy/sites.yaml and deploy/edge: change these, and write it anew.\n"
_SEAL = "# sha256 of the rest: "
_END = "\n---\n"


def sealed(objects: Iterable[Object]) -> str:
    """Return objects as a file that tells whether it was edited by hand."""
    text = yaml_format.dump_all(objects)
    return f"{_head(text)}{_END}{text}"


def _head(text: str) -> str:
    return f"{_NOTICE}{_SEAL}{hashlib.sha256(text.encode(errors='surrogateescape')).hexdigest()}"


def written(folder: Path) -> dict[str, str]:
    """Return what lies in a folder, by path; nothing where there is none."""
    found = sorted(path for path in folder.rglob("*") if not path.is_dir()) if folder.is_dir() else []
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode(errors="surrogateescape") for path in found}


def refuse_edited(folder: str, files: Mapping[str, str]) -> None:
    """Raise an error that names every file that was edited by hand."""
    hint = tr("Make the change in {file} or in deploy/edge, and delete the file.", file=FILE)
    edited = [name for name, text in sorted(files.items()) if text.partition(_END)[0] != _head(_body(text))]
    refuse([CannotUse(tr("the file {path} was edited by hand", path=f"{folder}/{name}"), hint) for name in edited])


def _body(text: str) -> str:
    return text.partition(_END)[2]


def differences(folder: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """Yield what changes in the files of a folder."""
    for name, text in sorted(after.items()):
        if before.get(name) != text:
            yield difference(f"{folder}/{name}", _body(before.get(name, "")), _body(text))
    for name in sorted(before.keys() - after.keys()):
        yield tr("{path} is gone: delete its objects with kubectl", path=f"{folder}/{name}") + "\n"


def save(top: Path, files: Mapping[str, str | None]) -> None:
    """Write files below ``top``, the last one last, and remove those that are None.

    All are written beside their places first. Where that fails nothing has changed, and a kill while they are renamed
    leaves whole files: the same command again brings the rest.
    """
    staging = top / f"deploy/.sites-{os.getpid()}"
    try:
        staging.mkdir()
        for number, (name, text) in enumerate(files.items()):
            if text is not None:
                (top / name).parent.mkdir(parents=True, exist_ok=True)
                (staging / str(number)).write_bytes(text.encode(errors="surrogateescape"))
        for number, (name, text) in enumerate(files.items()):
            if text is None:
                (top / name).unlink()
            else:
                (staging / str(number)).replace(top / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def difference(name: str, before: str, after: str) -> str:
    """Return the lines that differ, with the name of the file before them; nothing where none do."""
    old, new = before.split("\n"), after.split("\n")
    while old and new and old[0] == new[0]:
        old, new = old[1:], new[1:]
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    if len(old) == len(new):
        lines = [f"-{x}\n+{y}\n" for x, y in zip(old, new, strict=True) if x != y]
    else:
        lines = [*(f"-{line}\n" for line in old), *(f"+{line}\n" for line in new)]
    return "".join([f"{name}\n", *lines]) if lines else ""
