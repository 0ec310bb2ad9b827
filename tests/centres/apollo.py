"""Apollo: its own test server, since its config service is in no package registry, behind a gate (see there)."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen

from tests.centres.build import class_path
from tests.centres.centre import Answer, Centre, Credentials, Refused, ask
from tests.centres.gate import Gate, Place, signed
from tests.helpers.daemons import until

JAVA = ("java", "-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


class Apollo(Centre):
    """Apollo's test server with a gate before it; the values are the properties of one namespace."""

    name = "apollo"
    place = {"app_id": "orders", "cluster": "default", "namespace": "application"}  # noqa: RUF012
    good = Credentials("orders", "0123456789abcdef0123456789abcdef")
    bad = Credentials("orders", "fedcba9876543210fedcba9876543210")

    def __init__(self, scratch: Path, *, secured: bool) -> None:
        self.gate = Gate("", Place(*self.place.values()), self.good if secured else None)
        threading.Thread(target=self.gate.serve_forever, daemon=True).start()
        super().__init__(scratch, f"TCP:127.0.0.1:{self.gate.server_port},nodelay", secured=secured)
        self._values = scratch / "values" / f"mockdata-{self.place['namespace']}.properties"
        self._values.parent.mkdir()
        self._values.touch()

    @property
    def bare(self) -> str:
        """The URL of the test server itself, which takes every poll for changed."""
        return self.gate.behind

    def publish(self, values: Mapping[str, str]) -> None:
        # The server reads this file for each request; who reads it finds the old one or the new one.
        fresh = self._values.with_suffix(".fresh")
        fresh.write_text("".join(f"{escaped(key)}={escaped(value)}\n" for key, value in values.items()))
        fresh.replace(self._values)
        self.gate.announce()

    def read(self, who: Credentials | None = None) -> dict[str, str]:
        answer = self.get("/configs/" + "/".join(self.place.values()), who)
        if answer.status == 401:
            raise Refused(answer.text)
        assert answer.status == 200, answer
        return dict(json.loads(answer.text)["configurations"])

    def get(self, path: str, who: Credentials | None = None) -> Answer:
        """Ask for a path with its query, signed by ``who``."""
        return ask(self.url + path, headers=signed(path, who) if who else None)

    def _serve(self, running: ExitStack) -> Popen[bytes]:
        path = f"{self._values.parent}:{class_path('apollo')}"
        local = f"-Dapollo.cache-dir={self.scratch}/cache"
        server = self._process(running, *JAVA, "-Dapp.id=orders", "-Denv=DEV", local, "-cp", path, "Main")

        def address() -> str:
            code = server.poll()
            assert code is None, f"apollo has ended with {code}:\n{self.log.read_text()[-3000:]}"
            return next((line for line in self.log.read_text().splitlines() if line.startswith("http://")), "")

        until(address, "apollo")
        self.gate.behind = address()
        self._until(server, f"{self.bare}/configs/" + "/".join(self.place.values()))
        return server

    def close(self) -> None:
        """End the gate."""
        self.gate.shutdown()
        self.gate.server_close()


def escaped(text: str) -> str:
    """Return a key or a value as Java's properties write it, in ASCII."""
    units = text.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
