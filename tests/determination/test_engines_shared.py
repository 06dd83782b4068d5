"""What programs of one law book share: no engine and no table program differs from one built with nothing before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest

from exeat.determination.determine import Engine
from exeat.determination.engines import Engines
from exeat.determination.program import build_program
from exeat.determination.reads import Reads
from exeat.lawbook.book import open_lawbook
from exeat.lawbook.instrument import Classification, Requirement
from exeat.logic.evaluate import evaluate
from exeat.portfolio.asked import Asked, Shape
from exeat.portfolio.columns import read_columns
from exeat.portfolio.forest import Forest

BOOK = open_lawbook()
#: The first day of every era, and some of them as they looked before later rules were public.
DAYS = tuple(day for day in BOOK.changes() if day >= BOOK.begins)
ASKED = [*((day, None) for day in DAYS[::6]), *((day, date(2025, 3, 1)) for day in DAYS[::15])]
SOME, FEW = ASKED[::3], ASKED[::9]
PLACES = ("CN", "AE", "IN", "PL", "IQ", "CY", "HK")


@cache
def _alone(on: date, known_on: date | None) -> Engine:
    return Engines(BOOK).on(on, known_on)


def _built(order: Sequence[tuple[date, date | None]]) -> Engines:
    engines = Engines(BOOK)
    for on, known_on in order:
        engines.on(on, known_on)
    return engines


@pytest.fixture(scope="module", params=["forward", "backward"])
def after_others(request: pytest.FixtureRequest) -> Engines:
    return _built(ASKED if request.param == "forward" else ASKED[::-1])


def _told(engine: Engine) -> dict[str, Any]:
    """All that an engine is; expressions as they are written, since ``true`` and ``1`` are equal."""
    words, parts = engine.words, [step.name for step in engine.program.steps if step.name not in engine.definitions]
    return {
        "steps": [(s.name, repr(s.tree), s.stage, s.label, s.section and s.section.key) for s in engine.program.steps],
        "facts": engine.program.input_facts,
        "presumed": (engine.presumable, engine.presumed_if_open),
        "needs": [(name, repr(tree)) for name, tree, _ in engine.trees("text.needs")],
        "comparisons": engine.turning.comparisons,
        "policies": {key: policy and policy.key for key, policy in words.policy.items()},
        "postures": {key: posture.key for key, posture in words.posture.items()},
        "not overcome": words.not_overcome_ids,
        "others": parts,
    }


@pytest.mark.parametrize(("on", "known_on"), SOME)
def test_an_engine_is_as_if_built_alone(after_others: Engines, on: date, known_on: date | None) -> None:
    assert _told(after_others.on(on, known_on)) == _told(_alone(on, known_on))


@pytest.mark.parametrize(("on", "known_on"), ASKED)
def test_shared_closures_mean_what_their_steps_say(after_others: Engines, on: date, known_on: date | None) -> None:
    """A closure compiled for one era serves another only while the groups it asks for have the same members."""
    engine = after_others.on(on, known_on)
    groups = engine.program.law.groups
    for place in PLACES:
        facts = {"destination": place, "origin_country": place}
        parties = ({"role": "end_user", "location": place, "headquarters": place, "ultimate_parent_hq": place},)
        values = engine.determine(facts, parties).values
        for part in ("core", "text.needs", "enforced.needs"):
            for name, tree, run in engine.trees(part):
                assert run(values, {}) == evaluate(tree, values, parties, groups), name  # type: ignore[arg-type]


def test_an_engine_serves_the_eras_of_its_law_alone(after_others: Engines) -> None:
    for on, known_on in ASKED:
        assert after_others.on(on, known_on).program.law == BOOK.in_force(on, known_on)
    assert len({id(after_others.on(*one)) for one in ASKED}) < len({BOOK.era(*one) for one in ASKED})


def test_a_program_is_as_if_built_alone_whatever_the_law_lacks() -> None:
    """One section or posture less, as no day has it: nothing that was made for the whole law stands for the rest."""
    day, reads = date(2026, 6, 1), Reads()
    build_program(BOOK, day, None, reads)
    law = BOOK.in_force(day)
    entries = [s for s in law.governing if isinstance(s.rule, (Classification, Requirement))]
    for lacking in (*law.postures, *entries[::5], *law.governing[::20]):
        kept = [replace(i, sections=tuple(s for s in i.sections if s is not lacking)) for i in BOOK.instruments]
        book = replace(BOOK, instruments=tuple(kept), _eras={})
        shared, alone = build_program(book, day, None, reads), build_program(book, day, None, Reads())
        assert [(s.name, repr(s.tree)) for s in shared.steps] == [(s.name, repr(s.tree)) for s in alone.steps]


def _shape(*columns: str, item_facts: frozenset[str] = frozenset()) -> Shape:
    return Shape(read_columns(["date", *columns], BOOK.vocabulary), item_facts)


_OF_ITEM = frozenset({"tpp", "performance_density", "tpp_per_unit", "contains_ic_at_3a090_a"})
_PARTIES = _shape("consignee_location", "consignee_name", "end_user_headquarters", "intermediate_consignee_hq")
SHAPES = {
    "order list": _shape("item", "destination", "quantity", "end_user_name", "end_user_location", item_facts=_OF_ITEM),
    "conclusions": _shape(*(n for n in BOOK.vocabulary if not BOOK.vocabulary[n].party), item_facts=_OF_ITEM),
    "parties": _PARTIES,
    "a consignee in every row": replace(_PARTIES, always_here=frozenset({"ultimate_consignee"})),
    "the same parties, other facts": _shape(
        "consignee_headquarters", "end_user_location", "intermediate_consignee_name"
    ),
    "a destination for all": replace(_PARTIES, assumed={"destination": "CN"}),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_table_asks_as_if_it_had_one_day(after_others: Engines, shape: Shape) -> None:
    forest = Forest()
    together = {one: Asked(after_others.on(*one), shape, forest) for one in ASKED}
    for one in FEW:
        asked, alone = together[one], Asked(_alone(*one), shape, Forest())
        assert list(asked.steps) == list(alone.steps)
        assert {n: repr(t) for n, t in asked.steps.items()} == {n: repr(t) for n, t in alone.steps.items()}
        assert [repr(tree) for tree in asked.figures] == [repr(tree) for tree in alone.figures]
        assert asked.withheld.marked == alone.withheld.marked
        assert [repr(tree) for tree in asked.comparisons] == [repr(tree) for tree in alone.comparisons]


def test_tables_of_two_shapes_may_share_a_forest() -> None:
    engines, forest = _built(FEW), Forest()
    for one in FEW:
        for shape in SHAPES.values():
            asked, alone = Asked(engines.on(*one), shape, forest), Asked(_alone(*one), shape, Forest())
            assert {n: repr(t) for n, t in asked.steps.items()} == {n: repr(t) for n, t in alone.steps.items()}
