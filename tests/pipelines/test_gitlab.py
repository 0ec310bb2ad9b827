"""GitLab's pipeline runs what the others run, in the jobs that gitlab-ci-local finds for what happened."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from docs.demo import free_ports

from tests.helpers.support import git, need, rendered, replace
from tests.judges.pipelines import gitlab, gitlab_shell
from tests.judges.subject import Subject
from tests.judges.text import schema
from tests.pipelines import local
from tests.pipelines.commands import DIGEST, TAG, Machine, of_gitlab
from tests.pipelines.test_jenkins import FULL, WHEEL

IMAGE = "harbor.corp.cn/shop/orders"
GITLAB = {**FULL, "ci": "gitlab", "module": "gitlab.corp.cn/shop/orders", "image": IMAGE, "digests": "required"}
RELEASE = ["test-release", "release", "propose"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("git")
    return rendered(tmp_path_factory.mktemp("gitlab"), update_wheel=WHEEL, **GITLAB)


@pytest.fixture(scope="module")
def clone(repository: Path) -> Iterator[Path]:
    with local.cloned(repository) as folder:
        yield folder


@pytest.fixture(scope="module")
def pipeline(clone: Path) -> dict[str, Any]:
    return local.resolved(clone)


def test_no_file_is_github_s(repository: Path) -> None:
    assert (repository / "renovate.json").is_file()
    others = (".github", ".gitea", "Jenkinsfile", "Jenkinsfile.template")
    assert [path.name for path in repository.iterdir() if path.name in others] == []


def test_a_file_says_which_gitlab_it_suits(repository: Path) -> None:
    assert (repository / ".gitlab-ci.yml").read_text().startswith("# For GitLab 15.7 and newer,")


@pytest.mark.parametrize(
    ("variables", "jobs"),
    [
        ({"CI_PIPELINE_SOURCE": "merge_request_event"}, ["check", "smoke"]),
        ({"CI_PIPELINE_SOURCE": "push"}, ["check", "smoke"]),
        ({"CI_PIPELINE_SOURCE": "schedule"}, ["merge-template", "propose-template"]),
        ({"CI_COMMIT_TAG": TAG}, RELEASE),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else None,
)
def test_what_happened_says_which_jobs_run(clone: Path, variables: dict[str, str], jobs: list[str]) -> None:
    assert local.jobs(clone, **variables) == jobs


def test_a_newer_gocontainer_in_main_is_merged_at_once(clone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(clone), str(folder))
    git(folder, "remote", "set-url", "origin", "https://gitlab.com/acme/orders.git")
    replace(folder / ".gocontainer/requirements.txt", ("1" * 64, "2" * 64))
    git(folder, "commit", "--quiet", "--all", "--message", "newer")
    assert local.jobs(folder, CI_PIPELINE_SOURCE="push") == ["merge-template", "check", "smoke", "propose-template"]


def test_a_change_is_checked_by_the_targets_that_jenkins_calls(pipeline: dict[str, Any]) -> None:
    called = [line for name in ("check", "smoke") for line in pipeline[name]["script"]]
    assert called == [".gocontainer/propose.sh check", "make lint", "make test", "make vuln", "make smoke"]


def test_only_what_pushes_has_the_variables_of_the_release(pipeline: dict[str, Any]) -> None:
    jobs = {name: job for name, job in pipeline.items() if "script" in job}
    assert {name for name, job in jobs.items() if job.get("environment") == "release"} == {"release", "propose"}
    assert {name for name, job in jobs.items() if job.get("environment") == "template"} == {"propose-template"}
    assert "make test" not in [line for name in ("release", "propose") for line in jobs[name]["script"]]


# Where a virtual environment would be made; its pip is a package that hands on what it sees, and ends the job.
PYTHON = """#!/bin/sh
mkdir -p "$3/bin"
printf '#!/bin/sh\\nenv > {seen}\\nexit 9\\n' > "$3/bin/pip"
chmod +x "$3/bin/pip"
"""


def reaching(job: Mapping[str, Any], variables: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """Return what a job sees of the project's variables, which have a name, and an environment, or * for every job.

    GitLab's app/models/concerns/has_environment_scope.rb has this order.
    """
    own = job.get("environment", "")
    near = ("*", own["name"] if isinstance(own, dict) else own)
    return {name: value for place in near for (name, scope), value in variables.items() if scope == place}


@pytest.mark.parametrize(
    ("there", "fetches"),
    [(("jq", "ensurepip"), False), (("jq",), True), (("ensurepip",), True)],
    ids=["both", "no venv", "no jq"],
)
def test_an_image_that_has_what_the_bot_needs_asks_debian_for_nothing(
    tmp_path: Path, pipeline: dict[str, Any], there: tuple[str, ...], *, fetches: bool
) -> None:
    asked = tmp_path / "asked"
    programs = {"apt-get": f'echo "$*" >> {asked}', "git": "", "python3": f"[ -e {tmp_path}/ensurepip ]"}
    for name, text in {**programs, **dict.fromkeys(there, "")}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    lines = "\n".join(pipeline["merge-template"]["before_script"])
    subprocess.run(["/bin/sh", "-ec", lines], check=True, env={"PATH": str(tmp_path)}, capture_output=True)
    assert asked.exists() is fetches


@pytest.mark.parametrize("name", ["NETRC", "SSH_KEY"])
def test_what_opens_private_modules_reaches_nothing_that_others_wrote(
    tmp_path: Path, pipeline: dict[str, Any], name: str
) -> None:
    job, seen, secret = pipeline["merge-template"], tmp_path / "seen", tmp_path / "secret"
    secret.write_text("machine git.corp.cn login ci password hush")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/python3"
    program.write_text(PYTHON.format(seen=seen))
    program.chmod(0o755)

    def end(variables: Mapping[tuple[str, str], str]) -> int:
        env = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", **reaching(job, variables)}
        script = ["bash", "-e", "-c", "\n".join(job["script"])]
        return subprocess.run(script, check=False, cwd=tmp_path, env=env, capture_output=True).returncode

    assert end({(name, "*"): str(secret)}) == 1, "it is refused before a package runs"
    assert not seen.exists()
    (none := tmp_path / "none").write_text("none")
    kept = {(name, "*"): str(secret), (name, "merge-template"): "none"}
    as_file = {**kept, (name, "merge-template"): str(none)}
    assert reaching(pipeline["check"], kept) == {name: str(secret)}, "Go and the image go on with it"
    for variables in ({}, kept, as_file):
        assert end(variables) == 9
        assert str(secret) not in seen.read_text()
    assert job["environment"]["action"] == "access", "nothing counts as deployed"


def test_a_cache_follows_the_locks_and_no_release_has_one(pipeline: dict[str, Any]) -> None:
    cached = {name: job["cache"] for name, job in pipeline.items() if "cache" in job and "script" in job}
    assert set(cached) == {"check", "smoke"}
    for (each,) in cached.values():
        assert each["key"] == {"prefix": "$CI_JOB_NAME", "files": ["go.sum", "Makefile"]}
        assert each["paths"] == ["bin/.go"]


def test_what_is_cached_is_none_of_the_repository_s_code(tmp_path: Path) -> None:
    need("make", "gofmt", "go")
    folder = rendered(tmp_path, **GITLAB)
    cached = folder / "bin/.go/pkg/mod/example.com/x@v1.0.0"
    cached.mkdir(parents=True)
    (cached / "x.go").write_text("package x\nfunc  X() {}\n")
    git(folder, "init", "--quiet")
    assert "bin/" not in git(folder, "status", "--porcelain")
    said = subprocess.run(
        ["make", "--silent", "--eval", "list: ; @$(UNFORMATTED); go list ./...", "list"],
        cwd=folder, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert "bin" not in said
    assert "/internal/app" in said


def test_without_a_key_the_identity_is_asked_for_in_the_release_alone(tmp_path: Path) -> None:
    keyless = {"ci": "gitlab", "module": "gitlab.com/acme/orders", "image": "registry.gitlab.com/acme/orders/orders"}
    with local.cloned(rendered(tmp_path, **keyless)) as folder:
        jobs = local.resolved(folder)
    named = {name: job["id_tokens"] for name, job in jobs.items() if "id_tokens" in job}
    assert named == {"release": {"SIGSTORE_ID_TOKEN": {"aud": "sigstore"}}}
    verify = (tmp_path / "orders/hack/verify.sh").read_text()
    assert "signer=$source//.gitlab-ci.yml\n" in verify
    assert '"${ISSUER:-https://gitlab.com}"' in verify
    assert '"$source/-/jobs/"*)' in verify
    assert "builder-id=$(CI_JOB_URL)" in (tmp_path / "orders/Makefile").read_text()


@pytest.mark.slow
def test_every_step_runs(tmp_path: Path, pipeline: dict[str, Any]) -> None:
    need("go", "make")
    repository = rendered(tmp_path, **{**GITLAB, "digests": "optional"})
    machine = Machine(tmp_path, repository)
    service, admin = free_ports(2)
    machine.env |= {"APP_ADDR": f"127.0.0.1:{service}", "APP_ADMIN_ADDR": f"127.0.0.1:{admin}"}
    for command in of_gitlab(pipeline, ["check", "smoke", "test-release", "release"]):
        script = command.script.replace(".gocontainer/propose.sh check\n", "").replace("make digests\n", "")
        done = machine.run(command._replace(script=script))
        assert done.code == 0, (command, done.out[-2000:], done.err[-2000:])
    released = f"{IMAGE}:{TAG}@{DIGEST}"
    assert (repository / "bin/released").read_text() == f"{released}\n"
    asked = machine.asked()
    assert "crane auth login --username robot$ci --password-stdin harbor.corp.cn" in asked
    assert [each.split()[-1] for each in asked if each.startswith("cosign sign ")] == [released]
    (pushed,) = [each for each in asked if each.startswith("build --builder a-builder --push ")]
    assert "--provenance mode=max,version=v1,builder-id= --sbom generator=" in pushed
    assert f"--tag {IMAGE}:{TAG} " in pushed
    assert "GOPROXY" not in pushed, "provenance would publish it"


@pytest.fixture
def origin(tmp_path: Path, repository: Path) -> Path:
    """A project to which the repository was pushed; it takes the options of a push, as GitLab does."""
    bare, folder = tmp_path / "orders.git", tmp_path / "orders"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    git(bare, "config", "receive.advertisePushOptions", "true")
    hook = bare / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nenv | sed -n "s/^GIT_PUSH_OPTION_[0-9]*=//p" | sort > {tmp_path}/options\n')
    hook.chmod(0o755)
    subprocess.run(["cp", "-r", str(repository), str(folder)], check=True)
    for arguments in (
        ("init", "--quiet", "--initial-branch=main"), ("add", "--all"), ("commit", "--quiet", "--message=start"),
        ("remote", "add", "origin", str(bare)), ("push", "--quiet", "origin", "main"),
        ("checkout", "--quiet", "--detach"),
    ):  # fmt: skip
        git(folder, *arguments)
    (folder / "bin").mkdir()
    (folder / "bin/released").write_text(f"{IMAGE}:{TAG}@{DIGEST}\n")
    return bare


def propose(pipeline: dict[str, Any], origin: Path, token: str) -> None:
    (command,) = of_gitlab(pipeline, ["propose"])
    machine = Machine(origin.parent, origin.with_name("orders"))
    given = {"PROJECT_TOKEN": token, "CI_DEFAULT_BRANCH": "main", "CI_PROJECT_URL": str(origin.with_suffix(""))}
    done = machine.run(command._replace(env={**command.env, **given}))
    assert done.code == 0, done.err


def test_a_release_proposes_that_dev_runs_it_by_its_digest(
    tmp_path: Path, pipeline: dict[str, Any], origin: Path
) -> None:
    need("make")
    propose(pipeline, origin, "a-token")
    assert git(origin, "diff", "--name-only", "main", f"run-{TAG}").splitlines() == [
        "deploy/overlays/dev/image/kustomization.yaml"
    ]
    assert f"digest: {DIGEST}" in git(origin, "show", f"run-{TAG}:deploy/overlays/dev/image/kustomization.yaml")
    assert (tmp_path / "options").read_text().splitlines() == [
        "merge_request.create", "merge_request.remove_source_branch", "merge_request.target=main",
    ]  # fmt: skip
    settings = (tmp_path / "orders/.git/config").read_text()
    assert "a-token" not in settings


def test_without_a_token_nothing_is_proposed_and_the_release_is_green(pipeline: dict[str, Any], origin: Path) -> None:
    propose(pipeline, origin, "")
    assert git(origin, "branch", "--format=%(refname:short)").split() == ["main"]


@pytest.mark.parametrize(
    ("judge", "old", "new", "said"),
    [
        (gitlab, "needs: [release]", "needs: [released]", "released"),
        (gitlab, "stages: [test, release, propose]", "stages: [test, propose]", "release"),
        (gitlab, "extends: .buildkit", "extends: .buildx", ".buildx"),
        (gitlab_shell, "- make lint", "- cd $HOME", "SC-2164"),
        (schema, "  stage: propose\n", "  stages: propose\n", "propose"),
    ],
    ids=["needs", "stage", "extends", "shell", "schema"],
)
def test_the_judges_find_a_fault_of_it(
    tmp_path: Path, repository: Path, judge: Any, old: str, new: str, said: str
) -> None:
    folder = tmp_path / "bad"
    subprocess.run(["cp", "-r", str(repository), str(folder)], check=True)
    assert not judge([Subject("bad", folder, folder / "no manifests")])
    replace(folder / ".gitlab-ci.yml", (old, new))
    found = judge([Subject("bad", folder, folder / "no manifests")])
    assert said in " ".join(found)
    assert {each.partition(":")[0] for each in found} == {"bad/.gitlab-ci.yml"}
