"""What ``new`` says at its end, for people and for programs."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gocontainer.answers.model import Answers, AnswerSet
from gocontainer.console import padded
from gocontainer.rendering.estimate import replicas
from gocontainer.rendering.sizing import Sizes
from gocontainer.repository import git
from gocontainer.repository.tree import Tree, digest
from gocontainer.texts import mark, tr


def not_committed(repository: Path) -> str:
    """Return why there is no first commit, and how to make it."""
    if not git.is_there():
        return tr("The files are not committed: git is not there. Install it, then run 'git init' in {folder}.",
                  folder=repository)  # fmt: skip
    lacking = git.lacking_identity(repository)
    if not lacking:
        return tr("The files are not committed: git refused. Run 'git commit' in {folder} to see why.",
                  folder=repository)  # fmt: skip
    examples = {"user.name": '"Your Name"', "user.email": "you@example.com"}
    commands = [f"'git config --global {setting} {examples[setting]}'" for setting in lacking]
    return tr(
        "The files are not committed: git has no {settings}. Run {commands}, then {commit} in {folder}.",
        settings=tr(" and ").join(lacking),
        commands=tr(" and ").join(commands),
        commit="'git commit --message Start'",
        folder=repository,
    )


def inside(repository: Path) -> str:
    """Return what to know of a service that is a folder of another repository."""
    return tr(
        "{repository} is a repository already: nothing was committed, and a pipeline has to move to its top to run.",
        repository=repository,
    )


def warnings(answers: Answers, *others: str) -> list[str]:
    """Return what the user should know although all went well."""
    unusual = Sizes.of(answers).warnings()
    warnings = [*(f"{name} {text}" for name, text in unusual.items()), *others]
    if answers.origins["image"] == "default":
        text = mark(
            "No registry is known, so the image is {image}, which no cluster can pull. "
            "Give --image, or later 'gocontainer update --set image=...'."
        )
        warnings.append(tr(text, image=answers["image"]))
    return warnings


def moves(answers: Answers) -> list[str]:
    """Return a sentence for each default that moved out of the way of an answer."""
    return [
        tr("{name} is {value} now, to go with {cause}.", name=name, value=answers[name], cause=cause)
        for name, cause in answers.moved.items()
    ]


def pipeline(answers: Answers) -> str:
    """Return who builds each change and why that one, where nobody said so."""
    ci, origin = answers["ci"], answers.origins["ci"]
    if origin == "default":
        return tr("{ci}, as no remote says otherwise (or --ci none --deps-bot none)", ci=ci)
    if origin in ("derived", "detected") and ci == "none":
        host = str(answers["module"]).partition("/")[0]
        return tr("none: there is none for {host}; 'make' has its steps", host=host)
    return f"{ci}"


def as_json(
    answers: AnswerSet, files: Tree, target: Path, warnings: Sequence[str], *, written: bool, **more: Any
) -> str:
    """Return what ``new --json`` prints."""
    import json

    document = {
        "path": str(target),
        "written": written,
        "answers": dict(answers),
        "origins": answers.origins,
        "moved": dict(answers.moved) if isinstance(answers, Answers) else {},
        "warnings": list(warnings),
        "digest": digest(files),
        "files": [
            {
                "path": path,
                "mode": file.mode,
                "size": len(file.content),
                "sha256": hashlib.sha256(file.content).hexdigest(),
            }
            for path, file in sorted(files.items())
        ],
    }
    return json.dumps({**document, **more}, indent=2, ensure_ascii=False)


def listing(files: Tree, target: Path) -> str:
    """Return the files that would be written, with their sizes."""
    rows = [f"{len(file.content):8,}  {path}" for path, file in sorted(files.items())]
    total = sum(len(file.content) for file in files.values())
    title = tr("{folder} would get {count} files, {total:,} bytes:", folder=target, count=len(files), total=total)
    return "\n".join([title, *rows])


def output_flags(target: Path, output: str | None) -> list[str]:
    """Return the flags that lead to ``target`` from the current folder; none where none is needed.

    To be taken before anything is written: the current folder may be an empty clone that is replaced.
    """
    if output is not None:
        parent = output
    elif target.parent.anchor == Path.cwd().anchor:
        parent = os.path.relpath(target.parent)
    else:  # another drive
        parent = str(target.parent)
    return [] if parent == "." else ["-o", parent]


def farewell(answers: Answers, files: Tree, target: Path, parent: str) -> str:
    """Return what was written and what to do next; ``parent`` is the parent folder as the person would say it."""
    run = ("make run", tr("serves on port {port}", port=answers["port"]))
    if answers["eventing"] == "kafka":
        run = ("make run-flow", tr("starts a storage and the function, and uploads a text"))
    known = {"service": answers["service"], "count": len(files), "folder": target}
    image = tr("{image} on {base_image}", image=answers["image"], base_image=answers["base_image"])
    size = tr(
        "{count}, each {cpu} CPU and {memory}", count=replicas(answers), cpu=answers["cpu"], memory=answers["memory"]
    )
    return "\n".join(
        [
            tr("Wrote {service}: {count} files in {folder}", **known),
            "",
            f"  {padded(tr('module'), 9)} {answers['module']}",
            f"  {padded(tr('image'), 9)} {image}",
            f"  {padded(tr('platforms'), 9)} {str(answers['platforms']).replace(',', ', ')}",
            f"  {padded(tr('replicas'), 9)} {size}",
            f"  {padded(tr('pipeline'), 9)} {pipeline(answers)}",
            "",
            tr("Next:"),
            f"  cd {shlex.quote(os.path.normpath(f'{parent}/{target.name}'))}",
            f"  {run[0]:13} # {run[1]}",
            f"  {'make':13} # {tr('lists what else there is')}",
        ]
    )
