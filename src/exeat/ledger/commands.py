"""What ``exeat ledger ...`` and ``exeat records ...`` do, as plain functions that return plain data.

Each takes an open :class:`~exeat.ledger.book.Ledger` (see :func:`open_ledger`) and texts as a shell gives them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from exeat.ledger import pack as packs
from exeat.ledger import receipts, schema
from exeat.ledger.accounts import AccountName, Limit, Share
from exeat.ledger.book import Ledger
from exeat.ledger.doctor import doctor as examine
from exeat.ledger.errors import LedgerError
from exeat.ledger.named_limits import read_limits
from exeat.ledger.notices import Notice, machine_of
from exeat.ledger.postings import Posted
from exeat.ledger.replay import Evaluate
from exeat.ledger.store import Store

URL_VARIABLE = "EXEAT_LEDGER"
KEY_VARIABLE = "EXEAT_LEDGER_KEY"
DEFAULT_URL = "sqlite:///exeat-ledger.db"


def ledger_url(url: str | None = None) -> str:
    """The URL given, or that of the environment, or the default file."""
    return url or os.environ.get(URL_VARIABLE) or DEFAULT_URL


def seal_key() -> bytes | None:
    """The key that seals the head of the chain, from the environment."""
    text = os.environ.get(KEY_VARIABLE)
    return text.encode() if text else None


def open_ledger(url: str | None = None, *, create: bool = True) -> Ledger:
    """The ledger behind a URL. Raises StoreError."""
    return Ledger(ledger_url(url), seal_key=seal_key(), create=create)


def upgrade(url: str | None = None) -> dict[str, Any]:
    """Move the schema on to the newest version."""
    store = Store(ledger_url(url))
    try:
        return {"before": schema.upgrade(store), "now": schema.current(store)}
    finally:
        store.close()


def doctor(url: str | None = None) -> list[dict[str, Any]]:
    """What is configured and reachable."""
    return [asdict(finding) for finding in examine(ledger_url(url), seal_key=seal_key())]


def open_account(
    ledger: Ledger,
    name: AccountName,
    *,
    limit: str | None = None,
    citation: str = "",
    first_day: str | None = None,
    last_day: str | None = None,
    share_of: AccountName | None = None,
    percent: str | None = None,
    counts_only: bool = False,
    who: str = "",
) -> dict[str, Any]:
    """Open an account with a limit, a share of another account, or neither (``counts_only``)."""
    if (share_of is None) != (percent is None):
        raise LedgerError("a share is stated by the account it is a share of and its percent, both")
    limits = [] if limit is None else [Limit(limit, citation, first_day, last_day)]
    shares = [] if share_of is None or percent is None else [Share(share_of, percent, citation)]
    ledger.open_account(name, limit=limits, share=shares, counts_only=counts_only, who=who)
    return balance(ledger, name)


def reserve(
    ledger: Ledger, name: AccountName, amount: str, key: str, *, expires_in_days: int | None = None, **more: Any
) -> dict[str, Any]:
    """Hold an amount; LimitReached says what remains."""
    if expires_in_days is not None:
        more["expires_at"] = ledger.clock() + timedelta(days=expires_in_days)
    return posted(ledger.reserve({name: amount}, key, **more))


def consume(
    ledger: Ledger,
    key: str,
    *,
    reservation: str | None = None,
    name: AccountName | None = None,
    amount: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Consume a reservation (wholly, or an amount of an account), or an amount that was not reserved."""
    amounts = {name: amount} if name is not None and amount is not None else None
    if reservation is not None:
        return posted(ledger.consume_reserved(reservation, key, amounts=amounts, **more))
    if amounts is None:
        raise LedgerError("consume: expected a reservation, or an account with an amount")
    return posted(ledger.consume(amounts, key, **more))


def release(ledger: Ledger, reservation: str, key: str, **more: Any) -> dict[str, Any]:
    """Give back what a reservation holds."""
    return posted(ledger.release(reservation, key, **more))


def correct(ledger: Ledger, name: AccountName, amount: str, key: str, *, why: str, **more: Any) -> dict[str, Any]:
    """Set right what was consumed, by a signed amount."""
    return posted(ledger.correct({name: amount}, key, why=why, **more))


def retire(ledger: Ledger, name: AccountName, amount: str, key: str, *, why: str, **more: Any) -> dict[str, Any]:
    """A stock shrinks."""
    return posted(ledger.retire({name: amount}, key, why=why, **more))


def expire(ledger: Ledger) -> list[str]:
    """Give back every reservation whose time is over."""
    return ledger.expire()


def balance(ledger: Ledger, name: AccountName, *, at: str | None = None) -> dict[str, Any]:
    """A balance now, or at a past moment (ISO text with its time zone)."""
    found = ledger.balance(name, at=None if at is None else _moment(at))
    figures = {key: getattr(found, key) for key in ("held", "consumed", "used", "limit", "remaining")}
    shown = {key: None if value is None else f"{value:f}" for key, value in figures.items()}
    return {
        "account": str(name),
        "unit": name.unit,
        "as_of": found.as_of.isoformat(),
        **shown,
        "citation": found.citation,
    }


def posted(found: Posted) -> dict[str, Any]:
    """A posting as plain data."""
    left = [None if value is None else f"{value:f}" for value in found.remaining.values()]
    return {"key": found.key, "remaining": left, "repeated": found.repeated, "exceeded": list(found.exceeded)}


def open_notice(
    ledger: Ledger,
    kind: str,
    subject: str,
    key: str,
    *,
    limits: Path,
    shipment_day: str | None = None,
    reference: str = "",
) -> dict[str, Any]:
    """Open a notice; the terms it needs are read from the table of named limits."""
    table = read_limits(limits)
    terms = [table[name] for name in machine_of(kind).terms]
    more: dict[str, Any] = {"terms": terms, "shipment_day": shipment_day, "reference": reference}
    number = ledger.open_notice(kind, subject, key=key, **more)
    return next(notice for notice in notices(ledger) if notice["id"] == number)


def enter(ledger: Ledger, notice: int, event: str, day: str, *, who: str = "", note: str = "") -> dict[str, Any]:
    """Enter what happened to a notice."""
    return _notice(ledger.enter(notice, event, day, who=who, note=note))


def notices(ledger: Ledger, *, today: str | None = None, reference: str | None = None) -> list[dict[str, Any]]:
    """Notices as they stand on a day, the first due first."""
    day = None if today is None else date.fromisoformat(today)
    return [_notice(notice) for notice in ledger.notices(day, reference=reference)]


def calendar(ledger: Ledger, path: Path, *, today: str | None = None, remind_days: int = 3) -> dict[str, Any]:
    """Write everything awaited to an .ics file."""
    text = ledger.icalendar(None if today is None else date.fromisoformat(today), remind_days=remind_days)
    path.write_bytes(text.encode())
    return {"file": path.name, "events": text.count("BEGIN:VEVENT")}


def _notice(notice: Notice) -> dict[str, Any]:
    data = asdict(notice)
    data["due"] = notice.due.isoformat() if notice.due else None
    data["events"] = [{**asdict(event), "day": event.day.isoformat()} for event in notice.events]
    return {**data, "overdue": notice.overdue}


def verify(ledger: Ledger, *, checkpoint: Path | None = None, workers: int | None = None) -> dict[str, Any]:
    """Compare everything stored with its hashes, and with a checkpoint kept elsewhere."""
    given = None
    if checkpoint is not None:
        try:
            given = json.loads(checkpoint.read_text(encoding="utf-8"))
        except ValueError:
            raise LedgerError(f"{checkpoint.name} is not a checkpoint") from None
    found = ledger.verify(checkpoint=given, workers=workers)
    return {
        "sound": found.sound,
        "receipts": found.receipts,
        "pieces": found.parts,
        "postings": found.postings,
        "head": found.head.hex(),
        "faults": [str(fault) for fault in found.faults],
        "notes": list(found.notes),
    }


def checkpoint(ledger: Ledger, path: Path) -> dict[str, Any]:
    """Write a checkpoint, to be kept away from the database."""
    data = ledger.checkpoint()
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return {"file": path.name, "receipts": data["receipts"], "head": data["head"]}


def replay(ledger: Ledger, evaluate: Evaluate, *, first: int = 1, last: int | None = None) -> dict[str, Any]:
    """Evaluate every recorded determination anew; those that would differ, and by which instruments."""
    found = list(ledger.replay(evaluate, first=first, last=last))
    return {"replayed": len(found), "different": [asdict(one) for one in found if one is not None]}


def show(ledger: Ledger, number: int) -> dict[str, Any]:
    """One receipt with what it holds."""
    with ledger.store.reading() as connection:
        found = receipts.get(connection, number)
    said = {"number": found.number, "at": found.at.isoformat(), "kind": found.kind, "reference": found.reference}
    return {**said, "hash": found.hash.hex(), "redacted": found.redacted, "document": found.document}


def redact(ledger: Ledger, number: int, *, why: str, who: str = "", fields: list[int] | None = None) -> dict[str, Any]:
    """Delete personal values of a receipt; the chain says so."""
    return {"receipt": number, "recorded_as": ledger.redact(number, why=why, who=who, fields=fields)}


def export(ledger: Ledger, reference: str, folder: Path, *, font: Path | None = None) -> dict[str, Any]:
    """Write one shipment's pack as JSON and HTML, and as PDF where fpdf2 is installed."""
    with ledger.store.reading() as connection:
        pack = packs.gather(connection, reference, ledger.clock().date())
    folder.mkdir(parents=True, exist_ok=True)
    stem = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in reference)
    written: dict[str, str | None] = {"json": f"{stem}.json", "html": f"{stem}.html", "pdf": f"{stem}.pdf"}
    (folder / f"{stem}.json").write_text(json.dumps(pack, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / f"{stem}.html").write_text(packs.html(pack), encoding="utf-8")
    try:
        from exeat.ledger.pdf import pdf
    except ImportError:
        written["pdf"] = None
    else:
        (folder / f"{stem}.pdf").write_bytes(pdf(pack, font=font))
    return {"reference": reference, "receipts": len(pack["receipts"]), "written": written}


def facts(ledger: Ledger, wanted: Mapping[str, AccountName], *, at: str | None = None) -> dict[str, Any]:
    """Balances as facts by name; an account never opened is None (unknown)."""
    return ledger.balances(dict(wanted), at=None if at is None else _moment(at))


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise LedgerError(f"at is {text!r}; expected a moment such as 2025-07-01T12:00:00+00:00") from None
    if found.tzinfo is None:
        raise LedgerError(f"at is {text!r}; expected its time zone too, as in 2025-07-01T12:00:00+00:00")
    return found
