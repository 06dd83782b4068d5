"""The parts of a row (its own facts, each party) by the codes of their cells, and the distinct elements they state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exeat.portfolio.columns import Meaning
from exeat.portfolio.elements import Element

if TYPE_CHECKING:
    from exeat.portfolio.coded import Coded

#: A code stays below this, so that it is a whole number of the database; a part of many columns has several.
_CODE = 2**31


@dataclass
class Part:
    """One part of a row: its columns, how their cells' codes make the part's codes, and its distinct elements.

    ``words`` are codes: each of some columns (by place) with the factor of each. ``kinds`` has for each column a cell
    of each code. ``elements`` are the distinct parts that occur; equal ones are one.
    """

    origin: str
    meanings: tuple[Meaning, ...]
    kinds: list[list[object]] = field(default_factory=list)
    words: list[list[tuple[int, int]]] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)

    @property
    def table(self) -> str:
        return "part_" + self.origin.replace(":", "_")

    @property
    def codes(self) -> list[str]:
        return [f"{self.origin}.{n}" for n in range(len(self.words))]

    def pack(self) -> None:
        """Lay the columns' codes side by side into as few words as hold them."""
        factor = _CODE
        for place, cells in enumerate(self.kinds):
            if not self.words or factor * len(cells) > _CODE:
                self.words.append([])
                factor = 1
            self.words[-1].append((place, factor))
            factor *= len(cells)

    def cells_of(self, codes: Sequence[int]) -> tuple[object, ...]:
        """One row's cells, of all rows with these codes."""
        found: list[object] = [None] * len(self.meanings)
        for word, code in zip(self.words, codes, strict=True):
            for place, factor in word:
                found[place] = self.kinds[place][code // factor % len(self.kinds[place])]
        return tuple(found)


@dataclass
class Places:
    """Which element the codes of a part are. Parts that state the same, as far as the law asks, are one element."""

    coded: Coded
    part: Part
    known: dict[tuple[int, ...], int] = field(default_factory=dict)
    _elements: dict[object, int] = field(default_factory=dict)

    def of(self, codes: tuple[int, ...]) -> int:
        """The place of the element in the part's ``elements``; cells not met before are read."""
        place = self.known.get(codes)
        if place is None:
            element = self.coded.element(self.part.origin, self.part.cells_of(codes))
            place = self.known[codes] = self._elements.setdefault(self.coded.key(element), len(self._elements))
            if place == len(self.part.elements):
                self.part.elements.append(element)
        return place


__all__ = ["Part", "Places"]
