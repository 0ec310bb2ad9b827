"""What nothing uses in a row is not in it: flags, fields, exported names. Volumes, ports and groups: tests/checks."""

from __future__ import annotations

from typing import Any

import pytest

from gocontainer.repository.tree import File
from tests.helpers.support import files_of, rows
from tests.helpers.unused import unused

CONFIG, MEMORY = "internal/config/config.go", "internal/memory/memory.go"

ADMIN = "\tfs.StringVar(&c.AdminAddr"


@pytest.mark.proof("*")
@rows()
def test_nothing_is_in_a_row_that_nothing_uses(row: dict[str, Any]) -> None:
    assert list(unused(files_of(row))) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        (CONFIG, ADMIN, f'\tfs.IntVar(&c.MaxInFlight, "burst", 0, "")\n{ADMIN}', "says -burst"),
        (CONFIG, ADMIN, f'\tfs.IntVar(&c.CPU, "addr", 0, "")\n{ADMIN}', "reads CPU of -addr"),
        (CONFIG, "\nfunc isLoop", "\n// Source is read.\ntype Source interface{}\n\nfunc isLoop", "uses Source of"),
        (MEMORY, "\nfunc part", "\nfunc Parts() int64 { return parts }\n\nfunc part", "uses Parts of"),
        ("internal/telemetry/tracing.go", "memory.Spans()", "2048", f"uses Spans of {MEMORY}"),
        (CONFIG, "type Config struct {", "type Config struct {\n\tNap time.Duration", "uses Nap of"),
    ],
)  # fmt: skip
def test_what_nothing_uses_is_found(path: str, old: str, new: str, said: str) -> None:
    files = files_of({})
    text = files[path].content.decode()
    assert old in text
    found = list(unused({**files, path: File(text.replace(old, new, 1).encode())}))
    assert len(found) == 1, found
    assert said in found[0]
