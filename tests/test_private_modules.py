"""Modules that need a password, and an authority of one's own; tests/images has what a real builder makes of them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gocontainer.errors import InvalidAnswer
from gocontainer.options.table import BY_NAME
from tests.helpers.support import files_of, git, rendered
from tests.test_builders import Machine

PRIVATE = {"private_modules": "git.corp.cn/*"}
ASKED = [PRIVATE, {"go_proxy": "https://goproxy.corp.cn,direct"}]
"""Answers that name a host which may want a password."""


@pytest.mark.parametrize("given", ASKED, ids=str)
@pytest.mark.parametrize("builder", ["docker buildx", "podman", "buildah", "nerdctl"])
def test_the_password_is_a_secret_of_the_build_where_there_is_one(
    tmp_path: Path, builder: str, given: dict[str, Any]
) -> None:
    machine, netrc = Machine(tmp_path, [builder], **given), tmp_path / "netrc"
    assert "type=secret,id=netrc,target=/root/.netrc" in (machine.repository / "Dockerfile").read_text()
    for command in ("image", "push"):
        assert "--secret" not in " ".join(machine.said(command, f"NETRC={netrc}"))
    netrc.write_text("machine git.corp.cn login ci password hush\n")
    for command in ("image", "push"):
        said = " ".join(machine.said(command, f"NETRC={netrc}"))
        assert f"--secret id=netrc,src={netrc}" in said
        assert "hush" not in said


def test_private_modules_of_the_environment_reach_the_build(tmp_path: Path) -> None:
    said = Machine(tmp_path, ["docker buildx"], **PRIVATE).said("image", "GOPRIVATE=git.corp.cn,git.partner.cn")
    assert "--build-arg GOPRIVATE" in " ".join(said)


def steps(path: str, given: dict[str, Any]) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(files_of(given)[path].content)["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize("given", ASKED, ids=str)
@pytest.mark.parametrize("workflow", ["ci.yml", "release.yml"])
def test_the_pipeline_has_it_for_go_and_for_the_image(tmp_path: Path, workflow: str, given: dict[str, Any]) -> None:
    found = steps(f".github/workflows/{workflow}", given)
    (login,) = [step for step in found if "~/.netrc" in step.get("run", "")]
    first = next(number for number, step in enumerate(found) if step.get("run", "").startswith("make "))
    assert found.index(login) < first
    (build,) = [step for step in found if "build-push" in step.get("uses", "")]
    assert build["with"]["secret-envs"] == "netrc=NETRC"
    assert login["env"] == build["env"] == {"NETRC": "${{ secrets.NETRC }}"}
    text = "machine git.corp.cn login ci password $(touch pwned)'\"%s"
    env = {"HOME": str(tmp_path), "NETRC": text, "PATH": "/bin"}
    subprocess.run(["bash", "-e", "-c", login["run"]], check=True, env=env)
    assert (tmp_path / ".netrc").read_text() == f"{text}\n"
    assert (tmp_path / ".netrc").stat().st_mode & 0o077 == 0, "nobody else reads it"


@pytest.mark.parametrize("given", [{}, {"go_proxy": "off"}, {"go_proxy": "direct"}], ids=str)
def test_where_no_host_of_ours_is_asked_nobody_asks_for_a_password(given: dict[str, Any]) -> None:
    files = files_of(given).items()
    text = "".join(file.content.decode() for path, file in files if not path.startswith(".gocontainer"))
    assert re.findall("(?i)netrc", text) == []


def test_the_certificates_reach_the_builder(tmp_path: Path) -> None:
    repository = rendered(tmp_path, ca_bundle="certs/corp.pem")
    assert "!certs/corp.pem" in (repository / ".dockerignore").read_text().splitlines()
    git(repository, "init", "--quiet")
    (repository / "certs").mkdir()
    (repository / "certs/corp.pem").write_text("x")
    assert "certs/" in git(repository, "status", "--short", "certs"), "git does not ignore them"


@pytest.mark.parametrize("path", ["/etc/ca.pem", "../ca.pem", "a b.pem", "ca.txt", "a/$x.pem", "-x.pem", "a//b.pem"])
def test_a_path_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(InvalidAnswer, match="is not a path below the top of the repository"):
        BY_NAME["ca_bundle"].parse(path, "here")


@pytest.mark.parametrize("patterns", ["a b", "a,,b", "$(x)", "a;b", "https://git.corp.cn", "a'", "/a", "a/"])
def test_what_is_no_pattern_is_refused(patterns: str) -> None:
    with pytest.raises(InvalidAnswer, match="is not a list of patterns of module paths"):
        BY_NAME["private_modules"].parse(patterns, "here")
