"""Two states of the law side by side: which destinations, chips and lines move between them, and what moved them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from exeat.catalog import Item
from exeat.desk import Desk
from exeat.determination.determine import SEVERITY, Engine
from exeat.determination.lines import Line, lines
from exeat.determination.step import Track
from exeat.lawbook.groups import Destination
from exeat.lawbook.instrument import Section
from exeat.library import LawView
from exeat.web.chips import entry_words
from exeat.web.map_of_outcomes import OutcomeMap, PlaceOutcome, Reasons


@dataclass(frozen=True)
class Side:
    """One of the two states: a law book on a day; ``label`` in words."""

    desk: Desk
    on: date
    label: str

    @cached_property
    def view(self) -> LawView:
        """The law of the day."""
        book = self.desk.lawbook
        return LawView(self.on, None, book, book.in_force(self.on))

    @property
    def engine(self) -> Engine:
        """The program of the day."""
        return self.desk.law_of(self.on)

    @cached_property
    def by_word(self) -> dict[str, Section]:
        """Sections by the id or symbol that reasons give."""
        found = {}
        for section in self.view.governing:
            for key in ("id", "symbol"):
                word = getattr(section.rule, key, "")
                if word:
                    found[str(word)] = section
        return found


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an answer moved: in words, and the instrument that did it ("" where none is named)."""

    says: str
    instrument: str = ""


@dataclass(frozen=True)
class Move:
    """A destination whose outcome differs on a track; ``chips`` counts the chips that move (1 for one item)."""

    place: Destination
    left: Reasons
    right: Reasons
    causes: tuple[Cause, ...]
    chips: int = 1

    @property
    def direction(self) -> str:
        """Whether the later answer asks more or less."""
        return direction(self.left.outcome, self.right.outcome)


def direction(left: str, right: str) -> str:
    """``stricter``, ``looser`` or ``same``, by the order of outcomes."""
    was, now = SEVERITY.index(left), SEVERITY.index(right)
    return "same" if was == now else "stricter" if now < was else "looser"


@dataclass(frozen=True)
class Pair:
    """What is set against what: a track of the left side and one of the right."""

    name: str
    left: Side
    right: Side
    left_track: Track
    right_track: Track

    def moves(self, left: OutcomeMap, right: OutcomeMap) -> list[Move]:
        """The destinations whose outcome differs, by name."""
        found = []
        for code, row in left.places.items():
            other = right.places.get(code)
            if other is None:
                continue
            was, now = reasons(row, self.left_track), reasons(other, self.right_track)
            if was.outcome != now.outcome:
                found.append(Move(row.place, was, now, tuple(self._causes(row, other, left.eccn, right.eccn))))
        return sorted(found, key=lambda move: move.place.name)

    def _causes(
        self, row: PlaceOutcome, other: PlaceOutcome, left_eccn: str | None, right_eccn: str | None
    ) -> Iterator[Cause]:
        """What stands on one side alone, and the papers behind it."""
        if left_eccn != right_eccn:
            yield Cause(f"entry {entry_words(left_eccn)} becomes {entry_words(right_eccn)}", self._entry(right_eccn))
        was, now = reasons(row, self.left_track), reasons(other, self.right_track)
        yield from self._groups(row, other)
        for name, word in (("applies", "applies"), ("relief", "can be used")):
            old, new = getattr(was, name), getattr(now, name)
            for one in new:
                if one not in old:
                    yield Cause(f"{one} {word}", self._paper(one, self.right, self.left))
            for one in old:
                if one not in new:
                    gone = "may apply" if one in now.open else "no longer " + ("applies" if name == "applies" else word)
                    yield Cause(f"{one} {gone}", self._paper(one, self.left, self.right))
        for one in now.open:
            if one not in was.open and one not in was.applies and one not in was.relief:
                yield Cause(f"{one} hangs on a missing fact", self._paper(one, self.right, self.left))

    def _groups(self, row: PlaceOutcome, other: PlaceOutcome) -> Iterator[Cause]:
        old, new = set(row.groups or ()), set(other.groups or ())
        groups = self.right.desk.lawbook.groups
        codes = {row.place.code, row.place.parent}
        for name in sorted(old ^ new):
            cited = [m.citation for m in groups.memberships if m.group == name and m.member in codes]
            if groups.groups[name].formula or not groups.groups[name].words:
                continue  # a computed group follows its parts, which are told
            yield Cause(f"{'joins' if name in new else 'leaves'} {name}", cited[-1] if cited else "")

    def _entry(self, eccn: str | None) -> str:
        for section in self.right.view.governing:
            if eccn is not None and getattr(section.rule, "entry", "") == eccn:
                return section.citation
        return ""

    def _paper(self, word: str, here: Side, there: Side) -> str:
        """The instrument by which a paragraph differs between the sides: a posture, else the newer version of it."""
        section = here.by_word.get(word)
        if section is None:
            return ""
        old, new = (side.view.posture(section.provision) for side in (self.left, self.right))
        tracks = {self.left_track, self.right_track}
        if "enforced" in tracks and new is not None and (len(tracks) == 2 or old is None or old.key != new.key):
            return new.citation
        other = there.by_word.get(word)
        if other is None:
            stay = next((s for s in there.view.stayed if s.provision == section.provision), None)
            return stay.by.citation if stay else self._last(section, there)
        return max((section, other), key=lambda one: one.order).citation

    def _last(self, section: Section, there: Side) -> str:
        """What removed a provision, where it was removed; else what made it."""
        chain = [s for s in there.desk.lawbook.chains.get(section.provision, ()) if s.compliance <= there.on]
        return chain[-1].citation if there is self.right and chain else section.citation


def reasons(row: PlaceOutcome, track: Track) -> Reasons:
    """The answer on a track."""
    return row.text if track == "text" else row.enforced


@dataclass(frozen=True, slots=True)
class ChipMove:
    """A chip whose entry differs."""

    item: Item
    left: str
    right: str


def chip_moves(left: Side, right: Side) -> list[ChipMove]:
    """The chips of the catalog whose entry differs, by name."""
    found = []
    for item in left.desk.catalog.items.values():
        was, now = (entry_words(_entry_of(side, item)) for side in (left, right))
        if was != now:
            found.append(ChipMove(item, was, now))
    return sorted(found, key=lambda move: move.item.full_name)


def _entry_of(side: Side, item: Item) -> str | None:
    facts, _ = side.desk.item_facts(item.id, side.engine)
    eccn = side.engine.classify(facts).get("eccn")
    return None if eccn is None else str(eccn)


def line_moves(left: Side, right: Side) -> tuple[list[Line], list[Line]]:
    """The lines drawn on the right alone, and those on the left alone."""

    def key(line: Line) -> tuple[Any, ...]:
        return line.fact, line.op, line.value, line.section.provision, line.label

    old, new = ({key(line): line for line in lines(side.engine)} for side in (left, right))
    return [new[k] for k in new if k not in old], [old[k] for k in old if k not in new]


__all__ = ["Cause", "ChipMove", "Move", "Pair", "Side", "chip_moves", "direction", "line_moves", "reasons"]
