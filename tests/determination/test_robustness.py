"""Figures known only within bounds: trying each anew gives what deciding from the beginning gives, over every item."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from exeat.desk import Desk
from exeat.determination.determine import Engine, Facts, Valuation
from exeat.determination.robustness import Bounds, agreed_over, examine, figures_tried, same_over

DESK = Desk()
DAYS = (date(2023, 1, 10), date(2024, 1, 10), date(2025, 2, 1), date(2025, 7, 1), date(2026, 9, 1))
PARTY: dict[str, Any] = {"role": "ultimate_consignee", "location": "CN", "headquarters": "CN"}
SHIPMENTS: tuple[dict[str, Any], ...] = (
    {"activity": "export", "origin": "US", "destination": "CN", "quantity": Decimal(8)},
    {"activity": "export", "origin": "US", "destination": "DE", "quantity": Decimal(8), "tpp": None},
    {"activity": "reexport", "destination": "AE", "marketed_for_datacenters": None},
)


def _uncertain(day: date) -> Iterator[tuple[Engine, dict[str, Any], dict[str, Bounds], Valuation]]:
    """Every item of the catalog with an open figure, shipped in several ways."""
    engine = DESK.law_of(day)
    for name in sorted(DESK.catalog.items):
        facts, item = DESK.item_facts(name, engine)
        for shipment in SHIPMENTS:
            stated = {**facts, **shipment}
            intervals = {n: b for n, b in item.intervals.items() if stated.get(n) is None} if item is not None else {}
            if intervals:
                yield engine, stated, intervals, engine.determine(stated, [PARTY])


@pytest.mark.parametrize("day", DAYS)
def test_figures_tried_one_after_another_give_what_each_gives_alone(day: date) -> None:
    tried = 0
    for engine, stated, intervals, found in _uncertain(day):
        for name, bounds in intervals.items():
            last = found
            for figure in figures_tried(engine, name, bounds, found.values):
                last = engine.anew.with_figure(last, [PARTY], name, figure)
                _same(last, engine.determine({**stated, name: figure}, [PARTY]))
                tried += 1
    assert tried


@pytest.mark.parametrize("day", DAYS)
def test_what_holds_over_all_of_an_interval_is_found_without_trying_more_than_needed(day: date) -> None:
    settled = 0
    for engine, stated, intervals, found in _uncertain(day):
        at_length = same_over(examine(engine, stated, [PARTY], intervals, found))
        at_once = agreed_over(engine, stated, [PARTY], intervals, found)
        assert (at_once is None) is (at_length is None)
        if at_once is None or at_length is None:
            continue
        settled += 1
        for what in ("fact", "low", "high", "robust", "turns_at", "answers"):
            assert getattr(at_once, what) == getattr(at_length, what)
        assert (at_once.agreed is None) is (at_length.agreed is None)
        if at_once.agreed is not None and at_length.agreed is not None:
            figure = at_once.agreed.facts[at_once.fact]
            assert figure == at_length.agreed.facts[at_once.fact]
            _same(at_once.agreed, engine.determine({**stated, at_once.fact: figure}, [PARTY]))
    assert settled or day == DAYS[0]


def test_what_is_told_to_be_unknown_and_presumed_stays_so_beside_a_figure() -> None:
    facts: Facts
    for day in DAYS:
        engine = DESK.law_of(day)
        numbers = [n for n in sorted(engine.program.input_facts | engine.definitions) if _is_number(engine, n)]
        for name in numbers:
            for told in ({}, {name: None}, {name: Decimal(1)}):
                facts = {**SHIPMENTS[0], "form": "integrated_circuit", **told}
                base = engine.determine(facts, [PARTY])
                for figure in (Decimal(0), Decimal(5000)):
                    alone = engine.determine({**facts, name: figure}, [PARTY])
                    _same(engine.anew.with_figure(base, [PARTY], name, figure), alone)


def _is_number(engine: Engine, name: str) -> bool:
    declared = engine.program.vocabulary[name]
    return declared.type == "number" and not declared.party


def _same(one: Valuation, other: Valuation) -> None:
    assert dict(one.values) == dict(other.values)
    assert {k: str(v) for k, v in one.values.items()} == {k: str(v) for k, v in other.values.items()}
    assert one.presumed == other.presumed
    assert dict(one.facts) == dict(other.facts)
