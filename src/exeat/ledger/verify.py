"""Finds what was altered, dropped, moved or cut off, from the database alone; no network, no law.

Two things must be kept outside the database to catch someone who can rewrite all of it: a checkpoint (how long the
chain was and its last hash, exported now and then) and, if one is used, the key that seals the head.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

from sqlalchemy import Connection, Select, func, select

from exeat.ledger import audit
from exeat.ledger.chain import DIGEST, GENESIS, digest, parsed, receipt_link, seal
from exeat.ledger.errors import LedgerError
from exeat.ledger.receipts import head_of
from exeat.ledger.sealing import opened
from exeat.ledger.store import Store
from exeat.ledger.tables import openings, parts, receipts

#: So many rows are read at a time; from so many on, verification is shared among processes.
ROWS = 5_000
MANY = 50_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was written: in what (receipts, parts, head, postings, ...), where, and how."""

    where: str
    number: int | None
    what: str

    def __str__(self) -> str:
        place = self.where if self.number is None else f"{self.where} {self.number}"
        return f"{place}: {self.what}"


@dataclass(frozen=True, slots=True)
class Verification:
    """How much was read and what was found. ``head`` is the last hash of the chain of receipts."""

    receipts: int
    parts: int
    postings: int
    head: bytes
    faults: tuple[Fault, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class _Segment:
    url: str
    first: int
    last: int
    previous: bytes
    good: frozenset[bytes]
    redacted: Mapping[int, frozenset[int]]


def verify(
    store: Store,
    *,
    checkpoint: Mapping[str, Any] | None = None,
    seal_key: bytes | None = None,
    workers: int | None = None,
) -> Verification:
    """Read everything and compare it with its hashes. ``workers`` processes (default: cores, for a long chain)."""
    with store.reading() as connection:
        faults: list[Fault] = []
        good, read = _good_parts(connection, faults)
        count, last = connection.execute(select(func.count(), func.max(receipts.c.number))).one()
        redacted = _redactions(connection)
        last = last or 0
        processes = workers or (min(os.cpu_count() or 1, 8) if count >= MANY else 1)
        if processes > 1 and store.engine.url.database not in (None, "", ":memory:"):
            faults += _in_parallel(connection, store, last, processes, good, redacted)
        else:
            faults += _segment(connection, _Segment("", 1, last, GENESIS, good, redacted))
        if count != last and not any(fault.where == "receipts" for fault in faults):
            faults.append(Fault("receipts", None, f"{count} rows, the last is numbered {last}"))
        end = _hash_at(connection, last)
        faults += _head(connection, last, end, seal_key)
        posted, wrong = audit.audit(connection)
        faults += [Fault(*one) for one in wrong]
        if checkpoint is not None:
            faults += [Fault(*one) for one in audit.against_checkpoint(connection, checkpoint, seal_key)]
    notes = [] if checkpoint is not None else ["no checkpoint was given: a chain rewritten as a whole would not show"]
    return Verification(count, read, posted, end, tuple(faults), tuple(notes))


def _good_parts(connection: Connection, faults: list[Fault]) -> tuple[frozenset[bytes], int]:
    found, read = set(), 0
    rows = connection.execute(select(parts.c.digest, parts.c.body), execution_options={"yield_per": ROWS})
    for name, body in rows:
        read += 1
        if digest(bytes(body)) == name:
            found.add(bytes(name))
        else:
            faults.append(Fault("parts", None, f"piece {bytes(name).hex()[:12]} was altered"))
    return frozenset(found), read


def _redactions(connection: Connection) -> dict[int, frozenset[int]]:
    found: dict[int, frozenset[int]] = {}
    rows = connection.execute(select(receipts.c.body).where(receipts.c.kind == "redaction")).scalars()
    for body in rows:
        try:
            entry = parsed(bytes(body))
            number, fields = int(entry["receipt"]), frozenset(entry["fields"])
        except (LedgerError, KeyError, TypeError, ValueError):
            continue  # its own hash will not hold either
        found[number] = found.get(number, frozenset()) | fields
    return found


def _hash_at(connection: Connection, number: int) -> bytes:
    if number == 0:
        return GENESIS
    found = connection.execute(select(receipts.c.hash).where(receipts.c.number == number)).scalar()
    return GENESIS if found is None else bytes(found)


def _in_parallel(
    connection: Connection,
    store: Store,
    last: int,
    processes: int,
    good: frozenset[bytes],
    redacted: Mapping[int, frozenset[int]],
) -> list[Fault]:
    size = -(-last // processes)
    url = store.engine.url.render_as_string(hide_password=False)
    cuts = [(first, min(first + size - 1, last)) for first in range(1, last + 1, size)]
    segments = [_Segment(url, a, b, _hash_at(connection, a - 1), good, redacted) for a, b in cuts]
    with ProcessPoolExecutor(len(segments), mp_context=get_context("spawn")) as pool:
        return [fault for faults in pool.map(_segment_elsewhere, segments) for fault in faults]


def _segment_elsewhere(segment: _Segment) -> list[Fault]:
    store = Store(segment.url)
    try:
        with store.reading() as connection:
            return _segment(connection, segment)
    finally:
        store.close()


def _segment(connection: Connection, segment: _Segment) -> list[Fault]:
    """Walk the receipts of a segment in order; a fault does not stop the walk, the stored hash carries on."""
    columns = (
        receipts.c[name] for name in ("number", "at", "kind", "reference", "key", "parts", "commitments", "body")
    )
    query = (
        select(*columns, receipts.c.hash, openings.c.body)
        .join_from(receipts, openings, openings.c.receipt == receipts.c.number, isouter=True)
        .where(receipts.c.number.between(segment.first, segment.last))
        .order_by(receipts.c.number)
    )
    faults: list[Fault] = []
    previous, expected = segment.previous, segment.first
    whole: set[bytes] = {b""}
    for number, at, kind, reference, key, part_list, commitments, body, stored, opens in _plain(connection, query):
        if number != expected:
            faults.append(Fault("receipts", expected, f"missing up to {number - 1}"))
        if receipt_link(previous, number, at, kind, reference, key, part_list, commitments, body) != stored:
            why = "follows a missing one" if number != expected else "altered, or moved from another place"
            faults.append(Fault("receipts", number, why))
        if part_list not in whole:
            absent = _absent(part_list, segment.good)
            if absent:
                faults.append(Fault("receipts", number, f"{len(absent)} of its pieces missing or altered"))
            else:
                whole.add(part_list)
        if commitments:
            what = _personal(commitments, opens, segment.redacted.get(number, frozenset()))
            if what:
                faults.append(Fault("openings", number, what))
        elif opens is not None:
            faults.append(Fault("openings", number, "opens nothing"))
        previous, expected = stored, number + 1
    if expected <= segment.last:
        faults.append(Fault("receipts", expected, f"missing up to {segment.last}"))
    return faults


def _plain(connection: Connection, query: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """The rows a few thousand at a time, for there may be millions; on SQLite as the driver's own tuples."""
    if connection.dialect.name != "sqlite":
        for row in connection.execute(query, execution_options={"yield_per": ROWS}):
            yield tuple(row)
        return
    result = connection.execute(query)
    cursor = result.cursor
    assert cursor is not None
    while rows := cursor.fetchmany(ROWS):
        yield from rows
    result.close()


def _absent(part_list: bytes, good: frozenset[bytes]) -> list[bytes]:
    names = [part_list[i : i + DIGEST] for i in range(0, len(part_list), DIGEST)]
    return [name for name in names if name not in good]


def _personal(commitments: bytes, opens: bytes | None, redacted: frozenset[int]) -> str:
    try:
        values = opened(commitments, opens)
    except LedgerError:
        values = None
    if values is None:
        return "a personal value is not the one committed to"
    if not redacted and None not in values:
        return ""
    lost = [index for index, value in enumerate(values) if value is None and index not in redacted]
    if lost:
        return f"personal value {lost[0]} was deleted without a redaction in the chain"
    kept = [index for index, value in enumerate(values) if value is not None and index in redacted]
    return f"personal value {kept[0]} was redacted and is back" if kept else ""


def _head(connection: Connection, last: int, end: bytes, seal_key: bytes | None) -> Sequence[Fault]:
    count, stored, sealed = head_of(connection)
    if count == 0 and last == 0:
        return []
    if count > last:
        return [Fault("receipts", last + 1, f"cut off: the head counts {count}, the last one here is {last}")]
    if count != last or stored != end:
        return [Fault("head", None, f"counts {count} and names another last hash than receipt {last}")]
    if seal_key is not None and not hmac.compare_digest(sealed, seal(seal_key, count, stored)):
        return [Fault("head", None, "its seal was not made with this key")]
    return []
