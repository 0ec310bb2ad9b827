"""The command line as a contract: output, exit codes, and what is left on disk."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gocontainer import render
from gocontainer.options.table import BY_NAME, OPTIONS
from tests.helpers.support import GOCONTAINER, Run, answers, clean_environment, gocontainer, ok


def refused(run: Run, folder: Path, *sentences: str) -> None:
    """Exit 2, one error line that has these parts, nothing written."""
    assert run.code == 2, run
    assert run.out == ""
    errors = [line for line in run.err.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    assert "Traceback" not in run.err
    for sentence in sentences:
        assert sentence in run.err
    assert list(folder.iterdir()) == []


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_new_writes_a_repository_with_one_commit(tmp_path: Path) -> None:
    run = gocontainer("new", "orders", "--no-input", "-o", str(tmp_path))
    assert "Wrote orders: " in ok(run)
    assert "the image is localhost/orders, which no cluster can pull. Give --image, or later" in run.err
    assert [path.name for path in tmp_path.iterdir()] == ["orders"]
    assert git(tmp_path / "orders", "status", "--porcelain") == ""
    assert git(tmp_path / "orders", "log", "--format=%s").startswith("Start from gocontainer ")
    assert git(tmp_path / "orders", "branch", "--show-current") == "main"


def test_no_git_leaves_no_repository(tmp_path: Path) -> None:
    ok(gocontainer("new", "orders", "--no-git", "-o", str(tmp_path)))
    assert not (tmp_path / "orders/.git").exists()


def test_without_an_identity_the_files_are_there_and_it_is_said(tmp_path: Path) -> None:
    nobody = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "GIT_AUTHOR_NAME": "",
              "GIT_COMMITTER_NAME": "", "HOME": str(tmp_path)}  # fmt: skip
    run = gocontainer("new", "orders", "-o", str(tmp_path), env=nobody)
    ok(run)
    commands = "'git config --global user.name \"Your Name\"' and 'git config --global user.email you@example.com'"
    said = f"git has no user.name and user.email. Run {commands}, then 'git commit --message Start' in "
    assert f"The files are not committed: {said}{tmp_path}/orders." in run.err
    assert (tmp_path / "orders/go.mod").exists()
    somebody = {**nobody, "GIT_CONFIG_GLOBAL": str(tmp_path / "config")}
    subprocess.run(
        ["bash", "-c", commands.replace(" and ", "\n").replace("'", "")],
        check=True,
        env={**clean_environment(), **somebody},
    )
    git(tmp_path / "orders", "add", "--all")
    assert git(tmp_path / "orders", "-c", f"include.path={tmp_path}/config", "commit", "--message", "Start")


def test_without_git_the_files_are_there_and_it_is_said(tmp_path: Path) -> None:
    run = gocontainer("new", "orders", "-o", str(tmp_path), env={"PATH": "/nonexistent"})
    ok(run)
    assert "The files are not committed: git is not there. Install it, then run 'git init'" in run.err


def test_hooks_signing_and_ignored_files_of_the_user_do_not_take_part(tmp_path: Path) -> None:
    hooks = tmp_path / "template/hooks"
    hooks.mkdir(parents=True)
    hook = hooks / "pre-commit"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/fired\nexit 1\n")
    hook.chmod(0o755)
    config = tmp_path / "config"
    config.write_text(
        f"[init]\ntemplateDir = {tmp_path}/template\n[core]\nhooksPath = {hooks}\nfsmonitor = {hook}\n"
        f"excludesFile = {tmp_path}/excludes\n[commit]\ngpgSign = true\n"
    )
    (tmp_path / "excludes").write_text("*.lock\n*.pack\n")
    environment = {"GIT_CONFIG_GLOBAL": str(config), "GIT_TEMPLATE_DIR": str(tmp_path / "template")}
    ok(gocontainer("new", "orders", "-o", str(tmp_path), env=environment))
    assert not (tmp_path / "fired").exists()
    assert (tmp_path / "orders/.git/hooks/pre-commit").read_text() == hook.read_text(), "it is there from then on"
    assert {".gocontainer.lock", ".gocontainer/base.pack"} <= {*git(tmp_path / "orders", "ls-files").split()}
    assert git(tmp_path / "orders", "rev-list", "--count", "HEAD") == "1"


def test_an_empty_clone_gives_module_image_and_owner(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "orders")
    git(tmp_path / "orders", "remote", "add", "origin", "git@github.com:Acme-Corp/orders.git")
    run = gocontainer("new", "orders", "-o", str(tmp_path), "--json")
    report = json.loads(ok(run))
    assert report["answers"]["module"] == "github.com/Acme-Corp/orders"
    assert report["answers"]["image"] == "ghcr.io/acme-corp/orders"
    assert report["answers"]["owner"] == "Acme-Corp"
    assert report["origins"]["module"] == "detected"
    assert report["warnings"] == []
    assert git(tmp_path / "orders", "status", "--porcelain") == ""
    assert git(tmp_path / "orders", "remote") == "origin"


def test_inside_another_repository_no_second_one_is_made(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "remote", "add", "origin", "https://github.com/acme/mono.git")
    report = json.loads(ok(gocontainer("new", "orders", "-o", str(tmp_path / "services"), "--json")))
    assert report["answers"]["module"] == "github.com/acme/mono/services/orders"
    assert not (tmp_path / "services/orders/.git").exists()
    assert (tmp_path / ".git").exists()
    assert [warning for warning in report["warnings"] if "is a repository already: nothing was committed" in warning]


def test_a_repository_that_ignores_the_target_is_not_around_it(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "remote", "add", "origin", "https://github.com/me/dotfiles.git")
    (tmp_path / ".gitignore").write_text("*\n")
    report = json.loads(ok(gocontainer("new", "orders", "-o", str(tmp_path / "code"), "--json")))
    assert report["answers"]["module"] == "example.com/orders"
    assert git(tmp_path / "code/orders", "rev-list", "--count", "HEAD") == "1"


def test_a_clone_with_history_is_not_committed_to(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "orders")
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    git(tmp_path / "orders", *who, "commit", "--quiet", "--allow-empty", "--message", "First")
    ok(gocontainer("new", "orders", "-o", str(tmp_path)))
    assert git(tmp_path / "orders", "log", "--format=%s") == "First"
    assert "?? go.mod" in git(tmp_path / "orders", "status", "--porcelain")


def test_dry_run_writes_nothing_and_tells_all(tmp_path: Path) -> None:
    listed = ok(gocontainer("new", "orders", "--dry-run", "-o", str(tmp_path / "new")))
    report = json.loads(ok(gocontainer("new", "orders", "--dry-run", "--json", "-o", str(tmp_path / "new"))))
    assert not (tmp_path / "new").exists()
    assert report["written"] is False
    tree = render(answers())
    for file in report["files"]:
        assert f"  {file['path']}" in listed
        if file["path"] in tree:
            content = tree[file["path"]].content
            assert (file["size"], file["mode"]) == (len(content), tree[file["path"]].mode)
            assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert set(tree) < {file["path"] for file in report["files"]}


def test_json_describes_what_was_written(tmp_path: Path) -> None:
    report = json.loads(ok(gocontainer("new", "orders", "--json", "-o", str(tmp_path))))
    for file in report["files"]:
        content = (tmp_path / "orders" / file["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert report["path"] == str(tmp_path / "orders")


def test_the_lock_remembers_the_answers(tmp_path: Path) -> None:
    ok(gocontainer("new", "orders", "--port", "9000", "-o", str(tmp_path)))
    lock = json.loads((tmp_path / "orders/.gocontainer.lock").read_text())
    assert lock["answers"] == answers(port=9000).applicable()
    assert "port" not in lock["defaults"]
    assert "cpu" in lock["defaults"]
    assert len(lock["digest"]) == 64


def test_precedence_of_flag_environment_and_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("service: orders\nport: 9001\ncpu: 200m\nmemory: 256Mi\n")
    environment = {"GOCONTAINER_PORT": "9002", "GOCONTAINER_CPU": "300m"}
    run = gocontainer(
        "new", "--answers", "a.yaml", "--port", "9003", "--dry-run", "--json", cwd=tmp_path, env=environment
    )
    report = json.loads(ok(run))
    assert [report["answers"][name] for name in ("port", "cpu", "memory")] == [9003, "300m", "256Mi"]
    assert [report["origins"][name] for name in ("port", "cpu", "memory", "ci")] == [
        "flag",
        "environment",
        "file",
        "default",
    ]


def test_set_is_any_option(tmp_path: Path) -> None:
    report = json.loads(ok(gocontainer("new", "--set", "service=orders", "--set", "port=9000", "--dry-run", "--json")))
    assert report["answers"]["port"] == 9000
    refused(gocontainer("new", "orders", "--set", "prot=1", cwd=tmp_path), tmp_path, "Did you mean port?")
    refused(gocontainer("new", "orders", "--set", "port", cwd=tmp_path), tmp_path, "--set: 'port' is not KEY=VALUE.")


CHANGES: dict[str, dict[str, Any]] = {
    option.name: {option.name: next(value for value in option.samples() if value != option.default)}
    for option in OPTIONS
    if len(option.samples()) > 1
} | {
    "service": {"service": "carts"},
    "module": {"module": "example.com/x"},
    "description": {"description": "x"},
    "owner": {"owner": "x"},
    "image": {"image": "a.io/x"},
    "max_replicas": {"max_replicas": 10},
    "pull_secret": {"pull_secret": "harbor"},
    "expose_host": {"expose_host": "shop.example.com"},
    "expose_gateway": {"expose_gateway": "infra/shared"},
    "user_namespaces": {"user_namespaces": True, "kubernetes_min": "1.36"},
    "liveness_period": {"liveness_period": 5},
    "slo": {"slo": "99.5"},
}


BASES = {
    "cgo": {"base_image": "ubuntu", "platforms": "linux/amd64"},
    "concurrency": {"monitoring": "operator", "scale_on": "requests"},
    "scale_on": {"monitoring": "operator"},
    "user_namespaces": {"kubernetes_min": "1.36"},
}
"""With what else some go, where it is not the default."""


def test_every_option_is_in_the_next_test() -> None:
    assert {option.name for option in OPTIONS} == set(CHANGES)


@pytest.mark.parametrize("name", CHANGES)
def test_every_option_changes_the_files(name: str) -> None:
    meant = {other: accepted[0] for other, accepted in BY_NAME[name].when.items()}
    base = BASES.get(name, meant)
    assert BY_NAME[name].default not in CHANGES[name].values()
    assert render(answers(**{**base, **CHANGES[name]})) != render(answers(**base))


def test_no_terminal_and_no_service_is_one_sentence_with_the_way_to_the_flags(tmp_path: Path) -> None:
    run = gocontainer("new", cwd=tmp_path)
    refused(run, tmp_path, "SERVICE is missing, and nobody can be asked. Run 'gocontainer new SERVICE';")
    assert run.err.endswith("'gocontainer options' lists what else can be said.\n")
    assert run.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["new", "Orders"], "SERVICE: 'Orders' is not a DNS label"),
        (["new", "orders", "--prot", "1"], "Did you mean --port? Run 'gocontainer new --help' for help."),
        (["new", "orders", "--port", "80"], "--port: '80' is not a whole number from 1024 to 65535."),
        (["new", "orders", "--service", "carts"], "SERVICE and --service are both given."),
        (
            ["new", "orders", "--cgo", "--base-image", "alpine"],
            "cgo true (--cgo) with base_image alpine (--base-image) cannot work",
        ),
        (
            ["new", "orders", "--min-replicas", "9", "--max-replicas", "6"],
            "min_replicas 9 (--min-replicas) with max_replicas 6 (--max-replicas)",
        ),
        (["new", "orders", "--answers", "nowhere.yaml"], "Cannot read answers from nowhere.yaml"),
        (["nwe"], "No such command 'nwe'. Did you mean new? Run 'gocontainer --help' for help."),
        (["zzz"], "No such command 'zzz'. Run 'gocontainer --help' for help."),
        (["new", "orders", "--port", "1", "--port", "2"], "--port is given 2 times. Run 'gocontainer new --help'"),
        (["new", "orders", "--answers", "a.yaml", "--answers", "b.yaml"], "--answers is given 2 times."),
        (["new", "orders", "--answers", ""], "Cannot read answers"),
        (["new", "orders", "--port"], "Run 'gocontainer new --help'"),
        (["new", "orders", "--cpu", "0.5"], "Give millicores or whole cores, such as 500m or 2."),
        (["new", "y"], "'y' has a meaning of its own in YAML"),
        (["new", "orders", "--profile", "hardened", "--max-replicas", "2"], "min_replicas 3 (profile hardened)"),
        (["new", "orders", "--port", "8081"], "port 8081 (--port) cannot work"),
        (["completion"], "Run 'gocontainer completion --help'"),
        (["new", "orders", "extra"], "unexpected extra argument"),
    ],
)
def test_bad_usage_is_one_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    refused(gocontainer(*arguments, cwd=tmp_path), tmp_path, sentence)


def test_a_misspelt_variable_is_refused(tmp_path: Path) -> None:
    run = gocontainer("new", "orders", cwd=tmp_path, env={"GOCONTAINER_BASEIMAGE": "scratch"})
    refused(run, tmp_path, "GOCONTAINER_BASEIMAGE: there is no option 'baseimage'. Did you mean base_image?")


def test_an_occupied_target_is_refused_with_what_is_there(tmp_path: Path) -> None:
    target = tmp_path / "orders"
    target.mkdir()
    for name in "abcdefg":
        (target / name).touch()
    for extra in ([], ["--dry-run"]):
        run = gocontainer("new", "orders", "-o", str(tmp_path), *extra)
        assert run.code == 2
        assert "orders is in the way: a, b, c, d, e and 2 more." in run.err
    assert sorted(path.name for path in target.iterdir()) == list("abcdefg")
    assert [path.name for path in tmp_path.iterdir()] == ["orders"]


def test_a_read_only_parent_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = gocontainer("new", "orders", "-o", str(tmp_path / "file/below"))
    assert run.code == 1
    assert run.err.count("Error: Cannot write ") == 1
    assert "Traceback" not in run.err


def test_options_as_text_json_and_schema() -> None:
    text = ok(gocontainer("options"))
    table = json.loads(ok(gocontainer("options", "--json")))["options"]
    schema = json.loads(ok(gocontainer("options", "--schema")))
    jsonschema.Draft202012Validator.check_schema(schema)
    names = [option.name for option in OPTIONS]
    assert [entry["name"] for entry in table][1:] == names
    assert list(schema["properties"])[2:] == names
    assert all(f"\n  {name} (" in text for name in names)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str) -> None:
    assert "_GOCONTAINER_COMPLETE" in ok(gocontainer("completion", shell))


def test_flags_and_choices_complete() -> None:
    def completed(words: str) -> str:
        count = str(len(words.split(" ")) - 1)
        return gocontainer(env={"_GOCONTAINER_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": count}).out

    assert "--base-image" in completed("gocontainer new --base-im")
    assert "distroless-static" in completed("gocontainer new --base-image dist")


LOADED = """
import runpy, sys
sys.argv = ["gocontainer", sys.argv[1]]
try:
    runpy.run_module("gocontainer", run_name="__main__")
except SystemExit:
    print(*sys.modules)
"""


@pytest.mark.parametrize(
    ("flag", "heavy"),
    [
        ("--version", {"click", "jinja2", "typing"}),
        ("--help", {"asyncio", "jinja2", "prompt_toolkit", "requests", "rich", "wcwidth", "yaml"}),
    ],
)
def test_version_and_help_import_nothing_heavy(flag: str, heavy: set[str]) -> None:
    done = subprocess.run([sys.executable, "-c", LOADED, flag], check=True, capture_output=True, text=True)
    assert not heavy & set(done.stdout.splitlines()[-1].split())


def test_git_variables_of_a_calling_hook_point_nowhere_else(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "theirs")
    theirs = tmp_path / "theirs/.git"
    inherited = {"GIT_DIR": str(theirs), "GIT_INDEX_FILE": str(theirs / "index"), "GIT_WORK_TREE": str(tmp_path)}
    ok(gocontainer("new", "orders", "-o", str(tmp_path / "out"), env=inherited))
    assert git(tmp_path / "out/orders", "rev-list", "--count", "HEAD") == "1"
    assert git(tmp_path / "theirs", "for-each-ref") == ""
    assert not (theirs / "index").exists()


GONE = """
import os, sys
os.mkdir("gone")
os.chdir("gone")
os.rmdir("../gone")
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_a_current_folder_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", GONE, GOCONTAINER, "new", "orders", "--no-input"]
    done = subprocess.run(arguments, check=False, capture_output=True, text=True, cwd=tmp_path, env=clean_environment())
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "No such file or directory. Choose another folder with --output." in done.stderr


def test_a_path_that_is_too_long_is_one_sentence(tmp_path: Path) -> None:
    run = gocontainer("new", "orders", "-o", str(tmp_path / ("a" * 300)))
    assert run.code == 1
    assert "File name too long" in run.err
    assert "Traceback" not in run.err


@pytest.mark.parametrize("sink", ["> /dev/full", "| true"])
def test_nobody_listening_is_no_failure(tmp_path: Path, sink: str) -> None:
    command = f"set -o pipefail; {GOCONTAINER} new orders --no-git -o {tmp_path}/out {sink}"
    done = subprocess.run(["bash", "-c", command], check=False, capture_output=True, text=True, env=clean_environment())
    assert (done.returncode, "Traceback" in done.stderr, "Exception" in done.stderr) == (0, False, False), done.stderr
    assert (tmp_path / "out/orders/go.mod").exists()


@pytest.mark.parametrize("command", ["status", "explain"])
def test_nobody_reading_of_a_repository_is_no_failure(tmp_path: Path, command: str) -> None:
    ok(gocontainer("new", "orders", "--no-git", "-o", str(tmp_path)))
    line = f"set -o pipefail; {GOCONTAINER} {command} {tmp_path}/orders | true"
    done = subprocess.run(["bash", "-c", line], check=False, capture_output=True, text=True, env=clean_environment())
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_closed_gets_nothing_and_the_other_stream_none_of_it(tmp_path: Path) -> None:
    """A warning and an error, which stderr lacks, are not among what programs read."""
    for call, code in ((f"new orders --no-git --json -o {tmp_path}", 0), (f"status {tmp_path}", 2)):
        line = f"{GOCONTAINER} {call} 2>&-"
        done = subprocess.run(
            ["bash", "-c", line], check=False, capture_output=True, text=True, env=clean_environment()
        )
        assert done.returncode == code
        assert bool(done.stdout) == (code == 0)
        assert code != 0 or json.loads(done.stdout)["answers"]["service"] == "orders"


def test_platforms_may_be_repeated() -> None:
    flags = ["--platforms", "linux/arm64", "--platforms", "linux/amd64"]
    report = json.loads(ok(gocontainer("new", "orders", "--dry-run", "--json", *flags)))
    assert report["answers"]["platforms"] == "linux/amd64,linux/arm64"


@pytest.mark.parametrize(
    ("flags", "value"),
    [
        (["--edge-features", "model", "--edge-features", "host-path"], "host-path,model"),
        (["--edge-features", "model,host-path"], "host-path,model"),
        (["--edge-features", ""], ""),
        (["--edge-features=none"], ""),
        (["--set", "edge_features="], ""),
    ],
    ids=str,
)
def test_a_question_may_be_answered_with_nothing(flags: list[str], value: str) -> None:
    report = json.loads(ok(gocontainer("new", "orders", "--dry-run", "--json", "--profile", "edge", *flags)))
    assert (report["answers"]["edge_features"], report["origins"]["edge_features"]) == (value, "flag")


def test_the_bare_command_and_its_groups_show_their_help() -> None:
    for arguments in ([], ["dev"]):
        run = gocontainer(*arguments)
        assert run.code == 2
        assert run.err.startswith("Usage: gocontainer")
    assert "\n  gocontainer new                    asks a few questions\n" in ok(gocontainer("--help"))


def test_the_way_in_is_printed_as_a_shell_takes_it(tmp_path: Path) -> None:
    run = gocontainer("new", "orders", "-o", str(tmp_path / "a b/../c d"))
    assert f"files in {tmp_path}/c d/orders\n" in ok(run)
    assert f"  cd '{tmp_path}/c d/orders'\n" in run.out
