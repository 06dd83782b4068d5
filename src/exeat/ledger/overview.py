"""What stands in the ledger as a whole: every account with its balance, one account's course, what is still held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select

from exeat.ledger import balances, receipts
from exeat.ledger.accounts import AccountName, name_of, need
from exeat.ledger.amounts import unscaled
from exeat.ledger.book import Ledger
from exeat.ledger.clock import moment_of
from exeat.ledger.tables import accounts, limits, postings
from exeat.ledger.tables import receipts as stored

#: Rows shown unless told otherwise.
MOST = 500


def all_accounts(ledger: Ledger, *, most: int = MOST) -> list[dict[str, Any]]:
    """Every account with its balance now, as plain data, the kinds in alphabetical order (at most ``most``)."""
    found = []
    with ledger.store.reading() as connection:
        query = select(accounts).order_by(accounts.c.kind, accounts.c.subject, accounts.c.period, accounts.c.unit)
        for row in connection.execute(query.limit(most)).all():
            kept = balances.balance(connection, name_of(row), ledger.clock())
            figures = {key: _shown(getattr(kept, key)) for key in ("held", "consumed", "used", "limit", "remaining")}
            found.append({**_named(name_of(row)), **figures, "citation": kept.citation, "postings": row.postings})
    return found


def course(ledger: Ledger, name: AccountName, *, most: int = MOST) -> dict[str, Any]:
    """One account's postings, oldest first (the newest ``most``), each with what was used after it; and its limits.

    Raises:
        UnknownAccount: it was never opened.
    """
    with ledger.store.reading() as connection:
        account = need(connection, name)
        rows = connection.execute(
            select(postings).where(postings.c.account_id == account).order_by(postings.c.number.desc()).limit(most)
        ).all()
        set_limits = connection.execute(
            select(limits).where(limits.c.account_id == account).order_by(limits.c.id)
        ).all()
        now = balances.balance(connection, name, ledger.clock())
    after, told = now.used, []
    for row in rows:
        told.append(
            {
                "number": row.number, "operation": row.operation, "at": moment_of(row.at).isoformat(timespec="seconds"),
                "day": row.day, "held": _shown(unscaled(row.held)), "consumed": _shown(unscaled(row.consumed)),
                "used_after": _shown(after), "key": row.key, "reference": row.reference, "who": row.who, "why": row.why,
            }
        )  # fmt: skip
        after -= unscaled(row.held) + unscaled(row.consumed)
    return {
        **_named(name),
        **{key: _shown(getattr(now, key)) for key in ("held", "consumed", "used", "limit", "remaining")},
        "citation": now.citation,
        "postings": told[::-1],
        "limits": [
            {"amount": _shown(unscaled(row.amount)), "first_day": row.first_day, "last_day": row.last_day,
             "citation": row.citation}
            for row in set_limits
        ],
    }  # fmt: skip


def open_reservations(ledger: Ledger, *, most: int = MOST) -> list[dict[str, Any]]:
    """What reservations still hold, the first to lapse first: account, amount, key, shipment, when it lapses."""
    with ledger.store.reading() as connection:
        closed = postings.alias("closed")
        left = func.coalesce(
            select(func.sum(closed.c.held))
            .where(closed.c.reservation == postings.c.key, closed.c.account_id == postings.c.account_id)
            .where(closed.c.operation != "reserve")
            .scalar_subquery(),
            0,
        )
        query = (
            select(postings, accounts.c.kind, accounts.c.subject, accounts.c.period, accounts.c.unit,
                   (postings.c.held + left).label("still"))
            .join_from(postings, accounts)
            .where(postings.c.operation == "reserve", postings.c.held + left > 0)
            .order_by(postings.c.expires_at.is_(None), postings.c.expires_at, postings.c.at)
            .limit(most)
        )  # fmt: skip
        return list(_held(connection.execute(query).all()))


def receipts_listed(
    ledger: Ledger, *, reference: str | None = None, before: int | None = None, most: int = MOST
) -> tuple[list[dict[str, Any]], int]:
    """Receipts as plain data, the newest first, older than ``before``; and how many there are of all."""
    with ledger.store.reading() as connection:
        total, _, _ = receipts.head_of(connection)
        query = select(stored.c.number).order_by(stored.c.number.desc()).limit(most)
        if reference is not None:
            query = query.where(stored.c.reference == reference)
        if before is not None:
            query = query.where(stored.c.number < before)
        found = [receipts.get(connection, number) for number in connection.execute(query).scalars().all()]
    return [receipt_data(one) for one in found], total


def receipt_data(one: receipts.Receipt) -> dict[str, Any]:
    """A receipt's line in a list; outcomes by track are None for what is no determination."""
    answer = one.document.get("answer") if one.kind == receipts.DETERMINATION else None
    tracks = {track: answer[track]["outcome"] if answer else None for track in ("text", "enforced")}
    at = one.at.isoformat(timespec="seconds")
    return {"number": one.number, "at": at, "kind": one.kind, "reference": one.reference, **tracks}


def _held(rows: Any) -> Iterator[dict[str, Any]]:
    for row in rows:
        lapses = None if row.expires_at is None else moment_of(row.expires_at).isoformat(timespec="seconds")
        yield {
            **_named(name_of(row)), "amount": _shown(unscaled(row.still)), "key": row.key, "reference": row.reference,
            "who": row.who, "at": moment_of(row.at).isoformat(timespec="seconds"), "lapses": lapses,
        }  # fmt: skip


def _named(name: AccountName) -> dict[str, Any]:
    return {"kind": name.kind, "subject": name.subject, "period": name.period, "unit": name.unit, "account": str(name)}


def _shown(value: Any) -> str | None:
    return None if value is None else f"{value:f}"


__all__ = ["MOST", "all_accounts", "course", "open_reservations", "receipts_listed"]
