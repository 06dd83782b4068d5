"""Instruments, their standing and coverage, dated events and dated membership of groups as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from exeat.explanation.provision_data import posture_data
from exeat.lawbook.calendar import Event
from exeat.lawbook.instrument import Instrument
from exeat.lawbook.status import Status

if TYPE_CHECKING:
    from exeat.library import LawView


def instrument_data(instrument: Instrument) -> dict[str, Any]:
    """An instrument's marks as plain data."""
    return {
        "instrument": instrument.citation,
        "title": instrument.title,
        "kind": instrument.kind,
        "known": instrument.known.isoformat(),
        "published": instrument.published.isoformat(),
        "effective": instrument.effective.isoformat(),
        "compliance": instrument.compliance.isoformat(),
        "provisions": [f"{section.verb}: {section.provision}" for section in instrument.sections],
        "not_encoded": len(instrument.gaps),
        "confidence": instrument.confidence,
        "checked": instrument.checked.isoformat() if instrument.checked else None,
        "source": instrument.source,
        "file": instrument.file,
    }


def told_events(found: Iterable[Event]) -> Iterator[dict[str, str]]:
    """Events as plain data, each once."""
    seen: dict[tuple[str, ...], None] = {}
    for event in found:
        seen[(event.day.isoformat(), event.what, event.instrument, event.says)] = None
    return (dict(zip(("date", "what", "instrument", "says"), row, strict=True)) for row in seen)


def status_data(found: Status) -> dict[str, Any]:
    """A status as plain data; every date says whether it has come (*yet*) on the day asked about."""
    instrument = found.instrument

    def dated(day: date) -> dict[str, Any]:
        return {"date": day.isoformat(), "yet": day <= found.on}

    public = found.known_on is None or instrument.known <= found.known_on
    return {
        "instrument": instrument.citation,
        "title": instrument.title,
        "kind": instrument.kind,
        "on": found.on.isoformat(),
        "known_on": found.known_on.isoformat() if found.known_on else None,
        "known": {**dated(instrument.known), "by_known_on": public},
        "published": dated(instrument.published),
        "effective": [{**dated(day), "provisions": list(names)} for day, names in found.effective.items()],
        "compliance": [{**dated(day), "provisions": list(names)} for day, names in found.compliance.items()],
        "expires": [{**dated(day), "provisions": list(names)} for day, names in found.expires.items()],
        "pending": [section.provision for section in found.pending],
        "posture": [{"provision": section.provision, **posture_data(section)} for section in found.postures],
        "stayed": [
            {
                "provision": stay.provision,
                "from": stay.start.isoformat(),
                "until": stay.until.isoformat(),
                "instrument": stay.by.citation,
                "source": stay.by.source,
            }
            for stay in found.stayed
        ],
        "rescinded": {
            "rescinded": found.rescinded,
            "removed": [
                {"provision": s.section.provision, "by": s.by.citation, "effective": s.by.effective.isoformat()}
                for s in found.removed
                if s.by is not None
            ],
            "last_checked": instrument.checked.isoformat() if instrument.checked else None,
            "beyond_checked": instrument.checked is not None and found.on > instrument.checked,
        },
        "provisions": [
            {
                "provision": s.section.provision,
                "verb": s.section.verb,
                "state": s.state,
                "by": s.by.citation if s.by is not None else None,
            }
            for s in found.standings
        ],
        "not_encoded": len(instrument.gaps),
        "confidence": instrument.confidence,
        "source": instrument.source,
    }


def coverage_data(instrument: Instrument) -> dict[str, Any]:
    """What of an instrument is encoded and what is not; ``shown``: told with the answers on which it bears."""
    return {
        "instrument": instrument.citation,
        "title": instrument.title,
        "confidence": instrument.confidence,
        "checked": instrument.checked.isoformat() if instrument.checked else None,
        "amends": list(instrument.amends),
        "encoded": [f"{s.verb}: {s.provision}" for s in instrument.sections if s.rule or s.verb == "Remove"],
        "context": [f"{s.verb}: {s.provision}" for s in instrument.sections if not (s.rule or s.verb == "Remove")],
        "not_encoded": [{"what": g.what, "why": g.why, "shown": g.when is not None} for g in instrument.gaps],
        "source": instrument.source,
    }


def memberships(code: str, view: LawView) -> Iterator[dict[str, Any]]:
    """Every group the place was or is to be in, with the spans of days; computed groups follow their parts."""
    groups, known = view.lawbook.groups, view.known_on
    days = sorted({day for day, seen in groups.changes() if known is None or seen <= known})
    for name in groups.groups:
        spans: list[list[date | None]] = []
        for start in (None, *days):
            inside = code in groups.on(start or date.min, known)[name]
            if inside and (not spans or spans[-1][1] is not None):
                spans.append([start, None])
            elif not inside and spans and spans[-1][1] is None and start is not None:
                spans[-1][1] = start - timedelta(days=1)
        cited = sorted({m.citation for m in groups.memberships if m.group == name and m.member == code})
        for first, last in spans:
            yield {
                "group": name,
                "words": groups.groups[name].words,
                "from": first.isoformat() if first else None,
                "until": last.isoformat() if last else None,
                "on": (first is None or first <= view.on) and (last is None or view.on <= last),
                "computed": groups.groups[name].formula or None,
                "citation": "; ".join(cited),
            }
