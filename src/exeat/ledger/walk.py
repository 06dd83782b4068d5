"""The chain of receipts read from one end to the other, in one process or in several, each with ranges of its own."""

from __future__ import annotations

import multiprocessing
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing.context import BaseContext
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection, Select, select

from exeat.ledger.chain import DIGEST, GENESIS, receipt_link
from exeat.ledger.errors import LedgerError
from exeat.ledger.receipts import DETERMINATION
from exeat.ledger.sealing import opened
from exeat.ledger.store import Store
from exeat.ledger.tables import openings, receipts

#: So many rows are asked of a server at a time; of SQLite so few that they stay in the processor's cache.
ROWS, ROWS_CACHED = 5_000, 64
#: A range of one process; more ranges than processes, so that none waits long for the last.
RANGE = 25_000
#: Where, number, what: a fault before it has its class.
Wrong: TypeAlias = tuple[str, int | None, str]


@dataclass(slots=True)
class Walk:
    """What was found in a range of receipts.

    ``lost``: values without their opening, by receipt (None: the opening is not what was committed to). ``told``:
    kind and body of every entry that is no determination, for whoever compares the tables with them.
    """

    faults: list[Wrong] = field(default_factory=list)
    count: int = 0
    lost: dict[int, list[int] | None] = field(default_factory=dict)
    told: list[tuple[str, bytes]] = field(default_factory=list)

    def add(self, other: Walk) -> None:
        """Put what follows behind."""
        self.faults += other.faults
        self.count += other.count
        self.lost |= other.lost
        self.told += other.told


_bytes = bytes.fromhex


def hash_at(connection: Connection, number: int) -> bytes:
    """The stored hash of a receipt; what the first one follows if there is none."""
    found = connection.execute(select(receipts.c.hash).where(receipts.c.number == number)).scalar()
    return GENESIS if found is None else bytes(found)


def walk(connection: Connection, first: int, last: int, good: frozenset[bytes]) -> Walk:
    """Read a range in order; a fault does not stop the walk, the stored hash carries on. ``good``: whole pieces."""
    found = Walk()
    faults, lost = found.faults, found.lost
    previous, expected = hash_at(connection, first - 1), first
    whole: set[bytes] = {b""}
    for number, at, kind, reference, key, part_list, commitments, body, stored, opens in _rows(connection, first, last):
        if number != expected:
            faults.append(("receipts", expected, f"missing up to {number - 1}"))
        try:
            same = receipt_link(previous, number, at, kind, reference, key, part_list, commitments, body) == stored
        except Exception:  # a column of another type than was written
            same = False
        if not same:
            why = "follows a missing one" if number != expected else "altered, or moved from another place"
            faults.append(("receipts", number, why))
        if part_list not in whole:
            absent = _absent(part_list, good)
            if absent:
                faults.append(("receipts", number, f"{absent} of its pieces missing or altered"))
            else:
                whole.add(part_list)
        if commitments:
            if not _opens(commitments, opens):
                lost[number] = _lost(commitments, opens)
        elif opens is not None:
            faults.append(("openings", number, "opens nothing"))
        if kind != DETERMINATION:
            found.told.append((kind, body))
        found.count += 1
        previous, expected = stored, number + 1
    if expected <= last:
        faults.append(("receipts", expected, f"missing up to {last}"))
    return found


def _opens(commitments: bytes, opens: Any) -> bool:
    """Whether every commitment holds: as nearly always, and told in the shortest way. See :func:`opened`."""
    try:
        hashes = [sha256(_bytes(salt) + value.encode()).digest() for salt, value in orjson.loads(opens)]
    except (TypeError, ValueError, AttributeError):
        return False
    return b"".join(hashes) == commitments


def _lost(commitments: bytes, opens: Any) -> list[int] | None:
    try:
        values = opened(commitments, opens)
    except (LedgerError, TypeError):
        return None
    return None if values is None else [index for index, value in enumerate(values) if value is None]


def _absent(part_list: bytes, good: frozenset[bytes]) -> int:
    return sum(part_list[i : i + DIGEST] not in good for i in range(0, len(part_list), DIGEST))


def _rows(connection: Connection, first: int, last: int) -> Iterator[tuple[Any, ...]]:
    """The rows of a range with their openings, some at a time; on SQLite as the driver's own tuples."""
    names = ("number", "at", "kind", "reference", "key", "parts", "commitments", "body", "hash")
    query: Select[Any] = (
        select(*(receipts.c[name] for name in names), openings.c.body)
        .join_from(receipts, openings, openings.c.receipt == receipts.c.number, isouter=True)
        .where(receipts.c.number.between(first, last))
        .order_by(receipts.c.number)
    )
    if connection.dialect.name != "sqlite":
        for row in connection.execute(query, execution_options={"yield_per": ROWS}):
            yield tuple(row)
        return
    result = connection.execute(query)
    cursor = result.cursor
    assert cursor is not None
    while rows := cursor.fetchmany(ROWS_CACHED):
        yield from rows
    result.close()


def personal(found: Walk, redacted: Mapping[int, frozenset[int]]) -> Iterator[Wrong]:
    """Values that are gone without a redaction, and redacted ones that are back."""
    for number, gone in sorted(found.lost.items()):
        if gone is None:
            yield "openings", number, "a personal value is not the one committed to"
        elif silent := [index for index in gone if index not in redacted.get(number, ())]:
            yield "openings", number, f"personal value {silent[0]} was deleted without a redaction in the chain"
    for number, fields in sorted(redacted.items()):
        gone = found.lost.get(number, [])
        if gone is not None and (kept := sorted(fields.difference(gone))):
            yield "openings", number, f"personal value {kept[0]} was redacted and is back"


# Several processes

_mine: tuple[Store, frozenset[bytes]]


def in_processes(store: Store, last: int, processes: int, good: frozenset[bytes]) -> Iterable[Walk]:
    """The walks of all ranges, in order. Each begins with the stored hash before it, which the walk of the range
    before has compared: so the seams hold too.
    """
    url = store.engine.url.render_as_string(hide_password=False)
    size = min(RANGE, -(-last // processes))
    ranges = [(first, min(first + size - 1, last)) for first in range(1, last + 1, size)]
    with ProcessPoolExecutor(processes, mp_context=_context(), initializer=_begin, initargs=(url, good)) as pool:
        yield from pool.map(_range, ranges)


def _context() -> BaseContext:
    """A forked process begins in a millisecond, but a fork while threads run may copy a lock that nobody gives back."""
    quick = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if quick else "spawn")


def _begin(url: str, good: frozenset[bytes]) -> None:
    global _mine
    _mine = Store(url), good


def _range(of: tuple[int, int]) -> Walk:
    store, good = _mine
    with store.reading() as connection:
        return walk(connection, *of, good)
