"""The solver reads conditions as evaluate does: what it finds is so, and what it denies is never found."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from strategies import GROUPS, SLOTS, VOCABULARY, conditions, facts

from exeat.logic.errors import LogicError
from exeat.logic.evaluate import evaluate
from exeat.logic.expand import expand_parties, expand_ratios, resolve_groups, slot_facts
from exeat.logic.grammar import parse
from exeat.logic.smt import Encoder, find_gap, find_overlap
from exeat.logic.tree import Arith, Constant, Tree, Value, walk

WIDE = VOCABULARY.with_facts(slot_facts(SLOTS, VOCABULARY))
SOME = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def ready(text: str) -> Tree:
    return expanded(parse(text, VOCABULARY))


def expanded(tree: Tree) -> Tree:
    return resolve_groups(expand_parties(expand_ratios(tree, VOCABULARY), SLOTS, VOCABULARY), GROUPS)


def is_linear(tree: Tree) -> bool:
    products = (node for node in walk(tree) if isinstance(node, Arith) and node.op == "*")
    return all(isinstance(node.left, Constant) or isinstance(node.right, Constant) for node in products)


def known_only(row: dict[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in row.items() if value is not None}


@SOME
@given(conditions().filter(is_linear), conditions().filter(is_linear), st.booleans())
def test_a_witness_of_an_overlap_is_one(a: Tree, b: Tree, complete: bool) -> None:
    first, second = expanded(a), expanded(b)
    found = find_overlap(first, second, WIDE, complete=complete, nonnegative=False)
    assume(found is not None)
    assert found is not None
    assert evaluate(first, found) is True
    assert evaluate(second, found) is True


@SOME
@given(st.lists(conditions().filter(is_linear), max_size=2), conditions().filter(is_linear), st.booleans())
def test_a_witness_of_a_gap_is_one(several: list[Tree], within: Tree, complete: bool) -> None:
    trees, assuming = [expanded(tree) for tree in several], expanded(within)
    found = find_gap(trees, WIDE, assuming=assuming, complete=complete, nonnegative=False)
    assume(found is not None)
    assert found is not None
    assert evaluate(assuming, found) is True
    assert True not in [evaluate(tree, found) for tree in trees]


@SOME
@given(conditions(party=True).filter(is_linear), facts(), facts(party=True))
def test_the_solver_computes_what_evaluate_computes(
    tree: Tree, known: dict[str, Value], mine: dict[str, Value]
) -> None:
    """With every fact pinned to a value or to unknown, the pair (value, known) comes out as evaluate's answer."""
    import z3

    tree = resolve_groups(expand_ratios(tree, VOCABULARY), GROUPS)
    row = known_only({**known, **mine})
    encoder = Encoder(VOCABULARY)
    found = encoder.encode(tree)
    pinned = []
    for name in list(encoder.facts):
        pinned.append(encoder.facts[name].known == (name in row))
        if name in row:
            pinned.append(encoder.encode(parse(name, VOCABULARY, party=True)).value == encoder._constant(row[name]))
    expected = evaluate(tree, row)
    right = z3.Not(found.known) if expected is None else z3.And(found.known, found.value == expected)
    solver = z3.Solver()
    solver.add(*pinned, z3.Not(right))
    assert solver.check() == z3.unsat


def test_the_thresholds_of_a_chip_leave_no_gap_and_a_wrong_one_does() -> None:
    over, between, under = ready("tpp >= 4800"), ready("tpp >= 2 and tpp < 4800"), ready("tpp < 2")
    assert find_gap([over, between, under], VOCABULARY) is None
    assert find_overlap(over, between, VOCABULARY) is None
    assert find_gap([ready("tpp > 4800"), between, under], VOCABULARY) == {"tpp": Decimal(4800)}
    both = find_overlap(ready("tpp <= 4800"), over, VOCABULARY)
    assert both == {"tpp": Decimal(4800)}


def test_a_ratio_follows_from_its_parts() -> None:
    dense, small = ready("density >= 5.92"), ready("tpp < 5.92 * area")
    assert find_overlap(dense, small, VOCABULARY, assuming=ready("area > 0")) is None
    found = find_overlap(dense, ready("tpp <= 5.92 * area"), VOCABULARY)
    assert found is not None
    assert found["tpp"] == Decimal("5.92") * found["area"]  # type: ignore[operator]


def test_a_ratio_need_not_be_expanded_by_hand() -> None:
    dense = parse("density >= 5.92", VOCABULARY)
    assert find_overlap(dense, parse("tpp = 592 and area = 100", VOCABULARY), VOCABULARY) is not None
    assert find_overlap(dense, parse("tpp = 591 and area = 100", VOCABULARY), VOCABULARY) is None


def test_words_that_no_condition_mentions() -> None:
    found = find_gap([ready("destination in ('CN', 'DE')"), ready("end_use = 'cloud'")], VOCABULARY)
    assert found is not None
    assert found["destination"] not in ("CN", "DE") and len(str(found["destination"])) == 2
    assert found["end_use"] in ("resale", "research")
    assert find_gap([ready(f"end_use = '{word}'") for word in ("cloud", "resale", "research")], VOCABULARY) is None


def test_the_solver_says_what_has_to_be_expanded_first() -> None:
    with pytest.raises(LogicError, match="apply expand_parties first"):
        find_gap([parse("any_party(controlled)", VOCABULARY)], VOCABULARY)
    with pytest.raises(LogicError, match="apply resolve_groups first"):
        find_gap([parse("in_group(origin, 'D:5')", VOCABULARY)], VOCABULARY)
