"""Notices: opened with their terms, moved on by events, overdue when a day has passed without the event awaited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from exeat.ledger import receipts
from exeat.ledger.amounts import Amount, scaled
from exeat.ledger.chain import canonical, parsed
from exeat.ledger.clock import day_text
from exeat.ledger.errors import KeyReused, NoticeError, UnknownAccount
from exeat.ledger.machines import MACHINES, Machine, Wait
from exeat.ledger.named_limits import NamedLimit
from exeat.ledger.tables import notice_events, notices
from exeat.logic.vocabulary import nearest


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a notice, on which day."""

    number: int
    event: str
    day: date
    who: str
    note: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice on a day. ``state`` is where its events lead; ``shown`` also says overdue, or that no answer came.
    ``due`` is the last day on which what is awaited is in time, None if nothing is.
    """

    id: int
    kind: str
    title: str
    subject: str
    reference: str
    state: str
    shown: str
    due: date | None
    does: str
    citation: str
    events: tuple[Event, ...]

    @property
    def overdue(self) -> bool:
        """Whether the day passed."""
        return self.shown == "overdue"


def machine_of(kind: str) -> Machine:
    """The machine of a kind.

    Raises:
        NoticeError: no such kind; names the nearest.
    """
    machine = MACHINES.get(kind)
    if machine is None:
        hint = nearest(kind, MACHINES)
        raise NoticeError(
            f"no notice of kind {kind!r}; " + (f"perhaps {hint!r}" if hint else f"there are {list(MACHINES)}")
        )
    return machine


def open_notice(
    connection: Connection,
    at: int,
    kind: str,
    subject: str,
    *,
    key: str,
    terms: Iterable[NamedLimit] = (),
    shipment_day: date | str | None = None,
    reference: str = "",
    seal_key: bytes | None = None,
) -> int:
    """Open a notice with the terms that govern it (stored with it, citation and all). Returns its id.

    Raises:
        NoticeError: an unknown kind, a term that is missing or not a whole number of days.
        KeyReused: the key stands for another notice.
    """
    machine = machine_of(kind)
    given = {term.name: {"amount": f"{term.amount:f}", "citation": term.citation} for term in terms}
    for name in machine.terms:
        if name not in given or Decimal(given[name]["amount"]) % 1 or Decimal(given[name]["amount"]) < 0:
            raise NoticeError(f"{machine.title}: expected the term {name!r}, a whole number of days, with its citation")
    day = None if shipment_day is None else day_text(shipment_day, "", "shipment_day")
    row = {"kind": kind, "subject": subject, "reference": reference, "shipment_day": day}
    stored = {**row, "terms": canonical(given).decode()}
    first = connection.execute(select(notices).where(notices.c.key == key)).one_or_none()
    if first is not None:
        if any(getattr(first, name) != value for name, value in stored.items()):
            raise KeyReused(f"key {key!r} stands for another notice, number {first.id}")
        return int(first.id)
    added = insert(notices).values(**stored, opened_at=at, key=key).returning(notices.c.id)
    notice = int(connection.execute(added).scalar_one())
    body = {"notice": notice, "number": 0, **stored, "key": key, "opened_at": at}
    receipts.append(connection, at, "notice", body, reference=reference, seal_key=seal_key)
    return notice


def enter(
    connection: Connection,
    at: int,
    notice: int,
    event: str,
    day: date | str,
    *,
    who: str = "",
    note: str = "",
    seal_key: bytes | None = None,
) -> None:
    """Enter an event. Entering the same event of the same day again, as the last one, changes nothing.

    Raises:
        NoticeError: the event does not follow from the notice's state, or lies before the last one.
    """
    row = _row(connection, notice, locked=True)
    machine = machine_of(row.kind)
    events = _events(connection, notice)
    state, on = _state(machine, events), day_text(day, "")
    if events and (events[-1].event, events[-1].day.isoformat()) == (event, on):
        return
    moves = machine.moves.get(state, {})
    if event not in moves:
        hint = nearest(event, moves)
        may = f"perhaps {hint!r}" if hint else f"expected one of {', '.join(moves)}" if moves else "nothing follows"
        raise NoticeError(f"notice {notice} is {state}: {event!r} does not follow; {may}")
    if events and on < events[-1].day.isoformat():
        raise NoticeError(f"notice {notice}: {event} on {on} lies before {events[-1].event} on {events[-1].day}")
    entry = {"event": event, "day": on, "at": at, "who": who, "note": note}
    number = len(events) + 1
    connection.execute(insert(notice_events).values(notice_id=notice, number=number, **entry))
    body = {"notice": notice, "number": number, **entry}
    receipts.append(connection, at, "notice", body, reference=row.reference, seal_key=seal_key)


def _row(connection: Connection, notice: int, *, locked: bool = False) -> Row[Any]:
    query = select(notices).where(notices.c.id == notice)
    row = connection.execute(query.with_for_update() if locked else query).one_or_none()
    if row is None:
        raise UnknownAccount(f"no notice {notice}")
    return row


def _events(connection: Connection, notice: int) -> list[Event]:
    query = select(notice_events).where(notice_events.c.notice_id == notice).order_by(notice_events.c.number)
    return [
        Event(row.number, row.event, date.fromisoformat(row.day), row.who, row.note)
        for row in connection.execute(query)
    ]


def _state(machine: Machine, events: Iterable[Event]) -> str:
    state = machine.start
    for event in events:
        state = machine.moves[state][event.event]
    return state


def on_day(connection: Connection, notice: int, today: date) -> Notice:
    """A notice as it stands on a day."""
    return _notice(_row(connection, notice), _events(connection, notice), today)


def all_on_day(connection: Connection, today: date, *, reference: str | None = None) -> list[Notice]:
    """Every notice (of a shipment), the first due first, those with nothing awaited last."""
    query = select(notices).order_by(notices.c.id)
    if reference is not None:
        query = query.where(notices.c.reference == reference)
    found = [_notice(row, _events(connection, row.id), today) for row in connection.execute(query).all()]
    return sorted(found, key=lambda notice: (notice.due is None, notice.due or today, notice.id))


def _notice(row: Row[Any], events: list[Event], today: date) -> Notice:
    machine = machine_of(row.kind)
    state = _state(machine, events)
    terms = parsed(row.terms.encode())
    wait = machine.waits.get(state)
    due = None if wait is None else _due(machine, wait, events, row.shipment_day, terms)
    shown = state
    if wait is not None and due is not None and (today > due or (wait.on_the_day and today == due)):
        shown = wait.afterwards
    citation = terms.get(wait.term, {}).get("citation", "") if wait else ""
    if not citation:
        citation = "; ".join(dict.fromkeys(term["citation"] for term in terms.values() if term["citation"]))
    does = wait.does if wait else ""
    said = (row.id, row.kind, machine.title, row.subject, row.reference)
    return Notice(*said, state, shown, due, does, citation, tuple(events))


def _due(
    machine: Machine, wait: Wait, events: list[Event], shipment_day: str | None, terms: Mapping[str, Mapping[str, str]]
) -> date | None:
    """The due day; None while the day it counts from is unknown or the clock stands still."""
    if wait.term and wait.term not in terms:
        return None
    days = int(Decimal(terms[wait.term]["amount"])) if wait.term else 0
    if wait.counted_from == "shipment":
        if shipment_day is None:
            return None
        start = date.fromisoformat(shipment_day)
        if not wait.before:
            return start + timedelta(days=days)
        return start - timedelta(days=max(days, 1))
    if not events:
        return None
    start = events[-1].day
    if machine.clock_stops and any(event.event == "clock_resumed" for event in events):
        first = next(event for event in events if event.event == "submitted")
        start = first.day + timedelta(days=_stopped(events))
    return start + timedelta(days=days)


def _stopped(events: list[Event]) -> int:
    """Calendar days on which the clock stood still."""
    total, since = 0, None
    for event in events:
        if event.event == "clock_stopped":
            since = event.day
        elif event.event == "clock_resumed" and since is not None:
            total, since = total + (event.day - since).days, None
    return total


def owed(
    *,
    shipment: Amount,
    received_before: Amount | None = None,
    single: NamedLimit | None = None,
    total: NamedLimit | None = None,
) -> dict[str, bool | None]:
    """Which thresholds a shipment meets: ``single`` by itself, ``total`` together with what was received before.

    Thresholds count as met when equaled. What is not known is None, never no.
    """
    own = scaled(shipment, "shipment")
    found: dict[str, bool | None] = {}
    if single is not None:
        found[single.name] = own >= scaled(single.amount)
    if total is not None:
        before = None if received_before is None else scaled(received_before, "received_before", signed=True)
        reached = own >= scaled(total.amount) or None
        found[total.name] = reached if before is None else before + own >= scaled(total.amount)
    return found
