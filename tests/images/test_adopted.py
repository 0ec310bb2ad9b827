"""What BuildKit makes of the Dockerfile that `gocontainer adopt` writes beside code that somebody else wrote."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.support import gocontainer, ok
from tests.images.engine import Engine

MAIN = """\
package main

import (
	_ "embed"
	"fmt"
)

//go:embed words/hello.txt
var hello string

func main() { fmt.Print(hello) }
"""


def test_the_image_of_code_that_was_not_generated_is_built_and_runs(engine: Engine, tmp_path: Path) -> None:
    files = {"go.mod": "module example.com/acme/till\n\ngo 1.24\n", "cmd/till/main.go": MAIN}
    for path, text in {**files, "cmd/till/words/hello.txt": "hello\n", ".env": "SECRET=1\n"}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    ok(gocontainer("adopt", str(tmp_path), "--no-input"))
    assert {*engine.context(tmp_path)} == {"go.mod", "cmd/till/main.go", "cmd/till/words/hello.txt"}
    image = engine.load(engine.build(tmp_path))
    assert engine.docker("run", "--rm", "--network=none", "--read-only", image) == "hello"
