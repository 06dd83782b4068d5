"""Stated facts that say otherwise than the law's own definitions, or than each other, on the same transaction.

What is stated wins. An answer that rests on it says so: a conclusion stated in place of its premises is easily wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from exeat.lawbook.instrument import Definition, Section
from exeat.logic.evaluate import evaluate
from exeat.logic.tree import Value
from exeat.terms import plain

if TYPE_CHECKING:
    from exeat.determination.answer import Determination

_RECEIVING = {"ultimate_consignee": "the ultimate consignee", "end_user": "the end user"}
_TOLERANCE = Decimal("0.01")  # stated figures may be rounded to so much of what they follow from


def stated_over(found: Determination) -> Iterator[dict[str, Any]]:
    """A note for each: definitions of the transaction, then of parties, then ratios, then where parties are."""
    yield from _definitions(found)
    yield from _ratios(found)
    yield from _places(found)


def _definitions(found: Determination) -> Iterator[dict[str, Any]]:
    engine, asked = found.engine, found.asked
    known: set[str] = set() if asked.item is None else set(asked.item.provenance)
    sections = {s.rule.name: s for s in engine.program.law.governing if isinstance(s.rule, Definition)}
    own = {name for name in sections if asked.facts.get(name) is not None and name not in known}
    of_parties = [(number, name) for number, p in enumerate(asked.parties, 1) for name in p if name in sections]
    if not own and not of_parties:
        return
    # Decided again without them, and without what is presumed: only what was stated may contradict a statement.
    facts = {name: value for name, value in asked.facts.items() if name not in own}
    facts.update(dict.fromkeys(name for name in found.valuation.presumed if name not in facts))
    parties = [{name: value for name, value in party.items() if name not in sections} for party in asked.parties]
    values = engine.determine(facts, parties).values
    for name in sorted(own):
        yield from _note(name, asked.facts[name], values.get(name), sections[name], "")
    for number, name in of_parties:
        rule = sections[name].rule
        assert rule is not None
        tree = engine.program.prepare(rule.condition())
        derived = evaluate(tree, {**values, **parties[number - 1]}, None, engine.program.law.groups)  # type: ignore[dict-item]
        yield from _note(name, asked.parties[number - 1][name], derived, sections[name], f" of party {number}")


def _note(name: str, stated: Value, derived: object, section: Section, whose: str) -> Iterator[dict[str, Any]]:
    if stated is None or derived is None or derived == stated:
        return
    says = f"{name}{whose} is stated as {_said(stated)}; by its definition the other facts give {_said(derived)}"
    yield {
        "says": f"{says}. The statement was followed",
        "provision": section.provision,
        "instrument": section.citation,
    }


def _ratios(found: Determination) -> Iterator[dict[str, Any]]:
    facts: Mapping[str, Value] = found.asked.facts
    for name, declared in found.engine.program.vocabulary.facts.items():
        if declared.ratio is None:
            continue
        top, under = declared.ratio
        ratio, over, area = facts.get(name), facts.get(top), facts.get(under)
        if not (isinstance(ratio, Decimal) and isinstance(over, Decimal) and isinstance(area, Decimal)):
            continue
        if abs(ratio * area - over) > _TOLERANCE * max(over, ratio * area):
            says = f"{name} is stated as {ratio:f}, but {top} is {over:f} and {under} {area:f}. The ratio was followed"
            yield {"says": says, "provision": declared.source, "instrument": ""}


def _places(found: Determination) -> Iterator[dict[str, Any]]:
    destination = found.asked.facts.get("destination")
    if destination is None or found.asked.facts.get("activity", "export") not in ("export", "reexport", "transfer"):
        return
    for number, party in enumerate(found.asked.parties, 1):
        who, place = _RECEIVING.get(str(party.get("role"))), party.get("location")
        if who is not None and place is not None and place != destination:
            says = (
                f"party {number}, {who}, is located in {place}, but the destination is {destination}: if the item is "
                f"to go on to {place}, that is its destination"
            )
            yield {"says": says, "provision": "15 CFR 748.5(e), (f)", "instrument": ""}


def _said(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(plain(value))


__all__ = ["stated_over"]
