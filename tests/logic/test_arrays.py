"""Expressions over arrays mean what they mean for one row: random conditions over random rows."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import FIGURES, GROUPS, VOCABULARY, conditions, facts, numbers

from exeat.logic.arrays import Column, Numbers, Words, column_of, evaluated, numbers_of, taken, values_of
from exeat.logic.errors import LogicError
from exeat.logic.evaluate import evaluate
from exeat.logic.expand import expand_ratios
from exeat.logic.tree import Arith, Compare, Constant, Fact, In, InGroup, Tree, Value, rebuild


def over(tree: Tree, rows: list[dict[str, Value]]) -> list[Value]:
    """The tree's values on all rows at once."""
    words = Words()

    def value(part: Tree) -> Column:
        if isinstance(part, Fact):
            return column_of([row.get(part.name) for row in rows], words)
        return evaluated(part, value, words)

    return values_of(value(tree), words, len(rows))


def without_groups(tree: Tree) -> Tree:
    if isinstance(tree, InGroup):
        return In(tree.operand, tuple(sorted(GROUPS[tree.group])))
    return rebuild(tree, without_groups)


no_parties = conditions().filter(lambda tree: "AnyParty" not in repr(tree))


@settings(max_examples=300, deadline=None)
@given(no_parties, st.lists(facts(), min_size=1, max_size=6))
def test_conditions(tree: Tree, rows: list[dict[str, Value]]) -> None:
    flat = without_groups(expand_ratios(tree, VOCABULARY))
    assert over(flat, rows) == [evaluate(flat, row, None, GROUPS) for row in rows]


@settings(max_examples=200, deadline=None)
@given(numbers(), st.lists(facts(), min_size=1, max_size=4))
def test_numbers_are_exact(tree: Tree, rows: list[dict[str, Value]]) -> None:
    assert over(tree, rows) == [evaluate(tree, row) for row in rows]


def test_numbers_beyond_63_bits_stay_exact() -> None:
    big = Decimal("9999999999999999999999999.9999")
    for op in "+-*":
        tree = Arith(op, Fact("tpp"), Arith("*", Fact("area"), Constant(big)))  # type: ignore[arg-type]
        rows: list[dict[str, Value]] = [{"tpp": f, "area": g} for f in (*FIGURES, big) for g in FIGURES]
        assert over(tree, rows) == [evaluate(tree, row) for row in rows]
        test = Compare(">=", tree, Constant(big))
        assert over(test, rows) == [evaluate(test, row) for row in rows]
    just_over = Decimal(2**63)
    assert over(In(Fact("tpp"), (just_over,)), [{"tpp": just_over}, {"tpp": just_over - 1}, {}]) == [True, False, None]


def test_a_word_that_comes_later_is_no_member() -> None:
    words, members = Words(), ("CN", "MO")
    first = words.members(members)
    later = [words.number(str(n)) for n in range(500)]
    table = words.members(members)
    assert table is not first and not table[np.array(later) + 1].any()
    assert [int(table[words.number(text) + 1]) for text in ("CN", "MO", "DE")] == [2, 2, 0]


def test_rows_are_taken_of_what_has_rows() -> None:
    column = numbers_of([Decimal("1.5"), None, Decimal(3)])
    assert values_of(taken(column, np.array([2, 1])), Words(), 2) == [Decimal(3), None]
    one = numbers_of([Decimal(1)])
    assert taken(one, np.array([5, 6])) is one
    assert isinstance(column, Numbers)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (InGroup(Constant("DE"), "A:1"), "InGroup is not read over arrays"),
        (Fact("tpp"), "tpp is a fact"),
        (Arith("+", Constant("DE"), Constant(Decimal(1))), "expected numbers on both sides"),
        (Compare("=", Constant("DE"), Constant(Decimal(1))), "expected yes or no, found texts"),
        (In(Constant(True), ("DE",)), "expected a text or a number, found truths"),
    ],
)
def test_what_cannot_be_read_is_said(tree: Tree, said: str) -> None:
    words = Words()
    with pytest.raises(LogicError, match=said):
        evaluated(tree, lambda part: evaluated(part, lambda p: column_of([], words), words), words)
