"""The stops of the time slider: each day on which the law of the day changes, and what changes it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from exeat.lawbook.calendar import Event, events
from exeat.lawbook.consolidate import Lawbook
from exeat.lawbook.instrument import AMENDING, Instrument

_DAY = timedelta(days=1)
#: Changes that are told by their last day and felt on the next.
_LAST = ("last day", "last day of the stay")
#: What alone leaves the law of the day as it is.
_SILENT = ("public", "published")


@dataclass(frozen=True, slots=True)
class Stop:
    """A day and what changes on it: ``says`` for reading, ``instruments`` the citations."""

    day: date
    says: tuple[str, ...]
    instruments: tuple[str, ...]

    @property
    def short(self) -> str:
        """One line for a slider."""
        more = len(self.says) - 1
        return (self.says[0] if self.says else "a change of the law") + (f" (+{more})" if more > 0 else "")


def stops(book: Lawbook, first: date | None = None, last: date | None = None) -> tuple[Stop, ...]:
    """Every day from ``first`` (the beginning of the encoded law) to ``last`` on which the law changes."""
    first = first or book.begins
    told: dict[date, dict[tuple[str, str], list[Event]]] = {}
    for event in events(book):
        if event.what in _SILENT:
            continue
        late = event.what in _LAST or (event.what == "group" and " last day in " in event.says)
        day = event.day + _DAY if late else event.day
        told.setdefault(day, {}).setdefault((event.instrument, event.what), []).append(event)
    by_citation = {i.citation: i for i in book.instruments}
    found = []
    for day in book.changes():
        if day < first or (last is not None and day > last):
            continue
        groups = sorted(told.get(day, {}).items(), key=lambda pair: _rank(pair[0], by_citation))
        says = tuple(dict.fromkeys(_say(key, listed, by_citation) for key, listed in groups))
        cited = tuple(dict.fromkeys(citation for (citation, _), _ in groups))
        found.append(Stop(day, says, cited))
    return tuple(found)


def _rank(key: tuple[str, str], instruments: Mapping[str, Instrument]) -> tuple[int, int]:
    """The instrument that changes most comes first, and of one instrument what takes effect."""
    citation, what = key
    order = ("effective", "compliance due", "posture", "stay begins", "returns unless extended", "group")
    instrument = instruments.get(citation)
    weight = sum(s.verb in AMENDING or s.verb == "Posture" for s in instrument.sections) if instrument else 0
    return -weight, order.index(what) if what in order else len(order)


def _say(key: tuple[str, str], listed: Sequence[Event], instruments: Mapping[str, Instrument]) -> str:
    citation, what = key
    instrument = instruments.get(citation)
    if what == "group" or instrument is None:
        return f"{citation}: " + _some(event.says for event in listed)
    if what == "posture":
        stances = sorted({event.says.rpartition(": ")[2] for event in listed})
        return f"{citation}, {instrument.title}: {', '.join(stances)}"
    amends = any(section.verb in AMENDING for section in instrument.sections)
    words = {"effective": "in effect" if amends else "stated"}.get(what, what)
    if any(event.says == instrument.title for event in listed):
        return f"{citation}, {instrument.title}: {words}"
    return f"{citation}: {words}, {_some(event.says for event in listed)}"


def _some(says: Iterable[str]) -> str:
    told = list(dict.fromkeys(says))
    return "; ".join(told[:3]) + (f" and {len(told) - 3} more" if len(told) > 3 else "")


def around(found: Sequence[Stop], on: date) -> tuple[Stop | None, Stop | None, Stop | None]:
    """The stop before the span a day lies in, the one that began the span, and the next."""
    place = bisect_right([stop.day for stop in found], on)
    current = found[place - 1] if place else None
    before = found[place - 2] if place > 1 else None
    return before, current, found[place] if place < len(found) else None


__all__ = ["Stop", "around", "stops"]
