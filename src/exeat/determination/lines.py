"""The lines the law draws through an item's figures, and the regions between them: read from the program of a day.

A *line* is a number that a condition in force compares one figure with (TPP with 4800). A *region* is a rectangle of
the plane of two figures in which every item, all else being as stated, is in one entry. No number stands here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from exeat.determination.determine import Engine
from exeat.lawbook.instrument import Limit, ReviewPolicy, Section
from exeat.logic.tree import Compare, Constant, Fact, Tree, Value, walk

#: The figures of an item in which the law draws lines.
FIGURES = (
    "tpp",
    "performance_density",
    "io_bidirectional_gbs",
    "total_dram_bandwidth_gbs",
    "processing_performance_tops",
    "memory_bandwidth_density",
)
_TURNED = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison in force: ``fact op value`` in the paragraph ``label`` of ``section``."""

    fact: str
    op: str
    value: Decimal
    label: str
    section: Section

    @property
    def where(self) -> str:
        """The provision with its paragraph."""
        return f"{self.section.provision}, {self.label}" if self.label else self.section.provision


@dataclass(frozen=True, slots=True)
class Region:
    """From (``left``, ``low``) up to, and not including, (``right``, ``high``); ``eccn`` None: not known."""

    left: Decimal
    right: Decimal
    low: Decimal
    high: Decimal
    eccn: str | None


def lines(engine: Engine, figures: Sequence[str] = FIGURES) -> list[Line]:
    """Every line through these figures, by figure and value."""
    found: dict[tuple[str, str, Decimal, str, str], Line] = {}
    for section in engine.program.law.governing:
        for label, tree in _conditions(section):
            for line in _in_tree(tree, label, section):
                if line.fact in figures:
                    found[line.fact, line.op, line.value, section.key, label] = line
    return sorted(found.values(), key=lambda one: (figures.index(one.fact), one.value, one.where, one.op))


def _conditions(section: Section) -> Iterator[tuple[str, Tree]]:
    rule = section.rule
    if rule is None or isinstance(rule, Limit):
        return
    yield from ((limb.label, limb.tree) for limb in rule.limbs)
    if isinstance(rule, ReviewPolicy):
        yield from ((case.at, case.when) for case in rule.cases)


def _in_tree(tree: Tree, label: str, section: Section) -> Iterator[Line]:
    for node in walk(tree):
        match node:
            case Compare(op, Fact(name), Constant(value)) if isinstance(value, Decimal) and op in _TURNED:
                yield Line(name, op, value, label, section)
            case Compare(op, Constant(value), Fact(name)) if isinstance(value, Decimal) and op in _TURNED:
                yield Line(name, _TURNED[op], value, label, section)


def regions(
    engine: Engine,
    facts: Mapping[str, Value],
    across: tuple[str, Decimal, Decimal],
    up: tuple[str, Decimal, Decimal],
) -> list[Region]:
    """The plane of two figures cut along the law's own lines, each cell classified by the program, equal ones joined.

    Args:
        engine: the law of the day.
        facts: what else is stated of the item (its form, whether it is marketed for data centers).
        across: the figure of the horizontal axis and its bounds.
        up: the figure of the vertical axis and its bounds.
    """
    drawn = lines(engine, (across[0], up[0]))
    lefts, lows = (_cuts(drawn, *axis) for axis in (across, up))
    columns: list[list[Region]] = []
    for left, right in pairwise(lefts):
        column: list[Region] = []
        for low, high in pairwise(lows):
            inside = {**facts, across[0]: (left + right) / 2, up[0]: (low + high) / 2}
            eccn = engine.classify(inside).get("eccn")
            entry = None if eccn is None else str(eccn)
            if column and column[-1].eccn == entry:
                column[-1] = Region(left, right, column[-1].low, high, entry)
            else:
                column.append(Region(left, right, low, high, entry))
        columns.append(column)
    return list(_joined(columns))


def _cuts(drawn: Sequence[Line], name: str, least: Decimal, most: Decimal) -> list[Decimal]:
    return sorted({least, most, *(line.value for line in drawn if line.fact == name and least < line.value < most)})


def _joined(columns: Sequence[Sequence[Region]]) -> Iterator[Region]:
    """Neighbors of one height and entry as one rectangle."""
    growing: list[Region] = []
    for column in columns:
        kept: list[Region] = []
        for cell in column:
            same = next((r for r in growing if (r.low, r.high, r.eccn) == (cell.low, cell.high, cell.eccn)), None)
            kept.append(cell if same is None else Region(same.left, cell.right, cell.low, cell.high, cell.eccn))
        ongoing = {(one.left, one.low, one.eccn) for one in kept}
        yield from (one for one in growing if (one.left, one.low, one.eccn) not in ongoing)
        growing = kept
    yield from growing


__all__ = ["FIGURES", "Line", "Region", "lines", "regions"]
