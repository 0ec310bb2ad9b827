"""The arguments and flags of the commands that people type most, as data: a plain call is read without click.

click is built from the same data (``click_commands``). It has the help, the completion and every error; its import
takes longer than all else that such a call does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

COMPLETE = "_GOCONTAINER_COMPLETE"
"""The variable by which a shell asks for completions."""


class Parameter(NamedTuple):
    """An argument, if it has no ``flags``, or a flag; a command gets its value by its name."""

    name: str
    flags: tuple[str, ...] = ()
    help: str = ""
    metavar: str = ""
    is_switch: bool = False
    """Whether it takes no value: true where it is given."""
    off: str = ""
    """The flag that says no; the answer to a switch with one is None where neither is given."""
    multiple: bool = False
    choices: tuple[str, ...] = ()
    """The values that it may have; the first one is the default."""
    is_folder: bool = False
    is_file: bool = False
    default: str | None = None
    hidden: bool = False
    asks: bool = False
    """Whether it may stand without its value, which is then empty and asked for; click reads such a call."""

    @property
    def absent(self) -> Any:
        """What a command gets where it is not given."""
        if self.is_switch:
            return None if self.off else False
        if self.multiple:
            return ()
        return self.choices[0] if self.choices else self.default

    def accepts(self, value: str) -> bool:
        """Whether click would take the value as it is."""
        if value.startswith("-") or (self.choices and value not in self.choices):
            return False
        if not (self.is_folder or self.is_file) or not os.path.exists(value):  # noqa: PTH110 - no Path is needed
            return True
        return os.path.isdir(value) == self.is_folder and os.access(value, os.R_OK)  # noqa: PTH112


_JSON = Parameter("as_json", ("--json",), "One JSON document on stdout.", is_switch=True)
_PATH = Parameter("path", default=".", is_folder=True)

NEW = (
    Parameter("service"),
    Parameter("output", ("-o", "--output"), "Parent folder of the repository.", "FOLDER", is_folder=True),
    Parameter("no_input", ("--no-input",), "Ask nothing, also at a terminal.", is_switch=True),
    Parameter("plain", ("--plain",), "Ask line by line, as a screen reader likes it.", is_switch=True),
    Parameter("inline", ("--inline",), "Ask by prompts that stay in the scrollback.", is_switch=True),
    Parameter("resume", ("--resume",), "Go on with the questions that were left with Ctrl-C.", is_switch=True),
    Parameter("no_git", ("--no-git",), "Neither 'git init' nor a first commit.", is_switch=True),
    Parameter("answers_files", ("--answers",), "Answers from a YAML, TOML or JSON file.", "FILE", multiple=True,
              is_file=True),
    Parameter("settings", ("--set",), "One answer; may be repeated.", "KEY=VALUE", multiple=True),
    Parameter("template", ("--template",), "Render another template: a folder or a git repository.", "SRC[@REV]"),
    Parameter("directory", ("--directory",), "The folder in that template's repository where it lies.", "FOLDER"),
    Parameter("trust", ("--trust",), "Run that template's hooks and extensions: this runs code.", is_switch=True),
    Parameter("dry_run", ("--dry-run",), "Show what would be written, write nothing.", is_switch=True),
    _JSON,
    Parameter("named", ("--service",), metavar="VALUE", hidden=True),
)  # fmt: skip
UPDATE = (
    _PATH,
    Parameter("version", ("--to",), "Update to this version and to no other.", "VERSION"),
    Parameter("template", ("--template",), "Go on with this template: a folder or a git repository.", "SRC[@REV]"),
    Parameter("directory", ("--directory",), "The folder in that template's repository where it lies.", "FOLDER"),
    Parameter("trust", ("--trust",), "Run the hooks and extensions of another template: this runs code.",
              is_switch=True),
    Parameter("settings", ("--set",), "Change an answer; may be repeated; alone it asks.", "KEY=VALUE",
              multiple=True, asks=True),
    Parameter("dry_run", ("--dry-run",), "Show which files would change, write nothing.", is_switch=True),
    Parameter("diff", ("--diff",), "Show what would change in them, write nothing.", is_switch=True),
    Parameter("on_conflict", ("--on-conflict",), "What becomes of lines that both sides changed.",
              choices=("markers", "ours", "theirs", "abort")),
    Parameter("verify", ("--verify",), "Build and check the outcome, offline; exit 3 where the merge broke it.",
              is_switch=True),
    Parameter("commit", ("--commit",), "Commit the outcome, where nothing is left to decide.", is_switch=True),
    Parameter("branch", ("--branch",), "Commit it as a new branch, and touch no file.", "NAME"),
    Parameter("baseless", ("--baseless",), "Do without the first render: every difference is a conflict.",
              is_switch=True),
    Parameter("finish", ("--continue",), "End an update whose conflicts are decided.", is_switch=True),
    Parameter("abort", ("--abort",), "Undo an update that has not ended.", is_switch=True),
    Parameter("restore", ("--restore",), "Bring a file of the template back that was deleted.", "FILE", multiple=True),
    _JSON,
)  # fmt: skip
EXPLAIN = (_PATH, _JSON)
KEEP = (
    Parameter("paths", metavar="[PATH]...", multiple=True),
    Parameter("remove", ("--remove",), "Let updates merge into them again.", is_switch=True),
)
STATUS = (Parameter("paths", metavar="[PATH]...", multiple=True, is_folder=True), _JSON)


def parse(parameters: Sequence[Parameter], words: Sequence[str]) -> dict[str, Any] | None:
    """Return what a call gives each parameter; None where it is click's to understand, or to refuse."""
    flags = {flag: each for each in parameters for flag in (*each.flags, each.off) if flag}
    places = [each for each in parameters if not each.flags]
    values = {each.name: each.absent for each in parameters}
    left = iter(words)
    for word in left:
        flag, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if flag in flags:
            given = _value(flags[flag], flag, value if equals else None, left)
            parameter = flags[flag]
        elif places and not word.startswith("-"):
            parameter = places[0] if places[0].multiple else places.pop(0)
            given = word if parameter.accepts(word) else None
        else:
            return None
        if given is None:
            return None
        values[parameter.name] = (*values[parameter.name], given) if parameter.multiple else given
    return values


def _value(parameter: Parameter, flag: str, value: str | None, left: Iterator[str]) -> str | bool | None:
    """Return what a flag says; None where it says nothing plain."""
    if parameter.is_switch:
        return flag != parameter.off if value is None else None
    value = next(left, None) if value is None else value
    return value if value is not None and parameter.accepts(value) else None
