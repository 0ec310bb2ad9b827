"""The conversation about an external template: whether its code may run, and its variables. It knows no terminal."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gocontainer.external.runner import Look, RenderRequest, Unfolded
from gocontainer.external.wanted import Person, Question, Wizard

WHICH = "template"
"""The question which of several templates it is."""


def consult(template: Unfolded, request: RenderRequest, made: Callable[[], Person], wizard: Wizard) -> RenderRequest:
    """Ask for what the request leaves open, and return it with all answers; raise UsageError as a rendering does.

    A fork of our template asks by its own wizard, which is code of it as well.
    """
    with ThreadPoolExecutor() as meanwhile:  # cookiecutter is imported in its process while the prompts are in ours
        first = meanwhile.submit(template.look, request)
        person = made()
    with person.asked():
        request = Variables(template, request, person, first.result()).ask()
    return template.hold_wizard(request, wizard) if request.trust and template.brings_wizard else request


def trusted(template: Unfolded, request: RenderRequest, person: Person) -> RenderRequest:
    """Return the request, with trust where the template has code and the person says that it may run."""
    code = () if request.trust else template.look(request).code
    if not code:
        return request
    with person.asked():
        return request._replace(trust=person.trusts(request.source, code))


class Variables:
    """A conversation: the answers so far, each with its question, and the way back."""

    def __init__(self, template: Unfolded, request: RenderRequest, person: Person, first: Look) -> None:
        self._template, self._request, self._person = template, request, person
        self._trust: bool | None = request.trust or None
        """Whether code may run; None where nobody was asked yet."""
        self._answered: list[tuple[Question, Any]] = []
        self._earlier: dict[str, Any] = {}
        """What was answered and is no default, also where the person went back from it."""
        self._first: Look | None = first
        self._looks: dict[str, Look] = {}

    def ask(self) -> RenderRequest:
        """Ask one question after the other."""
        while (look := self._look()).questions and not self._template.brings_wizard:
            question, passed = look.questions[0], len(self._answered)
            answer = self._person.answer(question, self._earlier.get(question.name), passed + 1, passed + look.left)
            if answer is None:
                del self._answered[-1:]
                continue
            self._answered.append((question, answer))
            self._earlier[question.name] = None if answer == question.default else answer
            if question.name == WHICH:  # another template has other code
                self._trust = self._request.trust or None
                self._looks.clear()
        return self._asking()

    def _look(self) -> Look:
        """Return what is left to ask; no process is started for what is known."""
        before, now = repr(self._answered[:-1]), repr(self._answered)
        if now not in self._looks:
            known = self._after(self._looks[before], *self._answered[-1]) if before in self._looks else None
            self._looks[now] = known or self._fresh()
        return self._looks[now]

    def _after(self, look: Look, question: Question, answer: Any) -> Look | None:
        """Return what is left after an answer; None where later defaults may follow from it."""
        rest = look.questions[1:]
        same = answer == question.default or all(each.fixed for each in rest)
        complete = look.left == 1 or (rest and same)
        return look._replace(questions=rest, left=look.left - 1) if complete and question.name != WHICH else None

    def _fresh(self) -> Look:
        look, self._first = self._first or self._template.look(self._asking()), None
        which = any(question.name == WHICH for question in look.questions)
        if look.code and self._trust is None and not which:
            self._trust = self._person.trusts(self._request.source, look.code)
            look = self._template.look(self._asking()) if self._trust else look
        if look.error:
            raise look.error
        self._request = self._request._replace(prepared=look.prepared)
        return look

    def _asking(self) -> RenderRequest:
        """Return the request with the answers so far.

        An accepted default is nothing said, and yet stays as it was shown: it may be a random one.
        """
        said = {question.name: answer for question, answer in self._answered if answer != question.default}
        shown = {question.name: answer for question, answer in self._answered if answer == question.default}
        said |= {WHICH: shown.pop(WHICH)} if WHICH in shown else {}
        return self._request._replace(
            trust=bool(self._trust),
            asked={**self._request.asked, **said},
            locked={**self._request.locked, **shown},
            defaults=(*self._request.defaults, *shown),
            whole=tuple(question.name for question, answer in self._answered if isinstance(answer, dict)),
        )
