"""``exeat ledger``: accounts of what limits count, postings on them, and the notices that fall due."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from exeat.cli.ledger_options import Account, Posting, Where, opened, shown
from exeat.cli.lists import day_of

ledger_app = App(
    name="ledger",
    help="Allocations: what was reserved and used of each limit, and the notices due.",
    default_parameter=Parameter(negative=(), consume_multiple=False),
)
_Where = Annotated[Where | None, Parameter(name="*")]
_Account = Annotated[Account | None, Parameter(name="*")]
_Posting = Annotated[Posting | None, Parameter(name="*")]


@ledger_app.command(name="open")
def open_(
    account: _Account = None,
    *,
    limit: str | None = None,
    citation: str = "",
    first_day: str | None = None,
    last_day: str | None = None,
    share_of: str | None = None,
    percent: str | None = None,
    counts_only: bool = False,
    who: str = "",
) -> int:
    """Open an account with a limit, with a share of another account, or to count only.

    Parameters
    ----------
    limit
        The most that may be held and used.
    citation
        Who says so.
    share_of
        KIND/FOR/PERIOD of the account of which at most --percent may be used.
    """
    account = account or Account()
    whole = None
    with opened(account) as (commands, ledger):
        if share_of is not None:
            kind, _, rest = share_of.partition("/")
            subject, _, period = rest.partition("/")
            whole = Account(kind=kind.strip(), for_=subject.strip(), period=period.strip(), unit=account.unit).name()
        found = commands.open_account(
            ledger, account.name(), limit=limit, citation=citation, first_day=first_day, last_day=last_day,
            share_of=whole, percent=percent, counts_only=counts_only, who=who,
        )  # fmt: skip
    return shown(account, found, _balance(found))


@ledger_app.command
def reserve(posting: _Posting = None, *, expires_in_days: int | None = None) -> int:
    """Hold an amount until it is consumed, released or its time is over; refused, with what remains, beyond a limit."""
    posting = posting or Posting()
    with opened(posting) as (commands, ledger):
        amount, key = posting.need("amount", "key")
        found = commands.reserve(ledger, posting.name(), amount, key, expires_in_days=expires_in_days, **posting.more())
    return shown(posting, found, _posted("reserved", found, posting.unit))


@ledger_app.command
def consume(posting: _Posting = None) -> int:
    """Use up a reservation (wholly, or an amount of an account), or an amount that was not reserved."""
    posting = posting or Posting()
    with opened(posting) as (commands, ledger):
        (key,) = posting.need("key")
        name = posting.name() if posting.named else None
        found = commands.consume(
            ledger, key, reservation=posting.reservation, name=name, amount=posting.amount, **posting.more()
        )
    return shown(posting, found, _posted("consumed", found, posting.unit))


@ledger_app.command
def release(posting: _Posting = None) -> int:
    """Give back what a reservation holds."""
    posting = posting or Posting()
    with opened(posting) as (commands, ledger):
        reservation, key = posting.need("reservation", "key")
        found = commands.release(ledger, reservation, key, **posting.more())
    return shown(posting, found, _posted("released", found, posting.unit))


@ledger_app.command
def expire(where: _Where = None) -> int:
    """Give back every reservation whose time is over."""
    where = where or Where()
    with opened(where) as (commands, ledger):
        found = commands.expire(ledger)
    return shown(where, found, [f"given back: {name}" for name in found] or ["no reservation's time is over"])


@ledger_app.command
def correct(posting: _Posting = None) -> int:
    """Set right what was consumed, by a signed amount with its reason."""
    posting = posting or Posting()
    with opened(posting) as (commands, ledger):
        amount, key, why = posting.need("amount", "key", "why")
        found = commands.correct(ledger, posting.name(), amount, key, why=why, **posting.more("why"))
    return shown(posting, found, _posted("corrected", found, posting.unit))


@ledger_app.command
def balance(account: _Account = None, *, at: str | None = None) -> int:
    """Tell what of an account is held, used and left, now or at a past moment (ISO text with its time zone)."""
    account = account or Account()
    with opened(account) as (commands, ledger):
        found = commands.balance(ledger, account.name(), at=at)
    return shown(account, found, _balance(found))


def _balance(found: Mapping[str, Any]) -> list[str]:
    unit, cited = found["unit"], f" ({found['citation']})" if found["citation"] else ""
    limit = "no limit is stated" if found["limit"] is None else f"limit {found['limit']} {unit}{cited}"
    left = "" if found["remaining"] is None else f"; {found['remaining']} {unit} remain"
    used = f"held {found['held']} {unit}, consumed {found['consumed']} {unit}"
    return [f"{found['account']} at {found['as_of']}", f"  {used}; {limit}{left}"]


def _posted(what: str, found: Mapping[str, Any], unit: str) -> list[str]:
    left = [f"{one} {unit} remain" for one in found["remaining"] if one is not None]
    again = " (repeated: it stood already)" if found["repeated"] else ""
    return [f"{what}: {found['key']}{again}" + "".join(f"; {one}" for one in left),
            *(f"  passes the limit: {one}" for one in found["exceeded"])]  # fmt: skip


@ledger_app.command
def notice(kind: str, subject: str, /, where: _Where = None, *, key: str, shipment: str | None = None,
           reference: str = "", limits: str | None = None) -> int:  # fmt: skip
    """Open a notice that is due (nac, lpp …) for a subject; its terms of days are those of law/limits.csv.

    Parameters
    ----------
    shipment
        The day of the shipment.
    limits
        Another table of terms.
    """
    from exeat.lawbook.folder import law_folder

    where = where or Where()
    table = Path(limits) if limits is not None else law_folder() / "limits.csv"
    with opened(where) as (commands, ledger):
        more = {"shipment_day": shipment, "reference": reference}
        found = commands.open_notice(ledger, kind, subject, key, limits=table, **more)
    return shown(where, found, _notice(found))


@ledger_app.command
def enter(number: int, event: str, day: str, /, where: _Where = None, *, who: str = "", note: str = "") -> int:
    """Enter what happened to a notice: submitted, cleared, refused …, and on which day."""
    where = where or Where()
    with opened(where) as (commands, ledger):
        found = commands.enter(ledger, number, event, day, who=who, note=note)
    return shown(where, found, _notice(found))


@ledger_app.command
def notices(where: _Where = None, *, today: str | None = None, reference: str | None = None) -> int:
    """List the notices, the first due first; what is overdue is said."""
    where = where or Where()
    with opened(where) as (commands, ledger):
        day = day_of(today, "--today")
        found = commands.notices(ledger, today=day.isoformat() if day else None, reference=reference)
    return shown(where, found, [line for one in found for line in _notice(one)] or ["no notices"])


def _notice(one: Mapping[str, Any]) -> list[str]:
    due = f"; {one['does']}: due {one['due']}" if one["due"] else ""
    return [f"{one['id']}. {one['title']}, {one['subject']}: {one['shown']}{due} ({one['citation']})"]


@ledger_app.command
def calendar(file: str, /, where: _Where = None, *, today: str | None = None, remind_days: int = 3) -> int:
    """Write everything awaited to a calendar file (.ics)."""
    where = where or Where()
    with opened(where) as (commands, ledger):
        day = day_of(today, "--today")
        found = commands.calendar(ledger, Path(file), today=day.isoformat() if day else None, remind_days=remind_days)
    return shown(where, found, [f"{found['events']} events written to {found['file']}"])
