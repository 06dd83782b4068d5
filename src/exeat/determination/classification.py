"""Step one: what the item is. Commerce Control List entries become truth values; the first true one is the ECCN."""

from __future__ import annotations

from collections.abc import Iterator

from exeat.determination.step import Step, rule_steps
from exeat.lawbook.consolidate import InForce
from exeat.lawbook.instrument import Classification, Section
from exeat.logic.tree import Case, Constant, Fact

ECCN = "eccn"
NOT_LISTED = "not_listed"


def entries(law: InForce) -> list[Section]:
    """The entries in force, in the order in which they are tried."""
    found = [s for s in law.governing if isinstance(s.rule, Classification)]
    return sorted(found, key=_order)


def _order(section: Section) -> tuple[int, str]:
    assert isinstance(section.rule, Classification)
    return section.rule.order, section.rule.entry


def steps(law: InForce) -> Iterator[Step]:
    """Every entry's limbs and truth value."""
    for section in entries(law):
        yield from rule_steps(section, "common")


def eccn_step(law: InForce) -> Step:
    """The item's entry: the first that is true, all before it being false; ``not_listed`` if every one is false."""
    branches = []
    for section in entries(law):
        assert isinstance(section.rule, Classification)
        branches.append((Fact(section.rule.name), Constant(section.rule.entry)))
    if not branches:
        return Step(ECCN, Constant(NOT_LISTED), "common")
    return Step(ECCN, Case(tuple(branches), Constant(NOT_LISTED)), "common")
