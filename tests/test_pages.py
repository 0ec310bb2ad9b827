"""The pages of a rendered repository say what its files say: paths, names, commands, numbers."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gocontainer.repository.tree import File
from tests.helpers.pages import FACTS, FOREIGN, SAID, pages, pattern, wrong
from tests.helpers.support import RARE, ROWS, answers, files_of, rows

KEDA = {"target": "knative", "eventing": "kafka", "scale_on": "lag"}
EDGE = {"target": "kubeedge", "edge_features": "model", "config_center": "nacos"}
DECISIONS, ENVIRONMENTS, README = "docs/decisions.md", "docs/environments.md", "README.md"
BASE = "deploy/base/deployment.yaml"


@pytest.mark.proof("*")
@rows()
def test_no_page_says_what_the_files_do_not(row: dict[str, Any]) -> None:
    assert list(wrong(files_of(row), str(answers(**row)["service"]))) == []


def test_each_sentence_and_each_name_that_the_check_knows_is_in_some_page() -> None:
    texts = {page for row in (*ROWS, RARE, {"profile": "hardened"}) for page in pages(files_of(row))}
    prose = "\n".join(sorted({page.prose for page in texts}))
    assert [sentence for sentence in SAID if not re.search(pattern(sentence), prose)] == []
    assert [name for name in FOREIGN if f"`{name}`" not in prose] == []
    assert [phrase for phrase in FACTS if not re.search(phrase, prose)] == []


@pytest.mark.parametrize(
    ("given", "path", "old", "new", "said"),
    [
        ({}, DECISIONS, "| drain | 20 |", "| drain | 25 |", "25 is 20 in the files"),
        ({}, DECISIONS, "| 33 s |", "| 34 s |", "34 is 33 in the files"),
        ({}, DECISIONS, "32Mi of `/tmp`", "64Mi of `/tmp`", "64Mi is 32Mi in the files"),
        ({}, DECISIONS, "the runtime has", "within 7 ms the runtime has", "nothing says where 7 is set"),
        ({}, BASE, "sizeLimit: 32Mi", "sizeLimit: 48Mi", "32Mi is 48Mi in the files"),
        ({}, BASE, "failureThreshold: 15", "failureThreshold: 16", "32 is 34 in the files"),
        ({}, BASE, "memory: 128Mi\n              # A full", "memory: 256Mi\n              # A full", "128Mi is 256Mi"),
        ({}, "internal/memory/memory.go", " / 16 * n", " / 32 * n", "6553600 is 3276800 in the files"),
        ({}, "internal/config/config.go", '"request-timeout", 10*', '"request-timeout", 9*', "10 is 9 in the files"),
        ({}, README, "on 8081", "on 8082", "8082 is 8081 in the files"),
        ({}, README, "`internal/health`", "`internal/healths`", "nothing is called internal/healths"),
        ({}, README, "`/livez`", "`/alive`", "nothing is called /alive"),
        ({}, README, "`make pin`", "`make pinned`", "there is no target pinned"),
        ({}, README, "    make run", "    make go", "there is no target go"),
        ({}, README, "`-help`", "`-settings`", "nothing is called -settings"),
        ({}, ENVIRONMENTS, "overlays/prod", "overlays/production", "there is no deploy/overlays/production"),
        ({}, README, "`gocontainer status`", "`gocontainer state`", "there is no command gocontainer state"),
        ({}, "Makefile", "\npin: ##", "\npins: ##", "there is no target pin"),
        (EDGE, DECISIONS, "/data/last-good", "/tmp/last-good", "nothing is called /tmp/last-good.yaml"),
        (EDGE, README, "(docs/edge.md)", "(docs/edges.md)", "the link docs/edges.md leads nowhere"),
        (EDGE, "docs/edge.md", "at most 60 s", "at most 90 s", "90 is 60 in the files"),
        (EDGE, README, "APP_CENTER_NEEDS", "APP_CENTER_WANTS", "nothing is called APP_CENTER_WANTS"),
        (KEDA, "docs/function.md", "| attempts | 10 |", "| attempts | 12 |", "12 is 10 in the files"),
        (KEDA, "docs/function.md", "./cmd/replay -brokers", "./cmd/replay -servers", "there is no flag -servers"),
    ],
)  # fmt: skip
def test_what_is_said_wrong_is_found(given: dict[str, Any], path: str, old: str, new: str, said: str) -> None:
    files = files_of(given)
    text = files[path].content.decode()
    assert old in text
    found = list(wrong({**files, path: File(text.replace(old, new).encode())}, "orders"))
    assert any(said in each for each in found), found
