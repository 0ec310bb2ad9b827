"""cookiecutter in a process of its own: a script that ``runner.py`` runs, and that imports nothing of ours.

A fork of our template brings a ``gocontainer`` of its own, which its extension and hooks import; in our process they
would get ours. ``python worker.py REQUEST`` reads a JSON document and writes ``outcome.json`` beside it.

Without ``trust`` nothing of the template runs: no hooks, no extensions, and Jinja's sandbox for contents, names and
defaults. With or without, no file lands out of the output folder, answers are data and are never rendered, and
~/.cookiecutterrc and the replay folder are not looked at.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from cookiecutter import generate, hooks, prompt, utils
from cookiecutter.exceptions import CookiecutterException, NonTemplatedInputDirException, UndefinedVariableInTemplate
from cookiecutter.find import find_template
from jinja2 import StrictUndefined, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment

if TYPE_CHECKING:
    from gocontainer.external import values
    from gocontainer.external.values import Given, Refused
else:  # nothing of ours is on the path, and no name of ours is to hide one of the template's
    _spec = spec_from_file_location("_gocontainer_values", Path(__file__).with_name("values.py"))
    values = module_from_spec(_spec)
    _spec.loader.exec_module(values)
    Given, Refused = values.Given, values.Refused

HOOKS = ("pre_prompt", "pre_gen_project", "post_gen_project")
_HARMLESS: Mapping[str, type] = {
    **dict.fromkeys(["block_start_string", "block_end_string", "variable_start_string", "variable_end_string"], str),
    **dict.fromkeys(["comment_start_string", "comment_end_string", "newline_sequence"], str),
    **dict.fromkeys(["line_statement_prefix", "line_comment_prefix"], str),
    **dict.fromkeys(["trim_blocks", "lstrip_blocks"], bool),
}
"""Settings of Jinja that a template may make without trust: how it is written."""
FAILURES = (CookiecutterException, TemplateError, OSError, ArithmeticError, LookupError, TypeError, ValueError,
            AttributeError, RecursionError, MemoryError, ImportError)  # fmt: skip


class Named:
    """A template of a file name, whose outcome stays below ``output``."""

    def __init__(self, source: str, compile_: Callable[[str], Any], output: str) -> None:
        self.template, self.output = compile_(source), output

    def render(self, **context: object) -> str:
        name = str(self.template.render(**context))
        path = PurePath(name)
        inside = not path.is_absolute() or path.is_relative_to(self.output)
        if not inside or path.drive not in ("", PurePath(self.output).drive) or ".." in path.parts or "\0" in name:
            raise Refused("outside", name=name)
        return name


class Rendering:
    """One rendering, as the request asks for it."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self.request, self.trust = request, bool(request["trust"])
        self.output, self.code = str(request["output"]), list[tuple[str, str]]()
        self.prepared = [*request.get("prepared", ())]  # folders whose pre_prompt hook has run: that happens once
        self._patch()

    def _patch(self) -> None:
        """Put our environments in cookiecutter's place; fails where a cookiecutter has no such place."""
        original, builtin = utils.create_env_with_context, list(utils.create_env_with_context({}).extensions)

        def held(context: Mapping[str, Any]) -> Any:
            settings = {"keep_trailing_newline": True, **self._harmless(context.get("cookiecutter", {}))}
            return SandboxedEnvironment(undefined=StrictUndefined, extensions=builtin, **settings)

        environment = original if self.trust else held
        names = partial(Named, output=self.output)
        for module, kind in ((utils, None), (hooks, None), (prompt, _value), (generate, names)):
            if module.create_env_with_context is not original:
                raise RuntimeError(f"{module.__name__} does not render as it is known to")
            module.create_env_with_context = _watched(environment, kind) if kind else environment

    def _harmless(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        settings = variables.get("_jinja2_env_vars") or {}
        return {key: value for key, value in settings.items() if isinstance(value, _HARMLESS.get(key, Refused))}

    def run(self) -> dict[str, Any]:
        """Render the template and return what came of it."""
        here = self.place()
        names, locked, asked = self.given(here)
        answers = self._answers(here, {**locked, **asked})
        spoken = {key: value for key, value in locked.items() if key not in self.request["defaults"]} | asked
        today = self._answers(here, spoken)["cookiecutter"]
        given = [key for key in asked if not locked or self._default(here, spoken, key) != answers["cookiecutter"][key]]
        project = generate.generate_files(str(here), answers, self.output, accept_hooks=self.trust)
        return {
            "folder": str(Path(project).relative_to(self.output)),
            "template": find_template(here, utils.create_env_with_context(answers)).name,
            "answers": {key: answers["cookiecutter"][key] for key in names},
            "given": sorted(given),
            "today": {key: today[key] for key in names},
            "directory": "/".join(here.relative_to(self.request["repo"]).parts),
            "dropped": sorted(key for key in self.request["locked"].keys() - locked.keys() if key[:1] != "_"),
        }

    def _default(self, here: Path, given: Mapping[str, Any], name: str) -> Any:
        return self._answers(here, {key: given[key] for key in given if key != name})["cookiecutter"][name]

    def given(self, here: Path) -> tuple[list[str], dict[str, Any], dict[str, Any]]:
        """Return the names of the variables, and the answers that are locked and asked for."""
        raw = self._load(here)
        sys.path.extend([str(here)] if self.trust else [])
        names = [key for key in raw if not key.startswith("_")]
        locked = {key: value for key, value in self.request["locked"].items() if key in names}
        asked = {**self._service(here, raw), **self.request["asked"]}
        for key in asked:
            if key not in names:
                raise Refused("unknown", name=key, known=names)
        locked = self._own(here, locked, {}, asked)  # after the answers of then: others may change what a choice says
        return names, locked, self._own(here, asked, locked)

    def _own(
        self, here: Path, answers: Mapping[str, Any], others: Mapping[str, Any], instead: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Return ``answers`` with the template's own words for a choice that is given as it was rendered.

        A choice that is gone is refused, unless there is another answer ``instead``.
        """
        raw, before, found = self._load(here), dict[str, Any](), {**others, **answers}
        for name in raw:
            try:
                if name in answers and isinstance(raw[name], list):
                    found[name] = values.choice(partial(self.context, here, before), raw[name], name, answers[name])
            except Refused:
                if name not in instead:
                    raise
                continue
            if name in found:
                before[name] = found[name]
        return {name: found[name] for name in answers}

    def place(self, here: Path | None = None) -> Path:
        """Return the folder of the template: one of several, where there are several."""
        top = Path(self.request["repo"])
        here = here or top / self.request["directory"]
        if not here.resolve().is_relative_to(top.resolve()) or not (here / "cookiecutter.json").is_file():
            raise Refused("none")
        folder = here.relative_to(top).as_posix()
        if self.trust and folder not in self.prepared:
            self._pre_prompt(here)
            self.prepared.append(folder)
        raw = self._load(here)
        key = next((key for key in ("templates", "template") if key in raw), None)
        self._collect(here, raw, HOOKS if key is None else HOOKS[:1])
        if key is None:
            return here
        choices = list(raw[key])
        if self.request["look"] and len(choices) > 1 and "template" not in self.request["asked"]:
            raise Refused("which", templates=raw[key])
        chosen = self.request["asked"].pop("template", choices[0])
        if chosen not in choices:
            raise Refused("answer", name="template", value=chosen, expected="one", choices=choices)
        raw[key] = {chosen: raw[key][chosen]} if isinstance(raw[key], dict) else [chosen]
        there = Path(prompt.choose_nested_template({"cookiecutter": raw}, str(here), no_input=True))
        if there == here.resolve():
            raise Refused("itself", name=chosen)
        return self.place(top / os.path.relpath(there, top.resolve()))

    def _collect(self, here: Path, raw: Mapping[str, Any], names: Iterable[str]) -> None:
        """Note what of the template is code."""
        for name in names:
            found = sorted(hooks.find_hook(name, str(here / "hooks")) or [])
            self.code += [("hook", os.path.basename(path)) for path in found]  # noqa: PTH119
        self.code += [("extension", name) for name in raw.get("_extensions") or []]
        settings = raw.get("_jinja2_env_vars") or {}
        self.code += [("setting", key) for key in settings.keys() - self._harmless(raw).keys()]

    def _pre_prompt(self, here: Path) -> None:
        with utils.work_in(here):
            for script in hooks.find_hook("pre_prompt") or []:
                hooks.run_script(script, str(here))

    def _load(self, here: Path) -> dict[str, Any]:
        return dict(generate.generate_context(str(here / "cookiecutter.json"))["cookiecutter"])

    def _service(self, here: Path, raw: Mapping[str, Any]) -> dict[str, str]:
        """Return SERVICE as the answer to the variable that names the folder."""
        service = self.request["service"]
        if service is None:
            return {}
        environment = utils.create_env_with_context({"cookiecutter": {"_jinja2_env_vars": self._harmless(raw)}})
        folder = find_template(here, environment).name
        inner = folder.removeprefix(environment.variable_start_string).removesuffix(environment.variable_end_string)
        named = next((key for key in raw if inner.strip() == f"cookiecutter.{key}"), None)
        if named is None:
            raise Refused("service", folder=folder)
        if named in self.request["asked"]:
            raise Refused("twice", name=named)
        return {named: service}

    def context(self, here: Path, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return cookiecutter's context with the ``given`` values, every other one as the template has it."""
        place = str(here / "cookiecutter.json")
        plain = self._load(here)
        extra = {key: values.data(value, plain[key], key) for key, value in given.items()}
        for key, value in extra.items():
            try:
                generate.generate_context(place, extra_context={key: value})
            except ValueError as error:
                choices = [str(each) for each in plain[key]] if isinstance(plain[key], list) else []
                expected = "one" if choices else "boolean"
                raise Refused("answer", name=key, value=value, expected=expected, choices=choices) from error
        context: dict[str, Any] = generate.generate_context(place, extra_context=extra)
        variables = context["cookiecutter"]
        variables |= {key: extra[key] for key in self.request["whole"] if key in extra}
        if not self.trust:
            variables.pop("_extensions", None)
            variables["_jinja2_env_vars"] = self._harmless(variables)
        context["_cookiecutter"] = {key: value for key, value in variables.items() if not key.startswith("_")}
        return context

    def _answers(self, here: Path, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return cookiecutter's context with the ``given`` values, every other one its default."""
        context = self.context(here, given)
        variables = context["cookiecutter"]
        variables.update(prompt.prompt_for_config(context, no_input=True))
        with_code = {"_output_dir": self.output, "_repo_dir": str(here)}
        places = with_code if self.trust else {"_output_dir": ".", "_repo_dir": self.request["source"]}
        variables |= {key: given[key] for key in self.request["whole"] if key in given}
        variables.update(places, _template=self.request["source"], _checkout=self.request["revision"] or None)
        return context


def _value(source: str, compile_: Callable[[str], Any]) -> Any:
    return source if isinstance(source, Given) else compile_(source)


def _watched(factory: Callable[[Any], Any], kind: Callable[..., Any]) -> Callable[[Any], Any]:
    """Return a factory whose environments hand each text that is no file to ``kind``."""

    def make(context: Mapping[str, Any]) -> Any:
        environment = factory(context)
        environment.from_string = partial(kind, compile_=environment.from_string)
        return environment

    return make


def reason(error: BaseException, rendering: Rendering) -> dict[str, Any]:
    """Return the document that says why the template cannot be rendered."""
    cause: Any = error.error if isinstance(error, UndefinedVariableInTemplate) else error
    told = f"{getattr(error, 'message', '')}: {cause}" if cause is not error else str(cause) or type(cause).__name__
    place = f" ({getattr(cause, 'filename', None) or 'line'} {at})" if (at := getattr(cause, "lineno", None)) else ""
    kind = "fails"
    if isinstance(error, NonTemplatedInputDirException):
        kind = "unnamed"
    elif isinstance(cause, SecurityError) and not rendering.trust:
        kind = "forbidden"
    elif isinstance(cause, TemplateError) and rendering.code and not rendering.trust:
        kind = "needs code"
    return {"kind": kind, "said": f"{told.rstrip('.')}{place}", "code": rendering.code}


def answer(request: Mapping[str, Any], job: Callable[[Rendering], dict[str, Any]] = Rendering.run) -> dict[str, Any]:
    """Return what came of a request, good or bad, and what of the template is code."""
    rendering = Rendering(request)
    try:
        found = job(rendering)
    except Refused as refused:
        found = refused.document
    except FAILURES as error:
        found = reason(error, rendering)
    return {**found, "code": rendering.code, "prepared": rendering.prepared}


def main(place: Path, job: Callable[[Rendering], dict[str, Any]] = Rendering.run) -> None:
    """Read the request and write the outcome."""
    logging.disable(logging.CRITICAL)
    place.with_name("outcome.json").write_text(json.dumps(answer(json.loads(place.read_bytes()), job)), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
