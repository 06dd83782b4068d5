"""Finds what was altered, dropped, moved or cut off, from the database alone; no network, no law.

Two things must be kept outside the database to catch someone who can rewrite all of it: a checkpoint (how long the
chain was and its last hash, exported now and then) and, if one is used, the key that seals the head.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from exeat.ledger import audit
from exeat.ledger.chain import digest, parsed, seal
from exeat.ledger.errors import LedgerError
from exeat.ledger.receipts import head_of
from exeat.ledger.store import Store
from exeat.ledger.tables import parts, receipts
from exeat.ledger.walk import Walk, hash_at, in_processes, personal, walk

#: So many pieces are read at a time; from so many receipts on, verification is shared among processes.
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
        last = connection.execute(select(func.max(receipts.c.number))).scalar() or 0
        found = _walked(connection, store, last, good, workers)
        before = connection.execute(select(func.count()).where(receipts.c.number < 1)).scalar_one()
        if before:
            faults.append(Fault("receipts", None, f"{before} rows numbered below 1"))
        redacted = _redactions(found.told)
        _again(connection, found, redacted, good)
        faults += [Fault(*one) for one in (*found.faults, *personal(found, redacted))]
        end = hash_at(connection, last)
        faults += _head(connection, last, end, seal_key)
        posted, wrong = audit.audit(connection, found.told)
        faults += [Fault(*one) for one in wrong]
        if checkpoint is not None:
            faults += [Fault(*one) for one in audit.against_checkpoint(connection, checkpoint, seal_key)]
    notes = [] if checkpoint is not None else ["no checkpoint was given: a chain rewritten as a whole would not show"]
    return Verification(found.count, read, posted, end, tuple(faults), tuple(notes))


def _walked(connection: Connection, store: Store, last: int, good: frozenset[bytes], workers: int | None) -> Walk:
    processes = workers or (min(os.cpu_count() or 1, 8) if last >= MANY else 1)
    if processes < 2 or not last or store.engine.url.database in (None, "", ":memory:"):
        return walk(connection, 1, last, good)
    found = Walk()
    for one in in_processes(store, last, processes, good):
        found.add(one)
    return found


def _again(connection: Connection, found: Walk, redacted: Mapping[int, frozenset[int]], good: frozenset[bytes]) -> None:
    """Other processes read a later state: what was redacted since this one is looked at again, as it was."""
    for number, gone in list(found.lost.items()):
        if gone is None or not redacted.get(number, frozenset()).issuperset(gone):
            del found.lost[number]
            found.lost |= walk(connection, number, number, good).lost


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


def _redactions(told: Iterable[tuple[str, bytes]]) -> dict[int, frozenset[int]]:
    found: dict[int, frozenset[int]] = {}
    for kind, body in told:
        if kind != "redaction":
            continue
        try:
            entry = parsed(bytes(body))
            number, fields = int(entry["receipt"]), frozenset(entry["fields"])
        except (LedgerError, KeyError, TypeError, ValueError):
            continue  # its own hash will not hold either
        found[number] = found.get(number, frozenset()) | fields
    return found


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
