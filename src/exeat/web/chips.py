"""The chips of the catalog under the law of a day: figures, entries, and how far each is from the lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from exeat.catalog import Item, ItemFacts
from exeat.desk import Desk
from exeat.determination.determine import Engine
from exeat.determination.lines import FIGURES, Line

TPP, DENSITY = "tpp", "performance_density"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a chip: ``low`` to ``high`` (None: no bound known); equal where it is certain."""

    low: Decimal | None
    high: Decimal | None

    @property
    def certain(self) -> Decimal | None:
        """The value where it is certain."""
        return self.low if self.low is not None and self.low == self.high else None

    def __str__(self) -> str:
        if self.low is None:
            return "not known" if self.high is None else f"up to {short(self.high)}"
        if self.high is None:
            return f"{short(self.low)} or more"
        return short(self.low) if self.low == self.high else f"{short(self.low)} to {short(self.high)}"


@dataclass(frozen=True)
class Chip:
    """One circuit of the catalog on a day. ``eccn`` None: a missing figure decides."""

    item: Item
    facts: ItemFacts
    figures: Mapping[str, Figure]
    eccn: str | None

    @property
    def point(self) -> tuple[Decimal, Decimal] | None:
        """Where it lies in the chart; an uncertain density at its lower bound. None: not in the chart."""
        tpp, density = self.figures[TPP].certain, self.figures[DENSITY].low
        return None if not tpp or not density else (tpp, density)

    def released(self, on: date) -> bool:
        """Whether it was out by a day; a release known by year or month counts from its beginning."""
        return self.item.release_date <= on.isoformat()[: len(self.item.release_date)]


@dataclass(frozen=True, slots=True)
class Headroom:
    """A chip's figure against one line: ``side`` is at-or-over, under or not known; ``ratio`` figure by line."""

    line: Line
    figure: Figure
    side: str
    ratio: Decimal | None

    @property
    def says(self) -> str:
        """How far, in words."""
        if self.ratio is None or self.side == "not known":
            return self.side
        if self.ratio == 1:
            return "exactly at the line"
        percent = abs(self.ratio - 1) * 100
        return f"{percent:.1f}% {'over' if self.ratio > 1 else 'under'}"


def short(value: Decimal | None) -> str:
    """A number for people: up to two decimals, thousands apart."""
    if value is None:
        return "?"
    rounded = value.quantize(Decimal("0.01")) if abs(value) < 1000 else value.quantize(Decimal(1))
    text = f"{rounded:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def chips(desk: Desk, engine: Engine) -> list[Chip]:
    """Every circuit of the catalog, classified under the engine's law, by name."""
    found = []
    for item in desk.catalog.items.values():
        if item.is_assembly:
            continue
        values, facts = desk.item_facts(item.id, engine)
        assert facts is not None
        eccn = engine.classify(values).get("eccn")
        figures = {name: _figure(facts, name) for name in FIGURES}
        figures[DENSITY] = _density(facts, figures)
        found.append(Chip(item, facts, figures, None if eccn is None else str(eccn)))
    return sorted(found, key=lambda chip: chip.item.full_name)


def _figure(facts: ItemFacts, name: str) -> Figure:
    value = facts.facts.get(name)
    if isinstance(value, Decimal):
        return Figure(value, value)
    bounds = facts.intervals.get(name)
    return Figure(bounds.low, bounds.high) if bounds else Figure(None, None)


def _density(facts: ItemFacts, figures: Mapping[str, Figure]) -> Figure:
    """TPP by applicable die area; with no such area (planar) there is none."""
    if figures[DENSITY].low is not None or figures[DENSITY].high is not None:
        return figures[DENSITY]
    tpp, area = figures[TPP], _figure(facts, "applicable_die_area_mm2")
    low = tpp.low / area.high if tpp.low is not None and area.high else None
    high = tpp.high / area.low if tpp.high is not None and area.low else None
    return Figure(low, high)


def headroom(chip: Chip, drawn: Sequence[Line]) -> list[Headroom]:
    """The chip against each line, a line that several paragraphs draw once."""
    found: dict[tuple[str, Decimal], Headroom] = {}
    for line in drawn:
        figure = chip.figures[line.fact]
        side = "not known"
        if figure.low is not None and figure.low >= line.value:
            side = "at or over"
        elif figure.high is not None and figure.high < line.value:
            side = "under"
        ratio = figure.certain / line.value if figure.certain is not None and line.value else None
        found.setdefault((line.fact, line.value), Headroom(line, figure, side, ratio))
    return list(found.values())


def nearest_line(chip: Chip, drawn: Sequence[Line]) -> Headroom | None:
    """The line in TPP or density that is the smallest step away, as a ratio."""
    near = [h for h in headroom(chip, drawn) if h.line.fact in (TPP, DENSITY) and h.ratio]
    return min(near, key=lambda h: abs(h.ratio.ln()) if h.ratio else Decimal(99), default=None)


def places_of(drawn: Sequence[Line], fact: str, value: Decimal) -> list[str]:
    """Every paragraph that draws a line at a value."""
    return list(dict.fromkeys(line.where for line in drawn if line.fact == fact and line.value == value))


def entry_words(eccn: str | None) -> str:
    """An entry in words."""
    return "not known" if eccn is None else "in no encoded entry" if eccn == "not_listed" else eccn


def short_name(item: Item) -> str:
    """What people call it: its shortest other name, if it has one."""
    names = [name for name in (*item.aliases, item.name) if len(name) > 2]
    return min(names, key=len) if names else item.name


__all__ = [
    "DENSITY",
    "TPP",
    "Chip",
    "Figure",
    "Headroom",
    "chips",
    "entry_words",
    "headroom",
    "nearest_line",
    "places_of",
    "short",
    "short_name",
]
