"""Where an instrument stands on a day: public, published, effective, due, pending, stayed, enforced, rescinded.

Nothing here says that a thing did not happen: an instrument is *not rescinded as far as known*, up to the last day on
which its sources were checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from exeat.lawbook.consolidate import InForce, Lawbook, Stayed
from exeat.lawbook.instrument import AMENDING, Instrument, LawError, Section
from exeat.logic.vocabulary import nearest


@dataclass(frozen=True, slots=True)
class Standing:
    """One provision of an instrument on a day: ``state`` in words, and the section or day that made it so."""

    section: Section
    state: str
    by: Section | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """An instrument on a day. Dates are all that its sections state, in order, with the provisions they concern."""

    instrument: Instrument
    on: date
    known_on: date | None
    effective: dict[date, tuple[str, ...]]
    compliance: dict[date, tuple[str, ...]]
    expires: dict[date, tuple[str, ...]]
    standings: tuple[Standing, ...]
    postures: tuple[Section, ...]
    stayed: tuple[Stayed, ...]
    removed: tuple[Standing, ...]

    @property
    def rescinded(self) -> bool:
        """Whether later instruments removed all that it added: as far as the encoded instruments tell."""
        own = [s for s in self.standings if s.section.verb != "Remove"]
        return bool(own) and len(self.removed) == len(own)

    @property
    def pending(self) -> tuple[Section, ...]:
        """Its provisions that are in the CFR and not yet due."""
        return tuple(s.section for s in self.standings if s.state == "pending")


def find_instrument(book: Lawbook, word: str) -> Instrument:
    """The instrument a citation means: ``90 FR 4544``, ``90-FR-4544``, ``90fr4544``, the name of its file.

    Raises:
        LawError: none or several are so called; the nearest are named.
    """
    wanted = _folded(word)
    exact = [i for i in book.instruments if wanted in (_folded(i.citation), _folded(i.file.rpartition("/")[2][:-3]))]
    found = exact or [i for i in book.instruments if wanted and wanted in _folded(i.citation)]
    if len(found) == 1:
        return found[0]
    if found:
        raise LawError(f"{word[:60]!r} may be any of: {', '.join(i.citation for i in found)}")
    near = nearest(word, [i.citation for i in book.instruments])
    hint = f"; perhaps {near!r}" if near else "; exeat law instruments lists them"
    raise LawError(f"no encoded instrument is cited as {word[:60]!r}{hint}")


def _folded(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.casefold())


def status(book: Lawbook, instrument: Instrument, on: date, known_on: date | None = None) -> Status:
    """The standing of an instrument on a day, as far as it was public on ``known_on`` (None: all known now)."""
    law = book.in_force(on, known_on)
    own = [s for s in instrument.sections if s.verb in AMENDING and (known_on is None or s.known <= known_on)]
    standings = tuple(_standing(book, law, section, on, known_on) for section in own)
    alive = {s.section.provision for s in standings if s.state in ("governs", "pending", "stayed")}
    return Status(
        instrument=instrument,
        on=on,
        known_on=known_on,
        effective=_by_day(((s.effective, s.provision) for s in own), instrument.effective),
        compliance=_by_day(((s.compliance, s.provision) for s in own), instrument.compliance),
        expires=_by_day((s.expires, s.provision) for s in own if s.expires),
        standings=standings,
        postures=tuple(p for p in law.postures if p.provision in alive),
        stayed=tuple(s for s in law.stayed if s.provision in alive),
        removed=tuple(s for s in standings if s.state == "removed" and s.section.verb != "Remove"),
    )


def _by_day(pairs: Iterable[tuple[date, str]], whole: date | None = None) -> dict[date, tuple[str, ...]]:
    """Provisions by their day; ``whole``, the instrument's own day, stands even where each provision has another."""
    found: dict[date, list[str]] = {} if whole is None else {whole: []}
    for day, provision in pairs:
        found.setdefault(day, []).append(provision)
    return {day: tuple(found[day]) for day in sorted(found)}


def _standing(book: Lawbook, law: InForce, section: Section, on: date, known_on: date | None) -> Standing:
    if on < section.effective:
        return Standing(section, "not yet effective")
    chain = [s for s in book.chains[section.provision] if known_on is None or s.known <= known_on]
    due = [s for s in chain if s.compliance <= on]
    if section not in due:
        # A later version that is due already has taken the place of one that never came due.
        later = [s for s in due if s.order > section.order]
        return Standing(section, "pending") if not later else _replaced(section, later[-1])
    newest = due[-1]
    if newest is not section:
        return _replaced(section, newest)
    if section.verb == "Remove":
        return Standing(section, "removes")
    if section.expires is not None and on > section.expires:
        return Standing(section, "expired")
    if section.provision in {s.provision for s in law.stayed}:
        return Standing(section, "stayed", next(s.by for s in law.stayed if s.provision == section.provision))
    return Standing(section, "governs")


def _replaced(section: Section, newer: Section) -> Standing:
    return Standing(section, "removed" if newer.verb == "Remove" else "superseded", newer)
