"""What a caller asks, made into moves: amounts checked, legs in order, the request's digest taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeAlias

from exeat.ledger.accounts import AccountName
from exeat.ledger.amounts import Amount, scaled
from exeat.ledger.clock import day_of, day_text, micros
from exeat.ledger.errors import LedgerError
from exeat.ledger.postings import Leg, Move, request_digest

#: How a posting is stated: amounts by account.
Amounts: TypeAlias = Mapping[AccountName, Amount]
Ids: TypeAlias = Callable[[AccountName], int]


def raising(
    operation: str,
    amounts: Amounts,
    key: str,
    *,
    ids: Ids,
    now: int,
    on: date | str | None = None,
    expires_at: datetime | None = None,
    who: str = "",
    reference: str = "",
    why: str = "",
) -> Move:
    """A reservation, or a consumption of what was not reserved.

    Raises:
        LedgerError: no amount, an amount that is not positive, a moment that is past, a key too long.
    """
    if not amounts:
        raise LedgerError(f"{operation}: no account and no amount")
    lapses = None if expires_at is None else micros(expires_at, "expires_at")
    if lapses is not None and lapses <= now:
        raise LedgerError(f"expires_at is {expires_at}; expected a moment to come")
    legs = []
    for name, amount in amounts.items():
        whole = scaled(amount, name)
        legs.append(Leg(ids(name), whole, 0) if operation == "reserve" else Leg(ids(name), 0, whole))
    legs.sort(key=lambda leg: leg.account)
    day = day_of(now) if on is None else day_text(on, "", "on")
    details = [[leg.account, leg.held, leg.consumed] for leg in legs]
    request = raise_digest(operation, details, None if on is None else day, lapses, reference)
    reservation = key if operation == "reserve" else ""
    said = (who, reference, why)
    return Move(operation, checked_key(key), now, day, request, tuple(legs), reservation, lapses, *said)


def raise_digest(
    operation: str, legs: Sequence[Sequence[int]], day: str | None, lapses: int | None, reference: str
) -> bytes:
    """What the key of a raise stands for: its legs, and the day and the end that were asked for."""
    return request_digest(operation, [legs, day, lapses, reference])


def closing(
    operation: str,
    reservation: str,
    key: str,
    *,
    now: int,
    wanted: Mapping[int, int] | None,
    on: date | str | None = None,
    who: str = "",
    reference: str = "",
    why: str = "",
) -> Move:
    """A consumption or release of what a reservation holds; its legs are found once the accounts are locked."""
    day = day_of(now) if on is None else day_text(on, "", "on")
    details = [reservation, sorted(wanted.items()) if wanted else None, None if on is None else day]
    request = request_digest(operation, details)
    return Move(operation, checked_key(key), now, day, request, (), reservation, None, who, reference, why)


def adjusting(
    operation: str,
    amounts: Mapping[AccountName, int],
    key: str,
    *,
    ids: Ids,
    now: int,
    why: str,
    over: bool = False,
    on: date | str | None = None,
    who: str = "",
    reference: str = "",
) -> Move:
    """A record of the world: what was consumed goes up or down, with the reason.

    Raises:
        LedgerError: no amount or no reason.
    """
    if not why.strip() or not amounts:
        raise LedgerError(f"{operation}: expected an account, an amount and the reason (why)")
    pairs = sorted((ids(name), amount) for name, amount in amounts.items())
    legs = tuple(Leg(account, 0, amount) for account, amount in pairs)
    day = day_of(now) if on is None else day_text(on, "", "on")
    request = request_digest(operation, [pairs, None if on is None else day, over])
    return Move(operation, checked_key(key), now, day, request, legs, "", None, who, reference, why, over)


def checked_key(key: str) -> str:
    """The key, if it can be one.

    Raises:
        LedgerError: empty or longer than 190 characters.
    """
    if not key or len(key) > 190:
        raise LedgerError(f"key is {key[:40]!r}; expected a text of 1 to 190 characters, one for each request")
    return key
