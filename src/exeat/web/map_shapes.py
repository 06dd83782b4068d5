"""The shapes of the world map as SVG paths, drawn once by the server so that the map needs no script.

Natural Earth's shapes (``static/vendor/countries-110m.json``, TopoJSON) in the Equal Earth projection, which keeps
areas true. Places too small for that scale are dots (``map_places.csv``).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
#: The frame in the units of the paths, and the latitudes it shows (Antarctica is in the table alone).
WIDTH, NORTH, SOUTH = 800.0, 83.7, -56.5
#: Coefficients of the Equal Earth projection (Savric, Patterson, Jenny 2018, doi 10.1080/13658816.2018.1504949).
_A = (1.340264, -0.081106, 0.000893, 0.003796)
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """How one place is drawn: a path, or a dot at ``x``, ``y``; ``path`` is empty for a dot."""

    code: str
    path: str
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class WorldShapes:
    """All shapes by place code, dots last so that they lie on top; ``land`` are shapes of no destination."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    land: tuple[str, ...]
    undrawn: frozenset[str]


def _equal_earth(longitude: float, latitude: float) -> Point:
    """Degrees to the plane, x from about -2.7 to 2.7, y upward."""
    a1, a2, a3, a4 = _A
    theta = asin(sqrt(3) / 2 * sin(radians(latitude)))
    t2 = theta * theta
    t6 = t2**3
    x = 2 * sqrt(3) * radians(longitude) * cos(theta) / (3 * (9 * a4 * t6 * t2 + 7 * a3 * t6 + 3 * a2 * t2 + a1))
    return x, theta * (a4 * t6 * t2 + a3 * t6 + a2 * t2 + a1)


_SCALE = WIDTH / (2 * _equal_earth(180, 0)[0])
_TOP = _equal_earth(0, NORTH)[1]


def _project(longitude: float, latitude: float) -> Point:
    x, y = _equal_earth(longitude, latitude)
    return round(WIDTH / 2 + x * _SCALE, 1), round((_TOP - y) * _SCALE, 1)


@cache
def world_shapes() -> WorldShapes:
    """The shapes, read once."""
    drawn = dict(_paths(json.loads((_HERE / "static/vendor/countries-110m.json").read_text(encoding="utf-8"))))
    paths: list[Shape] = []
    dots: list[Shape] = []
    undrawn: set[str] = set()
    with (_HERE / "map_places.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["shape"]:
                paths.append(Shape(row["code"], drawn.pop(row["shape"])))
            elif row["longitude"]:
                dots.append(Shape(row["code"], "", *_project(float(row["longitude"]), float(row["latitude"]))))
            else:
                undrawn.add(row["code"])
    drawn.pop("010", None)  # Antarctica lies outside the frame
    height = round((_TOP - _equal_earth(0, SOUTH)[1]) * _SCALE, 1)
    return WorldShapes(WIDTH, height, (*paths, *dots), tuple(drawn.values()), frozenset(undrawn))


def _paths(topology: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """ISO number (else the name) and SVG path of every country of a TopoJSON file."""
    arcs = [list(_points(arc, topology["transform"])) for arc in topology["arcs"]]
    for geometry in topology["objects"]["countries"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        rings = ([_project(*at) for at in _unbroken(_ring(r, arcs))] for polygon in polygons for r in polygon)
        yield geometry.get("id") or geometry["properties"]["name"], "".join(map(_path, rings))


def _points(arc: Iterable[Sequence[int]], transform: dict[str, Sequence[float]]) -> Iterator[Point]:
    """Degrees of an arc, whose steps are whole numbers of the file's own grid."""
    (scale_x, scale_y), (left, low) = transform["scale"], transform["translate"]
    x = y = 0
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        yield x * scale_x + left, y * scale_y + low


def _ring(numbers: Iterable[int], arcs: Sequence[Sequence[Point]]) -> list[Point]:
    """One closed line; a negative number means the arc backwards (TopoJSON, section 2.1.4)."""
    found: list[Point] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        found.extend(arc if not found else arc[1:])
    return found


def _unbroken(ring: Sequence[Point]) -> Iterator[Point]:
    """A ring that crosses the 180th meridian goes on past it, so that no line runs across the whole map."""
    turns, last = 0, ring[0][0]
    for longitude, latitude in ring:
        turns += -1 if longitude - last > 180 else 1 if last - longitude > 180 else 0
        last = longitude
        yield longitude + 360 * turns, latitude


def _path(ring: Sequence[Point]) -> str:
    """A ring as a relative SVG path with one decimal; steps too small to see are left out."""
    x, y = ring[0]
    parts = [f"M{x:g},{y:g}"]
    for next_x, next_y in ring[1:]:
        if abs(next_x - x) + abs(next_y - y) >= 0.4:
            parts.append(f"l{round(next_x - x, 1):g},{round(next_y - y, 1):g}")
            x, y = next_x, next_y
    return "".join(parts) + "z"


__all__ = ["NORTH", "SOUTH", "WIDTH", "Shape", "WorldShapes", "world_shapes"]
