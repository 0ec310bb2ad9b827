"""What a person is asked before a repository is taken up: each question has what was found as its answer."""

from __future__ import annotations

from collections.abc import Sequence

from gocontainer.adopt import go_code
from gocontainer.adopt.proposal import Proposal
from gocontainer.adopt.sources import Sources
from gocontainer.answers.model import Answers, Layer
from gocontainer.options.table import BY_NAME
from gocontainer.prompts.question import Asking, Item
from gocontainer.prompts.settings import Known, value_of
from gocontainer.texts import tr

_ASKED = ("service", "port", "image", "base_image", "ci")


def program(prompts: Asking, sources: Sources) -> str | None:
    """Ask which program is taken up; None on the way back."""
    items = [Item(each.folder, each.folder, str(each.where)) for each in go_code.programs(sources)]
    with prompts.held():
        chosen: str | None = prompts.choose(tr("Which program is the service?"), items, items[0].value)
    return chosen


def answers(prompts: Asking, proposal: Proposal, known: Answers) -> Layer:
    """Ask for the answers that matter most; the way back goes to the question before."""
    given: dict[str, object] = {}
    number = 0
    with prompts.held():
        while number < len(_ASKED):
            name = _ASKED[number]
            where = proposal.evidence.get(name)
            title = tr(BY_NAME[name].title)
            if where:
                title = tr("{title}, by {line}", title=title, line=where)
            value = value_of(prompts, name, Known(given.get(name, known[name]), title, BY_NAME[name]))
            number = max(0, number - 1) if value is None else number + 1
            given |= {} if value is None else {name: value}
    return Layer("flag", changed(given, known, _ASKED))


def changed(given: dict[str, object], known: Answers, names: Sequence[str]) -> dict[str, object]:
    """Return the answers that are not what was proposed."""
    return {name: given[name] for name in names if name in given and given[name] != str(known[name])}
