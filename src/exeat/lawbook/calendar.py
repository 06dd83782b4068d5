"""Every dated change of the law in order: instruments public, effective and due; last days; stays; postures; groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from exeat.lawbook.consolidate import Lawbook
from exeat.lawbook.groups import Groups
from exeat.lawbook.instrument import Instrument, Posture, Section, Stay

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """One change. ``known`` is the first day the public could know of it; ``says`` names the provision or title."""

    day: date
    what: str
    instrument: str
    says: str
    known: date


def events(book: Lawbook, known_on: date | None = None) -> list[Event]:
    """Every dated change that was public on ``known_on`` (None: all), each once, in order of day."""
    found = {event for instrument in book.instruments for event in _of_instrument(instrument)}
    found.update(_of_groups(book.groups))
    return sorted(event for event in found if known_on is None or event.known <= known_on)


def scheduled(book: Lawbook, start: date, known_on: date | None = None) -> list[Event]:
    """What changes on ``start`` or later."""
    return [event for event in events(book, known_on) if event.day >= start]


def _of_instrument(instrument: Instrument) -> Iterator[Event]:
    if instrument.kind == "baseline":
        return
    days = [(instrument.known, "public"), (instrument.published, "published"), (instrument.effective, "effective")]
    if instrument.compliance != instrument.effective:
        days.append((instrument.compliance, "compliance due"))
    for day, what in days:
        yield Event(day, what, instrument.citation, instrument.title, instrument.known)
    for section in instrument.sections:
        for day, what, says in _of_section(section, instrument):
            yield Event(day, what, section.citation, says, section.known)


def _of_section(section: Section, instrument: Instrument) -> Iterable[tuple[date, str, str]]:
    name = section.provision
    if isinstance(section.rule, Posture):
        yield section.rule.since, "posture", f"{name}: {section.rule.stance}"
        return
    if section.effective != instrument.effective:
        yield section.effective, "effective", name
    if section.compliance not in (instrument.compliance, section.effective):
        yield section.compliance, "compliance due", name
    if section.expires:
        yield section.expires, "last day", name
    if isinstance(section.rule, Stay):
        yield section.rule.start, "stay begins", name
        yield section.rule.until, "last day of the stay", name
        yield section.rule.until + _DAY, "returns unless extended", name


def _of_groups(groups: Groups) -> Iterator[Event]:
    for member in groups.memberships:
        if member.start is not None:
            says, known = f"{member.member} joins {member.group}", member.start_known or member.start
            yield Event(member.start, "group", member.citation, says, known)
        if member.until is not None:
            says, known = f"{member.member} last day in {member.group}", member.until_known or member.until
            yield Event(member.until, "group", member.citation, says, known)
