"""How long receipts are kept whole, and the redaction of personal data that leaves every hash as it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from exeat.ledger import receipts as book
from exeat.ledger.chain import DIGEST, canonical, parsed
from exeat.ledger.clock import micros
from exeat.ledger.errors import LedgerError, UnknownAccount
from exeat.ledger.tables import openings, receipts


def older_than(connection: Connection, moment: datetime) -> list[int]:
    """Receipts made before a moment that still hold personal values: those whose time of keeping may be over.

    How long is the caller's: five years from the last of the events of 15 CFR 762.6, which the ledger cannot know.
    """
    query = (
        select(receipts.c.number, openings.c.body)
        .join_from(receipts, openings, openings.c.receipt == receipts.c.number)
        .where(receipts.c.at < micros(moment, "moment"))
        .order_by(receipts.c.number)
    )
    return [row.number for row in connection.execute(query) if any(parsed(bytes(row.body)))]


def personal_fields(connection: Connection, number: int) -> list[str | None]:
    """The personal values of a receipt in the order of their marks; None for those already redacted.

    Raises:
        UnknownAccount: there is no such receipt, or it holds none.
    """
    body = connection.execute(select(openings.c.body).where(openings.c.receipt == number)).scalar()
    if body is None:
        raise UnknownAccount(f"receipt {number} holds no personal values")
    return [None if pair is None else str(pair[1]) for pair in parsed(bytes(body))]


def redact(
    connection: Connection,
    at: int,
    number: int,
    *,
    why: str,
    who: str = "",
    fields: Sequence[int] | None = None,
    seal_key: bytes | None = None,
) -> int:
    """Delete personal values (all, or those at the given places) with their salts, and say so in the chain.

    Returns the number of the entry that says so. What was deleted cannot be had again: its commitment stays.

    Raises:
        UnknownAccount: no such receipt. LedgerError: no reason given, no such place, or nothing left to redact.
    """
    if not why.strip():
        raise LedgerError("a redaction is recorded with its reason; none was given")
    query = select(openings.c.body).where(openings.c.receipt == number).with_for_update()
    body = connection.execute(query).scalar()
    if body is None:
        raise UnknownAccount(f"receipt {number} holds no personal values")
    pairs = parsed(bytes(body))
    wanted = range(len(pairs)) if fields is None else _checked(fields, len(pairs), number)
    gone = [index for index in wanted if pairs[index] is not None]
    if not gone:
        raise LedgerError(f"receipt {number}: these personal values are redacted already")
    for index in gone:
        pairs[index] = None
    connection.execute(update(openings).where(openings.c.receipt == number).values(body=canonical(pairs)))
    entry = {"receipt": number, "fields": gone, "why": why, "who": who}
    reference = connection.execute(select(receipts.c.reference).where(receipts.c.number == number)).scalar_one()
    return book.append(connection, at, "redaction", entry, reference=reference, seal_key=seal_key)


def _checked(fields: Iterable[int], count: int, number: int) -> list[int]:
    wanted = sorted(set(fields))
    if wrong := [index for index in wanted if not 0 <= index < count]:
        raise LedgerError(f"receipt {number} has personal values 0 to {count - 1}; there is no {wrong[0]}")
    return wanted


def committed(connection: Connection, number: int) -> int:
    """How many personal values a receipt committed to."""
    row = connection.execute(select(receipts.c.commitments).where(receipts.c.number == number)).scalar()
    return 0 if row is None else len(row) // DIGEST
