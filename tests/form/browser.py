"""A real Chromium, driven through chromedriver by the W3C's protocol, in a profile of its own."""

from __future__ import annotations

import base64
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.helpers.daemons import debian, process, until

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
STARTED = re.compile("was started successfully on port ([0-9]+)")
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""By what the protocol names an element."""


class Browser:
    """One profile of a browser: what it shows, and what it asked the network for."""

    def __init__(self, driver: str, downloads: Path) -> None:
        self._driver, self.downloads = driver, downloads
        options = {
            "args": [*FLAGS, "--window-size=1280,900"],
            "prefs": {"download.default_directory": str(downloads)},
        }
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"}}
        session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{session['sessionId']}"

    def _call(self, method: str, path: str, document: Mapping[str, Any] | None = None) -> Any:
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(self._driver + path, body, method=method)
        try:
            with urllib.request.urlopen(request) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def post(self, path: str, **document: Any) -> Any:
        """Call a command of the protocol."""
        return self._call("POST", self._session + path, document)

    def cdp(self, command: str, **parameters: Any) -> Any:
        """Call a command of Chromium's own protocol."""
        return self.post("/goog/cdp/execute", cmd=command, params=parameters)

    def open(self, address: str) -> None:
        """Open a page in a new document, and wait until the form is there."""
        self.post("/url", url="about:blank")
        self.post("/url", url=address)
        until(lambda: self.run("return document.documentElement.dataset.ready"), address)

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what a function with this body returns in the page."""
        return self.post("/execute/sync", script=script, args=list(arguments))

    def wait(self, script: str, *arguments: Any) -> Any:
        """Return what a function with this body calls its last argument with."""
        return self.post("/execute/async", script=script, args=list(arguments))

    def click(self, selector: str) -> None:
        """Scroll to what a selector finds, and click it, as a person does."""
        self.run("document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })", selector)
        element = self.post("/element", using="css selector", value=selector)[_ELEMENT]
        self.post(f"/element/{element}/click")

    def type(self, keys: str) -> None:
        """Press keys, wherever the focus is."""
        actions = [
            each for key in keys for each in ({"type": "keyDown", "value": key}, {"type": "keyUp", "value": key})
        ]
        self.post("/actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def screenshot(self) -> bytes:
        """Return the page as a PNG, as much of it as the window shows."""
        return base64.b64decode(self._call("GET", f"{self._session}/screenshot"))

    def look(self, width: int, height: int, scheme: str) -> None:
        """Take a size, and a scheme of colours, light or dark."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def requested(self) -> list[str]:
        """Return every address that was asked for since this was last called."""
        log = [json.loads(each["message"])["message"] for each in self.post("/se/log", type="performance")]
        return [each["params"]["request"]["url"] for each in log if each["method"] == "Network.requestWillBeSent"]

    def complaints(self) -> list[str]:
        """Return what the browser's console said."""
        return [each["message"] for each in self.post("/se/log", type="browser")]

    def quit(self) -> None:
        """End it."""
        self._call("DELETE", self._session)


@contextmanager
def chromedriver(log: Path) -> Iterator[str]:
    """Yield the address of a running chromedriver."""
    debian("chromium", "chromium-driver")
    with process(["chromedriver", "--port=0"], log):
        until(lambda: STARTED.search(log.read_text()), "chromedriver")
        found = STARTED.search(log.read_text())
        assert found, log
        yield f"http://127.0.0.1:{found[1]}"


@contextmanager
def browser(driver: str, downloads: Path) -> Iterator[Browser]:
    """Yield a browser with a fresh profile."""
    opened = Browser(driver, downloads)
    try:
        yield opened
    finally:
        opened.quit()
