"""Render a service, build it, start it, call it and stop it, saying each step."""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path

BASKET = {
    "lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}, {"sku": "mug", "quantity": 1, "unit_price": 1200}]
}


def main() -> None:
    """Run the demonstration; exit with a sentence where it fails."""
    if not shutil.which("go"):
        sys.exit("Error: Go is not installed. Install Go 1.26 or newer, then run 'make demo' again.")
    with tempfile.TemporaryDirectory() as scratch:
        say("gocontainer new orders --no-input")
        run([Path(sys.executable).with_name("gocontainer"), "new", "orders", "--no-input", "-o", scratch])
        repository = Path(scratch) / "orders"
        say("go build")
        run(["go", "build", "-o", "bin/orders", "./cmd/server"], cwd=repository)
        serve(repository)
    print("\nAll of it worked.")


def serve(repository: Path) -> None:
    """Start the service, call it, and stop it with SIGTERM."""
    service, admin = (f"127.0.0.1:{port}" for port in free_ports(2))
    say(f"bin/orders -addr {service} -admin-addr {admin}")
    arguments = ["bin/orders", "-addr", service, "-admin-addr", admin, "-pprof-addr", ""]
    with subprocess.Popen(arguments, cwd=repository) as process:
        try:
            until_ready(f"http://{admin}/readyz", process)
            say("GET /readyz")
            print(get(f"http://{admin}/readyz"))
            say(f"POST /v1/quotes {json.dumps(BASKET)}")
            answer = get(f"http://{service}/v1/quotes", json.dumps(BASKET).encode())
            print(answer)
            if json.loads(answer)["total"] != 1900:  # noqa: PLR2004
                sys.exit("Error: the total is wrong.")
            say("SIGTERM")
            process.send_signal(signal.SIGTERM)
            code = process.wait()
        finally:
            process.kill()
    if code != 0:
        sys.exit(f"Error: the service ended with exit code {code}.")
    print("exit code 0")


def say(step: str) -> None:
    """Print a step."""
    print(f"\n> {step}", flush=True)


def run(arguments: list[str | Path], cwd: Path | None = None) -> None:
    """Run a program; exit with its code where it fails."""
    if subprocess.run(arguments, cwd=cwd, check=False).returncode:
        sys.exit(f"Error: {arguments[0]} failed; see above.")


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on, of those that no system gives to a connection that goes out."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            port = 20000 + secrets.randbelow(10000)
            with suppress(OSError):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
                found.append(port)
    return found


def get(url: str, body: bytes | None = None) -> str:
    """Return the text at ``url``, of a POST of JSON where there is a body."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return str(response.read().decode().strip())


def until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait for a 200 from ``url``; exit where the process ends first."""
    while process.poll() is None:
        try:
            get(url)
        except OSError:
            time.sleep(0.02)
        else:
            return
    sys.exit("Error: the service ended before it was ready.")


if __name__ == "__main__":
    main()
