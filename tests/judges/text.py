"""Judges of the Dockerfile, of shell, of workflows and of YAML."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.helpers.support import BUILDKIT, PINS, go_tool, need, pip_tool, wrapped
from tests.judges.pipelines import GITEA, GITLAB, as_at_github
from tests.judges.subject import Subject, distinct, named, output

WORKFLOWS = (".github/workflows/*.yml", GITEA)
FORGE = (*WORKFLOWS, ".github/dependabot.yml")
TARGET = re.compile(r"^([a-z-]+):(?!=)", re.MULTILINE)
DEFINED = re.compile(r"^define .*?^endef$", re.MULTILINE | re.DOTALL)
SCHEMAS: Mapping[str, Sequence[str]] = {
    "vendor.github-workflows": WORKFLOWS,
    "vendor.dependabot": (".github/dependabot.yml",),
    "vendor.github-issue-config": (".github/ISSUE_TEMPLATE/config.yml",),
    "vendor.github-issue-forms": (".github/ISSUE_TEMPLATE/[!c]*.yml",),
    "vendor.gitlab-ci": GITLAB,
    "vendor.renovate": ("renovate.json",),
    "vendor.compose-spec": ("hack/observe/compose.yaml",),
}
READ = {"vendor.gitlab-ci": ("--data-transform", "gitlab-ci")}
"""How files are read before they are compared with a schema: what YAML's tags stand for."""
YAML_RULES = json.dumps(
    {
        "extends": "default",
        "rules": {
            "line-length": {"max": 160},
            # An action's version stands one space behind its commit, where the dependency bots look for it.
            "comments": {"min-spaces-from-content": 1},
            # `on:` is a key of workflows.
            "truthy": {"check-keys": False},
            # A file of one document needs no mark.
            "document-start": "disable",
        },
    }
)


def hadolint(subjects: Sequence[Subject]) -> list[str]:
    """Judge each Dockerfile."""
    found = json.loads(output(pip_tool("hadolint"), "--format=json", *distinct(subjects, "Dockerfile")))
    return named(subjects, (f"{each['file']}:{each['line']}: {each['code']}: {each['message']}" for each in found))


def buildkit(subjects: Sequence[Subject]) -> list[str]:
    """Judge each Dockerfile as `docker build --check` does."""
    return named(
        subjects, output(str(wrapped(BUILDKIT, "./check")), *distinct(subjects, "Dockerfile"), codes=(0,)).splitlines()
    )


def shellcheck(subjects: Sequence[Subject]) -> list[str]:
    """Judge each script, and the shell of every target of each Makefile as make would run it."""
    need("make")
    makefiles = {path.read_text(): (subject, path) for subject in subjects for path in subject.folder.glob("Makefile")}
    with tempfile.TemporaryDirectory() as scratch:
        for text, (subject, path) in makefiles.items():
            for target in TARGET.findall(DEFINED.sub("", text)):
                script = Path(scratch) / f"{subject.name}/Makefile/{target}"
                script.parent.mkdir(parents=True, exist_ok=True)
                script.write_text(
                    output(
                        "make",
                        "--no-print-directory",
                        "--always-make",
                        "--dry-run",
                        target,
                        codes=(0,),
                        cwd=path.parent,
                    )
                )
        scripts = [path.relative_to(scratch) for path in sorted(Path(scratch).rglob("*")) if path.is_file()]
        found = output(pip_tool("shellcheck"), "-s", "sh", "-f", "gcc", *scripts, cwd=Path(scratch)).splitlines()
    paths = [path for path in distinct(subjects, "**/*.sh") if ".venv" not in str(path)]
    files = output(pip_tool("shellcheck"), "-f", "gcc", *paths).splitlines() if paths else []
    return found + named(subjects, files)


def actionlint(subjects: Sequence[Subject]) -> list[str]:
    """Judge each workflow, and the shell in it."""
    program = go_tool("github.com/rhysd/actionlint/cmd/actionlint", PINS["own_tool"]["actionlint"]["value"])
    arguments = ("-format={{json .}}", f"-shellcheck={pip_tool('shellcheck')}", "-pyflakes=")
    with as_at_github(subjects) as copies:
        paths = [path for pattern in WORKFLOWS for path in distinct(copies, pattern)]
        if not paths:
            return []
        found = json.loads(output(program, *arguments, *paths))
        places = ((Path(each["filepath"]).resolve(), each["line"], each["message"]) for each in found)
        return named(copies, (f"{path}:{line}: {message}" for path, line, message in places))


def zizmor(subjects: Sequence[Subject]) -> list[str]:
    """Judge the safety of workflows and of the dependency bot's settings."""
    arguments = ("--offline", "--quiet", "--persona=auditor", "--no-exit-codes", "--format=json-v1")
    with as_at_github(subjects) as copies:
        paths = [path for pattern in FORGE for path in distinct(copies, pattern)]
        if not paths:
            return []
        found = []
        for each in json.loads(output(pip_tool("zizmor"), *arguments, *paths, codes=(0,))):
            place = each["locations"][0]
            path = place["symbolic"]["key"]["Local"]["verbatim_path"]
            row = place["concrete"]["location"]["start_point"]["row"] + 1
            if not each["ignored"]:
                found.append(f"{path}:{row}: {each['ident']}: {each['desc']}: {place['symbolic']['annotation']}")
        return named(copies, found)


def schema(subjects: Sequence[Subject]) -> list[str]:
    """Compare workflows, settings of bots and what compose starts with their vendors' schemas."""
    found = []
    for name, patterns in SCHEMAS.items():
        paths = [path for pattern in patterns for path in distinct(subjects, pattern)]
        if paths:
            arguments = ("-o", "json", "--builtin-schema", name, *READ.get(name, ()))
            said = json.loads(output(pip_tool("check-jsonschema"), *arguments, *paths))
            found += [f"{each['filename']}: {each['path']}: {each['message']}" for each in said["errors"]]
            found += [f"{each['filename']}: {each['message']}" for each in said.get("parse_errors", [])]
    return named(subjects, found)


def yamllint(subjects: Sequence[Subject]) -> list[str]:
    """Judge the form of every YAML file."""
    paths = [path for end in ("yaml", "yml") for path in distinct(subjects, f"**/*.{end}")]
    said = output(pip_tool("yamllint"), "-f", "parsable", "-d", YAML_RULES, *paths)
    return named(subjects, said.splitlines())
