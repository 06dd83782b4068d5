"""What governs a day: the chain of versions of each provision, as far as it was public by another day.

The version that governs is the newest (by effective date) whose compliance date has come. A newer version whose
effective date has come but whose compliance date has not is *pending*: it is law, and asks nothing yet.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from exeat.lawbook.groups import Groups
from exeat.lawbook.instrument import AMENDING, Instrument, Posture, Section, Stay
from exeat.logic.vocabulary import Vocabulary

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stayed:
    """A provision out of force for a time, by which section."""

    provision: str
    by: Section
    start: date
    until: date


@dataclass(frozen=True, slots=True)
class InForce:
    """The consolidated law of one era: what governs, what is pending, what is stayed, what the agency says of it."""

    governing: tuple[Section, ...]
    pending: tuple[Section, ...]
    postures: tuple[Section, ...]
    stayed: tuple[Stayed, ...]
    groups: dict[str, frozenset[str]]

    def provision(self, name: str) -> Section | None:
        """The governing version of a provision, or None."""
        return next((section for section in self.governing if section.provision == name), None)


@dataclass(frozen=True)
class Lawbook:
    """Every instrument, fact and group, and the law of any day. ``digest`` names this state of the law."""

    instruments: tuple[Instrument, ...]
    vocabulary: Vocabulary
    groups: Groups
    digest: str
    _eras: dict[tuple[int, int], InForce] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def drafts(self) -> tuple[str, ...]:
        """The drafts and bills read as if they were law; none, unless a caller named some."""
        return tuple(self.digest.split("+")[1:])

    @cached_property
    def begins(self) -> date:
        """The first day that is decided: when the earliest instrument but the baseline became public or effective."""
        return min(min(i.effective, i.known) for i in self.instruments if i.kind != "baseline")

    @cached_property
    def checked(self) -> date | None:
        """The last day to which the whole was checked for changes: the earliest of the instruments' marks."""
        return min((i.checked for i in self.instruments if i.checked), default=None)

    @cached_property
    def chains(self) -> dict[str, tuple[Section, ...]]:
        """Every provision's versions, oldest first by (effective, published, place in the instrument)."""
        chains: dict[str, list[Section]] = defaultdict(list)
        for section in self.sections():
            if section.verb in AMENDING:
                chains[section.provision].append(section)
        return {name: tuple(sorted(chain, key=lambda s: s.order)) for name, chain in sorted(chains.items())}

    def sections(self) -> Iterable[Section]:
        """Every section of every instrument."""
        return (section for instrument in self.instruments for section in instrument.sections)

    @cached_property
    def _transaction_cuts(self) -> tuple[date, ...]:
        cuts = {day for day, _ in self.groups.changes()}
        for section in self.sections():
            cuts.update((section.effective, section.compliance))
            if section.expires:
                cuts.add(section.expires + _DAY)
            if isinstance(section.rule, Stay):
                cuts.update((section.rule.start, section.rule.until + _DAY))
            if isinstance(section.rule, Posture):
                cuts.add(section.rule.since)
        return tuple(sorted(cuts))

    @cached_property
    def _knowledge_cuts(self) -> tuple[date, ...]:
        cuts = {known for _, known in self.groups.changes()} | {section.known for section in self.sections()}
        return tuple(sorted(cuts))

    def era(self, on: date, known_on: date | None = None) -> tuple[int, int]:
        """The span of days (and of knowledge) in which nothing changes, as a pair usable as a key."""
        known = len(self._knowledge_cuts) if known_on is None else bisect_right(self._knowledge_cuts, known_on)
        return bisect_right(self._transaction_cuts, on), known

    def changes(self) -> tuple[date, ...]:
        """Every day on which anything in the law of the day changes."""
        return self._transaction_cuts

    def in_force(self, on: date, known_on: date | None = None) -> InForce:
        """The law of ``on`` as it was public on ``known_on`` (None: all that is known now). Cached by era."""
        key = self.era(on, known_on)
        if key not in self._eras:
            self._eras[key] = self._consolidate(on, known_on)
        return self._eras[key]

    def _consolidate(self, on: date, known_on: date | None) -> InForce:
        def public(section: Section) -> bool:
            return known_on is None or section.known <= known_on

        stayed = [
            Stayed(s.provision, s, s.rule.start, s.rule.until)
            for s in self.sections()
            if s.verb == "Stay" and isinstance(s.rule, Stay) and public(s) and s.rule.start <= on <= s.rule.until
        ]
        out_of_force = {s.provision for s in stayed}
        governing: list[Section] = []
        pending: list[Section] = []
        for name, chain in self.chains.items():
            known = [section for section in chain if public(section)]
            version = governing_version(known, on)
            if version is not None and name not in out_of_force:
                governing.append(version)
            newest_done = known.index(version) if version in known else -1
            pending.extend(s for s in known[newest_done + 1 :] if s.effective <= on < s.compliance)
        postures: dict[str, Section] = {}
        for section in sorted((s for s in self.sections() if s.verb == "Posture"), key=_posture_order):
            if isinstance(section.rule, Posture) and public(section) and section.rule.since <= on:
                postures[section.provision] = section
        return InForce(
            tuple(governing),
            tuple(pending),
            tuple(postures.values()),
            tuple(stayed),
            self.groups.on(on, known_on),
        )


def governing_version(chain: list[Section], on: date) -> Section | None:
    """The newest version whose compliance date has come, unless it removes the provision or has expired."""
    due = [section for section in chain if section.compliance <= on]
    if not due:
        return None
    newest = due[-1]
    expired = newest.expires is not None and on > newest.expires
    return None if newest.verb == "Remove" or expired else newest


def _posture_order(section: Section) -> tuple[date, date]:
    since = section.rule.since if isinstance(section.rule, Posture) else date.min
    return since, section.known
