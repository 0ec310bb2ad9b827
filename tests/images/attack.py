"""Everything that can fill a service's memory, all at once: bodies, slow ones, endless headers, idle connections."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

PATIENCE = 12
"""Seconds until a connection that says nothing is given up; the service gives a header 5 and a body 10."""
FLOOD = 3000
"""Connections of each kind."""
QUOTES = "/v1/quotes"
KIB = 1024
GOOD = {"sku": "x" * 64, "quantity": 1_000_000, "unit_price": 1_000_000_000}

ORDINARY = json.dumps({"lines": [{"sku": "tea", "quantity": 2, "unit_price": 350}] * 82}).encode()
"""4 KiB."""


def shapes(size: int) -> Mapping[str, bytes]:
    """Return bodies of ``size`` bytes at most, by what they hold."""
    return {
        "empty elements": b'{"lines":[' + b"{}," * (size // 3 - 5) + b"{}]}",
        "nothing": b'{"lines":[' + b"null," * (size // 5 - 5) + b"null]}",
        "nested": b'{"lines":' + b"[" * 9_000 + b"]" * 9_000 + b"}",
        "one long word": b'{"lines":[{"sku":"' + b"x" * (size - 40) + b'"}]}',
        "escapes": b'{"lines":[{"sku":"' + b"\\u0000" * (size // 6 - 8) + b'"}]}',
        "a full basket": json.dumps({"lines": [GOOD] * 100}).encode().ljust(size),
        "spaces": b'{"lines":[' + b" " * (size - 20) + b"]}",
        "an unknown field": b'{"lines":[],"x":[' + b"{}," * (size // 3 - 10) + b"{}]}",
    }


EVENTS = {
    "many members": b"{" + b",".join(b'"%x":1' % n for n in range(6_000)) + b"}",
    "empty elements": b'{"specversion":"1.0","data":[' + b"{}," * 20_000 + b"{}]}",
    "a long number": b'{"specversion":"1.0","data":' + b"1" * (63 * KIB) + b"}",
}
"""Events in structured mode."""


def request(path: str, body: bytes) -> bytes:
    """Return a POST of JSON: of an event, where the path is the function's."""
    media = "application/json" if path == QUOTES else "application/cloudevents+json"
    head = f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def exchange(address: str, data: bytes, *, keep: bool = False, together: asyncio.Barrier | None = None) -> int:
    """Send data on a connection of its own and return the status of the answer; 0 where there is none.

    Those who are together send their last byte at once; who keeps stays after the answer.
    """
    writer = None
    try:
        reader, writer = await asyncio.open_connection(*address.split(":"))
        writer.write(data[:-1])
        await writer.drain()
    except OSError:
        data = b""
    if together:
        await together.wait()
    if writer is None:
        return 0
    try:
        writer.write(data[-1:])
        line = await asyncio.wait_for(reader.readline(), PATIENCE)
        if keep:
            await asyncio.wait_for(reader.read(), PATIENCE)
        return int(line.split()[1]) if line else 0
    except (OSError, TimeoutError):
        return 0
    finally:
        writer.close()


async def crowd(many: int, one: Callable[[], Coroutine[Any, Any, int]]) -> Counter[int]:
    """Do something as many times at once, and count the answers."""
    return Counter(await asyncio.gather(*(one() for _ in range(many))))


async def _together(address: str, data: bytes, many: int) -> Counter[int]:
    barrier = asyncio.Barrier(many)
    return await crowd(many, lambda: exchange(address, data, together=barrier))


def _alive(admin: str, over: threading.Event) -> list[int]:
    """Ask for /livez all the time, and return the answers."""
    answers = []
    while not over.wait(0.2):
        connection = http.client.HTTPConnection(admin, timeout=60)
        try:
            connection.request("GET", "/livez")
            answers.append(connection.getresponse().status)
        except (OSError, http.client.HTTPException):
            answers.append(0)
        finally:
            connection.close()
    return answers


async def _everything(
    address: str, admin: str, bodies: list[bytes], size: int, header: int, flood: int
) -> tuple[list[int], Counter[int]]:
    over = threading.Event()
    probes = asyncio.create_task(asyncio.to_thread(_alive, admin, over))

    async def every_body() -> Counter[int]:
        answers: Counter[int] = Counter()
        for body in bodies:
            answers += await _together(address, body, size)
        return answers

    half = b"GET / HTTP/1.1\r\nHost: test\r\nX-Long: " + b"x" * header
    whole = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"
    scrape = b"GET /metrics HTTP/1.1\r\nHost: test\r\nX: " + b"x" * 7_000
    answers = await every_body()
    meanwhile = await asyncio.gather(
        crowd(flood, lambda: exchange(address, half)),
        crowd(flood, lambda: exchange(address, b"")),
        crowd(flood, lambda: exchange(address, whole, keep=True)),
        crowd(size // 2, lambda: exchange(address, bodies[0][:-5])),
        crowd(100, lambda: exchange(admin, scrape)),
        every_body(),
    )
    over.set()
    return await probes, answers + meanwhile[-1]


def everything(
    address: str,
    admin: str,
    size: int,
    path: str = QUOTES,
    *,
    body: int = 64 * KIB,
    header: int = 15 * KIB,
    flood: int = FLOOD,
) -> tuple[list[int], Counter[int]]:
    """Attack, and return what /livez and the bodies were answered.

    As many bodies as ``size`` of each shape are sent at once, first alone, then beside all else.
    """
    bodies = EVENTS if path != QUOTES else shapes(body)
    return asyncio.run(
        _everything(address, admin, [request(path, each) for each in bodies.values()], size, header, flood)
    )


def at_once(address: str, body: bytes, many: int, path: str = QUOTES) -> Counter[int]:
    """Send a body as many times, all of them in flight together, and count the answers."""
    return asyncio.run(_together(address, request(path, body), many))


def headers(address: str, many: int, size: int) -> Counter[int]:
    """Send as many headers of a size that do not end, and count the answers."""
    half = b"GET / HTTP/1.1\r\nHost: test\r\nX-Long: " + b"x" * size
    return asyncio.run(crowd(many, lambda: exchange(address, half)))


def one_after_the_other(address: str, many: int) -> None:
    """Send requests with long words on one connection, without waiting for answers, and read those until it ends."""
    host, port = address.split(":")
    ask = f"GET /{'x' * 300} HTTP/1.1\r\nHost: test\r\nUser-Agent: {'x' * 300}\r\n"
    with suppress(OSError), socket.create_connection((host, int(port))) as connection:
        asking = threading.Thread(target=_ask, args=(connection, ask.encode(), many))
        asking.start()
        while connection.recv(64 * KIB):
            pass
        asking.join()


def _ask(connection: socket.socket, ask: bytes, many: int) -> None:
    with suppress(OSError):
        connection.sendall((ask + b"\r\n") * many)
        connection.sendall(ask + b"Connection: close\r\n\r\n")
