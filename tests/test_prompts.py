"""What a person is asked by prompts at a real terminal: an external template's variables, trust, one answer more."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gocontainer.prompts import find
from gocontainer.repository import tree
from tests.helpers.support import COMMAND, GOCONTAINER, ROOT, gocontainer, pip_tool, rendered, replace
from tests.helpers.templates import Template
from tests.helpers.terminal import CTRL_C, CTRL_U, DOWN, ENTER, ESCAPE, RIGHT, TAB, UP, Terminal, environment

pytestmark = COMMAND

VARIABLES = {
    "name": "Orders",
    "slug": "{{ cookiecutter.name | lower }}",
    "license": ["mit", "{{ cookiecutter.name }} only", "none"],
    "size": [1, 2, 3],
    "ci": False,
    "port": 8080,
    "note": "",
    "token": None,
    "deps": {"{{ cookiecutter.slug }}": {"tags": ["a", "{{ cookiecutter.port }}"], "n": 8}},
    "_raw": ["{{ as it is }}"],
    "__loud": "{{ cookiecutter.name | upper }} {{ cookiecutter.license }}",
    "__prompts__": {
        "name": "[bold]Project[/bold] name",
        "license": {"__prompt__": "Which licence?", "mit": "MIT License", "none": "no licence at all"},
    },
}
"""Each kind of variable: text, choice, number, boolean, empty, without a default, dict, private ones."""
OUTCOME = """{% for key in "name slug license size ci port note token deps _raw __loud".split() %}
{{ key }}: {{ cookiecutter[key] | jsonify }}
{% endfor %}{% if cookiecutter.ci %}ci{% endif %}
"""


@pytest.fixture
def template(tmp_path: Path) -> Template:
    acme = Template(tmp_path / "acme", {"{{cookiecutter.slug}}/out.txt": OUTCOME})
    acme.variables = dict(VARIABLES)
    acme.write({"{{cookiecutter.slug}}/{{cookiecutter.license}}.txt": "x\n"})
    return acme


def ask(home: Path, template: Template, *arguments: str, **others: str) -> Terminal:
    return Terminal(
        [GOCONTAINER, "new", "--no-git", "--template", str(template.folder), *arguments],
        folder(home),
        environment(home, ["git"], **others),
    )


def folder(home: Path) -> Path:
    (home / "src").mkdir(exist_ok=True)
    return home / "src"


def plain(home: Path, template: Template) -> Terminal:
    """Start cookiecutter itself at a terminal."""
    (home / "plain").mkdir()
    command = [pip_tool("cookiecutter"), "-o", str(home / "plain"), str(template.folder)]
    return Terminal(command, home, environment(home, ["git"]))


def say(terminal: Terminal, *turns: tuple[str, Sequence[str]]) -> None:
    """Wait for each question, and then press keys."""
    for question, keys in turns:
        terminal.sees(question)
        terminal.send(*keys)


def outcome(folder: Path) -> tree.Tree:
    """Return what was rendered, less lock and pack."""
    return {path: file for path, file in tree.load(folder).items() if not path.startswith(".gocontainer")}


def test_each_kind_of_variable_is_asked_and_the_outcome_is_cookiecutter_s(template: Template, tmp_path: Path) -> None:
    ours, theirs = ask(tmp_path, template), plain(tmp_path, template)
    say(
        ours,
        ("1/9 Project name (name): Orders", ["Carts", ENTER]),
        ("2/9 slug: carts", [TAB, "-2", ENTER]),
        ("3/9 Which licence? (license):", [DOWN, ENTER]),
        ("4/9 size:", [UP, ENTER]),
        ("5/9 ci:", [UP, ENTER]),
        ("6/9 port: 8080", ["  9000 ", ENTER]),
        ("7/9 note:", ["{{ 7 * 7 }}", ENTER]),
        ("8/9 token:", [ENTER]),
        ("This has no default.", ["x", ENTER]),
        ('9/9 deps: {"carts-2": {"tags": ["a", "9000"], "n": "8"}}', ['{"a": 1}', ENTER]),
    )
    say(
        theirs,
        ("[1/9] Project name (Orders):", ["Carts\n"]),
        ("[2/9] slug (carts):", ["carts-2\n"]),
        ("[3/9] Which licence?", []),
        ("2 - Carts only", ["2\n"]),
        ("[4/9] Select size", ["3\n"]),
        ("[5/9] ci [y/n] (n):", ["y\n"]),
        ("[6/9] port (8080):", ["  9000 \n"]),
        ("[7/9] note ():", ["{{ 7 * 7 }}\n"]),
        ("[8/9] token", ["x\n"]),
        ("[9/9] deps (default):", ['{"a": 1}\n']),
    )
    assert (ours.end(), theirs.end()) == (0, 0)
    assert outcome(tmp_path / "src/carts-2") == outcome(tmp_path / "plain/carts-2")
    assert b"{{ 7 * 7 }}" in (tmp_path / "src/carts-2/out.txt").read_bytes()


def test_all_defaults_taken_give_what_cookiecutter_gives(template: Template, tmp_path: Path) -> None:
    template.write({}, token="t")
    ours, theirs = ask(tmp_path, template), plain(tmp_path, template)
    for number in range(1, 10):
        say(ours, (f"? {number}/9 ", [ENTER]))
        say(theirs, (f"[{number}/9] ", ["\n"]))
    assert (ours.end(), theirs.end()) == (0, 0)
    assert outcome(tmp_path / "src/orders") == outcome(tmp_path / "plain/orders")
    document = json.loads((tmp_path / "src/orders/.gocontainer.lock").read_text())
    assert document["defaults"] == [name for name in VARIABLES if name[0] != "_"], "an accepted default is nothing said"


def test_what_the_call_answers_is_not_asked_and_defaults_follow_from_it(template: Template, tmp_path: Path) -> None:
    terminal = ask(tmp_path, template, "carts", "--set", "name=Basket", "--set", "license=none", "--set", "token=t")
    say(terminal, ("1/5 size:", [ENTER]), ("2/5 ci:", [ENTER]), ("3/5 port:", [ENTER]), ("4/5 note:", [ENTER]))
    say(terminal, ('5/5 deps: {"carts":', [ENTER]))
    assert terminal.end() == 0
    assert (tmp_path / "src/carts/none.txt").exists()


def test_esc_goes_back_with_the_answer_kept_and_later_defaults_follow(template: Template, tmp_path: Path) -> None:
    terminal = ask(tmp_path, template, "--set", "token=t")
    say(terminal, ("1/8 ", [ESCAPE]), ("1/8 ", ["Carts", ENTER]), ("2/8 slug: carts", [ENTER]), ("3/8 ", [DOWN, ENTER]))
    say(terminal, ("4/8 ", [ESCAPE]), ("no licence at all", [ESCAPE]), ("2/8 slug: carts", [ESCAPE]))
    terminal.drain()
    say(terminal, ("1/8 Project name (name): Carts", [CTRL_U, "Prices", ENTER]), ("2/8 slug: prices", [ENTER]))
    say(terminal, ("Prices only", [ENTER]))
    for number in range(4, 9):
        say(terminal, (f"? {number}/8 ", [ENTER]))
    assert terminal.end() == 0
    assert sorted(path.name for path in (tmp_path / "src/prices").glob("*.txt")) == ["Prices only.txt", "out.txt"]


def test_a_line_that_cannot_be_taken_is_asked_again_with_the_reason(template: Template, tmp_path: Path) -> None:
    template.variables = {"slug": "orders", "deps": {"a": "b"}, "license": ["mit"], "_x": 1}
    template.write({"{{cookiecutter.slug}}/out.txt": "{{ cookiecutter.deps | jsonify }}\n"})
    terminal = ask(tmp_path, template)
    say(terminal, ("1/3 slug:", [ENTER]), ("2/3 license:", [ENTER]), ("3/3 deps:", ["[1]", ENTER]))
    terminal.sees("This is no mapping.", "? 3/3 deps: [1]")
    terminal.send(CTRL_U, "port: 80, a: [b", ENTER)
    terminal.sees("3/3 deps: port: 80, a: [b")
    terminal.send(CTRL_U, "{port: 80, tags: [b, c]}", ENTER)
    assert terminal.end() == 0
    text = (tmp_path / "src/orders/out.txt").read_text()
    assert json.loads(text) == {"port": 80, "tags": ["b", "c"]}


@pytest.mark.parametrize("before", [0, 1, 2])
def test_ctrl_c_writes_nothing(template: Template, tmp_path: Path, before: int) -> None:
    terminal = ask(tmp_path, template)
    modes = terminal.modes()
    for number in range(1, before + 1):
        say(terminal, (f"? {number}/9 ", [ENTER]))
    terminal.sees(f"? {before + 1}/9 ")
    terminal.send(CTRL_C)
    assert terminal.end() == 130
    assert terminal.modes() == modes
    assert terminal.shows("Cancelled. Nothing was written.")
    assert list((tmp_path / "src").iterdir()) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_a_prompt_and_gives_the_terminal_back(
    template: Template, tmp_path: Path, number: int, code: int
) -> None:
    terminal = ask(tmp_path, template)
    modes = terminal.modes()
    say(terminal, ("? 1/9 ", [ENTER]), ("? 2/9 ", [ENTER]))
    terminal.sees("? 3/9 ")
    terminal.kill(number)
    assert (terminal.end(), terminal.modes() == modes) == (code, True)
    assert list((tmp_path / "src").iterdir()) == []


@pytest.mark.parametrize("quiet", [["--no-input"], ["--json"], ["--dry-run", "--json"]])
def test_nothing_is_asked_where_a_program_calls(template: Template, tmp_path: Path, quiet: list[str]) -> None:
    template.write({}, token="t")
    terminal = ask(tmp_path, template, *quiet)
    assert terminal.end() == 0
    assert b"? " not in terminal.written


# Line by line


@pytest.mark.parametrize("others", [{"ACCESSIBLE": "1"}, {"GOCONTAINER_WIZARD": "plain"}, {"TERM": "dumb"}])
def test_line_by_line_is_asked_where_the_environment_says_so(
    template: Template, tmp_path: Path, others: dict[str, str]
) -> None:
    terminal = ask(tmp_path, template, **others)
    terminal.sees("1/9 Project name (name) [Orders]:")
    terminal.send(CTRL_C)
    assert terminal.end() == 130
    assert b"\x1b" not in terminal.written


def test_line_by_line_each_kind_of_variable_is_asked_without_a_move_of_the_cursor(
    template: Template, tmp_path: Path
) -> None:
    ours, theirs = ask(tmp_path, template, "--plain"), plain(tmp_path, template)
    say(
        ours,
        ("1/9 Project name (name) [Orders]:", ["Carts\n"]),
        ("2/9 slug [carts]:", ["<\n"]),
        ("1/9 Project name (name) [Carts]:", ["\n"]),
        ("2/9 slug [carts]:", ["carts-2\n"]),
        ("2. Carts only", []),
        ("Number or name [mit]:", ["may\n"]),
        ("Not taken: there is no answer 'may'.", ["2\n"]),
        ("4/9 size", ["3\n"]),
        ("5/9 ci", ["y\n"]),
        ("6/9 port [8080]:", ["  9000 \n"]),
        ("7/9 note []:", ["{{ 7 * 7 }}\n"]),
        ("8/9 token []:", ["\n"]),
        ("Not taken: This has no default.", ["x\n"]),
        ("9/9 deps [", ["[1]\n"]),
        ("Not taken: This is no mapping.", ['{"a": 1}\n']),
    )
    said = ("Carts", "carts-2", "2", "3", "y", "9000", "{{ 7 * 7 }}", "x", '{"a": 1}')
    for number, line in enumerate(said, 1):
        say(theirs, (f"[{number}/9] ", [f"{line}\n"]))
    assert (ours.end(), theirs.end()) == (0, 0)
    assert b"\x1b" not in ours.written
    assert outcome(tmp_path / "src/carts-2") == outcome(tmp_path / "plain/carts-2")


@pytest.mark.parametrize("key", [CTRL_C, "\x04"])
def test_line_by_line_nothing_is_written_where_it_is_ended(template: Template, tmp_path: Path, key: str) -> None:
    terminal = ask(tmp_path, template, "--plain")
    say(terminal, ("1/9 ", ["\n"]), ("2/9 ", [key]))
    assert terminal.end() == 130
    assert terminal.shows("Cancelled. Nothing was written.")
    assert list((tmp_path / "src").iterdir()) == []


def test_line_by_line_trust_is_asked_for_too(template: Template, tmp_path: Path) -> None:
    with_hooks(template, tmp_path / "fired")
    terminal = ask(tmp_path, template, "orders", "--plain")
    say(terminal, ("run it? (y/N):", ["perhaps\n"]), ("It may be yes or no.", ["yes\n"]), ("1/8 ", [CTRL_C]))
    assert terminal.end() == 130
    assert (tmp_path / "fired-pre_prompt").exists()


def test_line_by_line_an_update_asks_which_answer_changes(home: Path) -> None:
    terminal = at_repository(home, "update", "--set", ACCESSIBLE="1")
    say(
        terminal,
        ("Which answer changes? (? lists them):", ["?\n"]),
        ("deps_bot - Dependency bot: dependabot", ["prot\n"]),
    )
    say(terminal, ("Did you mean port?", ["base image\n"]), ("4. alpine", ["<\n"]))
    say(terminal, ("Number or name", []), ("Which answer changes? (? lists them):", ["port\n"]))
    say(terminal, ("Port (port) [8080]:", ["80\n"]), ("Not taken: ", ["9000\n"]))
    assert terminal.end() == 0, terminal.text()
    assert answers(home)["port"] == 9000
    assert b"\x1b" not in terminal.written


def test_a_choice_that_is_a_number_goes_before_the_number_of_a_choice() -> None:
    entries = [find.Entry(name, name) for name in ("3", "1", "2")]
    assert [find.named(line, entries) for line in ("1", "2", "3", "4")] == ["1", "2", "3", None]


def test_the_signs_are_ascii_where_the_screen_is(template: Template, tmp_path: Path) -> None:
    terminal = ask(tmp_path, template, LC_ALL="C", LANG="C")
    say(terminal, ("? 1/9 ", ["Orders", ENTER]), ("? 2/9 ", [ENTER]))
    terminal.sees("> mit  ", "Up/Down move")
    terminal.send(CTRL_C)
    assert terminal.end() == 130
    assert terminal.written.isascii()


def test_a_program_that_calls_is_told_what_set_takes(tmp_path: Path) -> None:
    repository = rendered(tmp_path)
    (repository / ".gocontainer.lock").touch()
    run = gocontainer("update", "--set", cwd=repository)
    assert (run.code, run.err) == (2, "Error: --set: '' is not KEY=VALUE. Write it like --set port=8080.\n")


# Trust


def with_hooks(template: Template, fired: Path) -> None:
    script = "open({!r}, 'a').write('x')\n"
    template.write({f"hooks/{name}.py": script.format(f"{fired}-{name}") for name in HOOKS}, token="t")


HOOKS = ("pre_prompt", "pre_gen_project")


def test_without_trust_it_is_asked_for_and_no_leaves_the_code_out(template: Template, tmp_path: Path) -> None:
    with_hooks(template, tmp_path / "fired")
    terminal = ask(tmp_path, template, "orders")
    say(terminal, ("acme would run the hook pre_prompt.py, the hook pre_gen_project.py: run it? (y/N)", [ENTER]))
    for number in range(1, 9):
        say(terminal, (f"? {number}/8 ", [ENTER]))
    assert terminal.end() == 0
    assert terminal.shows("since it is code: the hook pre_prompt.py")
    assert not list(tmp_path.glob("fired-*"))


def test_yes_runs_each_hook_once_and_the_lock_remembers_it(template: Template, tmp_path: Path) -> None:
    with_hooks(template, tmp_path / "fired")
    terminal = ask(tmp_path, template, "orders")
    say(terminal, ("run it? (y/N)", ["y"]), ("? 1/8 ", ["Carts", ENTER]))
    for number in range(2, 9):
        say(terminal, (f"? {number}/8 ", [ENTER]))
    assert terminal.end() == 0
    assert {path.name: path.read_text() for path in tmp_path.glob("fired-*")} == {
        f"fired-{name}": "x" for name in HOOKS
    }
    assert json.loads((tmp_path / "src/orders/.gocontainer.lock").read_text())["template"]["trusted"]


def test_ctrl_c_at_the_question_of_trust_runs_nothing(template: Template, tmp_path: Path) -> None:
    with_hooks(template, tmp_path / "fired")
    terminal = ask(tmp_path, template, "orders")
    terminal.sees("run it? (y/N)")
    terminal.send(CTRL_C)
    assert terminal.end() == 130
    assert not list(tmp_path.glob("fired-*"))
    assert list((tmp_path / "src").iterdir()) == []


def test_of_several_templates_one_is_chosen_first_and_trust_is_for_its_code_alone(tmp_path: Path) -> None:
    inner = {"a/cookiecutter.json": '{"slug": "one", "x": ["p", "q"]}', "b/cookiecutter.json": '{"slug": "two"}'}
    hook = f"open({str(tmp_path / 'fired')!r}, 'w')\n"
    files = {f"{name}/{{{{cookiecutter.slug}}}}/README.md": f"{name}\n" for name in "ab"}
    template = Template(tmp_path / "acme", {**inner, **files, "b/hooks/post_gen_project.py": hook})
    template.variables = {"templates": {"a": {"path": "./a", "title": "The first"}, "b": {"path": "./b"}}}
    template.write({})
    terminal = ask(tmp_path, template)
    say(
        terminal,
        ("template:", [DOWN, ENTER]),
        ("would run the hook post_gen_project.py", ["y"]),
        ("slug: two", [ESCAPE]),
    )
    terminal.drain()
    say(terminal, ("The first", [UP, ENTER]), ("slug: one", [ENTER]), ("x:", [DOWN, ENTER]))
    assert terminal.end() == 0
    assert (tmp_path / "src/one/README.md").read_text() == "a\n"
    assert not (tmp_path / "fired").exists()


def test_a_random_default_stays_as_it_was_shown(tmp_path: Path) -> None:
    template = Template(tmp_path / "acme", {})
    template.variables = {
        "slug": "orders",
        "secret": "{{ random_ascii_string(12) }}",
        "late": "{{ cookiecutter.secret }}",
    }
    template.write({"{{cookiecutter.slug}}/out.txt": "{{ cookiecutter.secret }} {{ cookiecutter.late }}\n"})
    terminal = ask(tmp_path, template)
    say(terminal, ("1/3 ", ["carts", ENTER]))
    terminal.sees("2/3 secret: ")
    terminal.drain()
    shown = terminal.text().rpartition("2/3 secret: ")[2].strip()
    say(terminal, ("2/3", [ENTER]), (f"3/3 late: {shown}", [ENTER]))
    assert terminal.end() == 0
    assert (tmp_path / "src/carts/out.txt").read_text() == f"{shown} {shown}\n"


def test_a_label_cannot_command_the_terminal(tmp_path: Path) -> None:
    template = Template(tmp_path / "acme", {})
    template.variables = {"slug": "orders", "__prompts__": {"slug": "a\x1b[2Jb"}}
    template.write({"{{cookiecutter.slug}}/out.txt": "x\n"})
    terminal = ask(tmp_path, template)
    terminal.sees("a?[2Jb (slug): orders")
    terminal.send(CTRL_C)
    assert terminal.end() == 130


def test_an_update_asks_for_trust_and_runs_the_code_after_yes_alone(template: Template, tmp_path: Path) -> None:
    with_hooks(template, tmp_path / "fired")
    run = gocontainer("new", "orders", "-o", str(tmp_path), "--template", str(template.folder), "--trust")
    assert run.code == 0, run
    template.write({"{{cookiecutter.slug}}/more.txt": "x\n"})
    for answer, code, there in ((ENTER, 2, False), ("y", 0, True)):
        terminal = at_repository(tmp_path, "update")
        say(terminal, ("run it? (y/N)", [answer]))
        assert terminal.end() == code, terminal.text()
        assert (tmp_path / "orders/more.txt").exists() == there
    assert terminal.shows("This ran code of")


# update --set


def at_repository(home: Path, *arguments: str, **others: str) -> Terminal:
    return Terminal([GOCONTAINER, *arguments], home / "orders", environment(home, ["git"], **others))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert gocontainer("new", "orders", "--no-input", "-o", str(tmp_path)).code == 0
    return tmp_path


def answers(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home / "orders/.gocontainer.lock").read_text())["answers"]
    return found


def test_set_alone_asks_which_answer_and_then_its_value(home: Path) -> None:
    terminal = at_repository(home, "update", "--set")
    terminal.sees("Which answer changes?", "service", "Port: 8080")
    say(terminal, ("Which", ["repl"]), ("min_replicas", [TAB]), ("? Which answer changes? min_replicas", [ENTER]))
    say(terminal, ("Fewest replicas (min_replicas) 2", ["x", ENTER]))
    say(terminal, ("'x' is not a whole number from 1 to", [CTRL_U, "3", ENTER]))
    assert terminal.end() == 0
    assert answers(home)["min_replicas"] == 3


def test_a_name_without_a_value_is_asked_for_its_value_only(home: Path) -> None:
    terminal = at_repository(home, "update", "--set", "base_image", "--set", "port=9000")
    say(terminal, ("Base image (base_image)", [UP, ENTER]))
    assert terminal.end() == 0
    assert (answers(home)["base_image"], answers(home)["port"]) == ("scratch", 9000)


def test_only_what_applies_with_the_other_answers_is_offered(home: Path) -> None:
    terminal = at_repository(home, "update", "--set", "target=knative", "--set")
    say(terminal, ("Which answer changes?", ["scale_t", ENTER]))
    terminal.sees("scale_to_zero")
    terminal.send(CTRL_C)
    assert terminal.end() == 130
    terminal = at_repository(home, "update", "--set")
    say(terminal, ("Which answer changes?", ["scale_to_zero", ENTER]))
    terminal.sees("Did you mean scale_on?")
    terminal.send(CTRL_C)
    assert terminal.end() == 130


def test_esc_at_the_value_asks_for_the_option_again_and_ctrl_c_changes_nothing(home: Path) -> None:
    before = tree.load(home / "orders")
    terminal = at_repository(home, "update", "--set")
    say(terminal, ("Which answer changes?", ["cgo", ENTER]), ("CGO (cgo)", [ESCAPE]))
    terminal.drain()
    say(terminal, ("Which answer changes?", ["tracing", ENTER]))
    terminal.sees("(tracing)")
    terminal.send(CTRL_C)
    assert terminal.end() == 130
    assert tree.load(home / "orders") == before


def test_a_variable_of_an_external_template_is_set_as_well(template: Template, tmp_path: Path) -> None:
    template.write({}, token="t")
    assert gocontainer("new", "orders", "-o", str(tmp_path), "--template", str(template.folder)).code == 0
    terminal = at_repository(tmp_path, "update", "--set")
    say(terminal, ("Which answer changes?", ["ci", ENTER]), ("? ci", [UP, ENTER]))
    assert terminal.end() == 0, terminal.text()
    assert answers(tmp_path)["ci"] is True


# A fork of our own template


@pytest.fixture
def fork(tmp_path: Path) -> Path:
    """A fork whose table asks in other words, and whose Makefile has a target more."""
    folder = tmp_path / "acme"
    folder.mkdir()
    for name in ("generator", "template", "hooks", "cookiecutter.json"):
        subprocess.run(["cp", "-R", str(ROOT / name), str(folder)], check=True)
    targets = folder / "generator/gocontainer/options/subjects/targets.py"
    replace(targets, ('question="Where does the service run?"', 'question="Where at Acme does it run?"'))
    makefile = folder / "template/<<cookiecutter.service>>/Makefile"
    makefile.write_text(makefile.read_text() + "\n.PHONY: acme\nacme:\n")
    return folder


def at_fork(home: Path, fork: Path, *arguments: str) -> Terminal:
    (home / "src").mkdir(exist_ok=True)
    command = [GOCONTAINER, "new", "--no-git", "--template", str(fork), *arguments]
    return Terminal(command, home / "src", environment(home, ["git"]))


def test_a_fork_of_ours_is_asked_by_our_wizard_with_the_fork_s_own_table(fork: Path, tmp_path: Path) -> None:
    terminal = at_fork(tmp_path, fork)
    say(terminal, ("run it? (y/N)", ["y"]), ("What is the service called", ["orders", ENTER]))
    say(terminal, ("Where at Acme does it run?", [RIGHT, ENTER]), ("Image (--image)", ["ghcr.io/acme/orders", ENTER]))
    say(terminal, ("Ready to write", ["w"]))
    assert terminal.end() == 0
    document = json.loads((tmp_path / "src/orders/.gocontainer.lock").read_text())
    assert document["template"]["name"] == str(fork)
    assert (document["answers"]["target"], document["answers"]["image"]) == ("knative", "ghcr.io/acme/orders")
    assert "port" in document["defaults"]
    assert (tmp_path / "src/orders/Makefile").read_text().endswith("acme:\n")


def test_a_fork_s_wizard_stays_in_the_scrollback_where_that_is_wanted_and_ctrl_c_writes_nothing(
    fork: Path, tmp_path: Path
) -> None:
    terminal = at_fork(tmp_path, fork, "orders", "--trust", "--inline")
    modes = terminal.modes()
    terminal.sees("? Target (--target): Where at Acme does it run?")
    terminal.send(CTRL_C)
    assert (terminal.end(), terminal.modes() == modes) == (130, True)
    assert terminal.shows("Cancelled. Nothing was written.")
    assert list((tmp_path / "src").iterdir()) == []


def test_a_fork_s_wizard_asks_line_by_line_where_that_is_wanted(fork: Path, tmp_path: Path) -> None:
    terminal = at_fork(tmp_path, fork, "orders", "--trust", "--plain")
    say(
        terminal,
        ("[service]:", ["\n"]),
        ("Take, or change:", ["target\n"]),
        ("Where at Acme does it run?", ["knative\n"]),
    )
    say(terminal, ("Take, or change:", [">\n"]), ("Write, or change:", ["w\n"]))
    assert terminal.end() == 0, terminal.text()
    assert answers(tmp_path / "src")["target"] == "knative"
    assert terminal.written.count(b"Enter takes what is in brackets") == 1


def test_a_fork_without_trust_is_refused_as_before(fork: Path, tmp_path: Path) -> None:
    terminal = at_fork(tmp_path, fork, "orders")
    say(terminal, ("run it? (y/N)", [ENTER]))
    assert terminal.end() == 2
    assert terminal.shows("cannot be rendered without its code")


def test_what_a_fork_s_wizard_refuses_is_said_with_its_exit_code(fork: Path, tmp_path: Path) -> None:
    terminal = at_fork(tmp_path, fork, "orders", "--trust", "--set", "port=80")
    assert terminal.end() == 2, terminal.text()
    assert terminal.shows("Error: --set port: 80 is not a whole number from 1024 to 65535.") or terminal.shows("'80'")
