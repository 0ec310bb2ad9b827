"""cookiecutter in a process of its own: a script that ``runner.py`` runs, and that imports nothing of ours.

A fork of our template brings a ``gocontainer`` of its own, which its extension and hooks import; in our process they
would get ours. ``python worker.py REQUEST`` reads a JSON document and writes ``outcome.json`` beside it.

Without ``trust`` nothing of the template runs: no hooks, no extensions, and Jinja's sandbox for contents,
names and defaults. With or without, no name of a file leads out of the output folder, answers are data that
is never rendered, and neither ~/.cookiecutterrc nor the replay folder is looked at.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any

from cookiecutter import generate, hooks, prompt, utils
from cookiecutter.exceptions import CookiecutterException, NonTemplatedInputDirException, UndefinedVariableInTemplate
from cookiecutter.find import find_template
from jinja2 import StrictUndefined, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment

HOOKS = ("pre_prompt", "pre_gen_project", "post_gen_project")
_HARMLESS: Mapping[str, type] = {
    **dict.fromkeys(["block_start_string", "block_end_string", "variable_start_string", "variable_end_string"], str),
    **dict.fromkeys(["comment_start_string", "comment_end_string", "newline_sequence"], str),
    **dict.fromkeys(["line_statement_prefix", "line_comment_prefix"], str),
    **dict.fromkeys(["trim_blocks", "lstrip_blocks"], bool),
}
"""Settings of Jinja that a template may make without trust: how it is written."""


class Refused(Exception):
    """The template or an answer is not usable; ``document`` says why, and ``runner.py`` has the words for it."""

    def __init__(self, kind: str, **document: object) -> None:
        self.document = {"kind": kind, **document}


class Given(str):
    """An answer: data, not a template."""

    __slots__ = ()

    def render(self, **_: object) -> str:
        return str(self)


class Named:
    """A template of a file name, whose outcome stays below ``output``."""

    def __init__(self, template: Any, output: str) -> None:
        self.template, self.output = template, output

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
        self._patch()

    def _patch(self) -> None:
        """Put our environments in cookiecutter's place; fails where a cookiecutter has no such place."""
        original, builtin = utils.create_env_with_context, list(utils.create_env_with_context({}).extensions)

        def held(context: Mapping[str, Any]) -> Any:
            settings = self._harmless(context.get("cookiecutter", {}))
            return SandboxedEnvironment(
                undefined=StrictUndefined, extensions=builtin, keep_trailing_newline=True, **settings
            )

        environment = original if self.trust else held
        for module, kind in ((utils, _text), (hooks, _text), (prompt, _value), (generate, self._name)):
            if module.create_env_with_context is not original:
                raise RuntimeError(f"{module.__name__} does not render as it is known to")
            module.create_env_with_context = _watched(environment, kind)

    def _name(self, source: str, compile_: Callable[[str], Any]) -> Any:
        return Named(compile_(source), self.output)

    def _harmless(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        settings = variables.get("_jinja2_env_vars") or {}
        return {key: value for key, value in settings.items() if isinstance(value, _HARMLESS.get(key, Refused))}

    def run(self) -> dict[str, Any]:
        """Render the template and return what came of it."""
        here = self._place(Path(self.request["repo"], self.request["directory"]))
        raw = self._load(here)
        if self.trust:
            sys.path.append(str(here))
        names = [key for key in raw if not key.startswith("_")]
        locked = {key: value for key, value in self.request["locked"].items() if key in names}
        asked = {**self._service(here, raw), **self.request["asked"]}
        for key in asked:
            if key not in names:
                raise Refused("unknown", name=key, known=names)
        answers = self._answers(here, {**locked, **asked})
        spoken = {key: value for key, value in locked.items() if key not in self.request["defaults"]}
        today = self._answers(here, {**spoken, **asked})["cookiecutter"]
        project = self._generate(here, answers)
        public = {key: answers["cookiecutter"][key] for key in names}
        return {
            "folder": str(Path(project).relative_to(self.output)),
            "template": find_template(here, utils.create_env_with_context(answers)).name,
            "answers": public,
            "given": sorted(asked),
            "today": {key: today[key] for key in names},
            "directory": "/".join(here.relative_to(self.request["repo"]).parts),
            "code": self.code,
            "dropped": sorted(key for key in self.request["locked"].keys() - locked.keys() if key[:1] != "_"),
        }

    def _place(self, here: Path) -> Path:
        """Return the folder of the template: one of several, where there are several."""
        top = Path(self.request["repo"])
        if not here.resolve().is_relative_to(top.resolve()) or not (here / "cookiecutter.json").is_file():
            raise Refused("none")
        if self.trust:
            self._pre_prompt(here)
        raw = self._load(here)
        key = next((key for key in ("templates", "template") if key in raw), None)
        self._collect(here, raw, HOOKS if key is None else HOOKS[:1])
        if key is None:
            return here
        choices = list(raw[key])
        chosen = self.request["asked"].pop("template", choices[0])
        if chosen not in choices:
            raise Refused("answer", name="template", value=chosen, expected="one", choices=choices)
        raw[key] = {chosen: raw[key][chosen]} if isinstance(raw[key], dict) else [chosen]
        there = Path(prompt.choose_nested_template({"cookiecutter": raw}, str(here), no_input=True))
        if there == here.resolve():
            raise Refused("itself", name=chosen)
        return self._place(top / os.path.relpath(there, top.resolve()))

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
        raw: dict[str, Any] = generate.generate_context(str(here / "cookiecutter.json"))["cookiecutter"]
        return raw

    def _service(self, here: Path, raw: Mapping[str, Any]) -> dict[str, str]:
        """Return SERVICE as the answer to the variable that names the folder."""
        service = self.request["service"]
        if service is None:
            return {}
        environment = utils.create_env_with_context({"cookiecutter": {"_jinja2_env_vars": self._harmless(raw)}})
        folder = find_template(here, environment).name
        inner = folder.removeprefix(environment.variable_start_string).removesuffix(environment.variable_end_string)
        named = [key for key in raw if inner.strip() == f"cookiecutter.{key}"]
        if not named:
            raise Refused("service", folder=folder)
        if named[0] in self.request["asked"]:
            raise Refused("twice", name=named[0])
        return {named[0]: service}

    def _answers(self, here: Path, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return cookiecutter's context with the ``given`` values, every other one its default."""
        place = str(here / "cookiecutter.json")
        plain = self._load(here)
        extra = {key: _data(value, plain[key], key) for key, value in given.items()}
        for key, value in extra.items():
            try:
                generate.generate_context(place, extra_context={key: value})
            except ValueError as error:
                choices = [str(each) for each in plain[key]] if isinstance(plain[key], list) else []
                expected = "one" if choices else "boolean"
                raise Refused("answer", name=key, value=value, expected=expected, choices=choices) from error
        context: dict[str, Any] = generate.generate_context(place, extra_context=extra)
        variables = context["cookiecutter"]
        if not self.trust:
            variables.pop("_extensions", None)
            variables["_jinja2_env_vars"] = self._harmless(variables)
        context["_cookiecutter"] = {key: value for key, value in variables.items() if not key.startswith("_")}
        variables.update(prompt.prompt_for_config(context, no_input=True))
        with_code = {"_output_dir": self.output, "_repo_dir": str(here)}
        places = with_code if self.trust else {"_output_dir": ".", "_repo_dir": self.request["source"]}
        variables.update(places, _template=self.request["source"], _checkout=self.request["revision"] or None)
        return context

    def _generate(self, here: Path, context: dict[str, Any]) -> str:
        return str(generate.generate_files(str(here), context, self.output, accept_hooks=self.trust))


def _value(source: str, compile_: Callable[[str], Any]) -> Any:
    return source if isinstance(source, Given) else compile_(source)


def _text(source: str, compile_: Callable[[str], Any]) -> Any:
    return compile_(source)


def _watched(factory: Callable[[Any], Any], kind: Callable[[str, Callable[[str], Any]], Any]) -> Callable[[Any], Any]:
    """Return a factory whose environments hand each text that is no file to ``kind``."""

    def make(context: Mapping[str, Any]) -> Any:
        environment = factory(context)
        compile_ = environment.from_string
        environment.from_string = lambda source: kind(source, compile_)
        return environment

    return make


def _data(value: Any, default: Any, key: str) -> Any:
    """Return an answer as cookiecutter takes it. A choice stays a text of the template's own."""
    if isinstance(default, list) or isinstance(value, bool) or value is default is None:
        return value
    if isinstance(default, dict) and isinstance(value, str):
        with suppress(ValueError):
            value = json.loads(value)
    if isinstance(default, dict) != isinstance(value, dict) or isinstance(value, list | type(None)):
        expected = "object" if isinstance(default, dict) else "text"
        raise Refused("answer", name=key, value=value, expected=expected)
    return _sealed(value)


def _sealed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sealed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_sealed(each) for each in value]
    return value if isinstance(value, bool) or value is None else Given(value)


def _reason(error: BaseException, rendering: Rendering) -> dict[str, Any]:
    """Return the document that says why the template cannot be rendered."""
    cause = error.error if isinstance(error, UndefinedVariableInTemplate) else error
    told = f"{getattr(error, 'message', '')}: {cause}" if cause is not error else str(cause) or type(cause).__name__
    told = told.rstrip(".")
    lineno = getattr(cause, "lineno", None)
    place = f" ({getattr(cause, 'filename', None) or 'line'} {lineno})" if lineno else ""
    kind = "fails"
    if isinstance(error, NonTemplatedInputDirException):
        kind = "unnamed"
    elif isinstance(cause, SecurityError) and not rendering.trust:
        kind = "forbidden"
    elif isinstance(cause, TemplateError) and rendering.code and not rendering.trust:
        kind = "needs code"
    return {"kind": kind, "said": f"{told}{place}", "code": rendering.code}


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what came of a request, good or bad."""
    rendering = Rendering(request)
    try:
        return rendering.run()
    except Refused as refused:
        return refused.document
    except (CookiecutterException, TemplateError, OSError, ArithmeticError, LookupError, TypeError, ValueError,
            AttributeError, RecursionError, MemoryError, ImportError) as error:  # fmt: skip
        return _reason(error, rendering)


def main(arguments: Iterable[str]) -> None:
    """Read the request and write the outcome."""
    (place,) = arguments
    logging.disable(logging.CRITICAL)
    outcome = answer(json.loads(Path(place).read_bytes()))
    Path(place).with_name("outcome.json").write_text(json.dumps(outcome), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
