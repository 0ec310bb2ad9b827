"""External templates, by real git and real cookiecutter: rendered, updated, and never trusted unasked."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gocontainer.answers import lockfile
from gocontainer.errors import CannotUse
from gocontainer.external import template_paths, template_source
from gocontainer.repository import tree
from tests.helpers.support import COMMAND, ROOT, Run, clean_environment, gocontainer, ok, pip_tool
from tests.helpers.templates import FILES, Template
from tests.helpers.updates import command

pytestmark = COMMAND

README = "{{cookiecutter.slug}}/README.md"


@pytest.fixture
def template(tmp_path: Path) -> Template:
    return Template(tmp_path / "acme")


def new(folder: Path, source: object, *arguments: str) -> Run:
    return command("new", "--no-git", "-o", str(folder), "--template", str(source), *arguments)


def refused(run: Run, folder: Path, *sentences: str) -> None:
    """Exit 2 or 1 with these sentences, nothing written."""
    assert run.code in (1, 2), run
    assert run.out == ""
    assert "Traceback" not in run.err
    for sentence in sentences:
        assert sentence in run.err
    assert not (folder / "out").exists() or list((folder / "out").iterdir()) == []


def locked(repository: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((repository / lockfile.LOCK).read_text())
    return document


class Service:
    """A repository that a template rendered, committed."""

    def __init__(self, folder: Path, source: object, *arguments: str) -> None:
        self.folder = folder / "out/orders"
        ok(new(folder / "out", source, *arguments))
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit()

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, check=True, capture_output=True, env=clean_environment(), text=True
        )
        return done.stdout.strip()

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "edit")

    def read(self, path: str = "README.md") -> str:
        return (self.folder / path).read_text()

    def edit(self, old: str, new: str, path: str = "README.md") -> None:
        assert self.read(path).count(old) == 1
        (self.folder / path).write_text(self.read(path).replace(old, new))
        self.commit()

    def update(self, *arguments: str) -> Run:
        return command("update", str(self.folder), *arguments)


# Rendering


def test_a_folder_is_rendered_whole_with_lock_and_pack(template: Template, tmp_path: Path) -> None:
    run = new(tmp_path / "out", template.folder, "--set", "license=none")
    assert "defaults  name=Orders, slug=orders, ci=false" in ok(run)
    there = tree.load(tmp_path / "out/orders")
    pristine = {path: file for path, file in there.items() if path not in (lockfile.LOCK, lockfile.PACK)}
    assert pristine.keys() == {"README.md", "none.txt"}
    document = locked(tmp_path / "out/orders")
    assert lockfile.unpack(there[lockfile.PACK].content) == pristine
    assert document["digest"] == tree.digest(pristine)
    assert document["answers"] == {"name": "Orders", "slug": "orders", "license": "none", "ci": False}
    assert document["defaults"] == ["name", "slug", "ci"]
    assert document["template"].keys() == {"name", "version"}
    assert document["template"]["name"] == str(template.folder)


def test_the_bytes_are_those_of_plain_cookiecutter(template: Template, tmp_path: Path) -> None:
    template.write({"{{cookiecutter.slug}}/run.sh": "#!/bin/sh\r\n{% now 'utc', '%Y' %}\r\n"})
    ok(new(tmp_path / "out", template.folder))
    plain = [str(Path(gocontainer.__globals__["GOCONTAINER"]).with_name("cookiecutter")), "--no-input"]
    environment = {**clean_environment(), "HOME": str(tmp_path)}
    subprocess.run([*plain, "-o", str(tmp_path / "plain"), str(template.folder)], check=True, env=environment)
    ours = tree.load(tmp_path / "out/orders")
    assert {path: file for path, file in ours.items() if ".gocontainer" not in path} == tree.load(
        tmp_path / "plain/orders"
    )


@pytest.mark.parametrize("form", ["{}", "file://{}", "{}/.git"])
def test_git_is_rendered_at_its_newest_tag_or_at_the_revision(template: Template, tmp_path: Path, form: str) -> None:
    first = template.release("v1.9")
    template.write({README: "newest\n"})
    template.release("v1.10")
    template.write({README: "candidate\n"})
    last = template.release("v2.0-rc1")
    source = form.format(template.folder)
    for number, (revision, version, readme) in enumerate([
        ("", "v1.10", "newest\n"),
        ("@v1.9", "v1.9", "# Orders\n\none\ntwo\nthree\nfour\nfive\n"),
        ("@main", "main", "candidate\n"),
        (f"@{first[:8]}", first[:8], "# Orders\n\none\ntwo\nthree\nfour\nfive\n"),
    ]):  # fmt: skip
        ok(new(tmp_path / f"out{number}", source + revision))
        assert locked(tmp_path / f"out{number}/orders")["template"]["version"] == version
        assert (tmp_path / f"out{number}/orders/README.md").read_text() == readme
    assert locked(tmp_path / "out2/orders")["template"] == {"name": source, "version": "main", "commit": last}


def test_a_repository_without_tags_is_of_the_commit_that_git_describes(template: Template, tmp_path: Path) -> None:
    commit = template.release()
    ok(new(tmp_path, template.folder))
    assert locked(tmp_path / "orders")["template"]["version"] == commit[:7]


def test_a_template_in_a_folder_of_the_repository_is_found(tmp_path: Path) -> None:
    acme = Template(tmp_path / "acme", {f"a/{path}": text for path, text in FILES.items()})
    acme.variables = {"templates": {name: {"path": f"./{name}"} for name in ("a", "b")}}
    inner = json.dumps({"name": "Orders", "slug": "orders", "license": "mit"})
    files = {f"b/{README}": "b\n", "a/cookiecutter.json": inner, "b/cookiecutter.json": inner}
    acme.write(files)
    ok(new(tmp_path / "out", acme.folder))
    ok(new(tmp_path / "out2", acme.folder, "--set", "template=b"))
    assert (tmp_path / "out2/orders/README.md").read_text() == "b\n"
    assert locked(tmp_path / "out/orders")["template"]["directory"] == "a"
    assert locked(tmp_path / "out2/orders")["template"]["directory"] == "b"


def test_the_service_answers_the_variable_that_names_the_folder(template: Template, tmp_path: Path) -> None:
    ok(command("new", "carts", "--no-git", "-o", str(tmp_path / "out"), "--template", str(template.folder)))
    assert locked(tmp_path / "out/carts")["answers"]["slug"] == "carts"
    template.write({"x": ""})
    (template.folder / "{{cookiecutter.slug}}").rename(template.folder / "svc-{{cookiecutter.slug}}")
    run = command("new", "prices", "--no-git", "-o", str(tmp_path / "out"), "--template", str(template.folder))
    assert (run.code, "No variable of" in run.err) == (2, True)


def test_answers_are_data_and_never_rendered(template: Template, tmp_path: Path) -> None:
    ok(new(tmp_path, template.folder, "--set", "name={{ 7 * 7 }} {% raw %}", "--set", "slug=orders"))
    assert (tmp_path / "orders/README.md").read_text().startswith("# {{ 7 * 7 }} {% raw %}\n")


def test_answers_come_from_a_file_and_a_flag_goes_before_it(template: Template, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: Carts\nci: true\nslug: orders\n")
    run = new(tmp_path / "out", template.folder, "--answers", str(tmp_path / "a.yaml"), "--set", "name=X", "--json")
    report = json.loads(ok(run))
    assert report["answers"] == {"name": "X", "slug": "orders", "license": "mit", "ci": True}
    assert report["origins"] == {"name": "flag", "slug": "file", "license": "default", "ci": "file"}
    assert report["template"]["name"] == str(template.folder)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--set", "licence=none"], "--set licence: there is no option 'licence'. Did you mean license?"),
        (["--set", "zzz=1"], "There are name, slug, license, ci."),
        (["--set", "_extensions=os"], "there is no option '_extensions'"),
        (["--set", "license=gpl"], "--set license: 'gpl' is not one of mit, none."),
        (["--set", "ci=perhaps"], "--set ci: 'perhaps' is not true or false."),
        (["--port", "80"], "--port is of gocontainer's own template, not of"),
        (["--no-tracing"], "--tracing is of gocontainer's own template"),
        (["--profile", "edge"], "--profile is of gocontainer's own template"),
        (["--resume"], "--resume is of gocontainer's own template"),
        (["carts", "--set", "slug=x"], "SERVICE and --set slug are both given."),
    ],
)
def test_what_cannot_be_answered_is_refused(
    template: Template, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    refused(new(tmp_path / "out", template.folder, *arguments), tmp_path, sentence)


def test_dry_run_writes_nothing(template: Template, tmp_path: Path) -> None:
    assert "would get 4 files" in ok(new(tmp_path / "out", template.folder, "--dry-run"))
    assert not (tmp_path / "out").exists()


def test_what_is_no_template_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refused(new(tmp_path / "out", tmp_path / "empty"), tmp_path, "holds no cookiecutter.json")
    refused(new(tmp_path / "out", tmp_path / "nowhere"), tmp_path, "there is no such folder")
    (tmp_path / "empty/cookiecutter.json").write_text("{")
    refused(new(tmp_path / "out", tmp_path / "empty"), tmp_path, "JSON decoding error")
    (tmp_path / "empty/cookiecutter.json").write_text('{"a": "b"}')
    refused(new(tmp_path / "out", tmp_path / "empty"), tmp_path, "has no folder that is named by a variable")
    refused(new(tmp_path / "out", f"{tmp_path}/empty@v1"), tmp_path, "is a folder without revisions")


def test_neither_settings_nor_replays_of_the_user_take_part(template: Template, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    config = f"default_context:\n  name: Wrong\nreplay_dir: {home}/replay\ncookiecutters_dir: {home}/clones\n"
    (home / ".cookiecutterrc").write_text(config)
    template.release("v1")
    variables = {"HOME": str(home), "COOKIECUTTER_CONFIG": str(home / ".cookiecutterrc")}
    arguments = ("new", "--no-git", "-o", str(tmp_path / "out"), "--template", str(template.folder))
    ok(gocontainer(*arguments, env=variables))
    assert locked(tmp_path / "out/orders")["answers"]["name"] == "Orders"
    assert [path.name for path in home.iterdir()] == [".cookiecutterrc"]


def test_what_a_template_is_called_cannot_command_the_terminal(template: Template, tmp_path: Path) -> None:
    """A link that leads nowhere is named in a warning, and a variable in an error."""
    (template.folder / "x\x1b[2J").symlink_to("nowhere")
    run = new(tmp_path / "out", template.folder)
    ok(run)
    assert f"Left out of {template.folder}: x?[2J." in run.err
    refused = new(tmp_path / "other", template.folder, "--set", "\x1b[2J=1")
    assert (refused.code, "\x1b" in refused.err) == (2, False)


# Code of others


def hostile(folder: Path, fired: Path) -> Template:
    """A template whose hooks and extension each touch a file."""
    script = "#!/usr/bin/env python3\nopen({!r}, 'w').close()\nprint('said by a hook')\n"
    extension = (
        f"import jinja2.ext\nopen({str(fired) + '-extension'!r}, 'w').close()\nclass E(jinja2.ext.Extension): ...\n"
    )
    hooks = {
        f"hooks/{name}.py": script.format(f"{fired}-{name}")
        for name in ("pre_prompt", "pre_gen_project", "post_gen_project")
    }
    return Template(folder, {**FILES, **hooks, "evil.py": extension}, _extensions=["evil.E"])


def test_without_trust_no_code_runs_and_it_is_said_what_was_left_out(tmp_path: Path) -> None:
    template = hostile(tmp_path / "acme", tmp_path / "fired")
    run = new(tmp_path / "out", template.folder)
    ok(run)
    assert list(tmp_path.glob("fired*")) == []
    for each in ("pre_prompt.py", "pre_gen_project.py", "post_gen_project.py", "the extension evil.E"):
        assert each in run.err
    assert "trusted" not in locked(tmp_path / "out/orders")["template"]


def test_with_trust_it_runs_and_what_it_prints_goes_to_stderr(tmp_path: Path) -> None:
    template = hostile(tmp_path / "acme", tmp_path / "fired")
    run = gocontainer(
        "new", "--json", "--no-git", "-o", str(tmp_path / "out"), "--template", str(template.folder), "--trust"
    )
    assert json.loads(ok(run))["template"]["trusted"] is True
    assert run.err.count("said by a hook") == 3
    assert "This ran code of" in run.err
    kinds = ("extension", "post_gen_project", "pre_gen_project", "pre_prompt")
    assert sorted(path.name for path in tmp_path.glob("fired*")) == [f"fired-{kind}" for kind in kinds]


def test_a_template_that_needs_its_extension_is_refused_with_the_way_out(tmp_path: Path) -> None:
    template = hostile(tmp_path / "acme", tmp_path / "fired")
    template.write({README: "{{ cookiecutter.name | shout }}\n"})
    refused(new(tmp_path / "out", template.folder), tmp_path, "No filter named 'shout'", "Give --trust if you trust")
    template.write({README: "{% shout %}\n"})
    refused(new(tmp_path / "out", template.folder), tmp_path, "unknown tag 'shout'", "Give --trust if you trust")


def test_a_failing_hook_writes_nothing(template: Template, tmp_path: Path) -> None:
    template.write({"hooks/post_gen_project.sh": "#!/bin/sh\nexit 3\n"})
    refused(new(tmp_path / "out", template.folder, "--trust"), tmp_path, "Hook script failed (exit status: 3)")


CLASSES = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
SYSTEM = "{{ cycler.__init__.__globals__.os.system('touch FIRED') }}"
FORMAT = "{{ '{0.__class__.__mro__}'.format('') }}"
ATTRIBUTE = "{{ (''|attr('__class__')).__mro__ }}"
MAPPED = "{{ ['']|map(attribute='__class__.__mro__')|list }}"
UPDATED = "{{ cookiecutter.update({'_extensions': ['evil.E']}) or 'x' }}"


@pytest.mark.parametrize("text", [CLASSES, SYSTEM, FORMAT, ATTRIBUTE, MAPPED])
@pytest.mark.parametrize("place", ["content", "name", "default", "folder", "include"])
def test_jinja_cannot_leave_its_sandbox(tmp_path: Path, place: str, text: str) -> None:
    fired = tmp_path / "fired"
    name = text.replace("touch FIRED", "touch fired")
    template = Template(tmp_path / "acme")
    if place == "default":
        template.write({}, name=text.replace("FIRED", str(fired)))
    elif place == "include":
        template.write({README: "{% include 'x' %}", "templates/x": text.replace("FIRED", str(fired))})
    else:
        path = {"content": "{{cookiecutter.slug}}/a", "name": "{{cookiecutter.slug}}/" + name}
        where = path.get(place, "{{cookiecutter.slug}}/" + name + "/a")
        template.write({where: text.replace("FIRED", str(fired))})
    refused(new(tmp_path / "out", template.folder), tmp_path, "does what the sandbox forbids", "--trust")
    assert not fired.exists()


def test_a_template_includes_its_own_partials_without_trust(template: Template, tmp_path: Path) -> None:
    included = "{% include 'for/' ~ cookiecutter.license ~ '.md' %}\n"
    template.write({README: included, "templates/for/mit.md": "{{ cookiecutter.name }}\n", "templates/for/none.md": ""})
    ok(new(tmp_path / "out", template.folder))
    assert (tmp_path / "out/orders/README.md").read_text() == "Orders\n\n"


@pytest.mark.parametrize("trust", [[], ["--trust"]])
@pytest.mark.parametrize("place", ["../secret", "../../secret", "../../../secret", "{}/secret", "templates/secret"])
def test_a_template_includes_nothing_that_is_not_its_own(tmp_path: Path, place: str, trust: list[str]) -> None:
    (tmp_path / "secret").write_text("secret")
    template = Template(tmp_path / "acme", {README: f"{{% include '{place.format(tmp_path)}' %}}"})
    template.link("templates/secret", str(tmp_path / "secret"))
    refused(new(tmp_path / "out", template.folder, *trust), tmp_path, "cannot be rendered", "secret")


def test_a_default_cannot_bring_an_extension_in(tmp_path: Path) -> None:
    template = hostile(tmp_path / "acme", tmp_path / "fired")
    template.variables.pop("_extensions")
    template.write({}, name=UPDATED, slug="orders")
    new(tmp_path / "out", template.folder)
    assert list(tmp_path.glob("fired*")) == []


@pytest.mark.parametrize("setting", [{"undefined": "evil.E"}, {"extensions": ["evil.E"]}, {"finalize": "evil.E"}])
def test_a_setting_of_jinja_that_is_more_than_a_delimiter_is_left_out(tmp_path: Path, setting: dict[str, Any]) -> None:
    template = Template(tmp_path / "acme", {"[[cookiecutter.slug]]/a": "[[ cookiecutter.name ]]\n"}, slug="orders")
    delimiters = {"variable_start_string": "[[", "variable_end_string": "]]"}
    template.write({}, _jinja2_env_vars={**delimiters, **setting})
    run = new(tmp_path / "out", template.folder)
    ok(run)
    assert f"Jinja's {next(iter(setting))}" in run.err
    assert (tmp_path / "out/orders/a").read_text() == "Orders\n"


def test_a_template_without_end_is_stopped(template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gocontainer.external.runner.LONGEST", 2)
    loop = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    template.write({README: loop})
    refused(new(tmp_path / "out", template.folder), tmp_path, "was not rendered after 2 seconds")


def test_a_process_that_dies_is_an_error_in_a_sentence(template: Template, tmp_path: Path) -> None:
    template.write({"evil.py": "import os\nos._exit(7)\n"}, _extensions=["evil.E"])
    refused(new(tmp_path / "out", template.folder, "--trust"), tmp_path, "cannot be rendered: exit 7")


# Paths


@pytest.mark.parametrize("trust", [[], ["--trust"]])
@pytest.mark.parametrize("name", ["../../../escaped", "{}/escaped", "a/../../escaped", ".."])
@pytest.mark.parametrize("place", ["file", "folder", "top", "copied"])
def test_no_file_lands_outside_of_its_folder(tmp_path: Path, name: str, place: str, trust: list[str]) -> None:
    template = Template(tmp_path / "acme", where=name.format(tmp_path), slug="orders")
    paths = {
        "file": "{{cookiecutter.slug}}/{{cookiecutter.where}}",
        "folder": "{{cookiecutter.slug}}/{{cookiecutter.where}}/a",
        "top": "{{cookiecutter.where}}/a",
        "copied": "{{cookiecutter.slug}}/{{cookiecutter.where}}/a",
    }
    if place == "top":
        import shutil

        shutil.rmtree(template.folder / "{{cookiecutter.slug}}")
    template.write({paths[place]: "x"}, **({"_copy_without_render": ["*where*"]} if place == "copied" else {}))
    run = new(tmp_path / "out", template.folder, *trust)
    if (place, name) == ("copied", "{}/escaped"):  # cookiecutter joins it to the folder: it stays inside
        ok(run)
    else:
        refused(run, tmp_path, "outside of its folder")
    assert [path for path in tmp_path.rglob("*escaped*") if "orders" not in path.parts] == []


@pytest.mark.parametrize("repository", [False, True])
@pytest.mark.parametrize("to", ["/etc/passwd", "../../outside", "nowhere", "loop"])
def test_a_link_out_of_the_template_is_not_followed(
    template: Template,
    tmp_path: Path,
    to: str,
    repository: bool,  # noqa: FBT001
) -> None:
    (tmp_path / "outside").write_text("secret")
    template.link("{{cookiecutter.slug}}/loop", to)
    if repository:
        template.release("v1")
    refused(new(tmp_path / "out", template.folder), tmp_path, "has links or submodules that lead to no file of it")


def test_a_link_to_a_folder_outside_does_not_lead_there(template: Template, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    template.link("{{cookiecutter.slug}}/sub", str(tmp_path / "outside"))
    refused(new(tmp_path / "out", template.folder), tmp_path, "lead to no file of it")
    (template.folder / "{{cookiecutter.slug}}/sub").unlink()
    template.link("templates", str(tmp_path))
    template.write({README: "{% include 'outside/x' %}"})
    (tmp_path / "outside/x").write_text("secret")
    refused(new(tmp_path / "out", template.folder), tmp_path, "cannot be rendered")


@pytest.mark.parametrize("repository", [False, True])
def test_a_link_in_the_template_becomes_a_file(template: Template, tmp_path: Path, repository: bool) -> None:  # noqa: FBT001
    template.link("{{cookiecutter.slug}}/again", "README.md")
    if repository:
        template.release("v1")
    ok(new(tmp_path / "out", template.folder))
    again = tmp_path / "out/orders/again"
    assert not again.is_symlink()
    assert again.read_text() == (tmp_path / "out/orders/README.md").read_text()


@pytest.mark.parametrize("name", [".git", ".GIT", "git~1", ".git. "])
def test_nothing_is_written_where_git_would_run_it(tmp_path: Path, name: str) -> None:
    template = Template(tmp_path / "acme", where=name)
    template.write({"{{cookiecutter.slug}}/{{cookiecutter.where}}/config": "[core]\nfsmonitor = evil\n"})
    refused(new(tmp_path / "out", template.folder), tmp_path, "would write")
    refused(new(tmp_path / "out", template.folder, "--set", f"slug={name}"), tmp_path, "would write")


def test_a_template_cannot_forge_lock_and_pack(template: Template, tmp_path: Path) -> None:
    template.write({f"{{{{cookiecutter.slug}}}}/{path}": "forged" for path in (lockfile.LOCK, lockfile.PACK)})
    ok(new(tmp_path, template.folder))
    assert locked(tmp_path / "orders")["template"]["name"] == str(template.folder)


# Addresses


@pytest.mark.parametrize(
    "source",
    ["--upload-pack=touch fired", "-x", "ext::sh -c touch% fired", "fd::3", "http://example.com/t", "git://example.com/t",
     "ext://x", "ssh://-oProxyCommand=x/t", "", "a\nb"],
)  # fmt: skip
def test_an_address_that_could_run_something_is_refused(tmp_path: Path, source: str) -> None:
    run = command("new", "-o", str(tmp_path / "out"), f"--template={source}")
    refused(run, tmp_path, "template cannot come from")


@pytest.mark.parametrize(
    "revision", ["--upload-pack=touch fired", "-x", "a..b", "v1^{/x}", "HEAD~1", "a:b", "@{-1}", " ", "a\nb"]
)
def test_a_revision_that_is_more_than_a_name_is_refused(template: Template, tmp_path: Path, revision: str) -> None:
    template.release("v1")
    refused(new(tmp_path / "out", f"{template.folder}@{revision}"), tmp_path, "names no revision")
    service = Service(tmp_path, template.folder)
    assert "names no revision" in service.update(f"--to={revision}").err


def test_a_secret_in_the_address_is_refused(tmp_path: Path) -> None:
    for source in ("https://me:secret@example.com/t", "https://secret@example.com/t", "ssh://git:secret@example.com/t"):
        run = new(tmp_path / "out", source)
        refused(run, tmp_path, "The address of the template holds a secret")
        assert "secret@" not in run.err


@pytest.mark.parametrize(
    ("text", "source", "revision"),
    [
        ("https://example.com/a/t.git", "https://example.com/a/t.git", ""),
        ("https://example.com/a/t@v1", "https://example.com/a/t", "v1"),
        ("https://example.com/a/t@fix/one", "https://example.com/a/t", "fix/one"),
        ("git@example.com:a/t.git", "git@example.com:a/t.git", ""),
        ("git@example.com:a/t.git@v1", "git@example.com:a/t.git", "v1"),
        ("ssh://git@example.com/a/t", "ssh://git@example.com/a/t", ""),
        ("ssh://git@example.com:2222/a/t@main", "ssh://git@example.com:2222/a/t", "main"),
        ("./t@v1", "./t", "v1"),
        ("gocontainer", "./gocontainer", ""),
    ],
)
def test_source_and_revision_are_told_apart(text: str, source: str, revision: str) -> None:
    assert template_source.parse(text) == (source, revision)


def test_a_folder_with_an_at_sign_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a@b").mkdir()
    assert template_source.parse(f"{tmp_path}/a@b") == (f"{tmp_path}/a@b", "")


@pytest.mark.parametrize("objects", ["sha1", "sha256"])
def test_a_template_is_read_whole_whatever_format_its_objects_have(
    template: Template, tmp_path: Path, objects: str
) -> None:
    template.write({"a/b/tool.sh": "#!/bin/sh\n"})
    template.link("a/same", "b/tool.sh")
    template.git("init", "--quiet", f"--object-format={objects}")
    template.release("v1")
    read = template_source.open_source("t", template.folder, tmp_path).pick().tree
    assert read == tree.load(template.folder), "a link is the file that it leads to"
    assert (read["a/same"].executable, read["cookiecutter.json"].executable) == (True, False)


def test_a_submodule_is_neither_fetched_nor_passed_over_in_silence(template: Template, tmp_path: Path) -> None:
    commit = template.release()
    evil = f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% {tmp_path}/fired\n'
    template.write({".gitmodules": evil})
    template.git("update-index", "--add", "--cacheinfo", f"160000,{commit},x")
    template.git("commit", "--quiet", "--message", "x")
    run = new(tmp_path / "out", template.folder)
    ok(run)
    assert f"Left out of {template.folder}: x." in run.err
    template.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{{{{cookiecutter.slug}}}}/x")
    template.git("commit", "--quiet", "--message", "y")
    refused(new(tmp_path / "out2", template.folder), tmp_path / "none", "links or submodules that lead to no file")
    assert not (tmp_path / "fired").exists()


def test_hooks_filters_and_settings_of_the_template_s_repository_do_not_run(template: Template, tmp_path: Path) -> None:
    fired = tmp_path / "fired"
    template.write({".gitattributes": "* filter=evil\n"})
    template.release("v1")
    template.git("config", "filter.evil.smudge", f"touch {fired}; cat")
    template.git("config", "core.fsmonitor", f"touch {fired}")
    template.git("config", "uploadpack.packObjectsHook", f"touch {fired};")
    for name in ("post-checkout", "reference-transaction"):
        hook = template.folder / ".git/hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {fired}\n")
        hook.chmod(0o755)
    ok(new(tmp_path / "out", template.folder))
    assert not fired.exists()


def test_a_path_out_of_git_s_own_tree_is_refused() -> None:
    outside = ("../a", "a/../b", "/a", "a//b", ".git/config", "a/.GIT/x", "a\\b", "", "\udcff", "a\0")
    assert not any(map(template_paths.is_inside, outside))
    assert all(map(template_paths.is_inside, ["a", ".gitignore", "a/.github/b", "...a"]))


# Update


NEWER = FILES[README].replace("five", "FIVE")


@pytest.mark.parametrize("repository", [False, True])
def test_an_update_merges_the_newest_template(template: Template, tmp_path: Path, repository: bool) -> None:  # noqa: FBT001
    if repository:
        template.release("v1.0")
    service = Service(tmp_path, template.folder, "--set", "license=none")
    service.edit("one", "ONE")
    assert "already" in ok(service.update())
    template.write({README: NEWER, "{{cookiecutter.slug}}/new.txt": "{{ cookiecutter.team }}\n"}, team="us", ci=True)
    if repository:
        template.release("v1.1")
    run = service.update("--commit")
    assert service.read() == "# Orders\n\nONE\ntwo\nthree\nfour\nFIVE\n"
    assert service.read("new.txt") == "us\n"
    assert "ci stays false; its default is true now: --set ci=true" in ok(run)
    document = locked(service.folder)
    assert document["answers"] == {"name": "Orders", "slug": "orders", "license": "none", "ci": False, "team": "us"}
    assert document["defaults"] == ["name", "slug", "ci", "team"]
    if repository:
        assert document["template"]["version"] == "v1.1"
        assert f"Update from {template.folder} v1.0 to v1.1" in service.git("log", "-1", "--format=%s")
    assert "already" in ok(service.update())
    assert service.git("status", "--porcelain") == ""


def test_a_conflict_is_left_to_a_person(template: Template, tmp_path: Path) -> None:
    template.release("v1")
    service = Service(tmp_path, template.folder)
    service.edit("five", "5")
    template.write({README: NEWER})
    template.release("v2")
    assert service.update("--dry-run").code == 3
    assert service.update().code == 3
    assert "<<<<<<< yours\n5\n" in service.read()
    ok(service.update("--abort"))
    assert service.git("status", "--porcelain") == ""


def test_to_names_the_revision_and_a_dropped_variable_is_said(template: Template, tmp_path: Path) -> None:
    template.release("v1")
    service = Service(tmp_path, template.folder, "--set", "license=none")
    del template.variables["ci"]
    template.write({README: NEWER})
    template.release("v2")
    template.write({README: "v3\n"})
    template.release("v3")
    run = service.update("--to", "v2")
    assert "has no variable ci any more: its answer is dropped." in run.err
    assert "FIVE" in service.read()
    assert locked(service.folder)["template"]["version"] == "v2"
    service.commit()
    assert "has no tag, branch or commit v9. Its newest tags are v3, v2, v1." in service.update("--to", "v9").err
    assert "both given" in service.update("--template", f"{template.folder}@v3", "--to", "v2").err


def test_an_answer_that_is_set_back_is_a_default_again(template: Template, tmp_path: Path) -> None:
    template.release("v1")
    service = Service(tmp_path, template.folder)
    first = (service.folder / ".gocontainer.lock").read_bytes()
    assert "license" in locked(service.folder)["defaults"]
    ok(service.update("--set", "license=none", "--set", "slug=other", "--commit"))
    assert {"license", "slug"}.isdisjoint(locked(service.folder)["defaults"])
    ok(service.update("--set", "license=none", "--set", "slug=orders", "--commit"))
    assert "slug" in locked(service.folder)["defaults"], "it follows from the name, as before"
    ok(service.update("--set", "license=mit", "--commit"))
    assert (service.folder / ".gocontainer.lock").read_bytes() == first


def test_a_set_answer_changes_at_the_same_version(template: Template, tmp_path: Path) -> None:
    template.release("v1")
    service = Service(tmp_path, template.folder)
    ok(service.update("--set", "license=none"))
    assert (service.folder / "none.txt").exists()
    assert not (service.folder / "mit.txt").exists()
    assert "Did you mean license?" in service.update("--set", "licence=none").err


def test_a_branch_is_followed_and_a_tag_behind_is_no_update(template: Template, tmp_path: Path) -> None:
    template.release("v1")
    template.write({README: NEWER})
    commit = template.release()
    service = Service(tmp_path, f"{template.folder}@{commit}")
    assert "already" in ok(service.update())
    template.git("branch", "next")
    follower = Service(tmp_path / "second", f"{template.folder}@next")
    template.git("switch", "--quiet", "next")
    template.write({README: NEWER.replace("one", "eins")})
    template.release()
    ok(follower.update())
    assert "eins" in follower.read()


def test_a_template_that_moved_is_named_anew(template: Template, tmp_path: Path) -> None:
    template.release("v1")
    service = Service(tmp_path, template.folder)
    template.folder.rename(tmp_path / "moved")
    run = service.update()
    assert (run.code, "cannot be fetched" in run.err, "say with --template" in run.err) == (1, True, True)
    ok(service.update("--template", str(tmp_path / "moved")))
    assert locked(service.folder)["template"]["name"] == str(tmp_path / "moved")


def test_a_changed_pack_is_refused(template: Template, tmp_path: Path) -> None:
    template.release("v1")
    service = Service(tmp_path, template.folder)
    (service.folder / lockfile.PACK).write_bytes(lockfile.pack({"README.md": tree.File(b"forged")}))
    service.git("commit", "--quiet", "--all", "--amend", "--message", "forged")
    service.git("reflog", "expire", "--expire=now", "--all")
    template.write({README: NEWER})
    template.release("v2")
    run = service.update()
    assert (run.code, "is gone or was changed" in run.err) == (2, True)
    assert service.update("--baseless").code == 3


def test_what_was_rendered_with_code_is_not_updated_without(tmp_path: Path) -> None:
    template = hostile(tmp_path / "acme", tmp_path / "fired")
    template.release("v1")
    service = Service(tmp_path, template.folder, "--trust")
    for path in tmp_path.glob("fired*"):
        path.unlink()
    template.write({README: NEWER})
    template.release("v2")
    run = service.update()
    assert (run.code, "was rendered with code of" in run.err, "Give --trust" in run.err) == (2, True, True)
    assert list(tmp_path.glob("fired*")) == []
    ok(service.update("--trust"))
    assert len(list(tmp_path.glob("fired*"))) == 4


def test_a_hostile_lock_runs_nothing(template: Template, tmp_path: Path) -> None:
    template.release("v1")
    service = Service(tmp_path, template.folder)
    for name in (f"ext::sh -c touch% {tmp_path}/fired", f"--upload-pack=touch {tmp_path}/fired", ""):
        document = locked(service.folder)
        document["template"]["name"] = name
        document["answers"]["_extensions"] = ["os"]
        document["template"]["directory"] = "../../.."
        (service.folder / lockfile.LOCK).write_text(json.dumps(document))
        service.commit()
        assert "template cannot come from" in service.update().err
    document = locked(service.folder)
    for directory in (str(tmp_path / "acme"), "../../.."):
        document["template"].update(name=str(template.folder), directory=directory)
        (service.folder / lockfile.LOCK).write_text(json.dumps(document))
        service.commit()
        assert "holds no cookiecutter.json" in service.update("--set", "name=X").err
    assert not (tmp_path / "fired").exists()


def test_a_choice_that_is_gone_asks_for_another(template: Template, tmp_path: Path) -> None:
    template.release("v1")
    service = Service(tmp_path, template.folder)
    template.write({}, license=["none", "apache"])
    template.release("v2")
    run = service.update()
    assert f"license in {lockfile.LOCK}: 'mit' is not one of none, apache. Give another with --set license" in run.err
    ok(service.update("--set", "license=none"))


CHOSEN = {"license": ["mit", "{{ cookiecutter.name }} only"], "note": ["short", "{{ cookiecutter.license }} in full"]}
CHOICES = {"{{cookiecutter.slug}}/choices.txt": "{{ cookiecutter.license }}, {{ cookiecutter.note }}\n"}


def test_a_choice_that_is_rendered_is_the_same_one_after_an_update(template: Template, tmp_path: Path) -> None:
    template.write(CHOICES, **CHOSEN)
    template.release("v1")
    service = Service(tmp_path, template.folder, "--set", "license=Orders only", "--set", "note=Orders only in full")
    chosen = service.folder / "choices.txt"
    template.write({README: NEWER})
    template.release("v2")
    for settings, text in (
        ((), "Orders only, Orders only in full\n"),
        (("--set", "name=Carts"), "Carts only, Carts only in full\n"),
        (("--set", "license=mit"), "mit, mit in full\n"),
        (("--set", "name=Prices", "--set", "license=Prices only"), "Prices only, Prices only in full\n"),
    ):
        ok(service.update("--commit", *settings))
        assert chosen.read_text() == text
    run = service.update("--set", "license=Carts only")
    assert "'Carts only' is not one of mit, Prices only. Give another" in run.err


def test_a_rendered_choice_that_is_gone_is_changed_by_another_answer(template: Template, tmp_path: Path) -> None:
    template.write(CHOICES, **CHOSEN)
    template.release("v1")
    service = Service(tmp_path, template.folder, "--set", "license=Orders only")
    template.write({}, license=["mit", "of {{ cookiecutter.name }}"])
    template.release("v2")
    assert f"license in {lockfile.LOCK}: 'Orders only' is not one of mit, of Orders." in service.update().err
    ok(service.update("--set", "license=of Orders"))
    assert (service.folder / "choices.txt").read_text() == "of Orders, short\n"


def test_status_and_restore_know_the_pack_and_explain_says_no(template: Template, tmp_path: Path) -> None:
    template.release("v1")
    service = Service(tmp_path, template.folder)
    run = command("status", str(service.folder))
    assert f"{template.folder} v1, 2 of 2 files as rendered" in ok(run)
    (service.folder / "mit.txt").unlink()
    assert command("status", str(service.folder)).code == 4
    ok(service.update("--restore", "mit.txt"))
    assert service.read("mit.txt") == "mit\n"
    assert "no table says where the numbers" in command("explain", str(service.folder)).err.lower()


def test_a_fork_of_our_own_template_takes_our_repositories_over(tmp_path: Path) -> None:
    fork = tmp_path / "fork"
    wanted = ("cookiecutter.json", "generator", "hooks", "template")
    acme = Template(fork, {})
    subprocess.run(["cp", "-R", *(str(ROOT / name) for name in wanted), str(fork)], check=True)
    acme.release("v1")
    ok(gocontainer("new", "orders", "--no-input", "-o", str(tmp_path)))
    makefile = fork / "template/<<cookiecutter.service>>/Makefile"
    makefile.write_text(makefile.read_text() + '\n<% include "acme.mk" %>\n')
    partial = fork / "template/templates/acme.mk"
    partial.parent.mkdir(exist_ok=True)
    partial.write_text(".PHONY: acme\nacme:\n")
    pins = fork / "generator/gocontainer/rendering/pins.toml"  # the fork's own tables count, not ours
    pins.write_text(pins.read_text().replace('"golang:', '"mirror.example/golang:'))
    acme.release("v2")
    run = gocontainer("update", str(tmp_path / "orders"), "--template", str(fork), "--trust", "--commit")
    assert "v2: 2 files\n  ~ Dockerfile\n  ~ Makefile\n" in ok(run)
    assert "FROM --platform=$BUILDPLATFORM mirror.example/golang:" in (tmp_path / "orders/Dockerfile").read_text()
    assert locked(tmp_path / "orders")["template"]["version"] == "v2"
    assert (tmp_path / "orders/Makefile").read_text().endswith("acme:\n")
    assert "already" in ok(gocontainer("update", str(tmp_path / "orders"), "--trust"))


# cruft


class Crufted(Service):
    """A project as cruft makes it."""

    def __init__(self, folder: Path, template: Template, commit: str, **settings: object) -> None:
        super().__init__(folder, f"{template.folder}@{commit}", "--set", "license=none")
        context = {**locked(self.folder)["answers"], "_template": str(template.folder), "_extensions": ["evil.E"]}
        document = {"template": str(template.folder), "commit": commit, "checkout": None, "directory": None,
                    "context": {"cookiecutter": context}, **settings}  # fmt: skip
        (self.folder / ".cruft.json").write_text(json.dumps(document))
        (self.folder / lockfile.LOCK).unlink()
        (self.folder / lockfile.PACK).unlink()
        self.commit()


def test_a_cruft_project_is_taken_over_by_its_first_update(template: Template, tmp_path: Path) -> None:
    commit = template.release("v1")
    project = Crufted(tmp_path, template, commit)
    project.edit("one", "ONE")
    template.write({README: NEWER})
    template.release("v2")
    assert project.update("--dry-run").code == 4
    assert (project.folder / ".cruft.json").exists()
    ok(project.update("--commit"))
    assert project.read() == "# Orders\n\nONE\ntwo\nthree\nfour\nFIVE\n"
    assert not (project.folder / ".cruft.json").exists()
    assert (project.folder / lockfile.PACK).exists()
    document = locked(project.folder)
    assert document["template"]["version"] == "v2"
    assert document["answers"] == {"name": "Orders", "slug": "orders", "license": "none", "ci": False}
    assert "already" in ok(project.update())


@pytest.mark.parametrize("checkout", [[], ["--checkout", "main"]])
def test_what_cruft_itself_made_is_taken_over(template: Template, tmp_path: Path, checkout: list[str]) -> None:
    template.release("v1")
    environment = {**clean_environment(), "HOME": str(tmp_path / "home")}
    create = [pip_tool("cruft"), "create", "--no-input", "--output-dir", str(tmp_path / "out"), *checkout]
    subprocess.run([*create, str(template.folder)], check=True, capture_output=True, env=environment)
    project = Service.__new__(Service)
    project.folder = tmp_path / "out/orders"
    project.git("init", "--quiet", "--initial-branch=main")
    project.commit()
    project.edit("one", "ONE")
    template.write({README: NEWER})
    template.release("v2")
    ok(project.update("--commit"))
    assert project.read() == "# Orders\n\nONE\ntwo\nthree\nfour\nFIVE\n"
    assert project.git("ls-files").split() == [lockfile.LOCK, lockfile.PACK, "README.md", "mit.txt"]
    assert locked(project.folder)["template"]["version"] == ("main" if checkout else "v2")


def test_a_cruft_project_of_the_newest_template_is_taken_over_too(template: Template, tmp_path: Path) -> None:
    template.release("v1")
    template.write({README: NEWER})
    project = Crufted(tmp_path, template, template.release())
    ok(project.update())
    assert project.git("status", "--porcelain").split() == ["D", ".cruft.json", "A", lockfile.LOCK, "A", lockfile.PACK]
    assert locked(project.folder)["template"]["version"].startswith("v1-1-g")


def test_a_takeover_with_a_conflict_can_be_undone_or_ended(template: Template, tmp_path: Path) -> None:
    project = Crufted(tmp_path, template, template.release("v1"))
    project.edit("five", "5")
    template.write({README: NEWER})
    template.release("v2")
    assert project.update().code == 3
    ok(project.update("--abort"))
    assert project.git("status", "--porcelain") == ""
    assert project.update().code == 3
    (project.folder / "README.md").write_text("decided\n")
    project.git("add", "README.md")
    ok(project.update("--continue"))
    project.commit()
    assert "already" in ok(project.update())


def test_checkout_directory_and_skip_of_cruft_are_honoured(tmp_path: Path) -> None:
    template = Template(tmp_path / "acme", {f"sub/{path}": text for path, text in FILES.items()})
    template.write({"sub/cookiecutter.json": json.dumps(template.variables)})
    template.variables = {"templates": {"sub": {"path": "./sub"}}}
    template.write({})
    commit = template.release("v1")
    template.git("branch", "stable")
    settings: dict[str, object] = {"checkout": "stable", "directory": "sub", "skip": ["*.txt"]}
    project = Crufted(tmp_path, template, commit, **settings)
    (project.folder / "pyproject.toml").write_text('[tool.cruft]\nskip = ["docs"]\n')
    project.commit()
    template.git("switch", "--quiet", "stable")
    files = {README: NEWER, "{{cookiecutter.slug}}/none.txt": "changed", "{{cookiecutter.slug}}/docs/a": "new"}
    for path, text in files.items():
        (template.folder / "sub" / path).parent.mkdir(exist_ok=True, parents=True)
        (template.folder / "sub" / path).write_text(text)
    template.release()
    template.git("switch", "--quiet", "main")
    template.release("v2")
    ok(project.update("--commit"))
    document = locked(project.folder)
    assert (document["template"]["version"], document["template"]["directory"]) == ("stable", "sub")
    assert document["keep"] == ["./*.txt", "docs"]
    assert "FIVE" in project.read()
    assert project.read("none.txt") == "none\n"
    assert not (project.folder / "docs").exists()


def test_a_cruft_project_whose_template_or_commit_is_gone_says_so(template: Template, tmp_path: Path) -> None:
    commit = template.release("v1")
    project = Crufted(tmp_path, template, commit)
    template.folder.rename(tmp_path / "moved")
    run = project.update()
    assert (run.code, "cannot be fetched: there is no such folder" in run.err) == (1, True)
    assert project.update("--template", str(tmp_path / "moved"), "--dry-run").code == 4
    project.edit(commit, "0" * 40, ".cruft.json")
    run = project.update("--template", str(tmp_path / "moved"))
    assert (run.code, f"has no commit {'0' * 40}, which .cruft.json was rendered from" in run.err) == (2, True)


def test_a_broken_cruft_json_is_refused(template: Template, tmp_path: Path) -> None:
    project = Crufted(tmp_path, template, template.release("v1"))
    (project.folder / ".cruft.json").write_text('{"template": 1}')
    project.commit()
    assert ".cruft.json is not as cruft writes it" in project.update().err


def test_plain_new_imports_nothing_that_it_does_not_use() -> None:
    """Neither external templates nor other commands: what a run imports is most of its time."""
    import sys

    new = "main.run(['new', 'orders', '--dry-run'])"
    script = f"import sys; from gocontainer.cli import main; {new}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    packages = ("external", "cost", "update", "inspection", "wizard", "dev")
    foreign = ("cookiecutter", "statistics", *(f"gocontainer.{name}" for name in packages))
    loaded = done.stdout.splitlines()[-1].split()
    assert "gocontainer.cli.main" in loaded
    assert not [name for name in loaded if name.startswith(foreign)]


def test_a_cookiecutter_that_would_render_elsewhere_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from cookiecutter import prompt

    from gocontainer.external import worker

    monkeypatch.setattr(prompt, "create_env_with_context", dict)
    with pytest.raises(RuntimeError):
        worker.answer({"trust": False, "output": "x"})


def test_an_origin_that_is_refused_is_a_usage_error() -> None:
    assert CannotUse.exit_code == 2


# Addresses


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("https://acme@dev.azure.com/acme/platform/_git/template", "https://dev.azure.com/acme/platform/_git/template"),
        ("https://acme@acme.visualstudio.com/p/_git/t", "https://acme.visualstudio.com/p/_git/t"),
        ("https://jane@tfs.example.com/tfs/Default/_git/t", "https://tfs.example.com/tfs/Default/_git/t"),
        ("https://jane@bitbucket.org/acme/template.git", "https://bitbucket.org/acme/template.git"),
        ("https://jane@git.example.com/scm/acme/template.git", "https://git.example.com/scm/acme/template.git"),
        ("git@ssh.dev.azure.com:v3/acme/platform/template", "git@ssh.dev.azure.com:v3/acme/platform/template"),
        ("git@bitbucket.org:acme/template.git", "git@bitbucket.org:acme/template.git"),
        ("ssh://git@git.example.com:7999/acme/t.git", "ssh://git@git.example.com:7999/acme/t.git"),
        ("git@gitlab.com:acme/platform/template.git", "git@gitlab.com:acme/platform/template.git"),
        ("https://gitlab.com/acme/platform/template.git", "https://gitlab.com/acme/platform/template.git"),
        ("https://github.com/acme/template", "https://github.com/acme/template"),
        ("gh:acme/template", "https://github.com/acme/template.git"),
        ("gl:acme/platform/template", "https://gitlab.com/acme/platform/template.git"),
        ("bb:acme/template.git", "https://bitbucket.org/acme/template.git"),
        ("git@gh:acme/template", "git@gh:acme/template"),
    ],
)
@pytest.mark.parametrize("revision", ["", "v1"])
def test_each_forges_clone_address_is_taken_and_named_without_its_user(given: str, name: str, revision: str) -> None:
    found = template_source.parse(f"{given}@{revision}" if revision else given)
    assert (found.name, found.revision, found.folder) == (name, revision, None)


@pytest.mark.parametrize(
    "user", ["ghp_0123456789abcdefghij", "glpat-0123", "ATBBxyz", "me:secret", "a" * 52, "github_pat_11AB"]
)
@pytest.mark.parametrize("rest", ["dev.azure.com/acme/p/_git/t", "bitbucket.org/acme/t.git"])
def test_a_token_is_no_user(user: str, rest: str) -> None:
    with pytest.raises(CannotUse, match="holds a secret"):
        template_source.parse(f"https://{user}@{rest}")


def with_address(monkeypatch: pytest.MonkeyPatch, address: str, template: Template) -> None:
    """Let git find a template at an address, by a setting that only the environment has."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{template.folder.as_uri()}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", address)


@pytest.mark.parametrize("user", ["", "acme@"])
def test_settings_of_the_environment_reach_git_and_no_user_reaches_the_lock(
    template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: str
) -> None:
    template.release("v1")
    address = f"https://{user}dev.azure.com/acme/p/_git/t"
    with_address(monkeypatch, address, template)
    ok(new(tmp_path / "out", address))
    assert locked(tmp_path / "out/orders")["template"]["name"] == "https://dev.azure.com/acme/p/_git/t"


@pytest.mark.parametrize("known_by", ["commit", "remote"])
def test_a_checkout_of_the_template_keeps_its_name_in_the_lock(
    template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known_by: str
) -> None:
    template.release("v1")
    address = "https://github.com/acme/template"
    with_address(monkeypatch, address, template)
    service = Service(tmp_path, address)
    template.write({README: NEWER})
    template.release("v2")
    depth = ["--depth", "1"] if known_by == "remote" else []
    template.git("clone", "--quiet", *depth, template.folder.as_uri(), str(tmp_path / "checkout"))
    remote = "git@github.com:acme/template.git" if known_by == "remote" else "https://mirror.example/t"
    subprocess.run(["git", "remote", "set-url", "origin", remote], cwd=tmp_path / "checkout", check=True)
    monkeypatch.delenv("GIT_CONFIG_COUNT")
    ok(service.update("--template", str(tmp_path / "checkout"), "--commit"))
    document = locked(service.folder)["template"]
    assert (document["name"], document["version"]) == (address, "v2")


def test_a_folder_that_may_be_another_template_takes_no_addresses_place(
    template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template.release("v1")
    with_address(monkeypatch, "https://github.com/acme/template", template)
    service = Service(tmp_path, "https://github.com/acme/template")
    other = Template(tmp_path / "other")
    for version in ("v8", "v9"):  # a plain folder, then a repository
        run = service.update("--template", str(other.folder))
        refused(run, tmp_path / "nowhere", "is not known to be a checkout of https://github.com/acme/template")
        other.release(version)
    ok(service.update("--template", other.folder.as_uri(), "--commit"))
    assert locked(service.folder)["template"]["name"] == other.folder.as_uri()


def test_a_template_in_a_folder_is_named_by_a_flag(tmp_path: Path) -> None:
    acme = Template(
        tmp_path / "acme", {f"{place}/{path}": text for place in ("go", "py/x") for path, text in FILES.items()}
    )
    for place in ("go", "py/x"):
        (acme.folder / place / "cookiecutter.json").write_text(json.dumps(acme.variables))
    (acme.folder / "cookiecutter.json").unlink()
    acme.release("v1")
    run = new(tmp_path / "out", acme.folder)
    refused(
        run, tmp_path, "holds no cookiecutter.json at its top", "Name the template's folder with --directory: go, py/x."
    )
    refused(new(tmp_path / "out", acme.folder, "--directory", "../acme/go"), tmp_path, "holds no cookiecutter.json")
    service = Service(tmp_path, acme.folder, "--directory", "py/x")
    assert locked(service.folder)["template"]["directory"] == "py/x"
    (acme.folder / "py/x" / README).write_text(NEWER)
    acme.release("v2")
    ok(service.update("--commit"))
    assert "FIVE" in service.read()
    ok(service.update("--template", str(acme.folder), "--directory", "go", "--commit"))
    assert locked(service.folder)["template"]["directory"] == "go"
    refused(service.update("--directory", "go"), tmp_path / "nowhere", "Name the template with --template as well")
    refused(
        command("new", "x", "--directory", "go", "--no-input"), tmp_path / "nowhere", "no meaning without --template"
    )


def test_who_has_the_template_at_hand_is_told_what_is_not_rendered(template: Template, tmp_path: Path) -> None:
    template.release("v1")
    (template.folder / "ignored").write_text("")
    (template.folder / ".git/info/exclude").write_text("ignored\n")
    assert new(tmp_path / "1", template.folder).err == ""
    template.write({README: "edited\n"})
    assert "at v1, without what is not committed there." in new(tmp_path / "2", template.folder).err
    template.release()
    run = new(tmp_path / "3", template.folder)
    assert f"at v1, not its last commit, which is {template.folder}@HEAD." in run.err
    assert (tmp_path / "3/orders/README.md").read_text() != "edited\n"
    assert new(tmp_path / "4", f"{template.folder}@HEAD").err == ""
    assert new(tmp_path / "5", template.folder.as_uri()).err == ""


@pytest.mark.parametrize("filtered", ["blob:none", "tree:0"])
def test_a_template_that_is_a_partial_clone_is_rendered_whole(
    template: Template, tmp_path: Path, filtered: str
) -> None:
    template.write({"docs/old.md": "old\n"})
    template.release("v1")
    template.git("config", "uploadpack.allowFilter", "true")
    clone = [*("clone", "--quiet", "--no-checkout", f"--filter={filtered}"), template.folder.as_uri()]
    template.git(*clone, str(tmp_path / "partial"))
    partial = Template.__new__(Template)
    partial.folder, partial.variables = tmp_path / "partial", dict(template.variables)
    ok(new(tmp_path / "1", partial.folder))
    assert locked(tmp_path / "1/orders")["template"]["version"] == "v1"
    partial.git("switch", "--quiet", "-c", "local")
    partial.write({README: NEWER})
    commit = partial.release()
    ok(new(tmp_path / "2", f"{partial.folder}@HEAD"))
    assert locked(tmp_path / "2/orders")["template"]["commit"] == commit
    assert "FIVE" in (tmp_path / "2/orders/README.md").read_text()
