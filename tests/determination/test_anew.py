"""Deciding again after some facts changed gives, value for value, what deciding from the beginning gives."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from exeat.desk import Desk
from exeat.determination.determine import Engine
from exeat.logic.tree import Value, fact_names

DESK = Desk()
DAYS = (date(2023, 1, 10), date(2024, 1, 10), date(2025, 2, 1), date(2025, 7, 1), date(2026, 9, 1))
PLACES = ("US", "DE", "CN", "AE", "IN", "RU", "GB", "MO", "TW")


def _value(engine: Engine, name: str) -> st.SearchStrategy[Value]:
    declared = engine.program.vocabulary[name]
    if declared.type == "yes/no":
        return st.sampled_from((True, False, None))
    if declared.type == "number":
        return st.sampled_from((None, Decimal(0), Decimal(1), Decimal("1600.0"), Decimal(4800), Decimal(10**9)))
    return st.sampled_from((None, *(declared.values or PLACES)))


def _facts(data: st.DataObject, engine: Engine, *, of_party: bool, most: int) -> dict[str, Value]:
    names = sorted(n for n in engine.program.input_facts if engine.program.vocabulary[n].party is of_party)
    chosen = data.draw(st.lists(st.sampled_from(names), max_size=most, unique=True))
    return {name: data.draw(_value(engine, name)) for name in chosen}


def _base() -> dict[str, Value]:
    return {
        "activity": "export", "origin": "US", "destination": "DE", "quantity": Decimal(8),
        "form": "integrated_circuit", "tpp": Decimal(15824), "applicable_die_area_mm2": Decimal(814),
        "marketed_for_datacenters": True,
    }  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_values_and_presumptions_are_those_of_a_fresh_determination(data: st.DataObject) -> None:
    engine = DESK.law_of(data.draw(st.sampled_from(DAYS)))
    facts = {**_base(), **_facts(data, engine, of_party=False, most=8)}
    consignee: dict[str, Value] = {"role": "ultimate_consignee", "location": "DE", "headquarters": "DE"}
    parties = [{**consignee, **_facts(data, engine, of_party=True, most=5)}]
    base = engine.determine(facts, parties)
    changed: dict[str, Value] = {**facts, **_facts(data, engine, of_party=False, most=4)}
    for name in data.draw(st.lists(st.sampled_from(sorted(facts)), max_size=2)):
        changed.pop(name, None)
    others: list[dict[str, Value]] = [{**parties[0], **_facts(data, engine, of_party=True, most=3)}]
    if data.draw(st.booleans()):
        others[0].pop(data.draw(st.sampled_from(sorted(others[0]))))
    if data.draw(st.integers(0, 9)) == 0:
        others = data.draw(st.sampled_from([[], [*others, *others]]))
    _same(engine.anew.determine(base, changed, others), engine.determine(changed, others))
    _same(engine.anew.determine(base, facts, parties), base)


def test_presumptions_withdrawn_all_at_once() -> None:
    for day in DAYS:
        engine = DESK.law_of(day)
        party: dict[str, Any] = {"role": "ultimate_consignee", "location": "CN", "headquarters": "CN"}
        facts = {**_base(), "destination": "CN"}
        base = engine.determine(facts, [party])
        assert base.presumed
        changed = {**facts, **dict.fromkeys(base.presumed)}
        _same(engine.anew.determine(base, changed, [party]), engine.determine(changed, [party]))


def _same(one: Any, other: Any) -> None:
    assert dict(one.values) == dict(other.values)
    assert {k: str(v) for k, v in one.values.items()} == {k: str(v) for k, v in other.values.items()}
    assert one.presumed == other.presumed


def test_steps_read_only_what_comes_before_them() -> None:
    """What still stands of another determination then misleads no step that is run anew."""
    parts = ("core", "text.needs", "relief", "text.rest", "text.outcome", "text.policy", "enforced.needs")
    for day in DAYS:
        engine = DESK.law_of(day)
        steps = [step for part in (*parts, "enforced.rest", "enforced.outcome", "enforced.policy")
                 for step in engine.trees(part)]  # fmt: skip
        to_come = {name for name, _, _ in steps}
        for name, tree, _ in steps:
            assert not fact_names(tree) & to_come
            to_come.remove(name)
        assert not to_come
