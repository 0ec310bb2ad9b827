"""Who may talk to whom by NetworkPolicies, as cyclonus reads them: no cluster, no kernel."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.helpers.support import PINS, go_tool
from tests.networks.table import Peer, Talk

Policy = Mapping[str, Any]
_SAID = re.compile(r"IS ALLOWED\?\s*\|\s*(TRUE|FALSE)")


def verdicts(folder: Path, policies: Sequence[Policy], talks: Sequence[Talk], ports: Mapping[int, str]) -> list[bool]:
    """Return whether the policies let each connection through; ``ports`` has the names that pods give theirs."""
    program = go_tool("github.com/mattfenwick/cyclonus/cmd/cyclonus", PINS["own_tool"]["cyclonus"]["value"])
    folder.mkdir()
    for number, policy in enumerate(policies):  # of a file with several it reads the first alone
        (folder / f"{number}.yaml").write_text(json.dumps(policy))
    asked = folder.with_suffix(".json")
    asked.write_text(json.dumps([_traffic(talk, ports) for talk in talks]))
    command = [program, "analyze", "--mode=query-traffic", f"--policy-path={folder}", f"--traffic-path={asked}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    said = [each == "TRUE" for each in _SAID.findall(done.stdout)]
    assert len(said) == len(talks), done.stdout[-2000:] + done.stderr[-2000:]
    return said


def _traffic(talk: Talk, ports: Mapping[int, str]) -> dict[str, Any]:
    return {
        "Source": _peer(talk.source),
        "Destination": _peer(talk.target),
        "Protocol": talk.protocol,
        "ResolvedPort": talk.port,
        "ResolvedPortName": ports.get(talk.port, ""),
    }


def _peer(peer: Peer) -> dict[str, Any]:
    if not peer.namespace:
        return {"IP": "203.0.113.7"}
    labels = {f"app.kubernetes.io/{each}": peer.name for each in ("name", "instance")}
    namespace = {"kubernetes.io/metadata.name": peer.namespace}
    inside = {"PodLabels": labels, "NamespaceLabels": namespace, "Namespace": peer.namespace}
    return {"Internal": inside, "IP": "10.0.0.7"}
