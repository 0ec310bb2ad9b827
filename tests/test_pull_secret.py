"""The Secret that images are pulled with is on the ServiceAccount of every target."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gocontainer.errors import UsageError
from gocontainer.repository import tree
from tests.helpers.support import answers, pip_tool, rendered
from tests.judges.subject import rendered_by

EVERYWHERE: tuple[dict[str, Any], ...] = (
    {},
    {"target": "knative"},
    {"target": "knative", "scale_on": "lag", "eventing": "kafka"},
    {"target": "kubeedge"},
    {"target": "openyurt", "edge_features": "held-upgrade"},
    {"target": "openyurt", "edge_features": "plain-deployments"},
)
WAVES = "orders-waves"
"""The ServiceAccount, with its Role, that no pod has: who brings releases to the sites asks for a token of it."""
every_target = pytest.mark.parametrize("given", EVERYWHERE, ids=str)


def accounts(repository: Path) -> list[dict[str, Any]]:
    """Return the ServiceAccount of the pods of each environment, or of the sites."""
    texts = rendered_by(repository).values()
    found = [each for text in texts for each in yaml.safe_load_all(text) if each]
    return [each for each in found if each["kind"] == "ServiceAccount" and each["metadata"]["name"] != WAVES]


@every_target
def test_pods_of_every_target_pull_with_it(tmp_path: Path, given: dict[str, Any]) -> None:
    found = accounts(rendered(tmp_path, image="harbor.example.com/shop/orders", pull_secret="123.harbor", **given))
    assert found
    assert [each["imagePullSecrets"] for each in found] == [[{"name": "123.harbor"}]] * len(found)


@every_target
def test_without_one_nothing_speaks_of_it(tmp_path: Path, given: dict[str, Any]) -> None:
    repository = rendered(tmp_path, **given)
    files = tree.load(repository)
    assert [path for path, file in files.items() if b"imagePullSecrets" in file.content] == []
    assert "docker-registry" not in (repository / "README.md").read_text()


def test_the_line_of_the_readme_makes_it_from_a_robot_account(tmp_path: Path) -> None:
    repository = rendered(tmp_path, image="harbor.example.com/shop/orders", pull_secret="harbor")
    (line,) = re.findall(r"^    (kubectl .* docker-registry .*)$", (repository / "README.md").read_text(), re.MULTILINE)
    (tmp_path / "token").write_text("s3cr$t\n")
    command = f"{line.replace('kubectl', pip_tool('kubectl'), 1)} --dry-run=client --output=json"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, check=True, capture_output=True, text=True)
    made = json.loads(done.stdout)
    login = json.loads(base64.b64decode(made["data"][".dockerconfigjson"]))["auths"]["harbor.example.com"]
    assert (made["metadata"]["name"], made["metadata"]["namespace"]) == ("harbor", "orders")
    assert (login["username"], login["password"]) == ("robot$NAME", "s3cr$t")


@pytest.mark.parametrize("name", ["Harbor", "-a", "a_b", "a/b", "a..b", "a b", "x" * 254])
def test_what_names_no_secret_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="the name of a Secret, or nothing"):
        answers(pull_secret=name)
