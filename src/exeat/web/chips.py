"""The chips of the catalog in the plane of the law: their figures, entries, headroom, and the chart that shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import log10
from typing import Any

from exeat.catalog import Item, ItemFacts
from exeat.desk import Desk
from exeat.determination.determine import Engine
from exeat.determination.lines import FIGURES, Line, lines, regions
from exeat.logic.tree import Value

#: The frame of the chart, TPP across and performance density up.
TPP, DENSITY = "tpp", "performance_density"
FRAME = {TPP: (Decimal(10), Decimal(1_000_000)), DENSITY: (Decimal("0.1"), Decimal(1000))}
_NUDGE = Decimal("0.0001")


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


def chart(
    engine: Engine, shown: Sequence[Chip], assumed: Mapping[str, Value], chosen: str | None, labels: bool = True
) -> dict[str, Any]:
    """The Vega-Lite specification: regions and lines of the law, chips as points."""
    drawn = lines(engine, (TPP, DENSITY))
    areas = regions(engine, assumed, (TPP, *FRAME[TPP]), (DENSITY, *FRAME[DENSITY]))
    points = list(_points(shown))
    bounds = {name: [float(end) for end in ends] for name, ends in FRAME.items()}
    x = {"type": "quantitative", "scale": {"type": "log", "domain": bounds[TPP], "nice": False}}
    y = {"type": "quantitative", "scale": {"type": "log", "domain": bounds[DENSITY], "nice": False}}
    x["axis"] = {"title": "total processing performance (TPP)", "format": "~s", "tickCount": 6, "grid": False}
    y["axis"] = {"title": "performance density (TPP per mm2)", "format": "~g", "tickCount": 5, "grid": False}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "height": 500,
        "autosize": {"type": "fit", "contains": "padding"},
        "params": [{"name": "chosen", "value": chosen or ""}],
        "layer": [
            *_area_layers(list(_areas(areas)), x, y),
            *_line_layers(drawn, x, y),
            *_point_layers(points, x, y),
            *([_label_layer(points, x, y)] if labels else []),
        ],
    }


def _areas(areas: Sequence[Any]) -> Iterator[dict[str, Any]]:
    for area in areas:
        yield {
            "left": float(area.left), "right": float(area.right), "low": float(area.low), "high": float(area.high),
            "x": float((area.left * area.right).sqrt()), "y": float((area.low * area.high).sqrt()),
            "entry": entry_words(area.eccn),
        }  # fmt: skip


def entry_words(eccn: str | None) -> str:
    """An entry in words."""
    return "not known" if eccn is None else "in no encoded entry" if eccn == "not_listed" else eccn


#: A color for each entry that may fill a region; the region says its name as well.
_ENTRIES = {
    "3A090.a": "var(--required-fill)",
    "3A090.b": "var(--exception-fill)",
    "3A991.p": "var(--none-fill)",
    "not known": "var(--unknown-fill)",
    "in no encoded entry": "var(--card)",
}


def _area_layers(areas: list[dict[str, Any]], x: dict[str, Any], y: dict[str, Any]) -> Iterator[dict[str, Any]]:
    known = [*_ENTRIES, *sorted({a["entry"] for a in areas} - set(_ENTRIES))]
    colors = [_ENTRIES.get(name, "var(--authorized-fill)") for name in known]
    yield {
        "data": {"values": areas},
        "mark": {"type": "rect", "opacity": 0.28, "stroke": "var(--line-strong)", "strokeWidth": 1, "clip": True},
        "encoding": {
            "x": {"field": "left", **x}, "x2": {"field": "right"}, "y": {"field": "low", **y}, "y2": {"field": "high"},
            "color": {"field": "entry", "type": "nominal", "scale": {"domain": known, "range": colors}, "legend": None},
        },
    }  # fmt: skip
    yield {
        "data": {"values": [a for a in areas if log10(a["right"] / a["left"]) > 0.25]},
        "mark": {"type": "text", "fontSize": 13, "fontWeight": 600, "color": "var(--ink)", "opacity": 0.75},
        "encoding": {"x": {"field": "x", **x}, "y": {"field": "y", **y}, "text": {"field": "entry"}},
    }


def _line_layers(drawn: Sequence[Line], x: dict[str, Any], y: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, axis, scale in ((TPP, "x", x), (DENSITY, "y", y)):
        low, high = FRAME[name]
        values = [
            {"at": float(value), "says": short(value)}
            for value in sorted({line.value for line in drawn if line.fact == name and low < line.value < high})
        ]
        place = {axis: {"field": "at", **scale}}
        yield {
            "data": {"values": values},
            "mark": {"type": "rule", "strokeDash": [4, 3], "color": "var(--quiet)", "opacity": 0.8},
            "encoding": place,
        }
        mark = {"type": "text", "fontSize": 11, "color": "var(--ink)", "fontWeight": 600}
        end = {"y": {"value": 4}} if axis == "x" else {"x": {"value": 4}}
        mark.update({"align": "left", "dx": 3, "baseline": "top"} if axis == "x" else {"align": "left", "dy": -6})
        yield {"data": {"values": values}, "mark": mark, "encoding": {**place, **end, "text": {"field": "says"}}}


def _points(shown: Sequence[Chip]) -> Iterator[dict[str, Any]]:
    for chip in shown:
        if chip.point is None:
            continue
        density = chip.figures[DENSITY]
        top = density.high if density.high is not None else FRAME[DENSITY][1]
        marketed = {True: "yes", False: "no", None: "not known"}[chip.item.marketed_for_datacenters]
        yield {
            "id": chip.item.id,
            "name": short_name(chip.item),
            "tpp": float(chip.point[0]),
            "density": float(chip.point[1]),
            "top": float(top),
            "sure": density.certain is not None,
            "designer": {"US": "United States", "CN": "China"}.get(chip.item.vendor_hq, "elsewhere"),
            "marketed": marketed,
            "says": f"{chip.item.full_name}: TPP {chip.figures[TPP]}, density {density}; {entry_words(chip.eccn)}",
        }


def short_name(item: Item) -> str:
    """What people call it: its shortest other name, if it has one."""
    names = [name for name in (*item.aliases, item.name) if len(name) > 2]
    return min(names, key=len) if names else item.name


def _point_layers(points: list[dict[str, Any]], x: dict[str, Any], y: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {
        "data": {"values": [p for p in points if not p["sure"]]},
        "mark": {"type": "rule", "color": "var(--quiet)", "strokeDash": [1, 3], "opacity": 0.5, "clip": True},
        "encoding": {"x": {"field": "tpp", **x}, "y": {"field": "density", **y}, "y2": {"field": "top"}},
    }
    designers = ["United States", "China", "elsewhere"]
    lit = "datum.id === chosen"
    yield {
        "data": {"values": points},
        "mark": {"type": "point", "clip": True, "cursor": "pointer"},
        "encoding": {
            "x": {"field": "tpp", **x},
            "y": {"field": "density", **y},
            "shape": {
                "field": "designer", "type": "nominal", "title": "designed in",
                "scale": {"domain": designers, "range": ["circle", "square", "triangle-up"]},
                "legend": {"orient": "bottom", "direction": "horizontal"},
            },
            "color": {
                "field": "designer", "type": "nominal", "title": "designed in",
                "scale": {"domain": designers, "range": ["var(--accent)", "var(--prohibited-fill)", "var(--authorized-fill)"]},
            },
            "fill": {
                "condition": {"test": "datum.marketed === 'yes'", "field": "designer", "type": "nominal", "legend": None,
                              "scale": {"domain": designers, "range": ["var(--accent)", "var(--prohibited-fill)", "var(--authorized-fill)"]}},
                "value": "transparent",
            },
            "size": {"condition": {"test": lit, "value": 260}, "value": 46},
            "strokeWidth": {"condition": {"test": lit, "value": 3}, "value": 1.4},
            "opacity": {"value": 0.9},
        },
    }  # fmt: skip


def _label_layer(points: list[dict[str, Any]], x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    """Names beside as many points as have room for them, on a chart about a thousand pixels wide."""
    return {
        "name": "names",
        "data": {"values": list(_roomy(points))},
        "mark": {"type": "text", "align": "left", "dx": 6, "dy": -1, "fontSize": 10, "color": "var(--ink)", "clip": True},
        "encoding": {"x": {"field": "tpp", **x}, "y": {"field": "density", **y}, "text": {"field": "name"}},
    }


def _roomy(points: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    wide, tall = 1050.0, 440.0
    spans = {name: [log10(float(end)) for end in ends] for name, ends in FRAME.items()}

    def at(point: Mapping[str, Any]) -> tuple[float, float]:
        (left, right), (low, high) = spans[TPP], spans[DENSITY]
        across = (log10(point["tpp"]) - left) / (right - left) * wide
        return across, (log10(point["density"]) - low) / (high - low) * tall

    taken = [(across - 4, up - 4, across + 4, up + 4) for across, up in map(at, points)]
    for point in sorted(points, key=lambda p: (p["marketed"] != "yes", not p["sure"], -p["tpp"])):
        across, up = at(point)
        box = (across + 5, up - 5, across + 9 + 5.6 * len(point["name"]), up + 6)
        if not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            taken.append(box)
            yield point


__all__ = ["Chip", "Figure", "Headroom", "chart", "chips", "entry_words", "headroom", "nearest_line", "places_of", "short"]
