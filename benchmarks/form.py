"""A change on the page of the form in a real Chromium, served and by Pyodide, beside native Python in one process.

What is asked is the page after one answer, as the form asks it: checked, rendered, compared with the defaults. The
least of many is compared, for the rest is other processes. Drawing is all else until the files are there again.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.form.browser import Browser, browser, chromedriver
from tests.form.static import static
from tests.helpers.asking import served
from timing import verdict

from gocontainer import Answers, render
from gocontainer.form.answering import respond

ROUNDS = 40
CEILING = 2.5
"""Times native Python, without drawing."""
REQUEST = {"language": "en", "said": {"service": "orders"}, "name": "license", "value": "mit", "open": ["basics"]}
ASKED = """
const [request, rounds, done] = arguments;
import("./engine.js").then(async ({ ask }) => {
  const taken = [];
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    await ask("page", request);
    taken.push(performance.now() - began);
  }
  done(Math.min(...taken));
});
"""
CHANGED = """
const [rounds, done] = arguments;
const taken = [];
let began;
function change() {
  began = performance.now();
  document.querySelectorAll("#question-license input")[taken.length % 2].click();
}
new MutationObserver(() => requestAnimationFrame(() => {
  taken.push(performance.now() - began);
  if (taken.length < rounds) setTimeout(change, 50);
  else done(Math.min(...taken));
})).observe(document.getElementById("content"), { childList: true });
change();
"""
PAINTED = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


def least(action: Callable[[], Any]) -> float:
    """Return the milliseconds that ``action`` takes at best."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        action()
        taken.append(time.perf_counter() - began)
    return 1000 * min(taken)


def in_browser(opened: Browser, address: str) -> tuple[float, float]:
    """Print what a page takes until it is there and for a change; return what an answer takes, and the change."""
    began = time.perf_counter()
    opened.open(f"{address}#service=orders")
    ready = time.perf_counter() - began
    asked, changed = opened.wait(ASKED, REQUEST, ROUNDS), opened.wait(CHANGED, ROUNDS)
    print(f"  {'first paint':32} {opened.run(PAINTED):8.1f} ms")
    print(f"  {'ready':32} {1000 * ready:8.1f} ms")
    print(f"  {'page after an answer':32} {asked:8.1f} ms")
    print(f"  {'change, drawn with its file':32} {changed:8.1f} ms")
    return asked, changed


def main() -> int:
    """Print the table and the verdict."""
    answers, body = Answers(service="orders"), json.dumps(REQUEST)
    native = least(lambda: respond("page", body))
    print(f"native\n  {'render alone':32} {least(lambda: render(answers)):8.1f} ms")
    print(f"  {'page after an answer':32} {native:8.1f} ms")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with chromedriver(folder / "log") as driver, browser(driver, folder) as opened:
            with served() as server:
                print("served")
                by_server, _ = in_browser(opened, server.address)
            with static(folder) as site:
                print("Pyodide")
                by_pyodide, _ = in_browser(opened, site.address)
    print()
    within = {
        f"{name} within {CEILING} x native": (CEILING * native / taken, 1.0, 1.0)
        for name, taken in {"served": by_server, "Pyodide": by_pyodide}.items()
    }
    times = f"served {by_server / native:.1f} x, Pyodide {by_pyodide / native:.1f} x native"
    return verdict("form", times, within)


if __name__ == "__main__":
    sys.exit(main())
