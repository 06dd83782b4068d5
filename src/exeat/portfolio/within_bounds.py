"""Items with a figure known only within bounds, over arrays: the answer that holds over all of them, if one does.

As the desk does (:mod:`exeat.determination.robustness`), every figure at which the answer can turn is tried, one
uncertain figure at a time. Here each figure makes an item of its own; those the law cannot tell apart are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exeat.determination.determine import Engine
from exeat.determination.robustness import Bounds, figures_tried
from exeat.logic.tree import Fact, Value, fact_names
from exeat.portfolio.alike_rows import classes_of
from exeat.portfolio.asked import Asked
from exeat.portfolio.domains import ITEM, NO_LEAVES, ONCE, Arrayed, Frontier, Rows
from exeat.portfolio.signatures import Signatures, Signing, made_signature


@dataclass(frozen=True, slots=True)
class Uncertain:
    """One uncertain figure of an item: the items that stand for the figures tried, and that of the middle figure."""

    tried: tuple[int, ...]
    middle: int


@dataclass
class WithinBounds:
    """The uncertain items of one program, by element. ``alone`` are those whose rows must be decided one by one."""

    program: Arrayed
    of: dict[int, list[Uncertain]]
    alone: frozenset[int]
    classes: NDArray[np.int64]
    _over: dict[tuple[int, tuple[str, ...]], int] = field(default_factory=dict)

    def item_classes(self) -> NDArray[np.int64]:
        """A number for each item: equal for those that the law tells apart neither as they are nor as they are tried.

        A figure that is tried is compared with nothing a row states (such items are ``alone``), so what is compared
        comes to the same for the item and for all that stand for it.
        """
        found = self.classes.copy()
        own: dict[object, int] = {}
        first = int(found.max(initial=-1)) + 1
        for element, figures in self.of.items():
            tried = tuple(
                (tuple(self.classes[list(one.tried)].tolist()), int(self.classes[one.middle])) for one in figures
            )
            found[element] = own.setdefault((int(self.classes[element]), tried), first + len(own))
        for element in self.alone:
            found[element] = own.setdefault(element, first + len(own))
        return found

    def settle(self, signing: Signing, rows: Rows) -> NDArray[np.int64]:
        """The signatures of rows; of uncertain items those of a figure, where one answer holds over all figures."""
        items = rows.elements[ITEM]
        found = np.full(rows.count, -1, np.int64)
        outcomes: dict[int, tuple[str, ...]] = {}
        left = np.flatnonzero(np.isin(items, list(self.of)))
        for turn in range(max(map(len, self.of.values()), default=0)):
            # An item's second uncertain figure is looked at where the first settles nothing.
            left = left[np.isin(items[left], [e for e, figures in self.of.items() if len(figures) > turn])]
            if not len(left):
                break
            settled = self._try(signing, rows, left, turn, found, outcomes)
            left = left[~settled]
        open_ = np.flatnonzero(found < 0)
        if len(open_):
            found[open_] = signing.of(rows if len(open_) == rows.count else rows.of(open_))
        for row, told in outcomes.items():
            found[row] = self._with(signing.signatures, int(found[row]), told)
        return found

    def _try(
        self, signing: Signing, rows: Rows, left: NDArray[np.int64], turn: int, found: NDArray[np.int64],
        outcomes: dict[int, tuple[str, ...]],
    ) -> NDArray[np.bool_]:  # fmt: skip
        """Which rows one answer holds for over all figures: ``found``, or (the entry remains open) ``outcomes``."""
        items = rows.elements[ITEM][left]
        size = int(items.max()) + 1
        counts, starts, middles = (np.zeros(size, np.int64) for _ in range(3))
        flat: list[int] = []
        for element, figures in self.of.items():
            if element < size and len(figures) > turn:
                uncertain = figures[turn]
                starts[element], counts[element] = len(flat), len(uncertain.tried)
                middles[element] = uncertain.tried.index(uncertain.middle)
                flat += uncertain.tried
        each = counts[items]
        begins = np.concatenate(([0], np.cumsum(each)[:-1]))
        within = np.arange(int(each.sum())) - np.repeat(begins, each)
        tried = np.array(flat, np.int64)[np.repeat(starts[items], each) + within]
        signatures = signing.of(rows.of(np.repeat(left, each), tried))
        said, answers, known = signing.signatures.told[signatures].T
        same: NDArray[np.bool_] = _one_value(said, begins) & (known[begins] == 1)
        whole = same & _one_value(answers, begins)
        found[left[whole]] = signatures[begins + middles[items]][whole]
        partly = same & ~whole
        for place in np.flatnonzero(partly).tolist():
            outcomes[int(left[place])] = signing.signatures.listed[int(signatures[begins[place]])].outcomes
        return same

    def _with(self, signatures: Signatures, number: int, outcomes: tuple[str, ...]) -> int:
        """The signature with other outcomes: they hold over all figures, which entry it is remains open."""
        made = self._over.get((number, outcomes))
        if made is None:
            old = signatures.listed[number]
            changed = made_signature(outcomes, old.eccn, old.policies, old.marks)
            made = self._over[number, outcomes] = signatures.number(changed)
        return made


def _one_value(values: NDArray[Any], begins: NDArray[np.int64]) -> NDArray[np.bool_]:
    """For each stretch of the values, whether it holds one value."""
    least: NDArray[Any] = np.minimum.reduceat(values, begins)
    most: NDArray[Any] = np.maximum.reduceat(values, begins)
    same: NDArray[np.bool_] = least == most
    return same


@dataclass
class UncertainItems:
    """Makes the items of one program that stand for the figures tried; :meth:`bounds` when all are listed."""

    asked: Asked
    items: list[Mapping[str, Value]]
    _made: dict[int, list[tuple[list[int], int]]] = field(default_factory=dict)
    _alone: set[int] = field(default_factory=set)
    _by_row: dict[str, bool] = field(default_factory=dict)

    def add(self, element: int, stated: Mapping[str, Value], intervals: Mapping[str, Bounds]) -> None:
        """An item whose figures are known only within these bounds.

        Args:
            element: its place in ``items``.
            stated: its facts as the desk would be told them, those said to be unknown as None.
        """
        engine = self.asked.engine
        open_ = {n: b for n, b in sorted(intervals.items()) if stated.get(n) is None and n not in self._assumed}
        if not open_:
            return
        if any(self._turns_by_row(name) for name in open_):
            self._alone.add(element)
            return
        # Where it turns rests on the item alone: definitions and its class, as the desk derives them.
        values = engine.classify(dict(stated), unpresumed=engine.not_presumed(stated))
        for name, bounds in open_.items():
            figures = figures_tried(engine, name, bounds, values)
            places = list(range(len(self.items), len(self.items) + len(figures)))
            self.items.extend({**self.items[element], name: figure} for figure in figures)
            self._made.setdefault(element, []).append((places, places[len(places) // 2]))

    @property
    def _assumed(self) -> Mapping[str, Value]:
        return self.asked.shape.assumed

    def _turns_by_row(self, name: str) -> bool:
        """Whether a comparison of the figure reads what a row states: then it turns elsewhere for each row."""
        found = self._by_row.get(name)
        if found is None:
            found = self._by_row[name] = self._reads_rows(self.asked.engine, name)
        return found

    def _reads_rows(self, engine: Engine, name: str) -> bool:
        if name in self.asked.shape.numbers:
            return True
        compared = engine.turning.comparisons.get(name, ())
        return any(self._stated_by_row(read) for comparison in compared for read in fact_names(comparison))

    def _stated_by_row(self, name: str) -> bool:
        shape, asked = self.asked.shape, self.asked
        declared = asked.vocabulary.get(name)
        if name in shape.facts or name in shape.numbers or (declared is not None and declared.party):
            return True
        if name not in asked.steps:
            return False
        return Arrayed(asked, NO_LEAVES, ()).domain(asked.keep(Fact(name))) not in (ONCE, ITEM)

    def bounds(self, program: Arrayed, frontier: Frontier) -> WithinBounds:
        """What these items come to for a program; items the law cannot tell apart are tried once."""
        classes = classes_of(program, frontier, ITEM, len(self.items))
        of: dict[int, list[Uncertain]] = {}
        for element, made in self._made.items():
            figures = []
            for places, middle in made:
                firsts: dict[int, int] = {}
                for place in places:
                    firsts.setdefault(int(classes[place]), place)
                figures.append(Uncertain(tuple(firsts.values()), firsts[int(classes[middle])]))
            of[element] = figures
        return WithinBounds(program, of, frozenset(self._alone), classes)


__all__ = ["UncertainItems", "WithinBounds"]
