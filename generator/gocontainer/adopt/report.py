"""What a run found, wrote and left, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gocontainer.adopt import go_code
from gocontainer.adopt.lacks import Lack
from gocontainer.adopt.plan import Plan
from gocontainer.adopt.proposal import Proposal
from gocontainer.adopt.sources import Evidence, Sources
from gocontainer.answers.model import Answers
from gocontainer.console import padded, width
from gocontainer.texts import listed, mark, tr

_COLUMN = 56
"""Widest that what was found may be, for what says so to stand below that of the others."""


class Report(NamedTuple):
    """All that there is to say."""

    sources: Sources
    proposal: Proposal
    answers: Answers
    planned: Plan
    lacks: Sequence[Lack]

    @property
    def settings(self) -> dict[str, Evidence]:
        """The variables and flags that the code reads."""
        flags = go_code.flags(self.sources, self.proposal.program)
        named = {f"-{name}": where for name, where in flags.items()}
        return go_code.variables(self.sources, self.proposal.program) | named

    def as_json(self, *, written: bool) -> str:
        """Return one document."""
        around, known, kept = self.proposal.around, self.answers.adopted, self.planned.kept
        assert known
        seen = self.proposal.evidence
        document = {
            "folder": str(self.sources.folder),
            "written": written,
            "program": known.main,
            "code": known.document(),
            "answers": self.answers.applicable(),
            "evidence": {name: where.document() for name, where in seen.items()},
            "found": {
                "dockerfiles": [each.document() for each in around.dockerfiles],
                "manifests": [each.document() for each in (*around.manifests, *around.charts)],
                "pipelines": {name: where.document() for name, where in around.pipelines.items()},
                "databases": {name: where.document() for name, where in around.databases.items()},
                "settings": {name: where.document() for name, where in self.settings.items()},
            },
            "files": sorted(self.planned.files),
            "overwritten": sorted(self.planned.overwritten),
            "same": [each.path for each in kept if not each.differs],
            "kept": [path for path in self.planned.diffs if path not in self.planned.overwritten],
            "left_out": {part: list(paths) for part, paths in self.planned.left_out.items()},
            "diffs": dict(self.planned.diffs),
            "lacks": [each.document() for each in self.lacks],
        }
        return json.dumps(document, indent=2, ensure_ascii=False)

    def found(self) -> str:
        """Return what is proposed, each with the line that says so."""
        known = self.answers.adopted
        assert known
        seen = {**known.document(), **self.answers}
        rows = [(f"{name} {_shown(seen[name])}", str(where)) for name, where in self.proposal.evidence.items()]
        around = self.proposal.around
        rows += [(tr("{name} is spoken with", name=name), str(where)) for name, where in around.databases.items()]
        column = max((width(left) for left, _ in rows if width(left) <= _COLUMN), default=0)
        lines = [f"  {padded(left, column)}  {right}" for left, right in rows]
        manifests = [each.path for each in (*around.manifests, *around.charts)]
        if manifests:
            lines.append(f"  {tr('manifests: {paths}', paths=listed(manifests))}")
        if self.settings:
            lines.append(f"  {tr('settings: {names}', names=', '.join(self.settings))}")
        return "\n".join([tr("Found in {folder}:", folder=self.sources.folder), *lines])

    def preview(self) -> str:
        """Return what would be written, what would not, and what the code lacks."""
        return "\n".join([*self._files(written=False), *self._lacking()])

    def text(self, *, written: bool) -> str:
        """Return what was written, what was not, what the code lacks, and what comes next."""
        return "\n".join([*self._files(written=written), *self._lacking(), *self._next(written=written)])

    def _files(self, *, written: bool) -> Iterator[str]:
        planned = self.planned
        yield ""
        title = mark("Wrote {count} files:") if written else mark("Would write {count} files:")
        yield tr(title, count=len(planned.files))
        for path in sorted(planned.files):
            yield f"  {path} {tr('(over yours)')}" if path in planned.overwritten else f"  {path}"
        for part, paths in planned.left_out.items():
            yield tr("Of {part} nothing is written, since these are yours: {paths}", part=part, paths=listed(paths))
        theirs = [path for path in planned.diffs if path not in planned.overwritten]
        if theirs:
            yield ""
            yield tr("Yours, and left as they are; --overwrite PATH takes the other one:")
            for path in theirs:
                yield f"  {path}"
                yield from (f"    {line}" for line in planned.diffs[path].split("\n"))

    def _lacking(self) -> Iterator[str]:
        if self.lacks:
            yield ""
            yield tr("What the code lacks, with the lines to add:")
        for each in self.lacks:
            yield f"  {each.name}: {each.reason}" + (f" ({each.where})" if each.where else "")
            yield from (f"      {line}" for line in each.lines)

    def _next(self, *, written: bool) -> Iterator[str]:
        yield ""
        if written:
            yield tr("Look at it, and commit it: 'gocontainer update' then works as in any other repository.")
            yield "  make -f gocontainer.mk help"
        else:
            yield tr("Nothing was written.")


def _shown(value: object) -> str:
    if isinstance(value, list):
        return listed(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
