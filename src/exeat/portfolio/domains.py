"""A program over arrays: each expression worked out once for each distinct item, party or part of a row that it reads.

An expression that reads the item alone has as many values as there are items; one that reads the item and the
consignee has a value for each row, made from those of its parts. The first are kept between rows, the second are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exeat.logic.arrays import NOTHING, Column, Words, column_of, evaluated, first_known, taken
from exeat.logic.tree import Compare, Fact, Tree, Value, children
from exeat.portfolio.asked import Asked
from exeat.portfolio.origins import origin_of

#: Where an expression has its values: once, or for each row; else the name of the part of a row it reads.
ONCE, EACH = "", "*"
ITEM = "item"
_COLUMN = "col"


class _Origins(dict[str, frozenset[str]]):
    def __missing__(self, origin: str) -> frozenset[str]:
        found = self[origin] = frozenset(() if origin == "open" else (ITEM if origin == "fig" else origin,))
        return found


_ORIGINS = _Origins()

Facts: TypeAlias = Sequence[Mapping[str, Value]]
Elements: TypeAlias = NDArray[np.int64]


@dataclass
class Leaves:
    """The facts of the parts of rows as columns, by part and name. ``of`` has the facts of each distinct part."""

    of: Mapping[str, Facts]
    words: Words
    _kept: dict[str, Column] = field(default_factory=dict)
    #: Expressions that name no step, by identity: they are the same in every program, and kept trees stay.
    shared: dict[int, Column] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """A fact, over all distinct parts of its origin."""
        found = self._kept.get(name)
        if found is None:
            found = self._kept[name] = column_of([facts.get(name) for facts in self.of[origin_of(name)]], self.words)
        return found


#: For a program of which only the domains are asked.
NO_LEAVES = Leaves({}, Words())


@dataclass
class Arrayed:
    """One program over the distinct parts of rows.

    ``items`` are the facts of its distinct items, by name, presumed ones among them (``item_facts`` of ``residual``).
    """

    asked: Asked
    leaves: Leaves
    items: Facts
    _origins: dict[int, frozenset[str]] = field(default_factory=dict)
    _columns: dict[int, Column] = field(default_factory=dict)

    @property
    def words(self) -> Words:
        return self.leaves.words

    def domain(self, tree: Tree) -> str:
        """Where an expression has its values."""
        found = self.origins(tree)
        return ONCE if not found else EACH if len(found) > 1 or _COLUMN in found else next(iter(found))

    def origins(self, tree: Tree) -> frozenset[str]:
        """The parts of a row that an expression reads, its columns of numbers as ``col``."""
        found = self._origins.get(id(tree))
        if found is None:
            if isinstance(tree, Fact):
                step = self.asked.steps.get(tree.name)
                found = _ORIGINS[origin_of(tree.name)] if step is None else self.origins(step)
            else:
                found = frozenset().union(*map(self.origins, children(tree)))
            self._origins[id(tree)] = found
        return found

    def column(self, tree: Tree) -> Column:
        """An expression that does not depend on the row as a whole, over the elements of its domain."""
        found = self._columns.get(id(tree))
        if found is None:
            kept = self.leaves.shared if self._is_shared(tree) else self._columns
            found = kept.get(id(tree))
            if found is None:
                found = kept[id(tree)] = self._column(tree)
            self._columns[id(tree)] = found
        return found

    def _is_shared(self, tree: Tree) -> bool:
        """Whether it reads one part of a row, not the item, and names no step of this program."""
        return self.domain(tree) in self.leaves.of and not any(n in self.asked.steps for n in self.asked.names(tree))

    def _column(self, tree: Tree) -> Column:
        if not isinstance(tree, Fact):
            return evaluated(tree, self.column, self.words)
        step = self.asked.steps.get(tree.name)
        if step is not None:
            return self.column(step)
        origin, _, name = tree.name.partition(":")
        if origin == "open":
            return NOTHING
        if origin == "fig":
            return self.column(self.asked.figures[int(name)])
        if origin == ITEM:
            return column_of([facts.get(name) for facts in self.items], self.words)
        return self.leaves.column(tree.name)

    def item_leaf(self, name: str) -> Tree:
        """The expression for a fact of the item."""
        return self.asked.keep(Fact(f"{ITEM}:{name}"))

    def frontier(self, names: Sequence[str]) -> Frontier:
        """The largest expressions of each part that what the steps of these names come to is made of."""
        found = Frontier({}, {}, {})
        seen: set[int] = set()

        def visit(tree: Tree) -> None:
            if id(tree) in seen:
                return
            seen.add(id(tree))
            origins = self.origins(tree)
            if len(origins) == 1 and _COLUMN not in origins:
                found.parts.setdefault(next(iter(origins)), {})[id(tree)] = tree
            elif origins <= {ITEM, _COLUMN} and isinstance(tree, Compare):
                found.comparisons[id(tree)] = tree
            elif isinstance(tree, Fact) and tree.name not in self.asked.steps and origins:
                found.numbers[tree.name.partition(":")[2]] = tree
            elif isinstance(tree, Fact):
                step = self.asked.steps.get(tree.name)
                if step is not None:
                    visit(step)
            else:
                for part in children(tree):
                    visit(part)

        for name in names:
            visit(self.asked.steps[name])
        return found


@dataclass
class Frontier:
    """What tells the rows of a program apart: expressions of each part, comparisons of numbers, numbers themselves."""

    parts: dict[str, dict[int, Tree]]
    comparisons: dict[int, Tree]
    numbers: dict[str, Tree]


@dataclass
class Rows:
    """Rows of one program: for each part the element of each row, and the numbers their own columns state."""

    program: Arrayed
    count: int
    elements: Mapping[str, Elements]
    numbers: Mapping[str, Column]
    _columns: dict[int, Column] = field(default_factory=dict)

    def column(self, tree: Tree) -> Column:
        """An expression over the rows (or of length one, where it is the same for all)."""
        found = self._columns.get(id(tree))
        if found is None:
            found = self._columns[id(tree)] = self._column(tree)
        return found

    def _column(self, tree: Tree) -> Column:
        program = self.program
        domain = program.domain(tree)
        if domain == ONCE:
            return program.column(tree)
        if domain != EACH:
            return taken(program.column(tree), self.elements[domain])
        if not isinstance(tree, Fact):
            return evaluated(tree, self.column, program.words)
        step = program.asked.steps.get(tree.name)
        if step is not None:
            return self.column(step)
        # A column of numbers, and where its cell is empty the item's own figure; one said to be unknown is in neither.
        name = tree.name.partition(":")[2]
        return first_known(self.numbers[name], self.column(program.item_leaf(name)))

    def of(self, rows: NDArray[Any], items: Elements | None = None) -> Rows:
        """Some of these rows, perhaps with other items in them."""
        elements = {origin: elements[rows] for origin, elements in self.elements.items()}
        if items is not None:
            elements[ITEM] = items
        numbers = {name: taken(column, rows) for name, column in self.numbers.items()}
        return Rows(self.program, len(rows), elements, numbers)


__all__ = [
    "EACH",
    "ITEM",
    "NO_LEAVES",
    "ONCE",
    "Arrayed",
    "Elements",
    "Facts",
    "Frontier",
    "Leaves",
    "Rows",
]
