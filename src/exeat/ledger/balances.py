"""Balances: what of a limit is held, consumed and left, now or as of any past moment. They leave here as facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from sqlalchemy import Connection, func, select

from exeat.ledger import accounts as book
from exeat.ledger.amounts import SCALE, unscaled
from exeat.ledger.clock import micros, moment_of
from exeat.ledger.tables import accounts, postings

#: Which figure of a balance a fact asks for.
Figure: TypeAlias = Literal["used", "consumed", "held", "remaining", "limit"]


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance. ``limit`` and ``remaining`` are None where no limit is stated for the day, or none applies.

    ``remaining`` regards shares too: it is the least that any limit or share leaves.
    """

    account: book.AccountName
    as_of: datetime
    held: Decimal
    consumed: Decimal
    limit: Decimal | None
    remaining: Decimal | None
    citation: str

    @property
    def used(self) -> Decimal:
        """Held and consumed together: what counts against the limit."""
        return self.held + self.consumed


def sums(connection: Connection, account: int, at: int | None = None) -> tuple[int, int]:
    """Held and consumed as sums of the postings, all of them or those made up to a moment."""
    query = select(func.sum(postings.c.held), func.sum(postings.c.consumed)).where(postings.c.account_id == account)
    if at is not None:
        query = query.where(postings.c.at <= at)
    held, consumed = connection.execute(query).one()
    return int(held or 0), int(consumed or 0)


def balance(
    connection: Connection,
    name: book.AccountName,
    now: datetime,
    *,
    at: datetime | None = None,
    day: date | None = None,
) -> Balance:
    """One account's balance now, or as it stood at a past moment; ``day`` chooses the limit (default: that moment's).

    Raises:
        UnknownAccount: it was never opened.
    """
    account = book.need(connection, name)
    moment = None if at is None else micros(at, "at")
    held, consumed = _kept(connection, account) if moment is None else sums(connection, account, moment)
    asked = at if at is not None else now
    on = (day or moment_of(micros(asked)).date()).isoformat()
    limit = book.limit_on(connection, account, on, moment)
    room = None if limit is None else max(limit[0] - held - consumed, 0)
    citation = limit[1] if limit else ""
    for share in book.shares_of(connection, account):
        if moment is not None and share.set_at > moment:
            continue
        _, whole = _kept(connection, share.whole_id) if moment is None else sums(connection, share.whole_id, moment)
        left = max(whole * share.percent // (100 * SCALE) - held - consumed, 0)
        if room is None or left < room:
            room, citation = left, share.citation
    shown = (unscaled(held), unscaled(consumed), None if limit is None else unscaled(limit[0]))
    return Balance(name, asked, *shown, None if room is None else unscaled(room), citation)


def _kept(connection: Connection, account: int) -> tuple[int, int]:
    row = connection.execute(select(accounts.c.held, accounts.c.consumed).where(accounts.c.id == account)).one()
    return row.held, row.consumed


def facts(
    connection: Connection,
    wanted: Mapping[str, book.AccountName | tuple[book.AccountName, Figure]],
    now: datetime,
    *,
    at: datetime | None = None,
) -> dict[str, int | Decimal | None]:
    """Facts by name: by default what is used of the account. An account never opened is unknown (None), never zero."""
    found: dict[str, int | Decimal | None] = {}
    for fact, asked in wanted.items():
        name, figure = asked if isinstance(asked, tuple) else (asked, "used")
        if book.find(connection, name) is None:
            found[fact] = None
            continue
        value = getattr(balance(connection, name, now, at=at), figure)
        found[fact] = int(value) if value is not None and value == int(value) else value
    return found
