"""Accounts, named by what a limit says it counts, with the limits and shares that were set for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from exeat.ledger import receipts
from exeat.ledger.amounts import Amount, scaled, unscaled
from exeat.ledger.chain import GENESIS
from exeat.ledger.clock import FIRST_DAY, LAST_DAY, day_text
from exeat.ledger.errors import LedgerError, LimitUndefined, UnknownAccount
from exeat.ledger.tables import accounts, limits, shares


@dataclass(frozen=True, slots=True)
class AccountName:
    """What is counted, for whom, in which period, in which unit.

    ``kind`` says what the limit counts (LPP, license, installed base), ``subject`` for whom (an ultimate parent, a
    country, a license number), ``period`` the span of one allowance ("2025"; empty where it never begins again).
    """

    kind: str
    subject: str
    period: str = ""
    unit: str = "TPP"

    def __str__(self) -> str:
        return " / ".join(part for part in (self.kind, self.subject, self.period) if part)

    @classmethod
    def of(cls, data: Mapping[str, str]) -> AccountName:
        """From plain data with the same names."""
        try:
            return cls(**data)
        except TypeError:
            raise LedgerError(f"an account is named by kind, subject, period and unit; found {sorted(data)}") from None


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``amount`` from the first to the last day (both included), with the citation of whoever says so."""

    amount: Amount
    citation: str = ""
    first_day: date | str | None = None
    last_day: date | str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """At most ``percent`` of what the account ``whole`` has consumed, this very posting counted in."""

    whole: AccountName
    percent: Amount
    citation: str = ""


def find(connection: Connection, name: AccountName) -> int | None:
    """The account's id, or None if it was never opened."""
    where = [accounts.c[column] == getattr(name, column) for column in ("kind", "subject", "period", "unit")]
    found: int | None = connection.execute(select(accounts.c.id).where(*where)).scalar_one_or_none()
    return found


def need(connection: Connection, name: AccountName) -> int:
    """The account's id.

    Raises:
        UnknownAccount: it was never opened; names those of the same subject or kind.
    """
    found = find(connection, name)
    if found is None:
        near = connection.execute(
            select(accounts).where((accounts.c.subject == name.subject) | (accounts.c.kind == name.kind)).limit(3)
        )
        shown = "; ".join(f"{name_of(row)} in {row.unit}" for row in near)
        raise UnknownAccount(f"no account {name} in {name.unit}" + (f"; there are: {shown}" if shown else ""))
    return found


def name_of(row: Row[Any]) -> AccountName:
    """The name in a row of the table."""
    return AccountName(row.kind, row.subject, row.period, row.unit)


def open_account(
    connection: Connection,
    at: int,
    name: AccountName,
    *,
    limit: Sequence[Limit] = (),
    share: Sequence[Share] = (),
    counts_only: bool = False,
    who: str = "",
    seal_key: bytes | None = None,
) -> int:
    """Open an account, or find it open with the same terms. Returns its id.

    Raises:
        LedgerError: neither limit nor share nor ``counts_only``; or open already with other terms.
    """
    if not (limit or share or counts_only):
        raise LedgerError(f"{name}: expected a limit or a share, or counts_only for an account that has neither")
    stated = {
        "limit": [_limit(one) for one in limit],
        "share": [_share(one) for one in share],
        "counts_only": counts_only,
    }
    found = find(connection, name)
    if found is not None:
        if _first_terms(connection, found) != stated:
            raise LedgerError(f"{name} is open with other terms; set_limit or set_share changes them")
        return found
    row = {"kind": name.kind, "subject": name.subject, "period": name.period, "unit": name.unit}
    fixed = {"held": 0, "consumed": 0, "postings": 0, "last_at": 0, "head": GENESIS}
    days = {"ceiling_from": FIRST_DAY, "ceiling_until": LAST_DAY}
    opened = insert(accounts).values(**row, **fixed, **days, counts_only=counts_only, opened_at=at)
    account = int(connection.execute(opened.returning(accounts.c.id)).scalar_one())
    body = {"account": account, "name": row, "terms": stated, "opened_at": at, "who": who}
    receipts.append(connection, at, "account opened", body, reference=f"account {account}", seal_key=seal_key)
    for one in limit:
        set_limit(connection, at, account, one, who=who, seal_key=seal_key)
    for rule in share:
        set_share(connection, at, account, rule, who=who, seal_key=seal_key)
    return account


def _first_terms(connection: Connection, account: int) -> Any:
    found = receipts.latest(connection, "account opened", f"account {account}")
    return None if found is None else found["terms"]


def _limit(one: Limit) -> dict[str, str]:
    amount = unscaled(scaled(one.amount, "limit", signed=True))
    if amount < 0:
        raise LedgerError(f"limit is {amount}; expected zero or more")
    first, last = day_text(one.first_day, FIRST_DAY, "first_day"), day_text(one.last_day, LAST_DAY, "last_day")
    if last < first:
        raise LedgerError(f"a limit's last day {last} is before its first {first}")
    return {"amount": f"{amount:f}", "citation": one.citation, "first_day": first, "last_day": last}


def _share(one: Share) -> dict[str, str]:
    whole = one.whole
    percent = unscaled(scaled(one.percent, "percent"))
    if percent > 100:
        raise LedgerError(f"percent is {percent}; expected at most 100")
    named = {"kind": whole.kind, "subject": whole.subject, "period": whole.period, "unit": whole.unit}
    return {"whole": str(named), "percent": f"{percent:f}", "citation": one.citation}


def set_limit(
    connection: Connection, at: int, account: int, limit: Limit, *, who: str = "", seal_key: bytes | None = None
) -> None:
    """Set a limit for the days it names; for those it replaces what was set before."""
    said = _limit(limit)
    lock(connection, [account])
    row = {"account_id": account, "citation": limit.citation, "set_at": at}
    amount, first, last = scaled(said["amount"], "limit", signed=True), said["first_day"], said["last_day"]
    added = insert(limits).values(**row, amount=amount, first_day=first, last_day=last).returning(limits.c.id)
    number = connection.execute(added).scalar_one()
    body = {"limit": number, "account": account, **said, "set_at": at, "who": who}
    receipts.append(connection, at, "limit set", body, reference=f"account {account}", seal_key=seal_key)
    _refresh_ceiling(connection, account)


def set_share(
    connection: Connection, at: int, account: int, share: Share, *, who: str = "", seal_key: bytes | None = None
) -> None:
    """Add a share: every share set for an account must hold."""
    said = _share(share)
    whole = need(connection, share.whole)
    if whole == account:
        raise LedgerError("a share of the account itself")
    lock(connection, [account])
    percent = scaled(share.percent, "percent")
    row = {"account_id": account, "whole_id": whole, "percent": percent, "citation": share.citation, "set_at": at}
    number = connection.execute(insert(shares).values(**row).returning(shares.c.id)).scalar_one()
    body = {"share": number, **row, "percent": said["percent"], "who": who}
    receipts.append(connection, at, "share set", body, reference=f"account {account}", seal_key=seal_key)
    _refresh_ceiling(connection, account)


def _refresh_ceiling(connection: Connection, account: int) -> None:
    """Keep the one limit beside the sums where there is just one: then a posting needs a single row."""
    rows = connection.execute(select(limits).where(limits.c.account_id == account)).all()
    shared = connection.execute(select(shares.c.id).where(shares.c.account_id == account)).first()
    new: dict[str, Any] = {"ceiling": None, "ceiling_from": FIRST_DAY, "ceiling_until": LAST_DAY}
    if len(rows) == 1 and shared is None:
        new = {"ceiling": rows[0].amount, "ceiling_from": rows[0].first_day, "ceiling_until": rows[0].last_day}
    connection.execute(update(accounts).where(accounts.c.id == account).values(**new))


def lock(connection: Connection, ids: Iterable[int]) -> dict[int, Row[Any]]:
    """The accounts' rows, held against other writers until the transaction ends; always taken in order of id."""
    wanted = sorted(set(ids))
    rows = connection.execute(
        select(accounts).where(accounts.c.id.in_(wanted)).order_by(accounts.c.id).with_for_update()
    )
    found = {row.id: row for row in rows}
    if len(found) != len(wanted):
        raise UnknownAccount(f"no account {sorted(set(wanted) - set(found))}")
    return found


def limit_on(connection: Connection, account: int, day: str, known_at: int | None = None) -> tuple[int, str] | None:
    """The limit of a day as last set (by ``known_at``, if given): amount and citation; None where none was set."""
    where = [limits.c.account_id == account, limits.c.first_day <= day, limits.c.last_day >= day]
    if known_at is not None:
        where.append(limits.c.set_at <= known_at)
    row = connection.execute(select(limits).where(*where).order_by(limits.c.id.desc()).limit(1)).first()
    return None if row is None else (row.amount, row.citation)


def has_limits(connection: Connection, account: int) -> bool:
    """Whether any limit was ever set for the account."""
    return connection.execute(select(limits.c.id).where(limits.c.account_id == account).limit(1)).first() is not None


def shares_of(connection: Connection, account: int) -> Sequence[Row[Any]]:
    """The shares that bind an account."""
    return connection.execute(select(shares).where(shares.c.account_id == account).order_by(shares.c.id)).all()


def undefined(name: AccountName, day: str) -> LimitUndefined:
    """The error for a day without a limit."""
    return LimitUndefined(
        f"{name}: no limit is stated for {day}; undefined is neither unlimited nor nothing, so nothing was posted"
    )


def room(limit: int, used: int) -> Decimal:
    """What still fits under a limit; zero where it is passed already."""
    return unscaled(max(limit - used, 0))
