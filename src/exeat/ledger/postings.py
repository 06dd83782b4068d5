"""Postings: the only way a balance changes. Each is checked against every limit while its accounts are locked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from exeat.ledger import accounts as book
from exeat.ledger.amounts import LARGEST, SCALE, unscaled
from exeat.ledger.chain import canonical, digest, posting_link, posting_rest
from exeat.ledger.clock import moment_of
from exeat.ledger.errors import KeyReused, LedgerError, LimitReached, ReservationClosed, UnknownAccount
from exeat.ledger.store import LostRace
from exeat.ledger.tables import accounts, postings


class Leg(NamedTuple):
    """One account's change, in ten-thousandths."""

    account: int
    held: int = 0
    consumed: int = 0


class Move(NamedTuple):
    """One operation before it is posted. ``at`` in microseconds, ``day`` the day whose limit counts."""

    operation: str
    key: str
    at: int
    day: str
    request: bytes
    legs: tuple[Leg, ...] = ()
    reservation: str = ""
    expires_at: int | None = None
    who: str = ""
    reference: str = ""
    why: str = ""
    over: bool = False


class Posted(NamedTuple):
    """An operation that stands. ``remaining`` by account id (None: no limit); ``exceeded`` says which limits a
    recorded fact has passed; ``repeated`` if the key had been used for the same request before.
    """

    key: str
    reservation: str
    remaining: Mapping[int, Decimal | None]
    repeated: bool = False
    exceeded: tuple[str, ...] = ()


def request_digest(operation: str, details: object) -> bytes:
    """What a key stands for: the same key with another digest is refused."""
    return digest(canonical([operation, details]))


def earlier(connection: Connection, key: str, request: bytes) -> Sequence[Row[Any]]:
    """The postings already made under a key.

    Raises:
        KeyReused: they were made for another request.
    """
    rows = connection.execute(select(postings).where(postings.c.key == key).order_by(postings.c.leg)).all()
    if rows and bytes(rows[0].request) != request:
        raise KeyReused(
            f"key {key!r} stands for another {rows[0].operation} of {moment_of(rows[0].at):%Y-%m-%d %H:%M:%S} UTC; "
            "one key serves one request"
        )
    return rows


def post(connection: Connection, move: Move, ids: Sequence[int], legs: Callable[[], Sequence[Leg]]) -> Posted:
    """Lock the accounts, work out the legs, check every limit, write. Nothing is written if anything is refused.

    Raises:
        LimitReached, LimitUndefined, KeyReused, ReservationClosed, LedgerError
    """
    wholes = {share.whole_id for account in ids for share in book.shares_of(connection, account)}
    rows = book.lock(connection, {*ids, *wholes})
    if any(share.whole_id not in rows for account in ids for share in book.shares_of(connection, account)):
        raise LostRace()  # a share was set between our reading and our lock
    known = earlier(connection, move.key, move.request)
    if known:
        found = {row.account_id: _room(connection, rows_of(connection, row.account_id), move.day) for row in known}
        return Posted(move.key, known[0].reservation, found, repeated=True)
    move = move._replace(legs=tuple(legs()))
    _not_below_zero(rows, move)
    exceeded = tuple(_passed(connection, rows, move))
    for number, leg in enumerate(move.legs):
        _write(connection, rows[leg.account], leg, number, move)
    left = {leg.account: _room(connection, _after(rows[leg.account], leg), move.day) for leg in move.legs}
    return Posted(move.key, move.reservation, left, exceeded=exceeded)


@dataclass(frozen=True, slots=True)
class _State:
    id: int
    name: book.AccountName
    used: int


def _after(row: Row[Any], leg: Leg) -> _State:
    return _State(row.id, book.name_of(row), row.held + row.consumed + leg.held + leg.consumed)


def rows_of(connection: Connection, account: int) -> _State:
    """An account's present state."""
    row = connection.execute(select(accounts).where(accounts.c.id == account)).one()
    return _State(row.id, book.name_of(row), row.held + row.consumed)


def _room(connection: Connection, state: _State, day: str) -> Decimal | None:
    limit = book.limit_on(connection, state.id, day)
    return None if limit is None else book.room(limit[0], state.used)


def _not_below_zero(rows: Mapping[int, Row[Any]], move: Move) -> None:
    for leg in move.legs:
        row = rows[leg.account]
        held, consumed = row.held + leg.held, row.consumed + leg.consumed
        if held < 0 or consumed < 0:
            had = unscaled(row.held if held < 0 else row.consumed)
            word = "held" if held < 0 else "consumed"
            raise LedgerError(f"{book.name_of(row)}: only {had:,f} {row.unit} are {word}; nothing was posted")
        if held + consumed > LARGEST:
            raise LedgerError(f"{book.name_of(row)}: the balance would pass {LARGEST // SCALE:,} {row.unit}")


def _passed(connection: Connection, rows: Mapping[int, Row[Any]], move: Move) -> list[str]:
    """Check limits and shares of each leg.

    What is only a record of the world (retired chips, a release, a correction said to be one) is never refused: the
    limits it leaves passed are returned. What would raise a balance, or turn held into consumed, is refused.
    """
    exceeded: list[str] = []
    for leg in move.legs:
        row = rows[leg.account]
        name, used = book.name_of(row), row.held + row.consumed + leg.held + leg.consumed
        binding = leg.held + leg.consumed > 0 or leg.consumed > 0
        limit = book.limit_on(connection, leg.account, move.day)
        shares = book.shares_of(connection, leg.account)
        if limit is None and binding and (book.has_limits(connection, leg.account) or not (shares or row.counts_only)):
            raise book.undefined(name, move.day)
        asked = unscaled(max(leg.held + leg.consumed, leg.consumed))
        if limit is not None and used > limit[0]:
            if binding and not move.over:
                before = row.held + row.consumed - (leg.consumed if leg.held < 0 else 0)
                raise LimitReached(
                    str(name), asked, book.room(limit[0], before), unscaled(limit[0]), row.unit, limit[1]
                )
            exceeded.append(f"{name}: {unscaled(used):,f} of {unscaled(limit[0]):,f} {row.unit}")
        for share in shares:
            exceeded += _share_passed(rows, move, leg, share, binding)
    return exceeded


def _share_passed(rows: Mapping[int, Row[Any]], move: Move, leg: Leg, share: Row[Any], binding: bool) -> list[str]:
    """A share is tested after the posting: against what the whole has consumed and this posting's own part of it.

    What others merely hold in the whole is left out: a reservation that is released must not have made room.
    """
    row, whole = rows[leg.account], rows[share.whole_id]
    own = sum(max(other.held, 0) + other.consumed for other in move.legs if other.account == share.whole_id)
    base = whole.consumed + own
    used = row.held + row.consumed + leg.held + leg.consumed
    top = base * share.percent // (100 * SCALE)
    if used <= top:
        return []
    percent, name = unscaled(share.percent), book.name_of(row)
    if binding and not move.over:
        asked = max(leg.held + leg.consumed, leg.consumed)
        cited = f"{percent}% of {book.name_of(whole)}" + (f", {share.citation}" if share.citation else "")
        before = used - max(leg.held + leg.consumed, 0)
        left = max(_share_room(whole.consumed, before, share.percent, grows=own == asked), 0)
        raise LimitReached(str(name), unscaled(asked), unscaled(left), unscaled(before + left), row.unit, cited)
    return [
        f"{name}: {unscaled(used):,f} {row.unit} is over {percent}% of {unscaled(base):,f} in {book.name_of(whole)}"
    ]


def _share_room(whole: int, before: int, percent: int, *, grows: bool) -> int:
    """What still fits into a share: x with before + x <= p (whole + x) if the whole grows by the same, else by none."""
    hundred = 100 * SCALE
    room: int = whole * percent - before * hundred
    divisor: int = hundred - percent if grows and percent < hundred else hundred
    return room // divisor


def _write(connection: Connection, row: Row[Any], leg: Leg, number: int, move: Move) -> None:
    at = max(move.at, row.last_at)  # a clock set back never puts a posting before the one it follows
    fixed = (move.day, move.key, number, move.reservation, move.expires_at, move.who, move.reference, move.why)
    rest = posting_rest(leg.account, move.operation, leg.held, leg.consumed, *fixed, move.request)
    head = posting_link(bytes(row.head), row.postings + 1, at, rest)
    connection.execute(
        insert(postings).values(
            account_id=leg.account,
            number=row.postings + 1,
            operation=move.operation,
            held=leg.held,
            consumed=leg.consumed,
            at=at,
            day=move.day,
            key=move.key,
            leg=number,
            reservation=move.reservation,
            expires_at=move.expires_at,
            who=move.who,
            reference=move.reference,
            why=move.why,
            request=move.request,
            hash=head,
        )
    )
    connection.execute(
        update(accounts)
        .where(accounts.c.id == leg.account)
        .values(
            held=row.held + leg.held,
            consumed=row.consumed + leg.consumed,
            postings=row.postings + 1,
            last_at=at,
            head=head,
        )
    )


def of_reservation(name: str) -> ColumnElement[bool]:
    """The postings of a reservation: the one that made it, by its key, and those that closed it."""
    made = (postings.c.key == name) & (postings.c.operation == "reserve")
    return made | ((postings.c.reservation == name) & (postings.c.operation != "reserve"))


def reserved_accounts(connection: Connection, reservation: str) -> list[int]:
    """The accounts a reservation holds in.

    Raises:
        UnknownAccount: there is no such reservation.
    """
    rows = connection.execute(select(postings.c.account_id).where(of_reservation(reservation)).distinct()).scalars()
    found = sorted(rows)
    if not found:
        raise UnknownAccount(f"no reservation {reservation!r}")
    return found


def open_amounts(connection: Connection, reservation: str) -> dict[int, int]:
    """What a reservation still holds, by account. Read it with the accounts locked."""
    rows = connection.execute(
        select(postings.c.account_id, func.sum(postings.c.held))
        .where(of_reservation(reservation))
        .group_by(postings.c.account_id)
    )
    return {account: int(held) for account, held in rows}


def expiry(connection: Connection, reservation: str) -> int | None:
    """The moment a reservation expires, if it does."""
    found: int | None = connection.execute(
        select(func.min(postings.c.expires_at)).where(of_reservation(reservation))
    ).scalar_one()
    return found


def closing_legs(
    connection: Connection, reservation: str, amounts: Mapping[int, int] | None, *, consume: bool
) -> list[Leg]:
    """The legs that consume or give back a reservation, wholly or by the stated amounts.

    Raises:
        ReservationClosed: less is left than that.
    """
    left = open_amounts(connection, reservation)
    wanted = {account: held for account, held in left.items() if held} if amounts is None else dict(amounts)
    if not wanted:
        raise ReservationClosed(f"reservation {reservation!r} holds nothing any more; nothing was posted")
    for account, amount in wanted.items():
        if amount > left.get(account, 0):
            raise ReservationClosed(
                f"reservation {reservation!r} holds {unscaled(left.get(account, 0)):,f}; {unscaled(amount):,f} was "
                "asked; nothing was posted"
            )
    return [Leg(account, -amount, amount if consume else 0) for account, amount in sorted(wanted.items())]
