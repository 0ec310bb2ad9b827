"""What the judges do not see of workflows: which actions they use, and where they run."""

from __future__ import annotations

import re
from pathlib import Path

from tests.helpers.support import PINS, ROOT, rendered


def test_our_own_workflow_uses_pinned_actions() -> None:
    known = {pin["value"] for table in ("action", "own_action") for pin in PINS[table].values()}
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        used = re.findall(r"uses: (.*)", path.read_text())
        assert used
        assert set(used) <= known


def test_cgo_is_compiled_where_it_runs(tmp_path: Path) -> None:
    repository = rendered(tmp_path, base_image="ubuntu", cgo=True, platforms="linux/arm64")
    text = (repository / ".github/workflows/ci.yml").read_text()
    assert text.count("runs-on: ubuntu-24.04-arm\n") == 2
