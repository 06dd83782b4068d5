"""Which presumed facts bear on an answer, and which exceptions fail for a plain reason that was never in question."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from exeat.determination.license_exception import usable_name
from exeat.determination.program import SCOPE, TRACKS
from exeat.determination.prohibition import prohibitions, truth_name
from exeat.lawbook.instrument import Relief, Section

if TYPE_CHECKING:
    from exeat.determination.answer import Determination


def bearing(found: Determination) -> list[str]:
    """The presumed facts on which some requirement, prohibition, exception or review policy hangs.

    The transaction is decided again with every presumed fact unknown. A rule that is known all the same cannot be
    moved by any of them, whatever they are; of a rule that is not, only the parts that are unknown are read further.
    So a fact is left out only where all that reads it is settled by something else (one of weights, for a chip).
    """
    presumed = found.valuation.presumed
    if not presumed:
        return []
    engine = found.engine
    facts = {**found.asked.facts, **dict.fromkeys(presumed)}
    values = engine.determine(facts, found.asked.parties).values
    reach, below, limb = engine.anew.reach, engine.anew.below, engine.limb
    wanted, seen, waiting = engine.anew.bits(presumed), set[str](), list(_roots(found))
    while waiting and wanted:
        name = waiting.pop()
        if name in seen or not reach(name) & wanted:
            continue  # what it could lead to is found already
        seen.add(name)
        wanted &= ~engine.anew.bits((name,))
        if values.get(name) is None and (parts := below(name)) and limb(name, values) is None:
            waiting.extend(parts)
    return [name for name in presumed if name in seen]


def _roots(found: Determination) -> Iterator[str]:
    law, engine = found.engine.program.law, found.engine
    yield SCOPE
    for track in TRACKS:
        yield from engine.requirement_names[track]
        yield from (truth_name(law, section, track) for section in prohibitions(law))
        if found.valuation.values.get(f"{track}.any_requirement") is not False:
            yield from engine.relief_names[track]
        if found.outcome_on(track) in ("license_required", "unknown"):
            yield f"{track}.review_policy"


def plainly_unusable(found: Determination, section: Section) -> bool:
    """Whether an exception fails on what was presumed (nobody claimed it) or on the item's form or entry alone.

    Only a limb that names the entry itself counts; what a definition makes of the item is worth telling.
    """
    rule, engine = section.rule, found.engine
    assert isinstance(rule, Relief)
    values = found.valuation.values
    looked_at = [track for track in TRACKS if values.get(f"{track}.any_requirement") is not False]
    if any(found.valuation.truth(usable_name(section, track)) is not False for track in looked_at):
        return False
    known = {name: values[name] for name in found.valuation.presumed if values.get(name) is not None}
    known.update({name: value for name, value in values.items() if name == "form" or _is_entry(name)})
    known["parties"] = tuple({k: v for k, v in party.items() if k == "role"} for party in found.asked.parties) or None
    for limb in rule.limbs:
        if limb.kind == "any":
            continue
        if engine.value(limb.tree, known) is (limb.kind == "unless"):
            return True
    return False


def _is_entry(name: str) -> bool:
    return name.startswith("eccn_") and "/" not in name
