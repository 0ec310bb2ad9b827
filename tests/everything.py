"""All tests, for `make test-all`: the suites that wait for real engines run beside those that compute.

Each suite is a pytest of its own. What the first one prints is seen at once, what the others printed when all have
ended, and then which tests of all took longest. Ctrl-C ends every suite in order, its engines too.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from xml.etree import ElementTree as ET

ENGINES: Mapping[str, Sequence[str]] = {
    "centres": ("tests/centres", "tests/edge"),
    "flows": ("tests/forge", "tests/serverless", "tests/form", "tests/collector"),
    "nodes": ("tests/images", "tests/kube", "tests/secrets"),
}
"""The suites that need an engine; where two share one, they are one after the other."""
SUITES: Mapping[str, Sequence[str]] = {
    "others": ("-n", "2", "tests", *(f"--ignore={folder}" for folders in ENGINES.values() for folder in folders)),
    **ENGINES,
}
SLOWEST = 10


class Suite:
    """A pytest that runs, in a group of its own: so Ctrl-C reaches it once, through us, and its daemons not at all.

    What it prints is kept in ``log`` where there is one.
    """

    def __init__(self, folder: Path, arguments: Sequence[str], log: Path | None) -> None:
        self.log, self._report = log, folder / "report.xml"
        # What only computes gives way to those who look at a clock.
        command = ["nice", "-n", "0" if log else "5", sys.executable, "-m", "pytest", f"--junitxml={self._report}"]
        with log.open("wb") if log else nullcontext() as out:
            self.process = subprocess.Popen(
                [*command, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out, process_group=0
            )

    def times(self) -> list[tuple[float, str]]:
        """Return the seconds of each test, its set-up included."""
        cases = ET.parse(self._report).iter("testcase") if self._report.exists() else ()
        # What could not be collected, or was interrupted, has no class.
        return [(float(case.get("time", 0)), f"{case.get('classname')}.{case.get('name')}") for case in cases]


def run(suites: Mapping[str, Sequence[str]]) -> bool:
    """Run all suites at once, and say whether all is well."""
    with tempfile.TemporaryDirectory() as place:
        running: dict[str, Suite] = {}
        try:
            for name, arguments in suites.items():
                folder = Path(place) / name
                folder.mkdir()
                running[name] = Suite(folder, arguments, folder / "log" if running else None)
            wait(running.values())
        except KeyboardInterrupt:
            for suite in running.values():
                suite.process.send_signal(signal.SIGINT)
            wait(running.values())
        for name, suite in running.items():
            if suite.log:
                sys.stdout.write(f"\n{name}:\n{suite.log.read_text(errors='replace')}")
        slowest = sorted((each for suite in running.values() for each in suite.times()), reverse=True)[:SLOWEST]
        sys.stdout.write(f"\nslowest {SLOWEST} of all, with their set-up:\n")
        sys.stdout.writelines(f"{seconds:7.1f} s  {name}\n" for seconds, name in slowest)
    return all(suite.process.returncode == 0 for suite in running.values())


def wait(suites: Iterable[Suite]) -> None:
    """Wait for the end of each."""
    for suite in suites:
        suite.process.wait()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(not run(SUITES))
