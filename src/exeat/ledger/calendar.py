"""Due dates as an iCalendar file (RFC 5545) that any calendar reads: one all-day event for each notice awaited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from exeat.ledger.notices import Notice

#: Lines are folded at 75 octets (RFC 5545, section 3.1).
_OCTETS = 75


def icalendar(notices: Iterable[Notice], now: datetime, *, remind_days: int = 3) -> str:
    """The calendar of all notices that have a due day, with a reminder so many days before."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//exeat//ledger//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    for notice in notices:
        if notice.due is not None:
            lines += _event(notice, stamp, remind_days)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(notice: Notice, stamp: str, remind_days: int) -> list[str]:
    assert notice.due is not None
    summary = f"{notice.title}: {notice.does}" + (" (OVERDUE)" if notice.overdue else "")
    about = [notice.subject, f"shipment {notice.reference}" if notice.reference else "", f"state: {notice.shown}"]
    description = "\n".join(part for part in (*about, notice.citation) if part)
    return [
        "BEGIN:VEVENT",
        f"UID:notice-{notice.id}@exeat",
        f"DTSTAMP:{stamp}",
        f"SEQUENCE:{len(notice.events)}",
        f"DTSTART;VALUE=DATE:{notice.due:%Y%m%d}",
        f"DTEND;VALUE=DATE:{notice.due + timedelta(days=1):%Y%m%d}",
        "TRANSP:TRANSPARENT",
        f"SUMMARY:{_escaped(summary)}",
        f"DESCRIPTION:{_escaped(description)}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_escaped(summary)}",
        f"TRIGGER:-P{remind_days}D",
        "END:VALARM",
        "END:VEVENT",
    ]


def _escaped(text: str) -> str:
    """A TEXT value (RFC 5545, section 3.3.11)."""
    for raw, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\n"), ("\r", "\n"), ("\n", "\\n")):
        text = text.replace(raw, written)
    return "".join(sign for sign in text if sign >= " " or sign == "\t")


def _folded(line: str) -> Iterator[str]:
    """The line cut at 75 octets, never inside a character; what follows begins with a space."""
    part, size = "", 0
    for sign in line:
        octets = len(sign.encode())
        if size + octets > _OCTETS:
            yield part
            part, size = " ", 1
        part += sign
        size += octets
    yield part
