"""Clients over plain sockets, cheap enough not to be what is measured, and servers in processes of their own."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

PLACES = ("DE", "CN", "IN", "AE", "GB", "SA", "TW", "MY")
ITEMS = ("NVIDIA H100 SXM", "NVIDIA H20", "NVIDIA T4", "NVIDIA GeForce RTX 4090")


@dataclass
class Load:
    """What came of a load."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    broken: int = 0
    bytes: int = 0

    def add(self, other: Load) -> None:
        """Count another load with this one."""
        self.seconds += other.seconds
        self.times += other.times
        self.broken += other.broken
        self.bytes += other.bytes
        for status, count in other.statuses.items():
            self.statuses[status] = self.statuses.get(status, 0) + count

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds

    def quantile(self, share: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def transactions() -> Iterator[dict[str, object]]:
    """Orders without end, no two alike: items and places in turn, quantities that go up."""
    number = 0
    while True:
        place = PLACES[number % len(PLACES)]
        item = ITEMS[number // len(PLACES) % len(ITEMS)]
        party = {"role": "ultimate_consignee", "country": place, "headquarters": place,
                 "ultimate_parent_headquarters": place}  # fmt: skip
        yield {"date": "2025-07-01", "activity": "export", "item": item, "quantity": 1 + number // 32,
               "origin": "US", "destination": place, "end_use": "cloud_service", "parties": [party]}  # fmt: skip
        number += 1


def post(path: str, body: bytes) -> bytes:
    """A request as it goes over the wire."""
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode()


class Connection:
    """One connection, kept open, opened again where the server closed it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        if b"connection: close" in head.lower():
            self.close()
        return int(head[9:12]), body

    def close(self) -> None:
        if self.streams is not None:
            self.streams[1].close()
            self.streams = None


async def closed_loop(port: int, clients: int, seconds: float, next_request: Callable[[], bytes]) -> Load:
    """Each client asks as soon as it was answered."""
    load, end = Load(), perf_counter() + seconds
    start = perf_counter()

    async def client() -> None:
        async with _connected(port) as connection:
            while perf_counter() < end:
                await _one(connection, next_request(), load, perf_counter())

    await asyncio.gather(*(client() for _ in range(clients)))
    load.seconds = perf_counter() - start
    return load


async def open_loop(port: int, rate: float, seconds: float, next_request: Callable[[], bytes]) -> Load:
    """Requests at fixed moments whatever comes back; a time counts from the moment it was due."""
    load, free = Load(), asyncio.Queue[Connection]()
    for _ in range(32):
        free.put_nowait(Connection(port))
    start, tasks = perf_counter(), []

    async def one(due: float) -> None:
        connection = await free.get()
        try:
            await _one(connection, next_request(), load, due)
        finally:
            free.put_nowait(connection)

    for number in range(int(rate * seconds)):
        due = start + number / rate
        await asyncio.sleep(max(0.0, due - perf_counter()))
        tasks.append(asyncio.create_task(one(due)))
    await asyncio.gather(*tasks)
    load.seconds = perf_counter() - start
    while not free.empty():
        free.get_nowait().close()
    return load


@asynccontextmanager
async def _connected(port: int) -> AsyncIterator[Connection]:
    connection = Connection(port)
    try:
        yield connection
    finally:
        connection.close()


async def _one(connection: Connection, request: bytes, load: Load, since: float) -> None:
    try:
        status, body = await connection.ask(request)
    except (OSError, EOFError, ValueError):
        connection.close()
        load.broken += 1
        return
    load.times.append(perf_counter() - since)
    load.statuses[status] = load.statuses.get(status, 0) + 1
    load.bytes += len(body)


@contextmanager
def served(words: list[str], **settings: str) -> Iterator[tuple[int, int]]:
    """A server in a process of its own: its port and process id. It says where it listens in its first line."""
    environ = {**os.environ, **{f"EXEAT_{name.upper()}": value for name, value in settings.items()}}
    process = subprocess.Popen(
        [sys.executable, "-u", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environ
    )
    try:
        assert process.stdout is not None
        found = re.search(r":(\d+)/", process.stdout.readline())
        if found is None:
            raise SystemExit(f"{' '.join(words)} did not start")
        yield int(found[1]), process.pid
    finally:
        process.terminate()
        process.wait(20)


def resident(pid: int) -> int:
    """Bytes of memory a process holds (Linux)."""
    with Path(f"/proc/{pid}/status").open(encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))
