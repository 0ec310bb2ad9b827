"""The wizard line by line: for screen readers, for terminals that cannot move their cursor, for logs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import FrameType

from gocontainer.errors import Cancelled, Interrupted
from gocontainer.kinds import SelectMany
from gocontainer.wizard import review
from gocontainer.wizard.conversation import REVIEW, STEPS, Conversation, Question
from gocontainer.wizard.pages import tilde
from gocontainer.wizard.preview import Preview
from gocontainer.wizard.settling import Settled, shown

Say = Callable[[str], None]
Ask = Callable[[str], str]
BACK = "<"


def converse(conversation: Conversation, preview: Preview, found: Sequence[str], say: Say, ask: Ask) -> None:
    """Hold the conversation; raise Cancelled or Interrupted where it is ended before its end."""
    say(f"Found: {'; '.join(found)}.")
    say(f"Enter takes the default, {BACK} goes back, Ctrl-C quits and writes nothing.")
    with _signals():
        try:
            while not _page(conversation, preview, say, ask):
                for note in conversation.notes:
                    say(note)
        except (EOFError, KeyboardInterrupt):
            raise Cancelled from None
        except OSError:
            raise Interrupted(1) from None  # the terminal is gone


@contextmanager
def _signals() -> Iterator[None]:
    """Turn the signals that end a process into errors for as long as somebody is asked."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise Interrupted(number)

    numbers = [getattr(signal, name) for name in ("SIGHUP", "SIGTERM") if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _page(conversation: Conversation, preview: Preview, say: Say, ask: Ask) -> bool:
    """Show one page and take one line; True when all is said."""
    say("")
    say(f"Step {conversation.step} of {len(STEPS)}, {STEPS[conversation.step - 1]}")
    if conversation.at == REVIEW:
        return _review(conversation, preview, say, ask)
    question = conversation.question
    say(f"{question.option.help} {question.option.why}")
    for number, offer in enumerate(question.offers, 1):
        label = "" if offer.label == shown(offer.value) else f": {offer.label}"
        obstacle = f" (not now: {offer.obstacle})" if offer.obstacle else ""
        say(f"  {number}. {shown(offer.value)}{label}{obstacle}")
    line = ask(f"{_prompt(question)} [{shown(question.value)}]: ").strip()
    if line == BACK:
        if not conversation.back():
            say("This is the first question.")
        return False
    error = conversation.answer(_meant(line, question))
    if error:
        say(f"Not taken: {error}")
    return False


def _prompt(question: Question) -> str:
    if isinstance(question.option, SelectMany):
        return "Numbers or names, with commas"
    return "Number or name" if question.offers else question.option.name


def _meant(line: str, question: Question) -> object:
    """Return the answer that a line is: nothing for the current one, a number for a choice."""
    if not line:
        return question.value
    by_number = {str(number): offer.value for number, offer in enumerate(question.offers, 1)}
    if isinstance(question.option, SelectMany):
        return ",".join(str(by_number.get(part.strip(), part.strip())) for part in line.split(","))
    return by_number.get(line, line)


def _review(conversation: Conversation, preview: Preview, say: Say, ask: Ask) -> bool:
    """Show everything and take one line; True where it was an empty one, which means: write."""
    settled = conversation.settled
    say(f"Ready to write {len(preview.paths(settled))} files to {tilde(conversation.settler.target(settled))}")
    say(f"{preview.cost(settled)}.")
    for row in review.rows(conversation):
        say(f"  {row.name}: {row.value} ({row.origin})")
        if row.remark:
            say(f"    {row.remark}")
    line = ask("Enter writes, a name changes that answer, 'all' asks for everything, 'files' lists the files: ").strip()
    actions: Mapping[str, Callable[[], object]] = {
        BACK: conversation.back,
        "all": conversation.customise,
        "files": lambda: _list(preview, settled, say),
        **{name: partial(conversation.change, name) for name in conversation.changeable()},
    }
    if line in actions:
        actions[line]()
    elif line:
        say(f"Not taken: there is no answer {line!r}. Choose from {', '.join(conversation.changeable())}.")
    return not line


def _list(preview: Preview, settled: Settled, say: Say) -> None:
    for leaf in preview.leaves(settled):
        reason = f" ({leaf.reason})" if leaf.reason else ""
        say(f"  {leaf.path}{reason}")
