"""What takes points in Scorecard's checks of files, by their documented rules: docs/checks.md at v5.5.0.

Where nothing is found the score is 10, but for a licence: its tenth point is for what only the forge can tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

Files = Mapping[str, bytes]
"""The files of a repository by their paths."""
_PROGRAM = re.compile(rb"\x7fELF|MZ|\xfe\xed\xfa[\xce\xcf]|\xca\xfe\xba\xbe|\0asm|!<arch>")
_BINARY = re.compile(r".*\.(?:a|bundle|class|deb|dll|dylib|exe|iso|jar|lib|msi|o|par|py[co]|rpm|so|wasm|whl)")
_BOTS = {".github/dependabot.yml", ".github/dependabot.yaml", "renovate.json", ".github/renovate.json", ".renovaterc"}
_FUZZED = {".py": rb"import\satheris", "_test.go": rb"func\s+Fuzz\w+\s*\(\w+\s+\*testing\.F\)"}
_COMMIT = re.compile(r"\./.*|docker://.*@sha256:[0-9a-f]{64}|.*@[0-9a-f]{40}")
_FROM = re.compile(r"(?im)^from\s+(?:--\S+\s+)*(\S+)(?:\s+as\s+(\S+))?")
_STRANGERS = re.compile(
    r"github\.head_ref|(?i:tojson)\s*\(\s*github|github\.event\..*(?:title|body|message|page_name|head\.(?:ref|label)|"
    r"author\.(?:name|email)|default_branch)"
)
_UNPINNED = (
    re.compile(r"\b(?:curl|wget)\b[^|\n]*\|\s*(?:sudo\s+)?(?:\w*sh|python3?)\b"),
    re.compile(r"(?<!uv )\bpip3?\s+install\b(?!.*--require-hashes)(?!(?:\s+-\S+)*(?:\s+\S+\.whl)+\s*$)"),
    re.compile(r"\bnpm\s+(?:install|i)\b"),
    re.compile(r"\bgo\s+(?:get|install)\s+(?:-\S+\s+)*\w+\.\w+/[^\s@]+(?!\S*@(?:v\d+\.\d+\.\d+|[0-9a-f]{40}|none))"),
)


def workflows(files: Files) -> Iterator[tuple[str, dict[Any, Any]]]:
    """Yield each workflow of GitHub with its path."""
    for path, content in files.items():
        if re.fullmatch(r"\.github/workflows/[^/]+\.ya?ml", path):
            yield path, yaml.safe_load(content)


def steps(workflow: Mapping[Any, Any]) -> Iterator[dict[str, Any]]:
    """Yield each step of a workflow."""
    for job in workflow["jobs"].values():
        yield from job.get("steps", ())


def token_permissions(files: Files) -> Iterator[str]:
    """Each workflow says at its top that it may write nothing, and no job may write everything."""
    for path, workflow in workflows(files):
        top = workflow.get("permissions")
        if top is None or "write" in (top if isinstance(top, str) else " ".join(top.values())):
            yield f"{path}: permissions: {top}"
        yield from (
            f"{path}: {name}" for name, job in workflow["jobs"].items() if job.get("permissions") == "write-all"
        )


def dangerous_workflow(files: Files) -> Iterator[str]:
    """No command has a stranger's words in it, and nothing of a stranger's is checked out with rights."""
    for path, workflow in workflows(files):
        on = workflow[True]
        trusted = {"pull_request_target", "workflow_run"} & set([on] if isinstance(on, str) else on)
        for step in steps(workflow):
            expressions = re.findall(r"\$\{\{(.*?)\}\}", step.get("run", ""), re.DOTALL)
            yield from (f"{path}: {each}" for each in expressions if _STRANGERS.search(each))
            ref = str(step.get("with", {}).get("ref", ""))
            if trusted and re.search(r"github\.event\.(?:pull_request|workflow_run)", ref):
                yield f"{path}: {ref}"


def pinned_dependencies(files: Files) -> Iterator[str]:
    """Actions by their commits, images by their digests, and what a command fetches by a hash or a whole version."""
    for path, workflow in workflows(files):
        calls = [job["uses"] for job in workflow["jobs"].values() if "uses" in job]
        used = [step["uses"] for step in steps(workflow) if "uses" in step] + calls
        yield from (f"{path}: {each}" for each in used if not _COMMIT.fullmatch(each))
        for step in steps(workflow):
            yield from _fetched(path, step.get("run", ""))
    for path, content in files.items():
        name = PurePosixPath(path).name.lower()
        if "dockerfile" in name and not name.endswith((".md", ".go", ".py", ".dockerignore")):
            yield from _images(path, content.decode())
            yield from _fetched(path, content.decode())
        elif name.endswith(".sh"):
            yield from _fetched(path, content.decode())


def _images(path: str, dockerfile: str) -> Iterator[str]:
    stages = {"scratch"}
    for image, stage in _FROM.findall(dockerfile):
        if image not in stages and not re.search(r"@sha256:[0-9a-f]{64}$", image):
            yield f"{path}: {image}"
        stages.add(stage or image)


def _fetched(path: str, script: str) -> Iterator[str]:
    for line in re.sub(r"\\\n\s*", "", script).splitlines():
        if not line.lstrip().startswith("#"):
            yield from (f"{path}: {line.strip()}" for pattern in _UNPINNED if pattern.search(line))


def binary_artifacts(files: Files) -> Iterator[str]:
    """Nothing that runs, and that nobody can read."""
    for path, content in files.items():
        start = content[:1024]
        named = _BINARY.fullmatch(path) and re.search(rb"[^\t\n\r -\xff]", start)
        if _PROGRAM.match(start) or named:
            yield path


def dependency_update_tool(files: Files) -> Iterator[str]:
    """A bot that raises what is pinned."""
    if not _BOTS & files.keys():
        yield "no bot"


def fuzzing(files: Files) -> Iterator[str]:
    """A target for random input: in Python by Atheris, in Go by its own tool."""
    for path, content in files.items():
        if any(path.endswith(end) and re.search(pattern, content) for end, pattern in _FUZZED.items()):
            return
    yield "no target"


def licence(files: Files) -> Iterator[str]:
    """A licence at the top."""
    if not any(re.fullmatch(r"(?i)(?:licen[cs]e|copying)(?:\.(?:md|txt))?", path) for path in files):
        yield "no licence"


def sast(files: Files) -> Iterator[str]:
    """CodeQL, or another that Scorecard knows, looks at each change."""
    used = [step.get("uses", "") for _, workflow in workflows(files) for step in steps(workflow)]
    if not any(each.startswith("github/codeql-action/analyze@") for each in used):
        yield "no analysis"


def security_policy(files: Files) -> Iterator[str]:
    """Where to report a vulnerability, with an address, in words of its own, and what happens then."""
    path = next((each for each in files if re.fullmatch(r"(?i)(?:\.github/|docs/)?security\.(?:md|rst)", each)), None)
    text = files[path].decode() if path else ""
    address = re.compile(r"https?://[\w./?=%:-]*|\b[\w.%+-]+@[\w.-]+\.[A-Za-z]{2,6}\b")
    if not address.search(text):
        yield "no address"
    if len(address.sub("", text)) < 1 or len(re.findall(r"(?i)disclos|vuln|\b\d{1,4}\b", text)) < 2:
        yield "no words"


RULES: Mapping[str, Callable[[Files], Iterator[str]]] = {
    "Binary-Artifacts": binary_artifacts,
    "Dangerous-Workflow": dangerous_workflow,
    "Dependency-Update-Tool": dependency_update_tool,
    "Fuzzing": fuzzing,
    "License": licence,
    "Pinned-Dependencies": pinned_dependencies,
    "SAST": sast,
    "Security-Policy": security_policy,
    "Token-Permissions": token_permissions,
}
OWNERS = ("SAST", "Security-Policy")
"""Of a rendered repository: its owner has to choose who analyses it, and to say where reports go."""
