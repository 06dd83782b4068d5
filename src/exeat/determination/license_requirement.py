"""Step two: who and where needs a license. On the enforced track the agency's posture is laid over each paragraph."""

from __future__ import annotations

from collections.abc import Iterator

from exeat.determination.step import Step, Track, rule_steps
from exeat.lawbook.consolidate import InForce
from exeat.lawbook.instrument import Posture, Requirement, Section
from exeat.logic.tree import FALSE, And, Fact, any_of


def requirements(law: InForce) -> list[Section]:
    """The sections in force that hold a license requirement."""
    return [s for s in law.governing if isinstance(s.rule, Requirement)]


def posture_on(law: InForce, section: Section) -> Section | None:
    """The posture on a provision, or None when the agency has said nothing that changes it."""
    found = next((p for p in law.postures if p.provision == section.provision), None)
    if found is None or not isinstance(found.rule, Posture) or found.rule.stance == "enforced":
        return None
    return found


def truth_name(law: InForce, section: Section, track: Track) -> str:
    """The step that holds the requirement's truth on a track."""
    assert section.rule is not None
    if track == "enforced" and posture_on(law, section) is not None:
        return f"enforced.{section.rule.name}"
    return section.rule.name


def steps(law: InForce, track: Track) -> Iterator[Step]:
    """Each requirement's truth on the track, then whether there is any."""
    for section in requirements(law):
        assert section.rule is not None
        if track == "text":
            yield from rule_steps(section, "text")
            continue
        posture = posture_on(law, section)
        if posture is not None and isinstance(posture.rule, Posture):
            still = f"{posture.rule.name}/except"
            yield Step(still, posture.rule.unless or FALSE, "enforced", posture, "except")
            both = And((Fact(section.rule.name), Fact(still)))
            yield Step(truth_name(law, section, track), both, "enforced", section)
    names = tuple(Fact(truth_name(law, s, track)) for s in requirements(law))
    yield Step(f"{track}.any_requirement", any_of(names), track)
