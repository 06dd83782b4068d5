"""The chart of the chips as a Vega-Lite specification: regions and lines read from the law, chips as points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from math import log10
from typing import Any

from exeat.determination.determine import Engine
from exeat.determination.lines import Line, Region, lines, regions
from exeat.logic.tree import Value
from exeat.web.chips import DENSITY, TPP, Chip, entry_words, short, short_name

#: The frame of the chart: TPP across, performance density up. A chip outside is in the table alone.
FRAME = {TPP: (Decimal(30), Decimal(300_000)), DENSITY: (Decimal("0.1"), Decimal(200))}
#: Where a chip was designed, and its color; the shape tells it as well.
_DESIGNERS = {
    "United States": "var(--accent)",
    "China": "var(--prohibited-fill)",
    "elsewhere": "var(--authorized-fill)",
}


def chart(engine: Engine, shown: Sequence[Chip], assumed: Mapping[str, Value], chosen: str | None) -> dict[str, Any]:
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
        "usermeta": {"wideOnly": ["names"]},
        "params": [{"name": "chosen", "value": chosen or ""}],
        "layer": [
            *_area_layers(list(_areas(areas)), x, y),
            *_line_layers(drawn, x, y),
            *_point_layers(points, x, y),
            _label_layer(points, x, y),
        ],
    }


def _areas(areas: Sequence[Region]) -> Iterator[dict[str, Any]]:
    for area in areas:
        yield {
            "left": float(area.left), "right": float(area.right), "low": float(area.low), "high": float(area.high),
            "entry": entry_words(area.eccn),
        }  # fmt: skip


#: A color for each entry that may fill a region; the region says its name as well.
_ENTRIES = {
    "3A090.a": "var(--required-fill)",
    "3A090.b": "var(--exception-fill)",
    "3A991.p": "var(--none-fill)",
    "not known": "var(--unknown-fill)",
    "in no encoded entry": "var(--card)",
}


def _area_layers(areas: list[dict[str, Any]], x: dict[str, Any], y: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in dict.fromkeys(area["entry"] for area in areas):
        color = _ENTRIES.get(entry, "var(--authorized-fill)")
        yield {
            "data": {"values": [area for area in areas if area["entry"] == entry]},
            "mark": {"type": "rect", "color": color, "opacity": 0.28, "stroke": "var(--line-strong)", "clip": True},
            "encoding": {
                "x": {"field": "left", **x},
                "x2": {"field": "right"},
                "y": {"field": "low", **y},
                "y2": {"field": "high"},
            },
        }
    yield {
        "data": {"values": [a for a in areas if log10(a["right"] / a["left"]) > 0.25]},
        "mark": {
            "type": "text",
            "fontSize": 13,
            "fontWeight": 600,
            "color": "var(--ink)",
            "opacity": 0.8,
            "align": "left",
            "dx": 5,
            "dy": -9,
        },
        "encoding": {"x": {"field": "left", **x}, "y": {"field": "low", **y}, "text": {"field": "entry"}},
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


def _point_layers(points: list[dict[str, Any]], x: dict[str, Any], y: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {
        "data": {"values": [p for p in points if not p["sure"]]},
        "mark": {"type": "rule", "color": "var(--quiet)", "strokeDash": [1, 3], "opacity": 0.5, "clip": True},
        "encoding": {"x": {"field": "tpp", **x}, "y": {"field": "density", **y}, "y2": {"field": "top"}},
    }
    scale = {"domain": list(_DESIGNERS), "range": list(_DESIGNERS.values())}
    shapes = {"domain": list(_DESIGNERS), "range": ["circle", "square", "triangle-up"]}
    designed = {"field": "designer", "type": "nominal", "title": "designed in"}
    lit = "datum.id === chosen"
    filled = {
        "test": "datum.marketed === 'yes'",
        "field": "designer",
        "type": "nominal",
        "scale": scale,
    }
    yield {
        "data": {"values": points},
        "mark": {"type": "point", "clip": True, "cursor": "pointer"},
        "encoding": {
            "x": {"field": "tpp", **x},
            "y": {"field": "density", **y},
            "shape": {**designed, "scale": shapes, "legend": {"orient": "bottom", "direction": "horizontal"}},
            "color": {**designed, "scale": scale},
            "fill": {"condition": filled, "value": "transparent"},
            "size": {"condition": {"test": lit, "value": 260}, "value": 46},
            "strokeWidth": {"condition": {"test": lit, "value": 3}, "value": 1.4},
            "opacity": {"value": 0.9},
        },
    }


def _label_layer(points: list[dict[str, Any]], x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    """Names beside as many points as have room for them, on a chart about a thousand pixels wide."""
    return {
        "name": "names",
        "data": {"values": list(_roomy(points))},
        "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 10, "color": "var(--ink)", "clip": True},
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


__all__ = ["FRAME", "chart"]
