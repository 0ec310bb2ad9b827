"""What ``new`` says at its end, for people and for programs."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gocontainer.answers.model import Answers, AnswerSet
from gocontainer.console import fitted, padded
from gocontainer.rendering.estimate import replicas
from gocontainer.rendering.sizing import Sizes
from gocontainer.rendering.unusual import unusual
from gocontainer.repository import git
from gocontainer.repository.kept import KeptFile
from gocontainer.repository.tree import Tree, digest
from gocontainer.texts import listed, mark, series, tr


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
        settings=_both(lacking),
        commands=_both(commands),
        commit="'git commit --message Start'",
        folder=repository,
    )


def _both(names: Sequence[str]) -> str:
    """Return one name, or two."""
    return tr("{one} and {other}", one=names[0], other=names[1]) if names[1:] else names[0]


def inside(repository: Path, files: Tree) -> str:
    """Return what to know of a service that is a folder of another repository."""
    pipelines = {".gitea", ".github", ".gitlab-ci.yml", "Jenkinsfile"} & {path.partition("/")[0] for path in files}
    if pipelines:
        text = mark(
            "{repository} is a repository already: nothing was committed, and {path} has to move to its top to run."
        )
        return tr(text, repository=repository, path=min(pipelines))
    return tr(
        "{repository} is a repository already: nothing was committed, and no pipeline was written, since one runs from "
        "its top alone. The how-to 'Put a service into a repository of many' has one for there.",
        repository=repository,
    )


def ignored(target: Path, files: Tree) -> list[str]:
    """Return what to say of files that git would leave out of a commit."""
    found = git.ignored(target, sorted(files))
    if not found:
        return []
    rules = series(dict.fromkeys(found.values()))
    text = mark("git ignores {paths}, by {rules}. Commit them with 'git add --force', or updates miss them.")
    return [tr(text, paths=listed(found), rules=rules)]


def warnings(answers: Answers, *others: str) -> list[str]:
    """Return what the user should know although all went well."""
    warnings = [*(f"{name} {text}" for name, text in unusual(Sizes.of(answers)).items()), *others]
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
        tr("{name} is {value} now, to go with {other}.", name=name, value=answers[name], other=cause)
        for name, cause in answers.moved.items()
    ]


def pipeline(answers: Answers, target: Path) -> str:
    """Return who builds each change and why that one, where nobody said so."""
    ci, origin = answers["ci"], answers.origins["ci"]
    if origin == "default":
        return tr("{ci}, as no remote says otherwise (or --ci none --deps-bot none)", ci=ci)
    if origin == "detected" and git.work_tree(target) not in (None, target):
        return tr("none: it runs from the top of a repository alone")
    if origin in ("derived", "detected") and ci == "none":
        host = str(answers["module"]).partition("/")[0]
        return tr("none: there is none for {host}; 'make' has its steps", host=host)
    return f"{ci}"


def as_json(
    answers: AnswerSet,
    files: Tree,
    target: Path,
    warnings: Sequence[str],
    kept: Sequence[KeptFile] = (),
    *,
    written: bool,
    **more: Any,
) -> str:
    """Return what ``new --json`` prints."""
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
        "kept": [each._asdict() for each in kept],
    }
    return json.dumps({**document, **more}, indent=2, ensure_ascii=False)


def listing(files: Tree, target: Path, kept: Sequence[KeptFile] = ()) -> str:
    """Return the files that would be written, with their sizes."""
    rows = [f"{len(file.content):8,}  {path}" for path, file in sorted(files.items())]
    total = sum(len(file.content) for file in files.values())
    title = tr("{folder} would get {count} files, {total:,} bytes:", folder=target, count=len(files), total=total)
    return "\n".join([title, *rows, *kept_lines(kept)])


def kept_lines(kept: Sequence[KeptFile]) -> Iterator[str]:
    """Yield what is said of files that were there; nothing where there were none."""
    if kept:
        yield ""
        yield tr("Kept as they were:")
        yield from (f"  {each.sentence}" for each in kept)


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


def farewell(answers: Answers, files: Tree, target: Path, parent: str, kept: Sequence[KeptFile] = ()) -> str:
    """Return what was written and what to do next; ``parent`` is the parent folder as the person would say it."""
    calls = [
        ("make", tr("lists what there is")),
        ("make run", tr("serves on port {port}; then, from another terminal:", port=answers["port"])),
    ]
    if answers["eventing"] == "kafka":
        calls[1] = ("make run-flow", tr("starts a storage and the function; then, from another terminal:"))
    known = {"service": answers["service"], "count": len(files), "folder": target}
    image = tr("{image} on {base_image}", image=answers["image"], base_image=answers["base_image"])
    size = tr(
        "{count}, each {cpu} CPU and {memory}", count=replicas(answers), cpu=answers["cpu"], memory=answers["memory"]
    )
    return "\n".join(
        [
            tr("Wrote {service}: {count} files in {folder}", **known),
            "",
            fact(tr("module"), answers["module"]),
            fact(tr("image"), image),
            fact(tr("platforms"), str(answers["platforms"]).replace(",", ", ")),
            fact(tr("replicas"), size),
            fact(tr("pipeline"), pipeline(answers, target)),
            *kept_lines(kept),
            "",
            tr("Next:"),
            f"  cd {shlex.quote(os.path.normpath(f'{parent}/{target.name}'))}",
            *(fitted(f"  {call:13} # {what}", f"{'':15} # ") for call, what in calls),
            f"  {request(answers)}",
        ]
    )


def fact(title: str, value: object) -> str:
    """Return a line of a summary; where it is longer than the terminal, it goes on below its value."""
    return fitted(f"  {padded(title, 9)} {value}", " " * 12)


def request(answers: Answers) -> str:
    """Return a command that the example answers once it runs, as the README has it too."""
    if answers["eventing"] == "kafka":
        data = {"bucket": f"{answers['service']}-uploads", "key": "README.md"}
        event = {"specversion": "1.0", "id": "2", "source": "/me", "type": "upload.created", "data": data}
        header = "'Content-Type: application/cloudevents+json'"
        return f"curl -s localhost:{answers['port']} -H {header} -d '{json.dumps(event)}'"
    basket = {"lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}]}
    return f"curl -s localhost:{answers['port']}/v1/quotes --json '{json.dumps(basket)}'"
