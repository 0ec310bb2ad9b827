"""Secrets come from the files of a mounted Secret, rotate under load, and are seen nowhere else."""

from __future__ import annotations

import base64
import re
import subprocess
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from docs.demo import free_ports, until_ready

from gocontainer.answers.migrations import migrated
from gocontainer.errors import ConflictingAnswers
from gocontainer.repository import tree
from tests.helpers.daemons import until
from tests.helpers.secret_file import KEY, PATH, Mounted, add_secret, fingerprint
from tests.helpers.support import answers, go, need, ok, pip_tool, rendered
from tests.judges.subject import rendered_by
from tests.test_pull_secret import WAVES, every_target

RATE = 200
FIRST, SECOND, THIRD = "planted-0ne-b1c7", "planted-tw0-92fa", "planted-thr33-4d10"
VAULT = "vault.hashicorp.com"
BROKEN, SHORT = "planted-br0ken-77e1", "p-5h0rt"


def documents(repository: Path) -> list[dict[str, Any]]:
    """Return what the clusters of all environments get."""
    return [each for text in rendered_by(repository).values() for each in yaml.safe_load_all(text) if each]


def pods(document: Any) -> Iterator[dict[str, Any]]:
    """Yield the specs of pods, however deep they lie."""
    if isinstance(document, dict):
        if "containers" in document:
            yield document
        for each in document.values():
            yield from pods(each)
    elif isinstance(document, list):
        for each in document:
            yield from pods(each)


@pytest.mark.parametrize("secrets", ["files", "external-secrets"])
@every_target
def test_every_target_mounts_one_secret_that_others_cannot_read(
    tmp_path: Path, given: dict[str, Any], secrets: str
) -> None:
    found = [pod for each in documents(rendered(tmp_path, secrets=secrets, **given)) for pod in pods(each)]
    knative, function = given.get("target") == "knative" and "scale_on" not in given, "eventing" in given
    assert found
    for pod in found:
        (container,) = pod["containers"]
        (volume,) = [each for each in pod["volumes"] if "secret" in each]
        mode = {} if knative else {"defaultMode": 0o440}
        optional = {} if function else {"optional": True}
        assert volume == {"name": "secrets", "secret": {"secretName": "orders-secrets", **mode, **optional}}
        mounts = [each for each in container["volumeMounts"] if each["name"] == "secrets"]
        assert mounts == [{"name": "secrets", "mountPath": "/etc/orders-secrets", "readOnly": True}]
        assert "-secret-files=/etc/orders-secrets" in container["args"]
        assert "ecretKeyRef" not in str(pod)
        assert "secretRef" not in str(pod)
        assert knative or pod["securityContext"]["fsGroup"] == 65532  # Knative admits none, FEATURE-FLAGS.md


@every_target
def test_the_network_and_the_rights_are_those_without_it(tmp_path: Path, given: dict[str, Any]) -> None:
    def others(secrets: str) -> list[dict[str, Any]]:
        found = documents(rendered(tmp_path / secrets, secrets=secrets, **given))
        return [each for each in found if each["kind"] != "ExternalSecret" and not list(pods(each))]

    without = others("environment")
    assert others("files") == others("external-secrets") == without
    assert not any("Role" in each["kind"] for each in without if each["metadata"]["name"] != WAVES)


@every_target
def test_without_it_nothing_speaks_of_it(tmp_path: Path, given: dict[str, Any]) -> None:
    files = tree.load(rendered(tmp_path, **given))
    words = (b"secret-files", b"internal/secret", b"orders-secrets", b"SECRET_FILES")
    lock = ".gocontainer.lock"
    assert [path for path, file in files.items() if path != lock and any(word in file.content for word in words)] == []


@pytest.mark.parametrize("given", [{}, {"target": "knative", "eventing": "kafka"}], ids=str)
def test_the_line_of_the_readme_makes_it_from_files(tmp_path: Path, given: dict[str, Any]) -> None:
    repository = rendered(tmp_path, secrets="files", **given)
    (line,) = re.findall(r"^    (kubectl .* generic .*)$", (repository / "README.md").read_text(), re.MULTILINE)
    keys = re.findall(r"--from-file=(\S+)", line)
    for key in keys:
        (tmp_path / key).write_text(f"{key} of $me\n")
    made, applied, rest = line.partition(" | kubectl apply --server-side --filename=-")
    assert (applied, rest) != ("", "more")
    command = f"{made.replace('kubectl', pip_tool('kubectl'), 1)}"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, check=True, capture_output=True, text=True)
    secret = yaml.safe_load(done.stdout)
    assert (secret["kind"], secret["metadata"]) == ("Secret", {"name": "orders-secrets", "namespace": "orders"})
    assert {key: base64.b64decode(text).decode() for key, text in secret["data"].items()} == {
        key: f"{key} of $me\n" for key in keys
    }


@every_target
def test_external_secrets_fills_that_secret_from_an_entry_of_each_namespace(
    tmp_path: Path, given: dict[str, Any]
) -> None:
    found = documents(rendered(tmp_path, secrets="external-secrets", **given))
    external = [each for each in found if each["kind"] == "ExternalSecret"]
    assert {namespace(each) for each in external} == {namespace(each) for each in found if list(pods(each))}
    for each in external:
        spec = each["spec"]
        assert spec["target"] == {"name": "orders-secrets", "deletionPolicy": "Retain"}
        assert spec["secretStoreRef"] == {"kind": "SecretStore", "name": "orders"}
        assert spec["dataFrom"] == [{"extract": {"key": namespace(each)}}]
        assert spec["refreshInterval"] == "60s"


def namespace(document: dict[str, Any]) -> str:
    return str(document["metadata"]["namespace"])


def test_the_agent_of_vault_alone_has_a_token_and_writes_where_the_service_looks(tmp_path: Path) -> None:
    found = documents(rendered(tmp_path, secrets="vault"))
    deployments = [each for each in found if each["kind"] == "Deployment"]
    assert [namespace(each) for each in deployments] == ["orders-dev", "orders"]
    for each in deployments:
        template = each["spec"]["template"]
        said, pod = template["metadata"]["annotations"], template["spec"]
        (container,) = pod["containers"]
        (volume,) = [each for each in pod["volumes"] if "projected" in each]
        assert said[f"{VAULT}/role"] == namespace(each)
        assert f"-secret-files={said[f'{VAULT}/secret-volume-path']}" in container["args"]
        assert said[f"{VAULT}/agent-inject-containers"] == container["name"]
        assert int(said[f"{VAULT}/agent-run-as-user"]) == pod["securityContext"]["runAsUser"]
        assert said[f"{VAULT}/agent-service-account-token-volume-name"] == volume["name"]
        assert volume["name"] not in [mount["name"] for mount in container["volumeMounts"]]
        assert not pod["automountServiceAccountToken"]
        (source,) = volume["projected"]["sources"]
        assert source == {"serviceAccountToken": {"path": "token", "audience": "vault", "expirationSeconds": 600}}
    egress = [each["spec"]["egress"] for each in found if each["metadata"]["name"] == "orders-vault"]
    assert egress == [[{"ports": [{"port": 8200, "protocol": "TCP"}]}]]


@pytest.mark.parametrize("given", [{"target": "knative"}, {"target": "kubeedge"}, {"policy": "native"}], ids=str)
def test_where_no_agent_can_be_external_secrets_is_the_way_out(given: dict[str, Any]) -> None:
    with pytest.raises(ConflictingAnswers, match="Take secrets external-secrets"):
        answers(secrets="vault", **given)
    assert answers(secrets="external-secrets", **given)["secrets"] == "external-secrets"


def test_the_question_of_before_still_says_it() -> None:
    assert migrated({"secret_files": True}, ()) == ({"secrets": "files"}, ())
    assert migrated({"secret_files": False}, ["secret_files"]) == ({"secrets": "environment"}, ("secrets",))


class Asked:
    """What became of requests at a steady rate."""

    def __init__(self, url: str) -> None:
        self.url, self.ended = url, threading.Event()
        self.counting = threading.Lock()
        self.answers: Counter[str] = Counter()

    def ask(self) -> None:
        """Ask ten times a second until it ends."""
        while not self.ended.wait(0.1):
            answer = asked(self.url)
            with self.counting:
                self.answers[answer] += 1


def asked(url: str) -> str:
    """Return an answer, or the words that a request failed with."""
    try:
        with urllib.request.urlopen(url) as answer:
            return str(answer.read().decode())
    except OSError as error:
        return repr(error)


@contextmanager
def load(url: str) -> Iterator[Asked]:
    """Ask 200 times a second as long as the context lasts."""
    counted = Asked(url)
    clients = [threading.Thread(target=counted.ask) for _ in range(RATE // 10)]
    for client in clients:
        client.start()
    try:
        yield counted
    finally:
        counted.ended.set()
        for client in clients:
            client.join()


@pytest.fixture(scope="module", params=["none", "nacos"])
def binary(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The service with a secret of its owner's, by itself and beside a config centre."""
    need("go")
    repository = rendered(tmp_path_factory.mktemp("secret"), secrets="files", config_center=request.param)
    add_secret(repository)
    ok(go(repository, "build", "-o", "bin/orders", "./cmd/server", CGO_ENABLED="0"))
    return repository / "bin/orders"


def started(binary: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Start a service whose start is refused."""
    return subprocess.run([binary, *arguments], capture_output=True, text=True, check=False)


def test_a_secret_rotates_under_load_and_is_seen_nowhere(binary: Path, tmp_path: Path) -> None:
    secrets = Mounted(tmp_path / "secrets", {KEY: f"{FIRST}\n".encode()})
    service, admin, profiles = (f"127.0.0.1:{port}" for port in free_ports(3))
    command = [
        str(binary),
        f"-secret-files={secrets.folder}",
        "-addr",
        service,
        "-admin-addr",
        admin,
        "-pprof-addr",
        profiles,
    ]
    log, url = tmp_path / "log", f"http://{service}{PATH}"

    def taken(secret: str) -> None:
        until(lambda: asked(url) == f'"{fingerprint(secret)}"\n', "the secret")

    def logged(words: str) -> None:
        until(lambda: words in log.read_text(), words)

    with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            until_ready(f"http://{admin}/readyz", process)
            with load(url) as counted:
                taken(FIRST)
                secrets.rotate({KEY: SECOND.encode()})
                taken(SECOND)
                secrets.rotate({KEY: BROKEN.encode() + b"\xff"})
                logged("the secret database-password: it is no text")
                secrets.rotate({KEY: SHORT.encode()})
                logged("is short")
                secrets.rotate({})
                logged("gone or empty: database-password")
                taken(SECOND)
                secrets.rotate({KEY: THIRD.encode()})
                taken(THIRD)
            pages = [asked(f"http://{admin}/{page}") for page in ("metrics", "readyz?verbose", "livez")]
            pages += [asked(f"http://{profiles}/debug/pprof/{page}") for page in ("", "goroutine?debug=2", "cmdline")]
            places = {name: Path(f"/proc/{process.pid}/{name}").read_text() for name in ("environ", "cmdline")}
        finally:
            process.kill()
    places |= {"log": log.read_text(), "pages": "".join(pages), "help": started(binary, "-help").stderr}
    assert {*counted.answers} <= {f'"{fingerprint(secret)}"\n' for secret in (FIRST, SECOND, THIRD)}, "none failed"
    assert places["log"].count("secrets refused") == 3, "once each"
    assert places["log"].count("settings changed") == 2
    planted = (FIRST, SECOND, THIRD, BROKEN, SHORT)
    assert [name for name, text in places.items() if any(secret in text for secret in planted)] == []
    assert "database-password" in places["help"]


def test_a_start_that_is_refused_names_the_key_and_no_secret(binary: Path, tmp_path: Path) -> None:
    secrets = Mounted(tmp_path / "secrets", {KEY: SHORT.encode()})
    settings = tmp_path / "config.yaml"
    settings.write_text(f"{KEY}: {FIRST}\n")
    for arguments, says in {
        (f"-secret-files={secrets.folder}",): f'{KEY} "(secret)" is short',
        (f"-secret-files={tmp_path / 'none'}",): "secret-files: open ",
        (f"-{KEY}={FIRST}",): f"{KEY} is secret: put it into a file {KEY} in the folder of -secret-files",
        (f"-config={settings}",): f"{KEY} is secret: put it into a file {KEY} in the folder of -secret-files",
    }.items():
        refused = started(binary, *arguments)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert says in refused.stderr
        assert SHORT not in refused.stderr
        assert FIRST not in refused.stderr


def test_a_probe_does_not_fail_for_a_secret_that_is_broken(binary: Path, tmp_path: Path) -> None:
    secrets = Mounted(tmp_path / "secrets", {KEY: SHORT.encode()})
    probed = started(binary, f"-secret-files={secrets.folder}", "-healthcheck", "-admin-addr=127.0.0.1:1")
    assert "connection refused" in probed.stderr, "it asks the service"
