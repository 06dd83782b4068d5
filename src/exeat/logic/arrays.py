"""Expressions over arrays: the meaning of :mod:`exeat.logic.evaluate` for many rows at once.

A truth is one byte: 0 no, 1 unknown, 2 yes, so that Kleene's *and* is the least and *or* the greatest. A text is a
number in a list of words, -1 where it is unknown. A number is a whole number of its last decimal place: nothing is
rounded, and what does not fit into 63 bits is computed with Python's own. An array of length one stands for all rows.

The writer of a table has written out ``any_party`` and ``in_group`` before: neither is read here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exeat.logic.errors import LogicError
from exeat.logic.evaluate import EXACT
from exeat.logic.tree import And, Arith, Case, Coalesce, Compare, Constant, Fact, In, Not, Or, Tree, Value

NO, UNKNOWN, YES = 0, 1, 2
_ROOM = 2**63

Bytes: TypeAlias = NDArray[np.uint8]
Places: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Truths:
    """Truths by row."""

    values: Bytes


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts by row, as numbers of :class:`Words`; -1 is unknown."""

    codes: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers by row: ``digits`` times ten to the power of minus ``places``, where ``known``; ``most`` bounds them."""

    digits: NDArray[Any]
    known: NDArray[np.bool_]
    places: int
    most: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """Unknown in every row, of whatever type."""


Column: TypeAlias = Truths | Texts | Numbers | Nothing
NOTHING = Nothing()


@dataclass
class Words:
    """The texts that columns hold, numbered as they are first met."""

    listed: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _members: dict[int, tuple[object, Bytes]] = field(default_factory=dict)

    def number(self, text: str) -> int:
        """The number of a text."""
        found = self._numbers.setdefault(text, len(self._numbers))
        if found == len(self.listed):
            self.listed.append(text)
        return found

    def members(self, texts: Sequence[object]) -> Bytes:
        """By the number of a text plus one: whether it is among ``texts``; unknown for no text."""
        kept = self._members.get(id(texts))
        if kept is None or len(kept[1]) <= len(self.listed):
            numbers = [self.number(text) + 1 for text in texts if isinstance(text, str)]
            # Twice the room that is needed: words still come, and to begin anew for each would cost as much again.
            table = np.zeros(2 * len(self.listed) + 64, np.uint8)
            table[0] = UNKNOWN
            table[numbers] = YES
            kept = self._members[id(texts)] = texts, table  # the texts are held, so that their id stays their own
        return kept[1]


def column_of(values: Sequence[Value], words: Words) -> Column:
    """Values of one type, each None where it is unknown, as a column."""
    first = next((value for value in values if value is not None), None)
    if first is None:
        return NOTHING
    if isinstance(first, bool):
        return Truths(np.array([UNKNOWN if v is None else YES if v else NO for v in values], np.uint8))
    if isinstance(first, str):
        return Texts(np.array([-1 if v is None else words.number(str(v)) for v in values], np.int32))
    return numbers_of([v if isinstance(v, Decimal) else None for v in values])


def numbers_of(values: Sequence[Decimal | None]) -> Numbers:
    """Exact numbers, None where one is unknown, as a column."""
    places = max((_places(v) for v in values if v is not None), default=0)
    digits = [0 if v is None else int(v.scaleb(places, EXACT)) for v in values]
    most = max(map(abs, digits), default=0)
    known = np.array([v is not None for v in values], np.bool_)
    return Numbers(np.array(digits, object if most >= _ROOM else np.int64), known, places, most)


def evaluated(tree: Tree, value: Callable[[Tree], Column], words: Words) -> Column:
    """One node over arrays; ``value`` gives the columns of its parts, of one length or of length one.

    Raises:
        LogicError: a node that a table's trees do not have (``any_party``, ``in_group``), or a fact.
    """
    match tree:
        case Constant(constant):
            return column_of([constant], words)
        case And(args):
            return Truths(_least(np.minimum, map(value, args)))
        case Or(args):
            return Truths(_least(np.maximum, map(value, args)))
        case Not(arg):
            return Truths(np.subtract(np.uint8(2), truths(value(arg))))
        case Compare(op, left, right):
            return _compare(op, value(left), value(right))
        case In(operand, members):
            return _member(value(operand), members, words)
        case Arith(op, left, right):
            return _arith(op, value(left), value(right))
        case Case(branches, default):
            found: Column = NOTHING if default is None else value(default)
            for condition, result in reversed(branches):
                found = _chosen(truths(value(condition)), value(result), found)
            return found
        case Coalesce(args):
            found = value(args[-1])
            for arg in reversed(args[:-1]):
                found = first_known(value(arg), found)
            return found
        case Fact(name):
            raise LogicError(f"{name} is a fact, which has no parts")
    raise LogicError(f"{type(tree).__name__} is not read over arrays")


def truths(column: Column) -> Bytes:
    """A column of truths as bytes."""
    if isinstance(column, Nothing):
        return _UNKNOWN
    if not isinstance(column, Truths):
        raise LogicError(f"expected yes or no, found {type(column).__name__.casefold()}")
    return column.values


_UNKNOWN = np.array([UNKNOWN], np.uint8)


def _least(choose: np.ufunc, columns: Iterable[Column]) -> Bytes:
    found: Bytes | None = None
    for column in columns:
        found = truths(column) if found is None else choose(found, truths(column))
    assert found is not None
    return found


def _compare(op: str, left: Column, right: Column) -> Column:
    if isinstance(left, Nothing) or isinstance(right, Nothing):
        return NOTHING
    test = _TESTS[op]
    if isinstance(left, Numbers) and isinstance(right, Numbers):
        left, right = _level(left, right)
        return _told(test(left.digits, right.digits), left.known & right.known)
    if isinstance(left, Texts) and isinstance(right, Texts):
        if op == "=" and len(right.codes) == 1 and right.codes[0] >= 0:
            unknown = (left.codes < 0).view(np.uint8)
            return Truths((left.codes == right.codes[0]).view(np.uint8) * np.uint8(2) + unknown)
        return _told(test(left.codes, right.codes), (left.codes >= 0) & (right.codes >= 0))
    one, other = truths(left), truths(right)
    if len(other) == 1 and other[0] != UNKNOWN:
        # The commonest test, of a truth against yes or no, is the truth itself or its contrary.
        return Truths(one if (op == "=") == (other[0] == YES) else np.subtract(np.uint8(2), one))
    return _told(test(one, other), (one != UNKNOWN) & (other != UNKNOWN))


_TESTS: dict[str, Callable[[Any, Any], Any]] = {
    "=": np.equal,
    "<>": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def _told(truth: NDArray[np.bool_], known: NDArray[np.bool_]) -> Truths:
    # Twice the truth where it is known, one where it is not: three passes over bytes, no choice for each row.
    return Truths((truth & known).view(np.uint8) * np.uint8(2) + (~known).view(np.uint8))


def _member(column: Column, members: Sequence[Decimal | str], words: Words) -> Column:
    if isinstance(column, Nothing):
        return NOTHING
    if isinstance(column, Texts):
        return Truths(words.members(members)[column.codes + 1])
    if not isinstance(column, Numbers):
        raise LogicError(f"expected a text or a number, found {type(column).__name__.casefold()}")
    found = np.zeros(1, np.bool_)
    for member in members:
        if isinstance(member, Decimal):
            one, other = _level(column, numbers_of([member]))
            found = found | (one.digits == other.digits)
    return _told(found, column.known)


def _arith(op: str, left: Column, right: Column) -> Column:
    if isinstance(left, Nothing) or isinstance(right, Nothing):
        return NOTHING
    if not (isinstance(left, Numbers) and isinstance(right, Numbers)):
        raise LogicError("expected numbers on both sides")
    known = left.known & right.known
    if op == "*":
        most = left.most * right.most
        one, other = _roomy(left, most), _roomy(right, most)
        return Numbers(one * other, known, left.places + right.places, most)
    left, right = _level(left, right)
    most = left.most + right.most
    one, other = _roomy(left, most), _roomy(right, most)
    return Numbers(one + other if op == "+" else one - other, known, left.places, most)


def _level(left: Numbers, right: Numbers) -> tuple[Numbers, Numbers]:
    """Both at the same decimal place."""
    places = max(left.places, right.places)
    return _at_places(left, places), _at_places(right, places)


def _at_places(numbers: Numbers, places: int) -> Numbers:
    if numbers.places == places:
        return numbers
    factor = int(10 ** (places - numbers.places))
    most = numbers.most * factor
    digits = _roomy(numbers, most)
    return Numbers(digits * (factor if digits.dtype == object else np.int64(factor)), numbers.known, places, most)


def _roomy(numbers: Numbers, most: int) -> NDArray[Any]:
    """The digits in a type in which a result of that size has room."""
    return numbers.digits.astype(object) if most >= _ROOM else numbers.digits


def _chosen(condition: Bytes, result: Column, rest: Column) -> Column:
    """The result where the condition holds, the rest where it does not, unknown where it is not known."""
    if isinstance(result, Nothing) and isinstance(rest, Nothing):
        return NOTHING
    # Sums of products with 0 and 1: what is not meant counts nothing. To choose for each row takes three times as long.
    yes, no, open_ = condition >> np.uint8(1), (condition == NO).view(np.uint8), condition & np.uint8(UNKNOWN)
    if isinstance(result, Truths) or isinstance(rest, Truths):
        return Truths(truths(result) * yes + truths(rest) * no + open_)
    if isinstance(result, Texts) or isinstance(rest, Texts):
        return Texts(_codes(result) * yes.astype(np.int32) + _codes(rest) * no.astype(np.int32) - open_)
    one, other_one = _level(_numbers(result), _numbers(rest))
    yes = condition == YES
    known = np.where(yes, one.known, (condition == NO) & other_one.known)
    return Numbers(np.where(yes, one.digits, other_one.digits), known, one.places, max(one.most, other_one.most))


def first_known(first: Column, rest: Column) -> Column:
    """The first where it is known, else the rest."""
    if isinstance(first, Nothing):
        return rest
    if isinstance(rest, Nothing):
        return first
    if isinstance(first, Truths):
        # Unknown is one: where it stands, what makes the rest of it is added (bytes go round).
        return Truths(first.values + (first.values & np.uint8(UNKNOWN)) * (truths(rest) - np.uint8(1)))
    if isinstance(first, Texts):
        return Texts(first.codes + (first.codes < 0).astype(np.int32) * (_codes(rest) + np.int32(1)))
    one, other = _level(first, _numbers(rest))
    digits = np.where(one.known, one.digits, other.digits)
    return Numbers(digits, one.known | other.known, one.places, max(one.most, other.most))


def _codes(column: Column) -> NDArray[np.int32]:
    if isinstance(column, Nothing):
        return np.array([-1], np.int32)
    if not isinstance(column, Texts):
        raise LogicError(f"expected a text, found {type(column).__name__.casefold()}")
    return column.codes


def _numbers(column: Column) -> Numbers:
    if isinstance(column, Nothing):
        return Numbers(np.zeros(1, np.int64), np.zeros(1, np.bool_), 0, 0)
    if not isinstance(column, Numbers):
        raise LogicError(f"expected a number, found {type(column).__name__.casefold()}")
    return column


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def taken(column: Column, rows: NDArray[Any]) -> Column:
    """The column's values at these places; of a column of length one, that column."""
    match column:
        case Truths(values):
            return column if len(values) == 1 else Truths(values.take(rows))
        case Texts(codes):
            return column if len(codes) == 1 else Texts(codes.take(rows))
        case Numbers(digits, known, places, most):
            return column if len(digits) == 1 else Numbers(digits.take(rows), known.take(rows), places, most)
    return column


def values_of(column: Column, words: Words, rows: int) -> list[Value]:
    """A column of so many rows as plain values."""
    match column:
        case Truths(values):
            return [_TOLD[int(v)] for v in np.broadcast_to(values, rows)]
        case Texts(codes):
            return [None if code < 0 else words.listed[int(code)] for code in np.broadcast_to(codes, rows)]
        case Numbers(digits, known, places, _):
            shown = zip(np.broadcast_to(digits, rows), np.broadcast_to(known, rows), strict=True)
            return [Decimal(int(digit)).scaleb(-places, EXACT) if sure else None for digit, sure in shown]
    return [None] * rows


_TOLD: dict[int, Value] = {NO: False, UNKNOWN: None, YES: True}
