"""Modules that need a password or a key, and an authority of one's own.

tests/images has what a real builder makes of them.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from gocontainer.errors import InvalidAnswer
from gocontainer.options.table import BY_NAME
from tests.helpers.certificates import certificates
from tests.helpers.support import files_of, git, need, rendered
from tests.images.engine import Modules
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


SSH = {"private_modules": "*.corp.cn,ssh://git.corp.cn:2222,ssh://git.partner.cn/team"}
REWRITTEN = {
    "https://git.corp.cn/a/b": "ssh://git@git.corp.cn:2222/a/b",
    "https://git.partner.cn/a": "ssh://git@git.partner.cn/a",
    "https://git.partner.cn.evil.cn/a": "https://git.partner.cn.evil.cn/a",
    "https://github.com/a/b": "https://github.com/a/b",
}


@pytest.mark.parametrize("builder", ["docker buildx", "docker", "podman", "buildah", "nerdctl"])
def test_the_build_asks_the_agent_where_there_is_one(
    tmp_path: Path, builder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, known = Machine(tmp_path, [builder], **SSH), tmp_path / "known"
    text = (machine.repository / "Dockerfile").read_text()
    assert "--mount=type=ssh " in text
    assert "type=secret,id=known_hosts,target=/root/.ssh/known_hosts" in text
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    assert not re.search("--ssh|known_hosts", " ".join(machine.said("image", f"KNOWN_HOSTS={known}")))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    known.write_text("git.corp.cn ssh-ed25519 AAAA\n")
    for command in ("image", "push"):
        said = " ".join(machine.said(command, f"KNOWN_HOSTS={known}"))
        assert "--ssh default " in said
        assert f"--secret id=known_hosts,src={known}" in said


def agent_of(given: dict[str, Any]) -> dict[str, Any]:
    """The step that has the agent, which is one and the same in each job of a release."""
    found = [each for each in steps(".github/workflows/release.yml", given) if "ssh-agent" in each.get("run", "")]
    assert found
    assert all(each == found[0] for each in found)
    return found[0]


def shell_of(given: dict[str, Any], place: str) -> str:
    """The commands that tell git in the image, in the pipeline, or of whoever reads the README."""
    files = {path: file.content.decode() for path, file in files_of(given).items()}
    if place == "image":
        hosts, loop = re.findall(r"(?s)ARG (SSH_HOSTS=.*?)\nRUN (.*?done)\n", files["Dockerfile"])[0]
        return f"{hosts}; {loop}"
    if place == "README":
        (line,) = re.findall("(?m)^    (for host .*)$", files["README.md"])
        return str(line)
    step = agent_of(given)
    loop = re.findall("(?s)(for .*?done)", step["run"])[0]
    return f"HOSTS='{step['env']['HOSTS']}'; {loop}"


@pytest.mark.parametrize("place", ["image", "README", "pipeline"])
def test_git_asks_those_hosts_and_no_others_over_ssh(tmp_path: Path, place: str) -> None:
    env = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": str(tmp_path / "global"),
        "GIT_CONFIG_SYSTEM": str(tmp_path / "system"),
    }
    subprocess.run(["sh", "-ec", shell_of(SSH, place)], check=True, env=env, cwd=tmp_path)
    for asked, found in REWRITTEN.items():
        command = ["git", "ls-remote", "--get-url", asked]
        assert subprocess.check_output(command, env=env, cwd=tmp_path, text=True) == f"{found}\n"


@pytest.mark.parametrize("workflow", ["ci.yml", "release.yml"])
def test_the_pipeline_has_a_key_before_make_and_before_the_build(workflow: str) -> None:
    for job in yaml.safe_load(files_of(SSH)[f".github/workflows/{workflow}"].content)["jobs"].values():
        does = [f"{step.get('run', '')} {step.get('uses', '')}" for step in job["steps"]]
        needing = [n for n, each in enumerate(does) if re.search("make (lint|test)|build-push-action", each)]
        assert needing
        assert ["ssh-add" in each for each in does].index(True) < needing[0]
        for step in job["steps"]:
            if "build-push-action" in step.get("uses", ""):
                assert step["with"]["ssh"] == "default"
                assert step["with"]["secret-files"] == "known_hosts=${{ env.KNOWN_HOSTS }}"


def test_the_pipelines_agent_has_the_key_and_its_files_are_nobody_elses(tmp_path: Path) -> None:
    need("ssh-agent", "ssh-add", "ssh-keygen")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    step = agent_of(SSH)
    assert step["env"]["KEY"] == "${{ secrets.SSH_KEY }}"
    known = "git.corp.cn ssh-ed25519 AAAA $(touch pwned)'"
    env = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "GITHUB_ENV": str(tmp_path / "env"),
        "HOSTS": step["env"]["HOSTS"],
        "KEY": key.read_text(),
        "KNOWN": known,
    }
    done = subprocess.run(
        ["bash", "-ec", f"{step['run']}echo $SSH_AGENT_PID"], check=True, env=env, capture_output=True, text=True
    )
    try:
        found = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
        keys = subprocess.check_output(["ssh-add", "-L"], env={**env, **found}, text=True)
        assert keys.split()[1] == key.with_suffix(".pub").read_text().split()[1]
        assert Path(found["KNOWN_HOSTS"]).read_text() == f"{known}\n"
        assert (tmp_path / ".ssh").stat().st_mode & 0o077 == 0
        assert key.read_text() not in done.stdout
    finally:
        os.kill(int(done.stdout.split()[-1]), signal.SIGTERM)


def test_what_comes_over_ssh_is_private_too_and_asks_nobody_for_a_password() -> None:
    files = {path: file.content.decode() for path, file in files_of(SSH).items()}
    assert "GOPRIVATE ?= *.corp.cn,git.corp.cn,git.partner.cn/team\n" in files["Makefile"]
    assert "NETRC" in files["Makefile"], "*.corp.cn may"
    only = files_of({"private_modules": "ssh://git.corp.cn:2222/a,ssh://git.corp.cn:2222/b"})
    assert b"GOPRIVATE ?= git.corp.cn/a,git.corp.cn/b\n" in only["Makefile"].content
    assert b'SSH_HOSTS="git.corp.cn:2222"\n' in only["Dockerfile"].content
    assert not any(b"NETRC" in only[path].content for path in ("Makefile", ".github/workflows/ci.yml"))


@contextmanager
def served(folder: Path, certificate: Path) -> Iterator[str]:
    """Serve a folder over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, f"{certificate}.key")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Modules, directory=str(folder))) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_what_make_fetches_by_go_and_by_git_trusts_the_authority_beside_all_others(tmp_path: Path) -> None:
    """Those of the machine are another authority's here, in the folder where Go finds them."""
    need("make")
    repository, files = rendered(tmp_path, ca_bundle="certs/corp.pem"), tmp_path / "files"
    (module := files / "corp.cn/a/@v").mkdir(parents=True)
    for name, text in (
        ("list", "v1.0.0"),
        ("v1.0.0.info", '{"Version": "v1.0.0"}'),
        ("v1.0.0.mod", "module corp.cn/a"),
    ):
        (module / name).write_text(f"{text}\n")
    git(files, "init", "--quiet", "--bare", "a.git")
    git(files / "a.git", "update-server-info")
    for name in ("corp", "machine"):
        (tmp_path / name).mkdir()
        certificates(tmp_path / name, ["IP:127.0.0.1"])
    (repository / "certs").mkdir()
    shutil.copy(tmp_path / "corp/authority.pem", repository / "certs/corp.pem")
    env = {
        **{name: value for name, value in os.environ.items() if "SSL_" not in name},
        "GOMODCACHE": str(tmp_path / "modules"),
        "GONOSUMDB": "*",
        "SSL_CERT_DIR": str(tmp_path / "machine"),
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    go = "go: ; @cd / && GOPROXY=$$PLACE go list -m -versions corp.cn/a"
    by_git = "by-git: ; @git ls-remote $$PLACE/a.git"

    def fetched(place: str, *target: str) -> bool:
        command = ["make", "--silent", f"--eval={go}", f"--eval={by_git}", *target]
        done = subprocess.run(command, cwd=repository, env={**env, "PLACE": place}, check=False, capture_output=True)
        return done.returncode == 0

    with (
        served(files, tmp_path / "corp/servers.pem") as ours,
        served(files, tmp_path / "machine/servers.pem") as others,
    ):
        assert [fetched(each, "go") for each in (ours, others)] == [True, True]
        assert fetched(ours, "by-git")
        (repository / "certs/corp.pem").write_text("")
        assert [fetched(each, "go") for each in (ours, others)] == [False, True]
        env |= {"SSL_CERT_FILE": str(tmp_path / "corp/authority.pem")}
        assert fetched(ours, "go"), "the environment is above it"


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


@pytest.mark.parametrize(
    "patterns",
    [
        "a b",
        "a,,b",
        "$(x)",
        "a;b",
        "https://git.corp.cn",
        "a'",
        "/a",
        "a/",
        "ssh://git@a.cn",
        "ssh://*.a.cn",
        "ssh://a",
        "ssh://a.cn:0",
        "ssh://a.cn/*",
    ],
)
def test_what_is_no_pattern_is_refused(patterns: str) -> None:
    with pytest.raises(InvalidAnswer, match="is not a list of patterns of module paths"):
        BY_NAME["private_modules"].parse(patterns, "here")
