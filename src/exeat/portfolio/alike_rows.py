"""Rows that one program cannot tell apart: their parts answer alike to every expression it makes of them.

Each part of a row (its item, its consignee …) is given the number of its class; the classes of a row's parts, and the
truths of its comparisons of numbers, are the row's key. A key is worked out once, for the first row that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exeat.logic.arrays import Column, Nothing, Numbers, Texts, Truths
from exeat.logic.tree import Tree
from exeat.portfolio.arrow_files import numbered
from exeat.portfolio.domains import ITEM, Arrayed, Frontier, Rows

#: Five truths of three make a byte, two bytes a number below 2 ** 16, three of those a whole number; two texts, too.
_IN_BYTE, _BYTE, _SHORT, _TEXT = 5, 3**5, 3**10, 2**31
_ROOM = 2**62


def packed(truths: Sequence[NDArray[np.uint8]], codes: Sequence[NDArray[Any]], count: int) -> list[NDArray[np.int64]]:
    """Columns of truths, and of whole numbers from -1 below 2 ** 31 - 1, in few whole numbers for each row, exactly."""
    small: list[tuple[NDArray[Any], int]] = []
    for start in range(0, len(truths), 2 * _IN_BYTE):
        both = _joined(truths[start : start + _IN_BYTE]).astype(np.uint16)
        rest = truths[start + _IN_BYTE : start + 2 * _IN_BYTE]
        small.append((both * np.uint16(_BYTE) + _joined(rest) if rest else both, _SHORT))
    small += [(code.astype(np.int64) + 1, _TEXT) for code in codes]
    words: list[NDArray[np.int64]] = []
    room = 0
    for column, radix in small:
        if room * radix > _ROOM or not words:
            words.append(np.zeros(count, np.int64))
            room = 1
        words[-1] *= radix
        words[-1] += column
        room *= radix
    return words


def _joined(columns: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    found = columns[0]
    for column in columns[1:]:
        found = found * np.uint8(3) + column
    return found


def distinct(words: Sequence[NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each row the number of its words, equal for equal ones, and the first row of each."""
    codes = numbered(words[0])
    for word in words[1:]:
        other = numbered(word)
        codes = numbered(codes * (int(other.max(initial=0)) + 1) + other)
    firsts = np.empty(int(codes.max(initial=-1)) + 1, np.int64)
    firsts[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return codes, firsts


@dataclass
class AlikeRows:
    """The keys of one program's rows, numbered from 0 as they first occur; ``items`` are the classes of its items."""

    program: Arrayed
    frontier: Frontier
    items: NDArray[np.int64]
    classes: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    count: int = 0
    _known: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    _numbers: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    _listed: dict[object, int] = field(default_factory=dict)
    _digits: dict[int, dict[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.classes[ITEM] = self.items
        for part in self.frontier.parts:
            if part != ITEM:
                self.classes[part] = classes_of(self.program, self.frontier, part, len(self.program.leaves.of[part]))

    def number(self, rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The number of each row's key, and the rows that have a key which no row had before, in its order."""
        words, whole = self._words(rows)
        codes, firsts = distinct(words)
        found = np.empty(len(firsts), np.int64)
        keys = words[0][firsts]
        listed: list[tuple[int, ...]] = []
        if whole:
            places = np.minimum(np.searchsorted(self._known, keys), max(len(self._known) - 1, 0))
            known = self._known[places] == keys if len(self._known) else np.zeros(len(keys), np.bool_)
            found[known] = self._numbers[places[known]]
        else:
            listed = list(zip(*(word[firsts].tolist() for word in words), strict=True))
            found[:] = [self._listed.get(key, -1) for key in listed]
            known = found >= 0
        new = np.flatnonzero(~known)
        found[new] = np.arange(self.count, self.count + len(new))
        self.count += len(new)
        if whole:
            self._remember(keys[new], found[new])
        else:
            self._listed.update((listed[place], int(found[place])) for place in new.tolist())
        return found[codes], firsts[new]

    def own(self, key: str) -> tuple[int, bool]:
        """The number of a row that is like no other but those of this text, and whether it is new."""
        found = self._listed.get(key)
        if found is not None:
            return found, False
        self._listed[key] = self.count
        self.count += 1
        return self.count - 1, True

    def _remember(self, keys: NDArray[np.int64], numbers: NDArray[np.int64]) -> None:
        listed = np.concatenate([self._known, keys])
        order = np.argsort(listed)
        self._known, self._numbers = listed[order], np.concatenate([self._numbers, numbers])[order]

    def _words(self, rows: Rows) -> tuple[list[NDArray[np.int64]], bool]:
        """The key of each row in whole numbers, and whether one holds all of it, always in the same way."""
        words: list[NDArray[np.int64]] = []
        room = 1
        for part, classes in self.classes.items():
            size = int(classes.max(initial=0)) + 1
            if not words or room * size > _ROOM:
                words.append(np.zeros(rows.count, np.int64))
                room = 1
            words[-1] *= size
            words[-1] += classes[rows.elements[part]]
            room *= size
        truths, codes = _columns(rows.column, self.frontier.comparisons.values(), self._digits)
        # A number that is compared with what another part says stands in the key itself.
        raw, numbers = _columns(rows.column, self.frontier.numbers.values(), self._digits)
        if len(words) != 1 or codes or raw or numbers or room * 3 ** len(truths) > _ROOM:
            more = packed([*truths, *raw], [*codes, *numbers], rows.count)
            return [*words, *more] or [np.zeros(rows.count, np.int64)], False
        for column in truths:
            words[0] *= 3
            words[0] += column
        return words, True


def classes_of(program: Arrayed, frontier: Frontier, part: str, count: int) -> NDArray[np.int64]:
    """A number for each element of a part: equal for those that no expression of the program tells apart."""
    trees = frontier.parts.get(part, {}).values()
    truths, codes = _columns(program.column, trees, {})
    words = packed([t for t in truths if len(t) > 1], [c for c in codes if len(c) > 1], count)
    return distinct(words)[0] if words and count else np.zeros(count, np.int64)


def _columns(
    column_of: Callable[[Tree], Column], trees: Iterable[Tree], digits: dict[int, dict[int, int]]
) -> tuple[list[NDArray[np.uint8]], list[NDArray[Any]]]:
    """Columns as truths and as whole numbers that are equal where the values are; ``digits`` numbers the figures."""
    truths: list[NDArray[np.uint8]] = []
    codes: list[NDArray[Any]] = []
    for tree in trees:
        match column_of(tree):
            case Truths(values):
                truths.append(values)
            case Texts(texts):
                codes.append(texts)
            case Numbers(figures, known):
                places = digits.setdefault(id(tree), {})
                listed = [places.setdefault(figure, len(places)) for figure in figures.tolist()]
                codes.append(np.where(known, np.array(listed, np.int64), -1))
            case Nothing():
                pass
    return truths, codes


__all__ = ["AlikeRows", "classes_of", "distinct", "packed"]
