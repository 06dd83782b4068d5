"""Step three: what can stand in for a license. 15 CFR 740.2 comes first: it can close every exception but a few.

An exception is usable when its own limbs hold, no restriction closes it, it overcomes *every* requirement found (a
party can need a license for more than one reason), and, on the enforced track, the agency's posture leaves it alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from exeat.determination.license_requirement import posture_on, requirements, truth_name
from exeat.determination.step import Step, Track, begins_with, rule_steps
from exeat.lawbook.consolidate import InForce
from exeat.lawbook.instrument import Posture, Relief, Requirement, Restriction, Section
from exeat.logic.tree import FALSE, TRUE, And, Fact, Not, Or, Tree, all_of, any_of


def reliefs(law: InForce) -> list[Section]:
    """The sections in force that hold a license exception or another authorization."""
    return [s for s in law.governing if isinstance(s.rule, Relief)]


def restrictions(law: InForce) -> list[Section]:
    """The sections in force that restrict exceptions."""
    return [s for s in law.governing if isinstance(s.rule, Restriction)]


def common_steps(law: InForce) -> Iterator[Step]:
    """What does not depend on the track: restrictions, each exception's own limbs, and whether it is closed."""
    for section in restrictions(law):
        yield from rule_steps(section, "common")
    for section in reliefs(law):
        yield from rule_steps(section, "common")
        yield Step(open_name(section), _open(law, section), "common", section)


def open_name(section: Section) -> str:
    """The step that tells whether no restriction closes the exception."""
    assert section.rule is not None
    return f"{section.rule.name}/open"


def _open(law: InForce, section: Section) -> Tree:
    rule = section.rule
    assert isinstance(rule, Relief)
    if rule.kind != "license exception":
        return TRUE  # 740.2 restricts license exceptions, not general licenses or authorizations by name
    conditions: list[Tree] = []
    for bar in restrictions(law):
        assert isinstance(bar.rule, Restriction)
        left = next((when for symbol, when in bar.rule.leaves if symbol == rule.symbol), FALSE)
        conditions.append(Or((Not(Fact(bar.rule.name)), left)))
    return all_of(tuple(conditions))


def usable_name(section: Section, track: Track) -> str:
    """The step that tells whether the exception may be used on the track."""
    assert section.rule is not None
    return f"{track}.{section.rule.name}"


def not_overcome(law: InForce, section: Section) -> list[Section]:
    """The requirements in force that the exception cannot overcome."""
    rule = section.rule
    assert isinstance(rule, Relief)
    found = []
    for requirement in requirements(law):
        assert isinstance(requirement.rule, Requirement)
        if not any(begins_with(requirement.rule.id, prefix) for prefix in rule.overcomes):
            found.append(requirement)
    return found


def steps(law: InForce, track: Track) -> Iterator[Step]:
    """Each exception's usability on the track, then whether there is any."""
    found: dict[str, list[Tree]] = {"license exception": [], "authorization": []}
    written: dict[frozenset[str], str] = {}
    for section in reliefs(law):
        rule = section.rule
        assert isinstance(rule, Relief)
        others = tuple(truth_name(law, other, track) for other in not_overcome(law, section))
        overcomes = written.setdefault(frozenset(others), f"{usable_name(section, track)}/overcomes")
        if overcomes.startswith(f"{usable_name(section, track)}/"):
            yield Step(overcomes, Not(any_of(tuple(Fact(name) for name in others))), track, section)
        conditions: list[Tree] = [Fact(rule.name), Fact(open_name(section)), Fact(overcomes)]
        posture = posture_on(law, section) if track == "enforced" else None
        if posture is not None and isinstance(posture.rule, Posture):
            conditions.append(posture.rule.unless or FALSE)
        yield Step(usable_name(section, track), And(tuple(conditions)), track, section)
        found[rule.kind].append(Fact(usable_name(section, track)))
    yield Step(f"{track}.any_exception", any_of(tuple(found["license exception"])), track)
    yield Step(f"{track}.any_authorization", any_of(tuple(found["authorization"])), track)
