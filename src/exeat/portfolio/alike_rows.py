"""Rows that one program cannot tell apart: their parts answer alike to every expression it makes of them.

Each part of a row (its item, its consignee …) is given the number of its class; the classes of a row's parts, and the
truths of its comparisons of numbers, are the row's key. Rows of one key are worked out once, over all of a table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exeat.logic.arrays import Column, Nothing, Numbers, Texts, Truths
from exeat.portfolio.domains import ITEM, Arrayed, Frontier, Rows
from exeat.portfolio.duck import numbered

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
    """The keys of one program's rows, and what has been worked out for them.

    ``apart`` are items of which each is a class of its own.
    """

    program: Arrayed
    frontier: Frontier
    apart: Collection[int]
    classes: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    _keys: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    _found: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        for part in self.frontier.parts:
            count = len(self.program.items if part == ITEM else self.program.leaves.of[part])
            self.classes[part] = classes_of(self.program, self.frontier, part, count)
        if ITEM in self.classes and self.apart:
            own = self.classes[ITEM]
            listed = sorted(self.apart)
            own[listed] = np.arange(len(listed)) + int(own.max(initial=0)) + 1

    def of(self, rows: Rows, work_out: Callable[[Rows], NDArray[np.int64]]) -> NDArray[np.int64]:
        """What ``work_out`` finds for each of the rows, asked once for rows of one key."""
        if not rows.count:
            return np.empty(0, np.int64)
        words, whole = self._words(rows)
        codes, firsts = distinct(words)
        if not whole:
            return work_out(rows.of(firsts))[codes]
        keys = words[0][firsts]
        places = np.searchsorted(self._keys, keys)
        places[places == len(self._keys)] = 0
        known = self._keys[places] == keys if len(self._keys) else np.zeros(len(keys), np.bool_)
        found = np.empty(len(keys), np.int64)
        found[known] = self._found[places[known]]
        new = np.flatnonzero(~known)
        if len(new):
            found[new] = work_out(rows.of(firsts[new]))
            self._remember(keys[new], found[new])
        return found[codes]

    def _remember(self, keys: NDArray[np.int64], found: NDArray[np.int64]) -> None:
        listed = np.concatenate([self._keys, keys])
        order = np.argsort(listed)
        self._keys, self._found = listed[order], np.concatenate([self._found, found])[order]

    def _words(self, rows: Rows) -> tuple[list[NDArray[np.int64]], bool]:
        """The key of each row in whole numbers, and whether one holds all of it, always in the same way."""
        words: list[NDArray[np.int64]] = []
        room = _ROOM
        for part, classes in self.classes.items():
            size = int(classes.max(initial=0)) + 1
            if room * size > _ROOM:
                words.append(np.zeros(rows.count, np.int64))
                room = 1
            words[-1] *= size
            words[-1] += classes[rows.elements[part]]
            room *= size
        truths, codes = _columns([rows.column(tree) for tree in self.frontier.comparisons.values()])
        # A number that is compared with what another part says stands in the key itself.
        raw, numbers = _columns([rows.column(tree) for tree in self.frontier.numbers.values()])
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
    truths, codes = _columns([program.column(tree) for tree in trees])
    words = packed([t for t in truths if len(t) > 1], [c for c in codes if len(c) > 1], count)
    return distinct(words)[0] if words and count else np.zeros(count, np.int64)


def _columns(columns: Sequence[Column]) -> tuple[list[NDArray[np.uint8]], list[NDArray[Any]]]:
    """Columns as truths and as whole numbers that are equal where the values are."""
    truths: list[NDArray[np.uint8]] = []
    codes: list[NDArray[Any]] = []
    for column in columns:
        match column:
            case Truths(values):
                truths.append(values)
            case Texts(texts):
                codes.append(texts)
            case Numbers(digits, known):
                listed = digits.tolist()
                places = {digit: number for number, digit in enumerate(dict.fromkeys(listed))}
                codes.append(np.where(known, np.array([places[digit] for digit in listed], np.int64), -1))
            case Nothing():
                pass
    return truths, codes


__all__ = ["AlikeRows", "classes_of", "distinct", "packed"]
